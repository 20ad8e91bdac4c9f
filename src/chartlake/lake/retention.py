"""Retention: raw pages of a web API are given up after so many days; what they became stays.

An object goes when every slot that refers to it is old enough and built. A slot
is marked before its pages go, so that nobody takes them for lost. The last slot
that a feed was read for is kept, however old: the next reading compares with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from typing import NamedTuple

import msgspec

from chartlake.errors import CorruptObject
from chartlake.lake import keys, raw
from chartlake.lake.references import (
    LiveSlot,
    held_objects,
    is_whole,
    live_slots,
    manifests_of,
    raw_objects,
    read_builds,
)
from chartlake.lake.store import Listed, Store
from chartlake.model import Build, Manifest, Record, Slot, slot_at

__all__ = ["Expiry", "Mark", "expire", "expired"]


class Mark(Record, frozen=True, kw_only=True):
    """Which slot's raw pages were given up (or will be in a moment), when, and at what age."""

    feed: str
    slot: Slot
    at: datetime
    raw_days: int


class Expiry(NamedTuple):
    """What was given up of one feed (or would be); the problem that kept it all, if any."""

    feed: str
    slots: tuple[Slot, ...] = ()
    objects: tuple[Listed, ...] = ()
    problem: CorruptObject | None = None


def expired(store: Store, feed: str) -> frozenset[Slot]:
    """The slots whose raw pages were given up: they cannot be built again, and keep their build."""
    names = (key.rsplit("/", 1)[-1] for key in store.keys(keys.expired_of(feed)))
    return frozenset(Slot(name.removesuffix(".json")) for name in names)


def expire(store: Store, raw_days: int, now: datetime, *, dry_run: bool = False) -> list[Expiry]:
    """Give up the raw pages of slots that are older than ``raw_days``; 0 keeps all for ever."""
    if not raw_days:
        return []
    oldest_kept = slot_at(now - timedelta(days=raw_days))
    with_old_slots = [
        feed
        for feed in raw.feeds(store)
        if any(slot < oldest_kept for slot in raw.latest_revisions(store, feed))
    ]
    if not with_old_slots:
        return []
    built = live_slots(read_builds(store))
    whole = cache(partial(is_whole, store))
    found = [_old_of(store, feed, oldest_kept, built, whole) for feed in with_old_slots]
    found = [each for each in found if each.objects or each.problem]
    if not dry_run:
        for each in found:
            _give_up(store, each, raw_days, now)
    return found


def _old_of(
    store: Store,
    feed: str,
    oldest_kept: Slot,
    built: Mapping[tuple[str, str], LiveSlot],
    whole: Callable[[Build], bool],
) -> Expiry:
    """The objects of a feed that only old slots refer to, and these slots."""
    listing = {listed.key: listed for listed in store.listing(keys.raw_of(feed))}
    kept = set(held_objects(store, feed))
    old: dict[Slot, frozenset[str]] = {}
    last: frozenset[str] = frozenset()
    try:
        for manifest in manifests_of(store, feed):
            objects = raw_objects(manifest)
            last = objects or last
            live = built.get((feed, str(manifest.slot)))
            may = live and _may_expire(manifest, oldest_kept, live)
            # where its build is damaged, they are all there is of it
            if live and may and (objects.isdisjoint(listing) or whole(live.build)):
                old[manifest.slot] = objects
            else:
                kept |= objects
    except CorruptObject as problem:  # what it refers to is not known
        return Expiry(feed, problem=problem)
    given_up = {key for objects in old.values() for key in objects} - kept - last
    there = sorted(given_up & listing.keys())
    slots = sorted(slot for slot, objects in old.items() if not objects.isdisjoint(there))
    return Expiry(feed, tuple(slots), tuple(listing[key] for key in there))


def _may_expire(manifest: Manifest, oldest_kept: Slot, live: LiveSlot) -> bool:
    return (
        manifest.slot < oldest_kept
        and not manifest.feed.is_of_files
        and live.slot.revision >= manifest.revision
    )


def _give_up(store: Store, expiry: Expiry, raw_days: int, now: datetime) -> None:
    for slot in expiry.slots:
        mark = Mark(feed=expiry.feed, slot=slot, at=now, raw_days=raw_days)
        store.create(keys.expired(expiry.feed, slot), msgspec.json.encode(mark))
    for listed in expiry.objects:
        store.delete(listed.key)
