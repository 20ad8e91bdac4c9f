"""The release radar against the simulated world's own calendar of releases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from chartlake.settings import read_settings
from chartlake.simulator import Simulator, World
from chartlake.wiring.project import open_project
from tests.commands import Command

LAST, DAYS = date(2026, 11, 20), 5
FOLLOWED, JOINING = 10, 3


@pytest.fixture(scope="module")
def world() -> World:
    return World(1, LAST, 120)


@pytest.fixture
def radar(world: World, tmp_path: Path) -> Iterator[Path]:
    """A feed of twelve artists for ten days; three more are followed from the third day on."""
    clock = Clock()
    with Simulator(world, clock, mode="development") as spotify:
        (tmp_path / ".env").write_text(
            f"CHARTLAKE_SPOTIFY__ACCESS_TOKEN={spotify.issue_token(world.users[0].user_id)}\n"
        )
        for day in range(DAYS):
            clock.now = clock.first + timedelta(days=day)
            # the hour of a token is the simulated world's
            token = spotify.issue_token(world.users[0].user_id)
            (tmp_path / ".env").write_text(f"CHARTLAKE_SPOTIFY__ACCESS_TOKEN={token}\n")
            count = FOLLOWED + (JOINING if day > 1 else 0)
            artists = [artist.artist_id for artist in world.artists[:count]]
            (tmp_path / "chartlake.toml").write_text(
                f'[spotify]\napi_url = "{spotify.api_url}"\n[feeds.radar]\n'
                f'source = "artist-catalog"\nschedule = "daily"\nartists = {artists}\n'
            )
            with open_project(read_settings(tmp_path), clock) as project:
                assert [r.status for r in project.pipeline.extract(project.feeds)] == ["new"]
                assert not project.pipeline.transform().failed
                project.pipeline.load()
                found = {check.name for check in project.pipeline.check() if check.failures}
                assert not found
        yield tmp_path


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.first = datetime.combine(
            LAST - timedelta(days=DAYS - 1), datetime.min.time(), UTC
        ) + timedelta(hours=4)
        self.now = self.first

    def __call__(self) -> datetime:
        return self.now


def test_what_came_out_is_told_once_and_on_its_day(
    world: World, radar: Path, chartlake: Command
) -> None:
    followed = {artist.artist_id for artist in world.artists[:FOLLOWED]}
    joining = {a.artist_id for a in world.artists[FOLLOWED : FOLLOWED + JOINING]}
    first = LAST - timedelta(days=DAYS - 1)
    expected = {
        (album.album_id, str(album.release_date))
        for album in world.albums
        for artist in album.artists
        if (artist.artist_id in followed and first < album.release_date <= LAST)
        or (artist.artist_id in joining and first + timedelta(days=2) < album.release_date <= LAST)
    }
    answer = chartlake("trends", "releases", "--json", "--limit", "500").json()
    told = {(row["album_id"], row["first_chart_date"]) for row in answer["rows"]}
    assert expected, "the world brings out nothing in these days: choose others"
    assert told == expected
    assert answer["since"] == str(first)


def test_the_tracks_of_an_album_are_read_once(radar: Path, chartlake: Command) -> None:
    """Every track of each album that was listed is there, from one reading."""
    rows = chartlake(
        "query",
        "select a.album_id, a.total_tracks, count(t.track_id) as tracks from albums a "
        "left join tracks t on t.album_id = a.album_id "
        "where a.album_id in (select album_id from catalog_releases) group by all",
        "--json",
    ).json()["rows"]
    assert rows
    assert all(row["tracks"] == row["total_tracks"] for row in rows)
    readings = chartlake(
        "query",
        "select max(seen) as seen from (select count(*) as seen from track_observations "
        "group by track_id)",
        "--json",
    ).json()["rows"]
    assert readings == [{"seen": 1}]


def test_a_feed_that_is_no_radar_is_named(chartlake: Command, radar: Path) -> None:
    done = chartlake("trends", "releases", "--feed", "charts")
    assert (done.code, "one of: radar" in done.err) == (2, True)
