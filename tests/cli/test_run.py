"""chartlake run --dry-run: what is due and what it would take, without asking or writing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chartlake.settings import read_settings
from chartlake.simulator import Mixtape, Simulator, World
from chartlake.simulator.faults import quota_exceeded, status
from chartlake.wiring.project import open_project
from tests.charts import write_chart
from tests.cli.spotify import MINE, THEIRS, now, playlist, write_project
from tests.commands import Command, Said
from tests.e2e.projects import files_of


@pytest.fixture(scope="module")
def world() -> World:
    world = World(7, now().date())
    tracks = [t for t in world.tracks if t.album.release_date <= world.first_date]
    world.mixtapes[MINE] = Mixtape(MINE, world.users[0].user_id, tracks[:120])
    world.mixtapes[THEIRS] = Mixtape(THEIRS, world.users[1].user_id, tracks[:3])
    return world


@pytest.fixture
def spotify(world: World) -> Iterator[Simulator]:
    with Simulator(world, now) as running:
        yield running


@pytest.fixture
def project(spotify: Simulator, tmp_path: Path) -> Path:
    write_project(tmp_path, spotify, playlist("long", MINE) + playlist("short", THEIRS))
    return tmp_path


def extract(folder: Path, days_ago: int) -> list[str]:
    """What became of the feeds in a run of some days ago."""
    clock = now() - timedelta(days=days_ago)
    with open_project(read_settings(folder), lambda: clock) as project:
        return [result.status for result in project.pipeline.extract(project.feeds)]


def due(said: Said) -> dict[str, Any]:
    """State and requests by feed."""
    assert said.code == 0, said.err
    return {row["feed"]: (row["state"], row["requests"]) for row in said.json()["due"]}


def test_before_the_first_run(chartlake: Command, project: Path, spotify: Simulator) -> None:
    before = files_of(project)
    said = chartlake("run", "--dry-run")
    assert said.code == 0
    assert said.out.count("would be read") == 2
    assert said.out.count("1 or more") == 2
    assert "requests: at least 2 · 1,000 left of the 24-hour budget" in said.out
    assert files_of(project) == before
    assert spotify.request_count == spotify.token_request_count == 0


def test_nothing_is_asked_and_nothing_written_afterwards_either(
    chartlake: Command, project: Path, spotify: Simulator
) -> None:
    assert extract(project, 1) == ["new", "new"]
    before = files_of(project), spotify.request_count, spotify.token_request_count
    for words in ([], ["--json"], ["--feed", "long"]):
        assert chartlake("run", "--dry-run", *words).code == 0
    assert (files_of(project), spotify.request_count, spotify.token_request_count) == before


def test_requests_are_told_by_feed(chartlake: Command, project: Path, spotify: Simulator) -> None:
    extract(project, 1)
    assert due(chartlake("run", "--dry-run", "--json")) == {
        "long": ("would be read", [1, 4]),
        "short": ("would be read", [1, 1]),
    }
    before = spotify.request_count
    said = chartlake("run")
    assert said.code == 0
    assert spotify.request_count - before == 2  # both are unchanged: the least that was told
    assert due(chartlake("run", "--dry-run", "--json")) == {
        "long": ("there already", [0, 0]),
        "short": ("there already", [0, 0]),
    }


def test_a_full_read_is_foreseen(chartlake: Command, project: Path, spotify: Simulator) -> None:
    toml = project / "chartlake.toml"
    toml.write_text(
        toml.read_text().replace('schedule = "daily"', 'schedule = "daily"\nfull_read_every = 2')
    )
    for days_ago in (2, 1):
        extract(project, days_ago)
    foreseen = due(chartlake("run", "--dry-run", "--json"))
    assert foreseen["long"] == ("would be read", [4, 4])
    before = spotify.request_count
    chartlake("run", "--feed", "long")
    assert spotify.request_count - before == 4


def test_the_budget_that_is_left(chartlake: Command, project: Path, spotify: Simulator) -> None:
    chartlake("run")
    used = spotify.request_count
    facts = chartlake("run", "--dry-run", "--json").json()
    assert facts["budget_left"] == 1000 - used
    assert (facts["requests"], facts["not_before"]) == (0, None)
    write_project(project, spotify, playlist("long", MINE), "daily_requests = 7")
    assert chartlake("run", "--dry-run", "--json").json()["budget_left"] == 7 - used
    assert f"{7 - used} left of the 24-hour budget" in chartlake("run", "--dry-run").out


def test_no_budget_in_extended_mode(chartlake: Command, project: Path, spotify: Simulator) -> None:
    assert chartlake("doctor").code == 0
    said = chartlake("run", "--dry-run")
    assert "no budget is set" in said.out
    assert chartlake("run", "--dry-run", "--json").json()["budget_left"] is None


def test_only_the_feeds_that_are_named(chartlake: Command, project: Path) -> None:
    assert list(due(chartlake("run", "--dry-run", "--json", "--feed", "short"))) == ["short"]
    said = chartlake("run", "--dry-run", "--feed", "nope")
    assert said.code == 2
    assert "one of: long, short" in said.err


def test_told_to_come_back_later(chartlake: Command, project: Path, spotify: Simulator) -> None:
    spotify.faults.add(quota_exceeded(20 * 3600))
    assert chartlake("run", "--feed", "short").code == 75
    requests = spotify.request_count
    said = chartlake("run", "--dry-run")
    assert said.code == 0
    assert "Spotify is not asked before" in said.err
    facts = chartlake("run", "--dry-run", "--json").json()
    assert facts["not_before"] > now().isoformat()
    assert spotify.request_count == requests


def test_a_feed_that_is_closed(chartlake: Command, project: Path, spotify: Simulator) -> None:
    spotify.faults.add(status(404, path=f"/v1/playlists/{THEIRS}", every=1))
    assert extract(project, 2) == ["new", "failed"]
    assert extract(project, 1) == ["new", "failed"]
    assert due(chartlake("run", "--dry-run", "--json"))["short"] == (
        "closed: its source is gone",
        [0, 0],
    )
    spotify.faults.clear()
    requests = spotify.request_count
    done = chartlake("run", "--feed", "short")
    assert done.code == 0
    assert "1 closed" in done.out
    assert spotify.request_count == requests

    assert chartlake("lake", "reopen", "short").code == 0
    assert due(chartlake("run", "--dry-run", "--json"))["short"] == ("would be read", [1, None])
    assert chartlake("run", "--feed", "short").code == 0
    assert spotify.request_count == requests + 1
    assert chartlake("lake", "reopen", "short").code == 2


def test_what_is_to_be_filled_in(chartlake: Command, spotify: Simulator, tmp_path: Path) -> None:
    write_project(tmp_path, spotify, '[feeds.fill]\nsource = "hydration"\nschedule = "daily"\n')
    assert chartlake("import", write_chart(tmp_path, "2020-03-01", "abcde")).code == 0
    before = files_of(tmp_path)
    assert due(chartlake("run", "--dry-run", "--json")) == {"fill": ("would be read", [1, 5])}
    assert files_of(tmp_path) == before
    chartlake("run")  # nobody knows them
    assert spotify.request_count == 2  # whether batches go, and the batch


def test_what_is_charted_most_is_filled_in_first(
    chartlake: Command, world: World, tmp_path: Path
) -> None:
    day = world.first_date
    a, b, c, d = [t.track_id for t in world.tracks if t.album.release_date <= day][:4]
    feed = '[feeds.fill]\nsource = "hydration"\nschedule = "daily"\ndaily_requests = 3\n'
    with Simulator(world, now, mode="development") as spotify:
        write_project(tmp_path, spotify, feed)
        for number, names in enumerate([(a, b), (a, c, b), (d, c, b)], start=1):
            chart = write_chart(tmp_path, f"2020-03-0{number}", names)
            assert chartlake("import", chart).code == 0
        assert due(chartlake("run", "--dry-run", "--json")) == {"fill": ("would be read", [1, 3])}
        assert chartlake("run").code == 0
        assert spotify.request_count == 3  # whether batches go, and two tracks
    rows = chartlake("query", "select track_id from track_observations", "--json").json()["rows"]
    # b is in three charts; of a and c, in two each, the lower id comes first
    assert {row["track_id"] for row in rows} == {b, min(a, c)}


def test_no_feed_at_all(chartlake: Command, tmp_path: Path) -> None:
    assert chartlake("run", "--dry-run").code == 2
    chartlake("import", write_chart(tmp_path, "2020-03-01", "ab"))
    said = chartlake("run", "--dry-run")
    assert (said.code, "nothing would be asked" in said.out) == (0, True)
