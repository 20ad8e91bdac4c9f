"""Removing slots from every zone of the lake, so that no crash leaves one half removed.

First the tombstones, then the marts, manifests, builds with their files, raw pages, and
the rest. `finish` does whatever the tombstones say is still to be done, and may be
repeated. What came after a tombstone (a file that somebody brought again) stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import NamedTuple

import msgspec

from chartlake.errors import CorruptObject
from chartlake.lake import keys, marts, raw, tombstones
from chartlake.lake.references import held_objects, manifests_of, raw_objects, read_builds
from chartlake.lake.shrink import shrink
from chartlake.lake.state import FeedState, change_state, feed_state, read_state
from chartlake.lake.store import Listed, Store
from chartlake.lake.tombstones import FORGOTTEN
from chartlake.model import BuiltSlot, Slot, slot_time

__all__ = ["Buried", "Removed", "buried_slots", "finish", "known_slots", "select"]

_EVER = datetime.max.replace(tzinfo=UTC)


class Buried(NamedTuple):
    """Of a slot's tombstone: up to which revision it is to be gone, and when that was said.

    What came after that stays, but not of a user who was forgotten: nobody brings it again.
    """

    revision: int
    at: datetime


class Removed(NamedTuple):
    """What a removal took out of the lake, by kind, and what it had to leave.

    ``shared`` are raw objects that slots which stay refer to; ``unbuilt`` are
    slots whose build was damaged, so that the next run has to make another, and
    ``short`` those that nothing builds again: the rows that could be read stay.
    """

    objects: Counter[str]
    size: int = 0
    shared: tuple[str, ...] = ()
    unbuilt: tuple[BuiltSlot, ...] = ()
    short: tuple[BuiltSlot, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether there was something to remove."""
        return bool(self.objects.total())


def known_slots(store: Store, feed: str) -> dict[Slot, int]:
    """Every slot of a feed that any zone holds something of, with its highest revision."""
    known = {Slot(slot): 0 for slot in store.folders(keys.failures_of(feed))}
    for listed in store.listing(keys.raw_of(feed)):
        if slot := keys.raw_slot(listed.key):
            known.setdefault(slot, 0)
    return known | raw.latest_revisions(store, feed)


def select(
    store: Store, feed: str, first: date | None = None, last: date | None = None
) -> dict[Slot, int]:
    """The slots of a feed from one chart date to another, or all, with what to bury of each."""
    known = known_slots(store, feed)
    if first or last:
        low, high = first or date.min, last or date.max
        known = {s: n for s, n in known.items() if low <= _day(store, feed, s, n) <= high}
    return {slot: max(1, revision) for slot, revision in known.items()}


def buried_slots(store: Store, feeds: Iterable[str]) -> dict[tuple[str, str], Buried]:
    """The slots that are to be gone, by feed and slot."""
    return {
        (feed, str(mark.slot)): Buried(
            mark.revision, _EVER if mark.why == FORGOTTEN else listed.modified
        )
        for feed in feeds
        for listed, mark in _tombstones(store, feed)
    }


def finish(store: Store, feeds: Iterable[str]) -> Removed:
    """Remove from the lake what the tombstones of these feeds say is to be gone.

    CorruptObject, after all else is done, where a build has to stay as it is: see `shrink`.
    """
    buried = buried_slots(store, feeds)
    if not buried:
        return Removed(Counter())
    made = marts.drop_removed(store)
    done = Removed(Counter(marts=len(made)), sum(listed.size for listed in made))
    for feed in sorted({feed for feed, _ in buried}):
        mine = {Slot(slot): found for (name, slot), found in buried.items() if name == feed}
        done = _sum(done, _remove_manifests(store, feed, mine))
    problems: list[CorruptObject] = []
    done = _sum(done, _shrink_builds(store, buried, problems))
    for feed in sorted({feed for feed, _ in buried}):
        mine = {Slot(slot): found for (name, slot), found in buried.items() if name == feed}
        done = _sum(done, _remove_raw(store, feed, mine))
        done = _sum(done, _remove_notes(store, feed, mine))
    if problems:
        raise problems[0]
    return done


def _tombstones(store: Store, feed: str) -> Iterator[tuple[Listed, tombstones.SlotTombstone]]:
    prefix = keys.slot_tombstones_of(feed)
    for listed in store.listing(prefix):
        slot = Slot(listed.key.removeprefix(prefix).removesuffix(".json"))
        yield listed, tombstones.of_slot(store, feed, slot)


