"""Tombstones: notes that close a feed whose source is gone. Its history stays."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chartlake.lake import keys
from chartlake.lake.store import Store
from chartlake.model import Feed, Record, Slot, Undecodable, from_json

__all__ = ["Tombstone", "close", "closed", "reopen"]


class Tombstone(Record, frozen=True, kw_only=True):
    """Which source is no longer asked for a feed, since which slot, and why."""

    feed: str
    source: str
    source_id: str
    slot: Slot
    why: str
    at: datetime


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
    try:
        tombstone = from_json(store.get(keys.tombstone(feed.name)), Tombstone)
    except (FileNotFoundError, Undecodable):
        return None
    same = (tombstone.source, tombstone.source_id) == (feed.source, feed.source_id)
    return tombstone if same else None


def reopen(store: Store, feed: str) -> bool:
    """Ask for a feed again; whether it was closed."""
    try:
        store.get(keys.tombstone(feed))
    except FileNotFoundError:
        return False
    store.delete(keys.tombstone(feed))
    return True
