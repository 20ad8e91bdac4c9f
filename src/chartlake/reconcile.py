"""What should be there against what is: due − committed − built − loaded, by feed.

A lost event, a run that was not started and a crash all look the same from
here, and are mended on this one path. A slot of a source that keeps no past can
be read only until the next one is due; after that it is marked as missed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from chartlake import schedule
from chartlake.errors import StorageError, UsageError
from chartlake.lake import aside, checkpoint, keys, raw, tombstones
from chartlake.lake.checkpoint import is_open
from chartlake.lake.store import Store
from chartlake.model import Feed, Slot, slot_at, slot_month, slot_time
from chartlake.transform.build import Place, unbuilt
from chartlake.warehouse.port import Warehouse

__all__ = [
    "FeedPlan",
    "Plan",
    "advance_checkpoint",
    "keeps_its_past",
    "make_plan",
    "mark_missed",
    "reopen",
]

_A_DAY = timedelta(days=1)
_LIVE = "select feed, slot, revision from live_attempts"


class FeedPlan(NamedTuple):
    """One feed: how many slots are due, committed, built and loaded, and what is to be done.

    Counted since ``since`` (a month; None: since its beginning). ``to_mark``
    are slots that nobody can read any more, ``waiting`` those that can be read
    or imported still: due are these and those that are committed.
    """

    feed: str
    since: str | None
    due: int
    committed: int
    to_mark: tuple[Slot, ...]
    waiting: tuple[Slot, ...]
    to_build: int
    to_load: int
    closed: bool = False


class Plan(NamedTuple):
    """What a reconcile found, feed by feed."""

    feeds: tuple[FeedPlan, ...]
    to_build: tuple[Place, ...]

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.to_build and not any(f.to_mark or f.to_load for f in self.feeds)


def make_plan(
    store: Store, feeds: Iterable[Feed], warehouse: Warehouse, now: datetime, *, whole: bool = False
) -> Plan:
    """Compare, without changing anything; ``whole`` looks at all months, settled or not."""
    since = None if whole else checkpoint.settled_before(store)
    to_build = unbuilt(store, since)
    loaded = _loaded(warehouse)
    followed = {feed.name: feed for feed in feeds}
    known = _others(store, followed) | followed
    plans = [
        _feed_plan(store, feed, now, since, to_build, loaded, is_followed=name in followed)
        for name, feed in sorted(known.items())
    ]
    return Plan(tuple(plans), tuple(to_build))


def mark_missed(store: Store, feed: Feed, slots: Sequence[Slot], now: datetime) -> int:
    """Settle slots that can't be read any more; how many were still open."""
    return sum(
        raw.mark_missed(store, feed, slot, _chart_date(feed, slot), why, now)
        for slot, why in _reasons(store, feed, slots)
    )


def reopen(store: Store, plan: Plan) -> None:
    """Let the next runs see what this plan found, if it is in months that count as settled."""
    if months := _open_months(plan):
        checkpoint.lower(store, min(months))


def advance_checkpoint(store: Store, plan: Plan, now: datetime) -> None:
    """The months before the last one in which the plan found nothing need no other look."""
    before = slot_month(slot_at(now.replace(day=1) - _A_DAY))
    checkpoint.advance(store, min([before, *_open_months(plan)]), now)


def keeps_its_past(store: Store, feed: str) -> bool:
    """Whether a feed's source can be asked for older slots."""
    known = _feed_of(store, feed)
    return known is not None and known.is_of_files


def _open_months(plan: Plan) -> list[str]:
    """The months that hold something to mend; an archive's gaps may stay for ever."""
    lost = [slot_month(slot) for found in plan.feeds for slot in found.to_mark]
    return lost + [slot_month(place.slot) for place in plan.to_build]


def _feed_plan(
    store: Store,
    feed: Feed,
    now: datetime,
    since: str | None,
    to_build: Sequence[Place],
    loaded: Mapping[tuple[str, str], int],
    *,
    is_followed: bool,
) -> FeedPlan:
    revisions = raw.latest_revisions(store, feed.name, since=since)
    closed = tombstones.closed(store, feed) is not None
    lost, waiting = _open(store, feed, revisions.keys(), now, since)
    if not feed.is_of_files and (closed or not is_followed):
        lost, waiting = (), ()
    unbuilt_here = {place.slot for place in to_build if place.feed == feed.name}
    return FeedPlan(
        feed=feed.name,
        since=since,
        due=len(revisions) + len(lost) + len(waiting),
        committed=len(revisions),
        to_mark=lost,
        waiting=waiting,
        to_build=len(unbuilt_here),
        to_load=sum(
            loaded.get((feed.name, str(slot)), 0) < revision
            for slot, revision in revisions.items()
            if slot not in unbuilt_here
        ),
        closed=closed,
    )


