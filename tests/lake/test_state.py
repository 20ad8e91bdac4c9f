"""State: what changes, and may be lost without harm."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest

from chartlake.lake.state import FeedState, Held, change_state, feed_state, read_state
from chartlake.lake.store import Store, open_store
from chartlake.model import Page, Record, Request, Slot

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
PAGE = Page(
    resource="playlist",
    media_type="application/json",
    offset=3,
    stored_bytes=20,
    length=40,
    sha256="0" * 64,
    received_at=NOW,
    etag='"x"',
    raw_key="raw/finds/x.json.zst",
)
HELD = Held(
    slot=Slot("20260301T000000Z"),
    pages=(PAGE,),
    requests=(Request(url="https://api.example/", at=NOW, seconds=0.1, status=200),),
    version="v1",
)


class Count(Record, frozen=True):
    n: int = 0


def one_more(before: Count | None) -> Count:
    return Count((before or Count()).n + 1)


def test_what_is_not_there(store: Store) -> None:
    assert read_state(store, "count", Count) is None
    assert list(store.keys("")) == []


def test_a_change_is_kept(store: Store) -> None:
    assert change_state(store, "count", Count, one_more) == Count(1)
    assert change_state(store, "count", Count, one_more) == Count(2)
    assert read_state(store, "count", Count) == Count(2)
    assert list(store.keys("state/")) == ["state/count.json"]


def test_a_feed_remembers_all_it_has(store: Store) -> None:
    state = FeedState(held=HELD, albums={"a": 3}, spent={"2026-03-01T04": 2})
    change_state(store, feed_state("finds"), FeedState, lambda _: state)
    assert read_state(store, feed_state("finds"), FeedState) == state
    assert read_state(store, feed_state("finds-2"), FeedState) is None


DAMAGE: dict[str, bytes] = {
    "empty": b"",
    "cut": b'{"n": ',
    "other": b"[]",
    "type": b'{"n": "two"}',
    "not utf-8": b'{"n": "\xff"}',
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_state_that_cannot_be_read_is_made_anew_and_said_so(
    store: Store, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    store.create("state/count.json", DAMAGE[damage])
    with caplog.at_level(logging.WARNING):
        assert read_state(store, "count", Count) is None
    assert "state count cannot be read and is made anew" in caplog.text
    assert change_state(store, "count", Count, one_more) == Count(1)
    assert read_state(store, "count", Count) == Count(1)


def test_a_later_version_may_add_fields(store: Store) -> None:
    store.create("state/count.json", b'{"n": 4, "more": [1]}')
    assert read_state(store, "count", Count) == Count(4)


def test_an_earlier_version_may_lack_them(store: Store) -> None:
    store.create("state/feed-finds.json", b"{}")
    assert read_state(store, feed_state("finds"), FeedState) == FeedState()


def test_a_change_that_loses_a_race_is_made_again() -> None:
    store = open_store("memory://")
    calls: list[Callable[[], object]] = [lambda: change_state(store, "count", Count, one_more)]

    def change(before: Count | None) -> Count:
        while calls:
            calls.pop()()
        return one_more(before)

    assert change_state(store, "count", Count, change) == Count(2)


def test_defaults_take_no_room() -> None:
    assert msgspec.json.encode(FeedState()) == b"{}"
