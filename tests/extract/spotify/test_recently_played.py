"""Plays: each slot overlaps with the one before, and a gap is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import msgspec
import pytest

from chartlake.errors import Unavailable
from chartlake.extract.spotify.recently_played import read_recently_played
from chartlake.model import Feed
from chartlake.simulator import World
from tests.extract.server import Server, answer, error
from tests.extract.spotify.api import NOW, Time
from tests.extract.spotify.simulated import As, Runs, simulated

FEED = Feed(name="plays", source="recently-played", source_id="default", schedule="hourly")
HERE = "/v1/me/player/recently-played"
HOUR = 3600


@pytest.fixture
def runs(server: Server, http: httpx2.Client) -> Runs:
    return Runs(http, f"{server.url}/v1", Time(), FEED, read_recently_played)


def minute(number: float) -> datetime:
    """So many minutes before the clock of the test started."""
    return NOW - timedelta(minutes=number)


def play(at: datetime | Any) -> dict[str, Any]:
    text = at.isoformat().replace("+00:00", "Z") if isinstance(at, datetime) else at
    return {"track": {"id": "x"}, "played_at": text}


def plays(*minutes: float, more: bool = False) -> dict[str, Any]:
    """A page, newest first."""
    items = [play(minute(number)) for number in minutes]
    return {"items": items, "next": "https://elsewhere.example/" if more else None}


# The watermark ----------------------------------------------------------------------------------


def test_a_first_slot_goes_back_as_far_as_spotify_shows(server: Server, runs: Runs) -> None:
    pages = [plays(1, 2, 3, more=True), plays(4, 5, more=True), plays()]
    server.script(HERE, *map(answer, pages))
    manifest = runs.run_well()
    assert (manifest.item_count, len(manifest.pages)) == (5, 2)
    assert (manifest.since, manifest.watermark, manifest.warning) == (None, minute(1), None)
    milliseconds = [str(int(minute(n).timestamp() * 1000)) for n in (3, 5)]
    assert [r.query for r in server.requests] == [
        {"limit": "50"},
        {"limit": "50", "before": milliseconds[0]},
        {"limit": "50", "before": milliseconds[1]},
    ]
    assert [page.first_item for page in manifest.pages] == [0, 3]


def test_the_next_slot_overlaps_and_stops_where_the_plays_are_known(
    server: Server, runs: Runs
) -> None:
    server.script(HERE, answer(plays(10, 20)), answer(plays(-30, 10, 20, more=True)))
    first = runs.run_well()
    runs.time.passed += HOUR
    manifest = runs.run_well()
    assert (first.watermark, manifest.since) == (minute(10), minute(10))
    assert manifest.watermark == minute(-30)
    assert (manifest.item_count, manifest.warning) == (3, None)
    assert len(server.requests) == 2


def test_a_play_that_a_device_reports_late_is_taken(server: Server, runs: Runs) -> None:
    server.script(HERE, answer(plays(10, 20)), answer(plays(10, 15, 20)))
    runs.run_well()
    runs.time.passed += HOUR
    manifest = runs.run_well()
    times = [item["played_at"] for item in msgspec.json.decode(runs.contents()[0])["items"]]
    assert play(minute(15))["played_at"] in times
    assert manifest.watermark == minute(10)


def test_nothing_new_moves_nothing(server: Server, runs: Runs) -> None:
    server.script(HERE, answer(plays(10, 20)))
    runs.run_well()
    runs.time.passed += HOUR
    manifest = runs.run_well()
    assert (manifest.since, manifest.watermark) == (minute(10), minute(10))
    assert manifest.warning is None


def test_milliseconds_count(server: Server, runs: Runs) -> None:
    at = NOW - timedelta(milliseconds=1500)
    server.script(HERE, answer({"items": [play(at)], "next": "x"}), answer(plays()))
    assert runs.run_well().watermark == at
    assert server.requests[1].query["before"] == str(int(NOW.timestamp() * 1000) - 1500)


# Gaps -------------------------------------------------------------------------------------------


def test_a_gap_is_told(server: Server, runs: Runs) -> None:
    later = [plays(-50, -40, more=True), plays(-30, more=True), plays()]
    server.script(HERE, answer(plays(10, 20)), *map(answer, later))
    runs.run_well()
    runs.time.passed += HOUR
    manifest = runs.run_well()
    assert manifest.warning == (
        "plays between 2026-03-01 03:50 UTC and 2026-03-01 04:30 UTC may be missing: Spotify "
        "shows only the last 50 or so; a shorter schedule, such as hourly, loses fewer"
    )
    assert manifest.item_count == 3
    assert runs.run().status == "present"


def test_further_pages_close_a_gap(server: Server, runs: Runs) -> None:
    later = [plays(-40, -30, more=True), plays(-20, 10, more=True)]
    server.script(HERE, answer(plays(10, 20)), *map(answer, later))
    runs.run_well()
    runs.time.passed += HOUR
    manifest = runs.run_well()
    assert (manifest.warning, len(manifest.pages)) == (None, 2)
    assert len(server.requests) == 3


def test_a_history_that_was_taken_away_is_a_gap(server: Server, runs: Runs) -> None:
    server.script(HERE, answer(plays(10, 20)), answer(plays()))
    runs.run_well()
    runs.time.passed += HOUR
    manifest = runs.run_well()
    assert "plays between 2026-03-01 03:50 UTC and now may be missing" in str(manifest.warning)
    assert (manifest.item_count, manifest.watermark) == (0, minute(10))


def test_an_empty_history_is_a_snapshot(server: Server, runs: Runs) -> None:
    server.script(HERE, answer(plays()))
    for _ in range(2):
        manifest = runs.run_well()
        assert (manifest.item_count, len(manifest.pages)) == (0, 1)
        assert (manifest.since, manifest.watermark, manifest.warning) == (None, None, None)
        runs.time.passed += HOUR


def test_a_missed_slot_leaves_the_watermark_where_it_was(server: Server, runs: Runs) -> None:
    server.script(HERE, answer(plays(10)), error(403), answer(plays(-90, 10)))
    runs.run_well()
    runs.time.passed += HOUR
    assert runs.run().status == "failed"
    runs.time.passed += HOUR
    manifest = runs.run_well()
    assert (manifest.since, manifest.watermark, manifest.warning) == (minute(10), minute(-90), None)


# Odd answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "odd",
    [
        None,
        5,
        "x",
        [],
        {},
        play(None),
        play(5),
        play(""),
        play("yesterday"),
        play("0000-00-00T00:00:00Z"),
        {"played_at": {"at": "2026"}},
    ],
)
def test_an_odd_item_counts_and_tells_no_time(server: Server, runs: Runs, odd: Any) -> None:
    content = {"items": [odd, play(minute(5)), odd], "next": None}
    server.script(HERE, answer(content))
    manifest = runs.run_well()
    assert (manifest.item_count, manifest.watermark) == (3, minute(5))


def test_only_odd_items_end_the_reading(server: Server, runs: Runs) -> None:
    server.script(HERE, answer({"items": [None, None], "next": "x"}))
    manifest = runs.run_well()
    assert (manifest.item_count, manifest.watermark) == (2, None)
    assert len(server.requests) == 1


def test_a_time_without_a_zone_is_utc(server: Server, runs: Runs) -> None:
    server.script(HERE, answer({"items": [play("2026-03-01T03:55:00.123")], "next": None}))
    assert runs.run_well().watermark == datetime(2026, 3, 1, 3, 55, 0, 123_000, UTC)


def test_a_clock_that_runs_ahead_does_not_hide_gaps(server: Server, runs: Runs) -> None:
    """A device that thinks it is 2036 would else end all warnings until then."""
    ahead = play(datetime(2036, 1, 1, tzinfo=UTC))
    before, after = plays(10), plays(-50, more=False)
    for content in (before, after):
        content["items"].insert(0, ahead)
    server.script(HERE, answer(before), answer(after))
    first = runs.run_well()
    assert (first.item_count, first.watermark) == (2, minute(10))
    runs.time.passed += HOUR
    second = runs.run_well()
    assert (second.since, second.watermark) == (minute(10), minute(-50))
    assert "may be missing" in str(second.warning)


def test_a_service_that_never_ends_is_left(server: Server, runs: Runs) -> None:
    server.script(HERE, answer(plays(1, 2, more=True)))
    runs.run_well()
    assert len(server.requests) == 20


@pytest.mark.parametrize("content", [[], None, {}, {"items": None}, {"items": {}}])
def test_another_shape(server: Server, runs: Runs, content: Any) -> None:
    server.script(HERE, answer(content))
    result = runs.run()
    assert isinstance(result.error, Unavailable)
    assert "has another shape than a recently_played" in result.error.what


def test_a_page_that_is_lost_loses_the_slot(server: Server, runs: Runs) -> None:
    server.script(HERE, answer(plays(1, 2, more=True)), error(503))
    assert runs.run().status == "failed"
    assert list(runs.store.keys("manifests/")) == []


# On the simulated Spotify -------------------------------------------------------------------------


def test_hourly_every_play_is_there_or_a_gap_is_told(
    http: httpx2.Client, world: World, today: Time
) -> None:
    """Twenty days of a listener who now and then plays more than Spotify shows."""
    user = world.users[2]
    seen: set[str] = set()
    gaps: list[tuple[datetime, datetime]] = []
    today.start -= timedelta(days=20)
    begin = today.now()
    with simulated(world, today) as spotify:
        runs = Runs(http, spotify.url, today, FEED, read_recently_played, As(user.user_id))
        for _ in range(20 * 6):
            manifest = runs.run_well()
            for content in runs.contents():
                items = msgspec.json.decode(content)["items"]
                seen |= {item["played_at"] for item in items}
            if manifest.warning:
                assert manifest.since is not None
                gaps.append((manifest.since, manifest.observed_at))
            runs.later(4 / 24)
    until = today.now() - timedelta(hours=4)
    missed = [
        play.played_at
        for play in world.plays(user, until)
        if play.played_at > begin and f"{play.played_at.isoformat()[:-9]}Z" not in seen
    ]
    assert len(seen) > 300
    assert missed, "nobody played more than is shown: this tests nothing"
    assert all(any(since < at < seen_at for since, seen_at in gaps) for at in missed)