class _Open(NamedTuple):
    """Slots that are due and not committed: lost, or still to be had."""

    lost: tuple[Slot, ...]
    waiting: tuple[Slot, ...]


def _open(
    store: Store, feed: Feed, there: Collection[Slot], now: datetime, since: str | None
) -> _Open:
    if feed.schedule is None:
        return _Open((), ())
    settled = {*there, *tombstones.buried(store, feed.name)}
    dated = sorted(slot for slot in there if slot_time(slot))
    first = _first_due(store, feed, dated, since)
    if feed.is_of_files:
        # an archive ends where it ends: only what is between its files is known to be missing
        last = slot_time(dated[-1]) if dated else None
        within = _slots(feed, first, last) if first and last else []
        return _Open((), tuple(slot for slot in within if slot not in settled))
    current = slot_at(schedule.latest(feed, now))
    missing = [slot for slot in _slots(feed, first, now) if slot not in settled] if first else []
    lost = _surely_due(store, feed, [slot for slot in missing if slot < current], dated)
    is_waiting = current not in settled and is_open(slot_month(current), since)
    return _Open(tuple(sorted(lost)), (current,) if is_waiting else ())


def _slots(feed: Feed, first: datetime, last: datetime) -> list[Slot]:
    return [slot_at(at) for at in schedule.due(feed, first, last)]


def _first_due(
    store: Store, feed: Feed, dated: Sequence[Slot], since: str | None
) -> datetime | None:
    """From when on a feed's slots are due: its first one, or the first try."""
    failed = aside.first_failed_slot(store, feed.name)
    known = [*dated[:1], *([failed] if failed else [])]
    if not known:
        return None
    beginning = slot_time(min(known))
    if since is None or beginning is None:
        return beginning
    return max(beginning, datetime.fromisoformat(f"{since}-01T00:00:00+00:00"))


def _surely_due(
    store: Store, feed: Feed, missing: Sequence[Slot], dated: Sequence[Slot]
) -> Iterator[Slot]:
    """Of the missing slots, from the last one on, those before which the schedule was this one.

    What was due between the last slot of another schedule and the first one of
    this, nobody can tell. And what was missed before that was told by the other.
    """
    for place, slots in groupby(reversed(missing), lambda slot: bisect_left(dated, slot)):
        if place:
            before = raw.read_standing(store, feed.name, dated[place - 1]).feed
            if (before.schedule, before.timezone) != (feed.schedule, feed.timezone):
                return
        yield from slots


def _reasons(store: Store, feed: Feed, slots: Sequence[Slot]) -> Iterator[tuple[Slot, str]]:
    failures = {f.slot: f for f in aside.list_failures(store, [(feed.name, s) for s in slots])}
    for slot in slots:
        failure = failures.get(slot)
        yield slot, failure.what if failure else "no run while it could be read"


def _chart_date(feed: Feed, slot: Slot) -> date:
    at = slot_time(slot)
    if at is None:
        raise UsageError(f"{slot} has no time, so that it is never due")
    return schedule.chart_date(feed, at)


def _others(store: Store, followed: Collection[str]) -> dict[str, Feed]:
    """The feeds in the lake that nobody follows any more, or that have files only."""
    found = {name: _feed_of(store, name) for name in raw.feeds(store) if name not in followed}
    return {name: feed for name, feed in found.items() if feed}


def _feed_of(store: Store, name: str) -> Feed | None:
    """A feed that is in the lake, as its last slot had it."""
    months = store.folders(keys.manifests_of(name))
    revisions = raw.latest_revisions(store, name, months[-1]) if months else {}
    last = max(revisions, default=None)
    return raw.read_manifest(store, name, last, revisions[last]).feed if last else None


def _loaded(warehouse: Warehouse) -> dict[tuple[str, str], int]:
    """The slots that the warehouse holds, with their revisions; none where it can't be read.

    Nothing is lost by that: what is in the lake can be loaded at any time.
    """
    try:
        return {(feed, slot): number for feed, slot, number in warehouse.query(_LIVE).rows}
    except (UsageError, StorageError):
        return {}
