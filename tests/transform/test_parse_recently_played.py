"""Plays, newest first, and whether they join those that were seen before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartlake.errors import DataError
from chartlake.model import Feed
from chartlake.schema import PlayObservation, Reading, SlotRows
from chartlake.transform.parse_recently_played import parse_recently_played
from tests.transform.slots import manifest, page_of, rows_by, unique_keys
from tests.transform.test_parse_playlist import JSON, SEEN, TRACK, Json, local, mutants, track

FEED = Feed(name="plays", source="recently-played", source_id="me", schedule="hourly")
NOON = datetime(2026, 2, 28, 12)


def play(minutes: int = 0, item: Any = None, **changes: Any) -> Json:
    """A play so many minutes before noon."""
    at = (NOON - timedelta(minutes=minutes)).isoformat(timespec="milliseconds") + "Z"
    context = {"type": "playlist", "uri": "spotify:playlist:x", "href": "x"}
    return {"track": item or track(), "played_at": at, "context": context} | changes


def rows_of(*pages: list[Any], since: datetime | None = None) -> SlotRows:
    contents = [page_of(items) for items in pages]
    slot = manifest(*contents, feed=FEED, resources=["recently_played"] * len(pages))
    zoned = since.replace(tzinfo=UTC) if since else None
    return rows_by(parse_recently_played, msgspec.structs.replace(slot, since=zoned), contents)


def reading_of(*pages: list[Any], since: datetime | None = None) -> Reading:
    (found,) = rows_of(*pages, since=since).readings
    return found


def test_a_play_becomes_this_row() -> None:
    rows = rows_of([play()])
    assert rows.play_observations == [
        PlayObservation(
            position=1,
            account="me",
            played_at=NOON,
            item_kind="track",
            item_key=TRACK,
            track_id=TRACK,
            item_name="Song",
            artist_names="Vera, Oto, The",
            duration_ms=201_000,
            context_type="playlist",
            context_uri="spotify:playlist:x",
            page=0,
            item=0,
        )
    ]
    assert [o.track_id for o in rows.track_observations] == [TRACK]
    assert len(rows.album_observations) == 1
    assert len(rows.artist_observations) == 2
    assert (rows.editions, rows.entries, rows.rejects) == ([], [], [])


def test_positions_count_over_pages() -> None:
    rows = rows_of([play(1), play(2)], [], [play(3)])
    assert [(p.position, p.page, p.item) for p in rows.play_observations] == [
        (1, 0, 0),
        (2, 0, 1),
        (3, 2, 0),
    ]


@pytest.mark.parametrize("context", [None, {}, 5, {"type": 5, "uri": None}])
def test_a_play_from_nowhere(context: Any) -> None:
    (found,) = rows_of([play(context=context)]).play_observations
    assert (found.context_type, found.context_uri) == (None, None)


def test_a_play_of_what_is_no_track() -> None:
    unavailable, own = rows_of([play(track=None), play(1, local())]).play_observations
    assert (unavailable.item_kind, unavailable.item_key) == ("unavailable", None)
    assert (own.item_kind, own.track_id) == ("local", None)


@pytest.mark.parametrize("record", [None, 5, play(played_at=None), play(played_at="noon"), {}])
def test_a_play_without_a_time_is_a_reject(record: Any) -> None:
    rows = rows_of([record, play()])
    assert [(r.page, r.item) for r in rows.rejects] == [(0, 0)]
    assert [p.position for p in rows.play_observations] == [2]
    assert rows.readings[0].item_count == 2


def test_the_reading_says_what_it_covers() -> None:
    found = reading_of([play(0), play(5)], [play(9)])
    assert (found.source, found.source_id, found.item_count) == ("recently-played", "me", 3)
    assert (found.covers_from, found.covers_to) == (NOON - timedelta(minutes=9), NOON)
    assert (found.scheduled_at, found.observed_at) == (datetime(2026, 2, 28, 23), SEEN)


@pytest.mark.parametrize(
    ("minutes", "joins"),
    [(None, True), (0, True), (4, True), (5, True), (6, False)],
)
def test_plays_join_when_they_reach_back_far_enough(minutes: int | None, joins: bool) -> None:
    since = None if minutes is None else NOON - timedelta(minutes=minutes)
    found = reading_of([play(0), play(5)], since=since)
    assert (found.since, found.joins_previous) == (since, joins)


def test_where_nothing_is_seen_anything_may_be_missing() -> None:
    assert reading_of([], since=NOON).joins_previous is False
    assert reading_of([]).joins_previous is True
    assert reading_of().covers_from is None


@pytest.mark.parametrize("page", [b"", b"[]", b'{"items": 5}'])
def test_a_page_that_is_none_fails_the_slot(page: bytes) -> None:
    with pytest.raises(DataError, match="page 0 is not a recently_played"):
        rows_by(parse_recently_played, manifest(page, resources=["recently_played"]), [page])


PLAYS = (
    JSON | mutants().map(lambda item: play(1, item)) | st.builds(lambda v: play(context=v), JSON)
)
PLAYS |= st.builds(lambda v: play(played_at=v), JSON | st.datetimes().map(str))


@given(st.lists(st.lists(PLAYS, max_size=4), max_size=3))
def test_whatever_the_plays_are_none_is_lost(pages: list[Any]) -> None:
    rows = rows_of(*pages)
    (found,) = rows.readings
    count = sum(map(len, pages))
    assert len(rows.play_observations) + len(rows.rejects) == found.item_count == count
    assert unique_keys(rows)
