"""Tombstones: a closed feed is asked for no more, until it is opened again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chartlake.lake import tombstones
from chartlake.lake.store import Store
from chartlake.lake.tombstones import Tombstone
from chartlake.model import Feed, Slot

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
SLOT, NEXT = Slot("20260301T000000Z"), Slot("20260302T000000Z")
FEED = Feed(name="finds", source="playlist", source_id="P" * 22)


def another(**other: str) -> Feed:
    return Feed(**({"name": "finds", "source": "playlist", "source_id": "P" * 22} | other))  # type: ignore[arg-type]  # all are text


def test_a_feed_is_closed_with_the_reason(store: Store) -> None:
    assert tombstones.closed(store, FEED) is None
    made = tombstones.close(store, FEED, SLOT, "it is gone", NOW)
    assert tombstones.closed(store, FEED) == made
    assert made == Tombstone(
        feed="finds",
        source="playlist",
        source_id="P" * 22,
        slot=SLOT,
        why="it is gone",
        at=NOW,
    )
    assert list(store.keys("tombstones/")) == ["tombstones/finds.json"]


@pytest.mark.parametrize(
    "other", [{"name": "finds-2"}, {"source_id": "Q" * 22}, {"source": "top-items"}]
)
def test_only_this_source_under_this_name_is_closed(store: Store, other: dict[str, str]) -> None:
    tombstones.close(store, FEED, SLOT, "it is gone", NOW)
    assert tombstones.closed(store, another(**other)) is None


def test_schedule_and_zone_do_not_matter(store: Store) -> None:
    tombstones.close(store, FEED, SLOT, "it is gone", NOW)
    assert tombstones.closed(store, another(schedule="daily", timezone="Europe/Berlin"))


def test_the_tombstone_of_another_source_gives_way(store: Store) -> None:
    tombstones.close(store, FEED, SLOT, "it is gone", NOW)
    other = another(source_id="Q" * 22)
    made = tombstones.close(store, other, NEXT, "so is this", NOW)
    assert tombstones.closed(store, other) == made
    assert tombstones.closed(store, FEED) is None


def test_a_feed_is_opened_again_once(store: Store) -> None:
    tombstones.close(store, FEED, SLOT, "it is gone", NOW)
    assert tombstones.reopen(store, "finds-2") is False
    assert tombstones.closed(store, FEED)
    assert tombstones.reopen(store, "finds") is True
    assert tombstones.closed(store, FEED) is None
    assert tombstones.reopen(store, "finds") is False
    assert list(store.keys("tombstones/")) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"feed": 5}', b"\xff"])
def test_a_tombstone_that_is_none_closes_nothing(store: Store, content: bytes) -> None:
    store.create("tombstones/finds.json", content)
    assert tombstones.closed(store, FEED) is None
    assert tombstones.reopen(store, "finds") is True


def test_all_feeds_that_are_closed(store: Store) -> None:
    assert tombstones.closed_feeds(store) == []
    made = [tombstones.close(store, another(name=name), SLOT, "gone", NOW) for name in ("a", "b")]
    tombstones.bury(store, "c", {SLOT: 1}, "purged", NOW)
    store.create("tombstones/d.json", b"{")
    assert tombstones.closed_feeds(store) == made
