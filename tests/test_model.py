from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartlake.model import (
    FEED_NAME,
    SPOTIFY_ID,
    UNDATED,
    Feed,
    Slot,
    naive_utc,
    sha256,
    slot_at,
    slot_month,
    slot_of_date,
    slot_time,
)

BERLIN_SUMMER = timezone(timedelta(hours=2))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = st.datetimes(
    min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30), timezones=OFFSETS
)


def test_the_slot_of_a_scheduled_time_is_in_utc() -> None:
    assert slot_at(datetime(2026, 3, 1, 4, tzinfo=UTC)) == "20260301T040000Z"
    assert slot_at(datetime(2026, 7, 1, 1, 30, 5, tzinfo=BERLIN_SUMMER)) == "20260630T233005Z"


def test_the_slot_of_a_dated_file_is_its_date() -> None:
    assert slot_of_date(date(2026, 2, 28)) == "20260228T000000Z"
    assert slot_of_date(date(2024, 2, 29)) == "20240229T000000Z"


def test_a_slot_tells_its_time_and_month() -> None:
    slot = Slot("20260301T040000Z")
    assert slot_time(slot) == datetime(2026, 3, 1, 4, tzinfo=UTC)
    assert slot_month(slot) == "2026-03"


def test_an_undated_files_slot_tells_neither() -> None:
    slot = Slot(sha256(b"x"))
    assert slot_time(slot) is None
    assert slot_month(slot) == UNDATED == "undated"


@given(MOMENTS)
def test_slots_and_times_are_one_to_one_to_the_second(moment: datetime) -> None:
    slot = slot_at(moment)
    assert slot_time(slot) == moment.replace(microsecond=0)
    assert slot_time(slot) == datetime.fromisoformat(slot)


@given(MOMENTS, MOMENTS)
def test_slots_sort_as_their_times(one: datetime, other: datetime) -> None:
    if one.replace(microsecond=0) < other.replace(microsecond=0):
        assert slot_at(one) < slot_at(other)
        assert slot_month(slot_at(one)) <= slot_month(slot_at(other))


@given(st.dates(min_value=date(1000, 1, 1)))
def test_dates_and_their_slots(day: date) -> None:
    assert slot_time(slot_of_date(day)) == datetime(day.year, day.month, day.day, tzinfo=UTC)


@given(MOMENTS)
def test_naive_utc_is_the_same_instant_without_a_zone(moment: datetime) -> None:
    assert naive_utc(moment).tzinfo is None
    assert naive_utc(moment).replace(tzinfo=UTC) == moment


def test_sha256() -> None:
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("name", ["a", "finds", "regional-us-weekly", "2026", "a-1-b"])
def test_names_of_feeds(name: str) -> None:
    assert FEED_NAME.fullmatch(name)


@pytest.mark.parametrize("name", ["", "A", "a_b", "a--b", "-a", "a-", "a b", "a/b", "é", "a\n"])
def test_no_names_of_feeds(name: str) -> None:
    assert not FEED_NAME.fullmatch(name)


@pytest.mark.parametrize("text", ["", "a" * 21, "a" * 23, "é" * 22, "a" * 22 + "\n", "-" * 22])
def test_no_ids(text: str) -> None:
    assert not SPOTIFY_ID.fullmatch(text)
    assert SPOTIFY_ID.fullmatch("3cEYpjA9oz9GiPac4AsH4n")


def test_records_are_values_that_can_be_neither_changed_nor_mistaken() -> None:
    feed = Feed(name="finds", source="playlist", source_id="x")
    assert feed == Feed(name="finds", source="playlist", source_id="x", timezone="UTC")
    assert feed != Feed(name="finds", source="playlist", source_id="y")
    assert len({feed, Feed(name="finds", source="playlist", source_id="x")}) == 1
    with pytest.raises(AttributeError):
        feed.name = "other"  # type: ignore[misc]  # that it can't be is what is tested


def test_records_are_made_by_name() -> None:
    """Their fields may be added to in any place: nobody may rely on an order."""
    made: Any = Feed
    with pytest.raises(TypeError):
        made("finds", "playlist", "x")


def test_records_are_stored_without_what_is_usual() -> None:
    feed = Feed(name="finds", source="playlist", source_id="x")
    stored = b'{"name":"finds","source":"playlist","source_id":"x"}'
    assert msgspec.json.encode(feed) == stored
    assert msgspec.json.decode(stored, type=Feed) == feed


def test_a_slot_is_fifteen_characters_and_a_z() -> None:
    assert slot_of_date(date(999, 12, 31)) == "09991231T000000Z"
