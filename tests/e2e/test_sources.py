"""All kinds of sources over some days of a simulated listener, through every stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chartlake.pipeline import Extracted
from chartlake.settings import read_settings
from chartlake.simulator import Blemishes, Simulator, World
from chartlake.wiring import Project, open_project

LAST = date(2026, 11, 20)
START = datetime(2026, 11, 16, 0, 30, tzinfo=UTC)
HOURS, DAYS = 60, 3


class Clock:
    """Stands still until it is set."""

    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def world() -> World:
    return World(1, LAST, 60, blemishes=Blemishes.none())


@contextmanager
def project(folder: Path, spotify: Simulator, world: World, clock: Clock) -> Iterator[Project]:
    """Opened anew for each run, as a scheduler does, with a token that holds for an hour."""
    token = spotify.issue_token(world.users[0].user_id)
    (folder / ".env").write_text(f"CHARTLAKE_SPOTIFY__ACCESS_TOKEN={token}\n")
    (folder / "chartlake.toml").write_text(
        f"""
        [spotify]
        api_url = "{spotify.api_url}"
        [feeds.chart]
        source = "playlist"
        playlist = "{world.playlists[0].playlist_id}"
        schedule = "daily"
        [feeds.top-tracks]
        source = "top-items"
        schedule = "daily"
        [feeds.top-artists]
        source = "top-items"
        items = "artists"
        time_range = "long"
        length = 80
        schedule = "daily"
        [feeds.saved]
        source = "saved-tracks"
        schedule = "daily"
        [feeds.plays]
        source = "recently-played"
        schedule = "hourly"
        [feeds.radar]
        source = "artist-catalog"
        artists = ["{world.artists[0].artist_id}", "{world.artists[5].artist_id}"]
        schedule = "daily"
        [feeds.fill]
        source = "hydration"
        schedule = "daily"
        daily_requests = 5
        """
    )
    with open_project(read_settings(folder), clock) as opened:
        yield opened


@pytest.fixture(scope="module")
def ran(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Hourly runs for days, after an import of a chart whose tracks are known by id only."""
    folder, clock = tmp_path_factory.mktemp("sources"), Clock()
    named = [track.track_id for track in world.tracks if track.album.release_date < LAST][:12]
    chart = folder / "regional-is-daily-2026-11-15.csv"
    rows = [
        f'{n},"Song","Artist",{1000 - n},https://open.spotify.com/track/{track_id}'
        for n, track_id in enumerate(named, start=1)
    ]
    chart.write_text("\n".join(['Position,"Track Name",Artist,Streams,URL', *rows]) + "\n")
    results: list[Extracted] = []
    with Simulator(world, clock, mode="development") as spotify:
        for hour in range(HOURS):
            clock.now = START + timedelta(hours=hour)
            with project(folder, spotify, world, clock) as here:
                if hour == 0:
                    here.pipeline.import_files([chart])
                    here.pipeline.transform()
                results += here.pipeline.extract(here.feeds)
                assert not here.pipeline.transform().failed
        with project(folder, spotify, world, clock) as here:
            here.pipeline.load()
            yield here, results, named


def test_nothing_failed_and_all_checks_pass(ran: Any) -> None:
    here, results, _ = ran
    assert {result.status for result in results} == {"new", "present"}
    failed = {c.name for c in here.pipeline.check() if c.failures and c.severity == "error"}
    assert not failed


def test_plays_are_whole_where_they_were_polled_often_enough(ran: Any, world: World) -> None:
    here, *_ = ran
    told = {
        (row["played_at"], row["track_id"])
        for row in rows(here, "select played_at, track_id from listening_plays")
    }
    first, last = min(told)[0], max(told)[0]
    truth = {
        (play.played_at.replace(tzinfo=None), play.track.track_id)
        for play in world.plays(world.users[0], START + timedelta(hours=HOURS))
        if first <= play.played_at.replace(tzinfo=None) <= last
    }
    gaps = rows(
        here, "select since, covers_from from readings where not joins_previous order by since"
    )
    lost = {p for p in truth if any(g["since"] < p[0] < g["covers_from"] for g in gaps)}
    assert told <= truth
    assert truth - told <= lost, "a play is missing where no gap was told"


def test_each_list_has_its_editions_and_entries(ran: Any) -> None:
    here, *_ = ran
    found = {
        row["feed"]: (row["editions"], row["smallest"], row["kinds"])
        for row in rows(
            here,
            """
            select e.feed, count(*) as editions, min(e.item_count) as smallest,
                (select string_agg(distinct item_kind, ',') from entries n
                 where n.feed = e.feed) as kinds
            from editions e group by e.feed
            """,
        )
    }
    assert found["chart"] == (DAYS, 60, "track")
    assert found["top-tracks"] == (DAYS, 50, "track")
    assert found["top-artists"][0::2] == (DAYS, "artist")
    assert found["saved"][0::2] == (DAYS, "track")


def test_hydration_fills_the_most_charted_within_its_budget(ran: Any) -> None:
    here, _, named = ran
    asked = rows(here, "select item_count from readings where feed = 'fill' order by slot")
    # some of the ids are told by other feeds meanwhile, so that the last day has less to do
    counts = [row["item_count"] for row in asked]
    assert max(counts) <= 5
    assert counts[0] >= counts[-1]
    assert 0 < sum(counts) <= len(named)
    known = rows(
        here,
        "select track_id from track_observations where feed = 'fill' and duration_ms is not null",
    )
    assert {row["track_id"] for row in known} <= set(named)
    missing = rows(
        here,
        "select n.item_key from entries n left join tracks t on t.track_id = n.item_key "
        "where n.feed = 'regional-is-daily' and t.duration_ms is null",
    )
    assert missing == []


def test_a_saved_list_that_is_unchanged_is_told_so(ran: Any) -> None:
    here, results, _ = ran
    saved = [result for result in results if result.feed == "saved" and result.status == "new"]
    unchanged = rows(here, "select unchanged_from from editions where feed = 'saved' order by slot")
    assert [r.unchanged for r in saved] == [row["unchanged_from"] is not None for row in unchanged]


def rows(here: Project, sql: str) -> list[dict[str, Any]]:
    return here.warehouse.query(sql).records()
