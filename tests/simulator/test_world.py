"""The invented world: the same on every machine, and like a real chart."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from itertools import groupby, pairwise
from pathlib import Path
from statistics import mean, median

import pytest

import chartlake.simulator
from chartlake.simulator import MARKETS, Blemishes, Spot, World
from chartlake.simulator.entries import Episode, LocalFile, Malformed, Unavailable
from chartlake.simulator.records import Track

DAY = timedelta(days=1)
ID = re.compile(r"[A-Za-z0-9]{22}")

FINGERPRINT = """
from datetime import UTC, date, datetime
from hashlib import sha256
from chartlake.simulator import MARKETS, World
world = World(seed=7)
now = datetime(2026, 11, 20, 4, tzinfo=UTC)
heard = [[world.plays(u, now), world.library.albums(u, now)] for u in world.users]
tapes = [repr(tape) for tape in world.mixtapes.values()]
days = [date(2026, 11, 20), date(2026, 9, 1), date(2026, 10, 3)]
charts = [[repr(t) for t in world.chart(m, d)] for d in days for m in MARKETS]
print(sha256(repr([charts, world.playlists, heard, tapes]).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def history(world: World) -> list[date]:
    return [world.first_date + n * DAY for n in range(world.days)]


def ids(tracks: list[Track]) -> list[str]:
    return [track.track_id for track in tracks]


def fingerprint(hash_seed: str) -> str:
    source = Path(chartlake.simulator.__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(source)}
    command = [sys.executable, "-c", FINGERPRINT]
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_same_in_every_process() -> None:
    assert len({fingerprint(hash_seed) for hash_seed in ("0", "1", "4242")}) == 1


def test_order_of_questions_does_not_matter(world: World) -> None:
    other = World()
    days = history(world)[::7]
    forwards = [ids(world.chart(market, day)) for day in days for market in MARKETS]
    backwards = [ids(other.chart(m, day)) for day in reversed(days) for m in reversed(MARKETS)]
    assert forwards == backwards[::-1]


def test_every_chart_has_sixty_different_released_tracks(world: World) -> None:
    for day in [*history(world), *(world.last_date + n * DAY for n in range(1, 43))]:
        for market in MARKETS:
            chart = world.chart(market, day)
            assert len(set(ids(chart))) == 60
            assert all(track.album.release_date <= day for track in chart)


@pytest.mark.parametrize("seed", range(1, 21))
def test_story_of_the_last_date(seed: int) -> None:
    # every sixth day is enough: no chart holds a track before its release (see above)
    world = World(seed)
    check_story(world, [*history(world)[:-2:6], world.last_date - DAY])


@pytest.mark.parametrize("last_date", [date(2026, 11, 20), date(2024, 2, 29), date(2027, 1, 3)])
def test_story_with_the_whole_history(last_date: date) -> None:
    world = World(21, last_date)
    check_story(world, history(world)[:-1])


def check_story(world: World, past: list[date]) -> None:
    charts = [ids(world.chart("Global", day)) for day in past]
    seen, before = set().union(*charts), charts[-1]
    chart = world.chart("Global", world.last_date)
    today = ids(chart)
    assert today[0] != before[0]
    debuts = [one for one in chart[:10] if one.album.release_date == world.last_date]
    assert debuts
    assert not seen & set(ids(debuts))
    assert [one for one in today if one in seen and one not in before], "no re-entry"
    assert max(before.index(one) - today.index(one) for one in today if one in before) >= 5
    assert set(before) - set(today), "no exit"


def test_days_read_like_a_chart(world: World) -> None:
    for market in MARKETS:
        charts = [ids(world.chart(market, day)) for day in history(world)]
        entries = [len(set(new) - set(old)) for old, new in pairwise(charts)]
        moves = [
            [abs(old.index(one) - new.index(one)) for one in new if one in old]
            for old, new in pairwise(charts)
        ]
        assert 1 <= median(entries) <= 5, market
        assert max(entries) <= 25, market
        assert 1 <= mean(mean(day) for day in moves) <= 5, market
        assert 4 <= median(max(day) for day in moves) <= 15, market


def test_some_songs_stay_a_hundred_days(world: World) -> None:
    for market in MARKETS:
        days = Counter(one for day in history(world) for one in ids(world.chart(market, day)))
        assert 5 <= sum(count >= 100 for count in days.values()) <= 35
        assert len(days) > 150


def reigns(world: World, market: str) -> Iterator[int]:
    ones = [world.chart(market, day)[0].track_id for day in history(world)]
    return (len(list(days)) for _, days in groupby(ones))


def test_number_ones_reign_for_days_or_weeks(world: World) -> None:
    for market in MARKETS:
        lengths = list(reigns(world, market))
        assert 4 <= len(lengths) <= 60, market
        assert max(lengths) >= 7, market


def test_markets_differ(world: World) -> None:
    charts = {market: set(ids(world.chart(market, world.last_date))) for market in MARKETS}
    for market in MARKETS[1:]:
        shared = len(charts["Global"] & charts[market])
        assert 10 <= shared < 60, market


def test_artists_are_at_home(world: World) -> None:
    homes = Counter(track.artists[0].home for track in world.chart("Japan", world.last_date))
    elsewhere = Counter(track.artists[0].home for track in world.chart("Mexico", world.last_date))
    assert homes["JP"] > 3 * elsewhere["JP"]


def test_size_and_variety(world: World) -> None:
    assert 80 <= len(world.artists) <= 110
    assert 500 <= len(world.tracks) <= 750
    assert {album.precision for album in world.albums} == {"day", "month", "year"}
    assert {len(track.artists) for track in world.tracks} >= {1, 2, 3}
    assert {album.album_type for album in world.albums} == {"album", "single"}
    names = " ".join(artist.name for artist in world.artists)
    assert "Marlow, The Painter" in names
    titles = [track.name for track in world.tracks]
    for sign in ('"', "'", "(feat. ", "🌞"):
        assert any(sign in title for title in titles), sign
    assert any("の" in title for title in titles)


def test_precision_cuts_the_date(world: World) -> None:
    lengths = {(album.precision, len(album.release_text)) for album in world.albums}
    assert lengths == {("day", 10), ("month", 7), ("year", 4)}


def test_ids_are_ids_and_differ(world: World) -> None:
    for found in (
        [artist.artist_id for artist in world.artists],
        [album.album_id for album in world.albums],
        [track.track_id for track in world.tracks],
        [playlist.playlist_id for playlist in world.playlists],
    ):
        assert all(ID.fullmatch(one) for one in found)
        assert len(set(found)) == len(found)
    assert not set(ids(list(world.tracks))) & set(ids(list(World(2).tracks)))


def test_a_recording_keeps_its_isrc_on_the_album(world: World) -> None:
    again = [track for track in world.tracks if track.single]
    assert again
    for track in again:
        assert track.single is not None
        assert track.isrc == track.single.isrc
        assert track.track_id != track.single.track_id
    by_code = Counter(track.isrc for track in world.tracks)
    assert sum(count > 1 for count in by_code.values()) == len(again)


def test_codes_are_well_formed(world: World) -> None:
    assert all(re.fullmatch(r"[A-Z]{2}[A-Z0-9]{3}\d{7}", track.isrc) for track in world.tracks)
    for album in world.albums:
        weighted = sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(album.upc))
        assert len(album.upc) == 13
        assert weighted % 10 == 0


def test_playlists_are_named_after_their_markets(world: World) -> None:
    slugs = [playlist.slug for playlist in world.playlists]
    assert [playlist.market for playlist in world.playlists] == list(MARKETS)
    assert {"top-60-global", "top-60-brazil", "top-60-united-kingdom"} <= set(slugs)
    assert world.playlists[0].name == "Top 60 Global"


def test_popularity_and_followers_vary_by_date(world: World) -> None:
    number_one = world.chart("Global", world.last_date)[0]
    found = {world.popularity(number_one, day) for day in history(world)}
    assert len(found) > 3
    assert found <= set(range(101))
    artist, month_ago = world.artists[0], world.last_date - 30 * DAY
    assert world.followers(artist, world.last_date) > world.followers(artist, month_ago)
    assert 0 < world.artist_popularity(artist, world.last_date) <= 100


def test_snapshot_changes_with_day_and_playlist(world: World) -> None:
    found = {world.snapshot_id(p, day) for p in world.playlists for day in history(world)}
    assert len(found) == len(MARKETS) * world.days


def test_a_longer_history_keeps_the_newer_records() -> None:
    short, long = World(days=60), World(days=400)
    assert set(ids(list(short.tracks))) < set(ids(list(long.tracks)))
    assert len(long.chart("Brazil", long.first_date)) == 60


def test_wrong_arguments_are_named(world: World) -> None:
    with pytest.raises(ValueError, match="'France' is not one of Global, Brazil"):
        world.chart("France", world.last_date)
    with pytest.raises(ValueError, match="days is 0"):
        World(days=0)


def kinds_on(world: World, market: str, days_ago: int) -> dict[int, type]:
    playlist = next(p for p in world.playlists if p.market == market)
    entries = world.entries(playlist, world.last_date - days_ago * DAY)
    assert len(entries) == 60
    return {n: type(e) for n, e in enumerate(entries, 1) if not isinstance(e, Track)}


def test_blemishes_stand_where_they_are_documented(world: World) -> None:
    assert kinds_on(world, "Mexico", 23) == {33: Malformed}
    assert kinds_on(world, "Brazil", 29) == {18: Unavailable, 44: LocalFile, 52: Episode}
    assert kinds_on(world, "Brazil", 27) == {44: LocalFile}
    assert kinds_on(world, "Brazil", 26) == {}
    japan = next(p for p in world.playlists if p.market == "Japan")
    out = [day for day in history(world) if world.is_out(japan, day)]
    assert out == [world.last_date - 41 * DAY]


def test_global_is_clean(world: World) -> None:
    for days_ago in range(world.days):
        assert kinds_on(world, "Global", days_ago) == {}


def test_a_world_without_blemishes() -> None:
    world = World(blemishes=Blemishes.none())
    for playlist in world.playlists:
        for day in history(world):
            assert world.entries(playlist, day) == world.chart(playlist.market, day)
            assert not world.is_out(playlist, day)


def test_blemishes_can_be_placed() -> None:
    world = World(blemishes=Blemishes(unavailable=(Spot("India", 0, 1), Spot("India", 0, 60))))
    assert kinds_on(world, "India", 0) == {1: Unavailable, 60: Unavailable}


def test_the_demo_world_does_not_change_unnoticed() -> None:
    # a demo, its screenshots and its golden files rest on this world: change it knowingly
    world = World()
    names = [[t.name for t in world.chart(market, world.last_date)] for market in MARKETS]
    assert sha256(repr(names).encode()).hexdigest()[:16] == "0e5900b6446696e0"
