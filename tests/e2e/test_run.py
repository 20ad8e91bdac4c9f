"""chartlake run against the simulated Spotify: twice, two at once, and when some of it fails."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chartlake.simulator import Blemishes, Simulator, World
from tests.commands import Command, run_program
from tests.e2e.projects import SECRET, files_of, write_project


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=3, last_date=now().date(), blemishes=Blemishes.none())


@pytest.fixture
def spotify(world: World) -> Iterator[Simulator]:
    with Simulator(world, now) as simulator:
        yield simulator


def test_a_second_run_changes_nothing(
    chartlake: Command, spotify: Simulator, world: World, tmp_path: Path
) -> None:
    write_project(tmp_path, spotify, world.playlists[:3])
    first = chartlake("run")
    assert first.code == 0, first.err
    assert "3/3 feeds" in first.out
    assert "180 records" in first.out
    lake, requests = files_of(tmp_path / "chartlake-data" / "lake"), spotify.request_count
    second = chartlake("run")
    assert second.code == 0, second.err
    assert "0 records" in second.out
    assert "nothing new" in second.out
    assert files_of(tmp_path / "chartlake-data" / "lake") == lake
    assert spotify.request_count == requests


def test_entries_are_the_list_as_it_stood(
    chartlake: Command, spotify: Simulator, world: World, tmp_path: Path
) -> None:
    playlist = world.playlists[0]
    write_project(tmp_path, spotify, [playlist])
    day = now().date()
    assert chartlake("run").code == 0
    rows = _query(chartlake, "select * from entries order by position")
    chart = world.chart(playlist.market, day)
    assert [row["track_id"] for row in rows] == [track.track_id for track in chart]
    names = [", ".join(artist.name for artist in track.artists) for track in chart]
    assert [row["artist_names"] for row in rows] == names
    # the 2026 shape gives 50 items with the playlist and the rest on a page of its own
    places = [(row["page"], row["item"]) for row in rows]
    assert places == [(n // 50, n % 50) for n in range(60)]
    isrc = {row["track_id"]: row["isrc"] for row in _query(chartlake, "from tracks")}
    assert isrc == {track.track_id: track.isrc for track in chart}


def test_two_runs_at_once_do_the_work_of_one(
    spotify: Simulator, world: World, tmp_path: Path, chartlake: Command
) -> None:
    write_project(tmp_path, spotify, world.playlists)
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(run_program, "run", cwd=tmp_path) for _ in range(3)]
        done = [run.result() for run in runs]
    # one may say that it waits for another, and nothing else
    told = [line for one in done for line in one.err.splitlines() if "waiting for" not in line]
    assert ([one.code for one in done], told) == ([0, 0, 0], [])
    assert _query(chartlake, "select count(*) as n from entries") == [{"n": 480}]
    assert spotify.request_count == 8 * 3  # two pages and the version of each, by one of the runs
    slots = chartlake("lake", "ls", "--json").json()["rows"]
    assert [row["slots"] for row in slots] == [1] * 8
    assert chartlake("check").code == 0
    before = files_of(tmp_path / "chartlake-data" / "lake" / "manifests")
    assert chartlake("run").code == 0
    assert files_of(tmp_path / "chartlake-data" / "lake" / "manifests") == before


def test_a_feed_that_fails_stops_no_other(
    chartlake: Command, spotify: Simulator, world: World, tmp_path: Path
) -> None:
    write_project(tmp_path, spotify, world.playlists[:2])
    toml = tmp_path / "chartlake.toml"
    gone = '[feeds.gone]\nsource = "playlist"\nplaylist = "37i9dQZEVXbMDoHDwVN2tF"\n'
    toml.write_text(toml.read_text() + gone)
    done = chartlake("run")
    assert done.code == 3
    assert "2/3 feeds" in done.out
    assert "feed gone: Spotify does not show playlist 37i9dQZEVXbMDoHDwVN2tF" in done.err
    assert "chartlake import" in done.err
    assert _query(chartlake, "select count(*) as n from editions") == [{"n": 2}]
    failures = list((tmp_path / "chartlake-data" / "lake" / "failures" / "gone").rglob("*.json"))
    assert len(failures) == 1


def test_a_feed_name_keeps_its_playlist(
    chartlake: Command, spotify: Simulator, world: World, tmp_path: Path
) -> None:
    write_project(tmp_path, spotify, world.playlists[:1])
    assert chartlake("run").code == 0
    toml = tmp_path / "chartlake.toml"
    first, second = (playlist.playlist_id for playlist in world.playlists[:2])
    toml.write_text(toml.read_text().replace(first, second))
    done = chartlake("run")
    assert done.code == 2
    assert f"followed playlist {first} so far, now playlist {second}" in done.err


def test_wrong_credentials_are_told_once_and_exit_3(
    chartlake: Command, spotify: Simulator, world: World, tmp_path: Path
) -> None:
    write_project(tmp_path, spotify, world.playlists[:2])
    (tmp_path / ".env").write_text(
        "CHARTLAKE_SPOTIFY__CLIENT_ID=simulated-client\nCHARTLAKE_SPOTIFY__CLIENT_SECRET=wrong\n"
    )
    done = chartlake("run")
    assert done.code == 3
    assert done.err.count("refused the client id and secret") == 1
    assert "feed top-60-global, feed top-60-brazil" in done.err
    assert spotify.token_request_count == 1


def test_no_credentials_and_no_feeds(
    chartlake: Command, spotify: Simulator, world: World, tmp_path: Path
) -> None:
    assert "no feeds are configured" in chartlake("run").err
    write_project(tmp_path, spotify, world.playlists[:1])
    (tmp_path / ".env").unlink()
    done = chartlake("run")
    assert done.code == 3
    assert "which is on this machine" in done.err
    assert "chartlake demo" in done.err


def test_secrets_are_nowhere(
    spotify: Simulator, world: World, tmp_path: Path, chartlake: Command
) -> None:
    write_project(tmp_path, spotify, world.playlists[:1])
    said = [chartlake(*words.split()) for words in ("run", "status", "doctor", "run --json")]
    token = spotify.issued_tokens[-1]
    for one in said:
        assert SECRET not in one.out + one.err
        assert token not in one.out + one.err
    for name, content in files_of(tmp_path / "chartlake-data").items():
        assert SECRET.encode() not in content, name
        assert token.encode() not in content, name


def test_dry_run_asks_and_writes_nothing(
    chartlake: Command, spotify: Simulator, world: World, tmp_path: Path
) -> None:
    write_project(tmp_path, spotify, world.playlists[:2])
    done = chartlake("run", "--dry-run")
    assert done.code == 0
    assert done.out.count("would be read") == 2
    assert spotify.request_count == spotify.token_request_count == 0
    assert not (tmp_path / "chartlake-data").exists()
    chartlake("run")
    assert chartlake("run", "--dry-run").out.count("there already") == 2


def test_a_run_that_was_killed_is_completed_by_the_next(
    chartlake: Command, spotify: Simulator, world: World, tmp_path: Path
) -> None:
    write_project(tmp_path, spotify, world.playlists[:2])
    assert chartlake("run").code == 0
    whole = _query(chartlake, "select * exclude (attempt_id) from entries order by all")
    lake = tmp_path / "chartlake-data" / "lake"
    # as if it had died after the manifests: nothing built, nothing loaded
    for file in (lake / "builds").rglob("*.json"):
        file.unlink()
    (tmp_path / "chartlake-data" / "warehouse.duckdb").unlink()
    assert chartlake("run").code == 0
    assert _query(chartlake, "select * exclude (attempt_id) from entries order by all") == whole


def test_history_grows_by_a_slot_a_day(world: World, tmp_path: Path) -> None:
    from chartlake.settings import read_settings
    from chartlake.wiring.project import open_project

    clock = [now() - timedelta(days=2)]
    with Simulator(world, lambda: clock[0]) as spotify:
        write_project(tmp_path, spotify, world.playlists[:1])
        with open_project(read_settings(tmp_path), lambda: clock[0]) as project:
            for _ in range(3):
                assert [r.status for r in project.pipeline.extract(project.feeds)] == ["new"]
                clock[0] += timedelta(days=1)
            project.pipeline.transform()
            project.pipeline.load()
            found = project.warehouse.query("select ordinal, missing_before from chart_editions")
    assert sorted(found.rows) == [(1, 0), (2, 0), (3, 0)]


def _query(chartlake: Command, sql: str) -> list[dict[str, Any]]:
    done = chartlake("query", sql, "--json")
    assert done.code == 0, done.err
    return list(done.json()["rows"])
