"""What was due of a feed, by the schedule that it had at that time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from chartlake import schedule
from chartlake.lake import aside, raw
from chartlake.lake.store import Store
from chartlake.model import Feed, Slot, slot_at, slot_time

__all__ = ["due_slots"]

_LONGEST_TRYING = timedelta(days=92)  # an older failure is one of a clock that was wrong


def due_slots(
    store: Store,
    feed: Feed,
    dated: Sequence[Slot],
    now: datetime,
    since: str | None = None,
    *,
    goes_on: bool = True,
) -> Iterator[Slot]:
    """What was surely due and is not among ``dated``, the slots that are there, in order.

    What was due between the last slot of a schedule and the first one of another, nobody can
    tell. After the last slot the feed's own schedule counts, where that is still the same and
    the feed ``goes_on``. ``since``: only the months from this one on were looked at.
    """
    begin = _beginning(store, feed, dated, now, since) if dated or goes_on else None
    if begin is None:
        return
    if not dated:
        yield from _between(feed, begin, now)
        return
    stretches, there = _stretches(store, feed.name, dated), set(dated)
    if slot_at(begin) < dated[0]:
        yield from _before(_between(stretches[0].feed, begin, now), dated[0])
    for stretch in stretches:
        is_last = stretch is stretches[-1] and _rhythm(stretch.feed) == _rhythm(feed)
        end = now if is_last and goes_on else slot_time(stretch.last)
        first = slot_time(stretch.first)
        if first and end:
            missing = [s for s in _between(stretch.feed, first, end) if s not in there]
            yield from _of_this_rhythm(store, stretch.feed, missing, dated)


class _Stretch(NamedTuple):
    """The slots from a first to a last one, which were read by the same schedule."""

    first: Slot
    last: Slot
    feed: Feed


def _stretches(store: Store, name: str, dated: Sequence[Slot]) -> list[_Stretch]:
    """Where the schedule changed, found by halves: mostly it never did."""
    feeds = {slot: raw.read_standing(store, name, slot).feed for slot in {dated[0], dated[-1]}}
    if _rhythm(feeds[dated[0]]) == _rhythm(feeds[dated[-1]]):
        return [_Stretch(dated[0], dated[-1], feeds[dated[-1]])]
    if len(dated) == 2:
        return [_Stretch(slot, slot, feeds[slot]) for slot in dated]
    half = len(dated) // 2
    before, after = (_stretches(store, name, part) for part in (dated[:half], dated[half:]))
    if _rhythm(before[-1].feed) != _rhythm(after[0].feed):
        return before + after
    joined = _Stretch(before[-1].first, after[0].last, after[0].feed)
    return [*before[:-1], joined, *after[1:]]


def _rhythm(feed: Feed) -> tuple[str | None, str]:
    return feed.schedule, feed.timezone


def _before(slots: Iterable[Slot], end: Slot) -> Iterator[Slot]:
    return (slot for slot in slots if slot < end)


def _of_this_rhythm(
    store: Store, feed: Feed, missing: Sequence[Slot], dated: Sequence[Slot]
) -> Iterator[Slot]:
    """Of the missing slots those whose gap begins after a slot of the same schedule."""
    for place, slots in groupby(missing, lambda slot: bisect_left(dated, slot)):
        before = raw.read_standing(store, feed.name, dated[place - 1]).feed
        if _rhythm(before) == _rhythm(feed):
            yield from slots


def _beginning(
    store: Store, feed: Feed, dated: Sequence[Slot], now: datetime, since: str | None
) -> datetime | None:
    """From when on a feed's slots are due: its first one, or the first try not long before it."""
    first = slot_time(dated[0]) if dated else None
    failed = aside.first_failed_slot(store, feed.name, slot_at((first or now) - _LONGEST_TRYING))
    known = [*dated[:1], *([failed] if failed else [])]
    beginning = slot_time(min(known)) if known else None
    if since is None:
        return beginning
    opening = datetime.fromisoformat(f"{since}-01T00:00:00+00:00")
    if beginning is None and _went_on(store, feed):
        return opening
    return max(beginning, opening) if beginning else None


def _went_on(store: Store, feed: Feed) -> bool:
    """Whether a feed of which nothing recent is there was followed before, by this schedule."""
    revisions = raw.latest_revisions(store, feed.name)
    last = max(revisions, default=None)
    if last is None:
        return False
    return _rhythm(raw.read_manifest(store, feed.name, last, revisions[last]).feed) == _rhythm(feed)


def _between(feed: Feed, first: datetime, last: datetime) -> list[Slot]:
    """The slots that a schedule has from a time to another."""
    return [slot_at(at) for at in schedule.due(feed, first, last)]
