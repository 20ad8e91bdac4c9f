"""Tombstones: of a feed whose source is gone (its history stays), and of a slot that was removed.

A slot's tombstone is what a removal begins with: it says what is to be gone, so
that whoever comes next completes a removal that was interrupted. It tells up to
which revision, so that a file which somebody brings again later is not meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from chartlake.errors import CorruptObject
from chartlake.lake import keys
from chartlake.lake.store import Store
from chartlake.model import Feed, Record, Slot, Undecodable, from_json

__all__ = [
    "FORGOTTEN",
    "SlotTombstone",
    "Tombstone",
    "buried",
    "bury",
    "close",
    "closed",
    "closed_feeds",
    "feeds_with_buried_slots",
    "of_feed",
    "of_slot",
    "reopen",
]

FORGOTTEN = "its user was forgotten"


class Tombstone(Record, frozen=True, kw_only=True):
    """Which source is no longer asked for a feed, since which slot, and why."""

    feed: str
    source: str
    source_id: str
    slot: Slot
    why: str
    at: datetime


class SlotTombstone(Record, frozen=True, kw_only=True):
    """Of which slot all revisions up to which one are gone, and why."""

    feed: str
    slot: Slot
    revision: int
    why: str
    at: datetime


def bury(store: Store, feed: str, slots: Mapping[Slot, int], why: str, at: datetime) -> None:
    """Note that the revisions of some slots up to the given ones are to be gone."""
    for slot, revision in slots.items():
        mark = SlotTombstone(feed=feed, slot=slot, revision=revision, why=why, at=at)
        if not store.create(keys.slot_tombstone(feed, slot), msgspec.json.encode(mark)):
            _raise(store, mark)


def _raise(store: Store, mark: SlotTombstone) -> None:
    """Let an older tombstone be of this revision too."""
    if of_slot(store, mark.feed, mark.slot).revision < mark.revision:
        content = msgspec.json.encode(mark)
        store.change(keys.slot_tombstone(mark.feed, mark.slot), lambda before: content)


def buried(store: Store, feed: str) -> frozenset[Slot]:
    """The slots of a feed that have a tombstone; nothing is fetched.

    One that somebody brought again has a manifest of a later revision too.
    """
    prefix = keys.slot_tombstones_of(feed)
    names = (key.removeprefix(prefix) for key in store.keys(prefix))
    return frozenset(Slot(name.removesuffix(".json")) for name in names)


def feeds_with_buried_slots(store: Store) -> list[str]:
    """The feeds of which slots were removed."""
    return store.folders(keys.TOMBSTONES)


def of_slot(store: Store, feed: str, slot: Slot) -> SlotTombstone:
    """A slot's tombstone; FileNotFoundError where it has none."""
    key = keys.slot_tombstone(feed, slot)
    try:
        return from_json(store.get(key), SlotTombstone)
    except Undecodable as error:
        raise CorruptObject(f"{key} is not a tombstone", why=str(error)) from error


def of_feed(store: Store, feed: str) -> Tombstone | None:
    """The tombstone under a feed's name, whatever its source was."""
    try:
        return from_json(store.get(keys.tombstone(feed)), Tombstone)
    except (FileNotFoundError, Undecodable):
        return None


def closed_feeds(store: Store) -> list[Tombstone]:
    """The tombstones of all feeds that are closed."""
    names = (key.removeprefix(keys.TOMBSTONES) for key in store.keys(keys.TOMBSTONES))
    found = (of_feed(store, n.removesuffix(".json")) for n in names if "/" not in n)
    return [tombstone for tombstone in found if tombstone]


def close(store: Store, feed: Feed, slot: Slot, why: str, at: datetime) -> Tombstone:
    """Ask for this feed no more."""
    tombstone = Tombstone(
        feed=feed.name, source=feed.source, source_id=feed.source_id, slot=slot, why=why, at=at
    )
    content = msgspec.json.encode(tombstone)
    if not store.create(keys.tombstone(feed.name), content):
        # that of another source, which had this name and no history
        store.change(keys.tombstone(feed.name), lambda before: content)
    return tombstone


def closed(store: Store, feed: Feed) -> Tombstone | None:
    """The tombstone of a feed, if it is closed."""
    tombstone = of_feed(store, feed.name)
    same = tombstone and (tombstone.source, tombstone.source_id) == (feed.source, feed.source_id)
    return tombstone if same else None


def reopen(store: Store, feed: str) -> bool:
    """Ask for a feed again; whether it was closed."""
    try:
        store.get(keys.tombstone(feed))
    except FileNotFoundError:
        return False
    store.delete(keys.tombstone(feed))
    return True
