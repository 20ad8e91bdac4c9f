"""What should be there against what is: due − committed − built − loaded, by feed.

A lost event, a run that was not started and a crash all look the same from
here, and are mended on this one path. A slot of a source that keeps no past can
be read only until the next one is due; after that it is marked as missed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from chartlake import schedule
from chartlake.errors import CorruptObject, UsageError
from chartlake.lake import aside, builds, checkpoint, keys, raw, tombstones
from chartlake.lake.calendar import due_slots
from chartlake.lake.checkpoint import is_open
from chartlake.lake.references import last_feed
from chartlake.lake.store import Store
from chartlake.model import Build, Feed, Slot, slot_at, slot_month, slot_time
from chartlake.transform.build import Place, unbuilt
from chartlake.warehouse.port import Loads

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
    is_of_files: bool = False


class Plan(NamedTuple):
    """What a reconcile found, feed by feed; and what kept a feed from being looked at."""

    feeds: tuple[FeedPlan, ...]
    to_build: tuple[Place, ...]
    problems: tuple[CorruptObject, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.to_build and not any(f.to_mark or f.to_load for f in self.feeds)


def make_plan(
    store: Store, feeds: Iterable[Feed], warehouse: Loads, now: datetime, *, whole: bool = False
) -> Plan:
    """Compare, without changing anything; ``whole`` looks at all months, settled or not."""
    since = None if whole else checkpoint.settled_before(store)
    to_build = unbuilt(store, since)
    loaded = warehouse.loaded()
    followed = {feed.name: feed for feed in feeds}
    plans: list[FeedPlan] = []
    problems: list[CorruptObject] = []
    for name in sorted({*followed, *raw.feeds(store)}):
        try:
            if feed := followed.get(name) or last_feed(store, name):
                is_followed = name in followed
                plans.append(
                    _feed_plan(store, feed, now, since, to_build, loaded, is_followed=is_followed)
                )
        except CorruptObject as problem:  # the others go on
            problems.append(problem)
    gone = _gone(store, plans)
    plans = [
        found._replace(to_mark=tuple(s for s in found.to_mark if (found.feed, s) not in gone))
        for found in plans
    ]
    problems += [_is_gone(*place) for place in sorted(gone)]
    return Plan(tuple(plans), tuple(to_build), tuple(problems))


def _gone(store: Store, plans: Iterable[FeedPlan]) -> set[tuple[str, Slot]]:
    """The slots that nobody would seem to have read, although a build holds them."""
    lost = {(found.feed, slot) for found in plans for slot in found.to_mark}
    if not lost:
        return set()
    listed = builds.list_builds(store, min(slot_month(slot) for _, slot in lost))
    made = (build for _, build in builds.read_builds(store, listed) if isinstance(build, Build))
    return lost & {(built.feed, built.slot) for build in made for built in build.slots}


def _is_gone(feed: str, slot: Slot) -> CorruptObject:
    return CorruptObject(
        f"{keys.manifest(feed, slot, 1)} is gone",
        why="a build holds its slot, so that it was read once",
        fix="restore it from a backup; until then the slot is not marked as missed",
    )


def mark_missed(store: Store, feed: Feed, slots: Sequence[Slot], now: datetime) -> int:
    """Settle slots that can't be read any more; how many were still open.

    A mark is of the feed as it was then: as the slot before tells it.
    """
    revisions = raw.latest_revisions(store, feed.name) if slots else {}
    count = 0
    for slot, why in _reasons(store, feed, slots):
        before = raw.last_before(store, feed.name, revisions, slot)
        then = before.feed if before else feed
        last_read = before.slot if before else None
        day = _chart_date(then, slot)
        count += raw.mark_missed(store, then, slot, day, why, now, last_read)
        revisions.setdefault(slot, 1)
    return count


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
    known = last_feed(store, feed)
    return known is not None and known.is_of_files


def _open_months(plan: Plan) -> list[str]:
    """The months that hold something to mend; an archive's gaps may stay for ever."""
    open_slots = [
        slot
        for found in plan.feeds
        for slot in (*found.to_mark, *(() if found.is_of_files else found.waiting))
    ]
    return [slot_month(slot) for slot in (*open_slots, *(place.slot for place in plan.to_build))]


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
    if not feed.is_of_files and (closed or not is_followed or _is_another(store, feed)):
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
        is_of_files=feed.is_of_files,
    )


def _is_another(store: Store, feed: Feed) -> bool:
    """Whether the lake has another list under this name: such a feed is not read either."""
    known = last_feed(store, feed.name)
    return known is not None and (known.source, known.source_id) != (feed.source, feed.source_id)


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
    if feed.is_of_files:
        # an archive ends where it ends: only what is between its files is known to be missing
        within = due_slots(store, feed, dated, now, since, goes_on=False)
        return _Open((), tuple(slot for slot in within if slot not in settled))
    current = slot_at(schedule.latest(feed, now))
    still_open = slot_at(schedule.first_open(feed, now))
    due = {s for s in due_slots(store, feed, dated, now, since) if s < current} - settled
    waiting = {slot for slot in due if slot >= still_open}
    if current not in settled and is_open(slot_month(current), since):
        waiting.add(current)
    return _Open(tuple(sorted(due - waiting)), tuple(sorted(waiting)))


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
