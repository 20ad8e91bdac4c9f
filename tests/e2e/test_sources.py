"""All sources of a signed-in user, over days: what comes out is what the invented world did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chartlake.lake import raw
from chartlake.pipeline import Extracted
from chartlake.settings import read_settings
from chartlake.simulator import Simulator, World
from chartlake.wiring.project import open_project
from tests.charts import OLD_HEADER, track_id
from tests.commands import Command
from tests.e2e.projects import (
    SimulatedTime,
    lake_of,
    make_tape,
    playlist_feed,
    warehouse_of,
    write_feeds,
)

TAPE = "2nWxVs7sKLqP7tqTZQv0Fa"
HALF_HOURLY = "*/30 * * * *"
BUDGET = 12
DAY = timedelta(days=1)
DAYS = 3
CHART_DATE = date(2026, 11, 17)


def feeds_of(world: World) -> dict[str, dict[str, Any]]:
    """One of each source."""
    artists = [artist.artist_id for artist in world.artists[:2]]
    return {
        "tape": playlist_feed(TAPE),
        "top-tracks": {"source": "top-items", "schedule": "daily"},
        "top-artists": {"source": "top-items", "items": "artists", "schedule": "daily"},
        "plays": {"source": "recently-played", "schedule": HALF_HOURLY},
        "saved": {"source": "saved-tracks", "schedule": "daily"},
        "radar": {"source": "artist-catalog", "artists": artists, "schedule": "daily"},
        "fill": {"source": "hydration", "daily_requests": BUDGET, "schedule": "daily"},
    }


@pytest.fixture
def spotify(world: World, moment: SimulatedTime) -> Iterator[Simulator]:
    make_tape(world, TAPE, world.tracks[200:270])
    with Simulator(world, moment, mode="development", approve="at once") as running:
        yield running


def write_chart(folder: Path, world: World) -> tuple[Path, set[str]]:
    """A chart of 25 tracks that there are and two that nobody knows; the former."""
    out = [track for track in world.tracks if track.album.release_date < CHART_DATE][:25]
    names = [(track.track_id, track.name) for track in out]
    names += [(track_id(letter), f"Unknown {letter}") for letter in "xy"]
    rows = [
        f'{place},"{name}",Somebody,{1000 - place},https://open.spotify.com/track/{spotify_id}'
        for place, (spotify_id, name) in enumerate(names, start=1)
    ]
    file = folder / f"regional-is-daily-{CHART_DATE}.csv"
    file.write_text("\n".join([OLD_HEADER, *rows]) + "\n", encoding="utf-8")
    return file, {track.track_id for track in out}


def live_a_day(folder: Path, moment: SimulatedTime) -> Iterator[tuple[datetime, Extracted]]:
    """Each half hour all that is due is read; what is new, and when."""
    retry, end = moment.retry(run_seconds=float("inf")), moment() + DAY
    with open_project(read_settings(folder), moment, retry) as project:
        while moment() < end:
            at = moment()
            results = project.pipeline.extract(project.feeds)
            assert [result.error for result in results if result.error] == []
            new = [result for result in results if result.status == "new"]
            if len(new) > 1:
                assert not project.pipeline.transform().failed
            yield from ((at, result) for result in new)
            moment.move(minutes=30)


@pytest.mark.usefixtures("browser")
def test_days_of_a_listener(
    chartlake: Command, spotify: Simulator, world: World, moment: SimulatedTime, tmp_path: Path
) -> None:
    write_feeds(tmp_path, spotify, feeds_of(world), client_id="simulated-client")
    moment.move(days=-DAYS + 1, minutes=-30)  # the last of the days has 64 plays in an hour
    assert chartlake("login").code == 0
    file, known = write_chart(tmp_path, world)
    assert chartlake("import", file, "-q").code == 0
    first, last = moment(), moment()
    read_at: dict[str, list[datetime]] = {}
    for _ in range(DAYS):
        for last, result in live_a_day(tmp_path, moment):
            read_at.setdefault(result.feed, []).append(last)
    moment.move(minutes=-20)
    assert {name: len(times) for name, times in read_at.items()} == {
        name: DAYS * 48 if name == "plays" else DAYS for name in feeds_of(world)
    }

    done = chartlake("run", "-q")
    assert done.code == 0, done.err
    assert _failures(chartlake) == {}
    warehouse, user = warehouse_of(tmp_path), world.users[0]

    # every play, once
    plays = warehouse.query("select played_at, track_id from listening_plays").rows
    since = min(played_at for played_at, _ in plays)
    truth = [play for play in world.plays(user, last) if _naive(play.played_at) >= since]
    assert len(truth) > 100
    assert sorted(plays) == sorted((_naive(p.played_at), p.track.track_id) for p in truth)
    assert warehouse.query("select bool_and(joins_previous) from readings").rows == [(True,)]

    # every list, as it stood
    for day in (first.date() + number * DAY for number in range(DAYS)):
        tracks = world.listening.top_tracks(user, "short_term", day)[:50]
        assert _listed(tmp_path, "top-tracks", day) == [track.track_id for track in tracks]
        artists = world.listening.top_artists(user, "short_term", day)[:50]
        assert _listed(tmp_path, "top-artists", day) == [one.artist_id for one in artists]
        assert _listed(tmp_path, "tape", day) == [t.track_id for t in world.tracks[200:270]]
    for at in read_at["saved"]:
        saved = [track.track_id for _, track in world.library.tracks(user, at)]
        assert _listed(tmp_path, "saved", at.date()) == saved

    # the artists' albums with their tracks
    albums = {
        album.album_id: album
        for artist in world.artists[:2]
        for group, album in world.artist_albums(artist, moment().date())
        if group in ("album", "single")
    }
    of_radar = "select distinct album_id from album_observations where feed = 'radar'"
    assert {row[0] for row in warehouse.query(of_radar).rows} == albums.keys()
    counts = "select album_id, count(*) from tracks where album_id is not null group by 1"
    found = dict(warehouse.query(counts).rows)
    sizes = {key: len(_tracks(world, key, moment())) for key in albums}
    assert {key: found.get(key, 0) for key in albums} == sizes

    # what the chart named by its id, within the budget of each day
    filled = "select track_id from tracks where duration_ms is not null"
    assert known <= {row[0] for row in warehouse.query(filled).rows}
    store = lake_of(tmp_path)
    asked = [
        len(raw.read_manifest(store, "fill", slot, 1).requests)
        for slot in sorted(raw.latest_revisions(store, "fill"))
    ]
    # one for each id, 25 and two unknown; and one, by this feed or the radar, to see that many at
    # once are not allowed
    assert asked[:2] == [BUDGET, BUDGET]
    assert sum(asked) in (25 + 2, 25 + 2 + 1)


def test_plays_that_nobody_asked_for_in_time_are_a_gap_that_is_told(
    chartlake: Command, spotify: Simulator, world: World, moment: SimulatedTime, tmp_path: Path
) -> None:
    """Twice a day is not enough where more than fifty songs are heard in an evening."""
    plays = {"plays": {"source": "recently-played", "schedule": "0 */12 * * *"}}
    user = world.users[0]
    warned: dict[datetime, str] = {}
    while moment() < datetime(2026, 11, 21, 1, tzinfo=UTC):
        token = spotify.issue_token(user.user_id)
        (tmp_path / ".env").write_text(f"CHARTLAKE_SPOTIFY__ACCESS_TOKEN={token}\n")
        write_feeds(tmp_path, spotify, plays)
        done = chartlake("run", "-q")
        assert done.code == 0, done.err
        if done.err:
            warned[moment()] = done.err
        moment.move(hours=12)
    assert list(warned) == [datetime(2026, 11, 21, 0, 30, tzinfo=UTC)]
    ((last, told),) = warned.items()
    assert "may be missing" in told
    warehouse = warehouse_of(tmp_path)
    gap = "select since, covers_from from readings where not joins_previous"
    ((missing_from, missing_until),) = warehouse.query(gap).rows
    words = f"plays between {missing_from:%Y-%m-%d %H:%M} UTC and {missing_until:%Y-%m-%d %H:%M}"
    assert words in " ".join(told.split())
    found = set(warehouse.query("select played_at, track_id from listening_plays").rows)
    since = min(played_at for played_at, _ in found)
    truth = {(_naive(p.played_at), p.track.track_id) for p in world.plays(user, last)}
    lost = {play for play in truth if play[0] >= since} - found
    assert found <= truth
    assert len(lost) == 64 - 50
    assert all(missing_from < played_at < missing_until for played_at, _ in lost)
    assert _failures(chartlake) == {"plays_may_be_missing": 1}


def _failures(chartlake: Command) -> dict[str, int]:
    checks = chartlake("check", "--json").json()["checks"]
    return {each["name"]: each["failures"] for each in checks if each["failures"]}


def _tracks(world: World, album_id: str, at: datetime) -> tuple[Any, ...]:
    found = world.find_album(album_id, at.date())
    return found[1] if found else ()


def _listed(folder: Path, feed: str, day: Any) -> list[Any]:
    sql = f"""
        select e.item_key from entries e
        inner join editions d on d.feed = e.feed and d.slot = e.slot
        where e.feed = '{feed}' and d.chart_date = '{day}' order by e.position
    """
    return [row[0] for row in warehouse_of(folder).query(sql).rows]


def _naive(moment: datetime) -> datetime:
    """In UTC and to the millisecond, as Spotify tells it."""
    naive = moment.astimezone(UTC).replace(tzinfo=None)
    return naive.replace(microsecond=naive.microsecond // 1000 * 1000)