def _remove_manifests(store: Store, feed: str, buried: Mapping[Slot, Buried]) -> Removed:
    """Also forgets what the feed remembers of them: albums that it read, a part it holds."""
    gone = [
        listed
        for listed in store.listing(keys.manifests_of(feed))
        if (found := keys.slot_and_revision(listed.key))
        and found[0] in buried
        and found[1] <= buried[found[0]].revision
    ]
    state = read_state(store, feed_state(feed), FeedState)
    holds = bool(state and state.held and state.held.slot in buried)
    if holds or (state and state.albums and gone):

        def forgetful(before: FeedState | None) -> FeedState:
            known = before or FeedState()
            held = None if known.held and known.held.slot in buried else known.held
            return msgspec.structs.replace(known, held=held, albums={})

        change_state(store, feed_state(feed), FeedState, forgetful)
    return _delete(store, "manifests", gone)


def _shrink_builds(
    store: Store, buried: Mapping[tuple[str, str], Buried], problems: list[CorruptObject]
) -> Removed:
    # also of other feeds: nobody has to keep those slots
    every = buried_slots(store, tombstones.feeds_with_buried_slots(store))
    done = Removed(Counter())
    for listed, build in read_builds(store):
        if not any(_is_gone(slot, buried) for slot in build.slots):
            continue
        try:
            shrunk = shrink(store, listed, build, partial(_is_gone, buried=every))
        except CorruptObject as problem:
            problems.append(problem)
            continue
        if shrunk:
            counted = Counter({"builds": 1, "curated": len(shrunk.objects) - 1})
            done = _sum(done, Removed(counted, shrunk.size, (), shrunk.unbuilt, shrunk.short))
    if done.anything:  # it counts ids that the builds named; it is counted anew
        store.delete(keys.state("hydration"))
    return done


def _is_gone(slot: BuiltSlot, buried: Mapping[tuple[str, str], Buried]) -> bool:
    found = buried.get((slot.feed, str(slot.slot)))
    return found is not None and slot.revision <= found.revision


def _remove_raw(store: Store, feed: str, buried: Mapping[Slot, Buried]) -> Removed:
    """Objects that were there before the tombstone, unless a slot that stays refers to them."""
    found = [
        listed
        for listed in store.listing(keys.raw_of(feed))
        if (slot := keys.raw_slot(listed.key)) in buried
        and listed.modified <= buried[Slot(str(slot))].at
    ]
    if not found:
        return Removed(Counter())
    needed = set(held_objects(store, feed))
    for manifest in manifests_of(store, feed):
        needed |= raw_objects(manifest)
    shared = tuple(listed.key for listed in found if listed.key in needed)
    gone = [listed for listed in found if listed.key not in needed]
    return _delete(store, "raw", gone)._replace(shared=shared)


def _remove_notes(store: Store, feed: str, buried: Mapping[Slot, Buried]) -> Removed:
    """Why slots were open, and the marks of those whose raw pages had expired."""
    prefix = keys.failures_of(feed)
    failures = [
        listed
        for listed in store.listing(prefix)
        if Slot(listed.key.removeprefix(prefix).split("/")[0]) in buried
    ]
    marks = [
        listed
        for listed in store.listing(keys.expired_of(feed))
        if Slot(listed.key.rsplit("/", 1)[-1].removesuffix(".json")) in buried
    ]
    return _sum(_delete(store, "failures", failures), _delete(store, "expired", marks))


def _day(store: Store, feed: str, slot: Slot, revision: int) -> date:
    """The chart date of a slot; of one without a manifest, its date in UTC."""
    at = slot_time(slot)
    if revision and (day := raw.read_manifest(store, feed, slot, revision).chart_date):
        return day
    return at.date() if at else date.max


def _delete(store: Store, kind: str, listing: list[Listed]) -> Removed:
    for listed in listing:
        store.delete(listed.key)
    return Removed(Counter({kind: len(listing)}), sum(listed.size for listed in listing))


def _sum(one: Removed, other: Removed) -> Removed:
    return Removed(
        one.objects + other.objects,
        one.size + other.size,
        one.shared + other.shared,
        one.unbuilt + other.unbuilt,
        one.short + other.short,
    )
