"""Read this first: the stages in order.

    plan        due − committed − built − loaded; mark_missed settles what nobody can read any more
    extract     sources → raw       ask each feed's source, commit what it gave
    import      files → raw         the same for files that a person brings
    transform   raw → curated       parse the slots that have no build, commit one build
    load        curated → marts     replace the slots whose live attempt changed
    check       marts → findings    SQL that must return no rows; a load is published after it

Stages meet only in the lake: each looks at what is committed, not at what the
stage before it returned. So any stage may be repeated, and a run that was
killed is completed by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from chartlake import schedule
from chartlake.errors import (
    ChartlakeError,
    ConfigError,
    DataError,
    Deferred,
    Refused,
    SourceError,
)
from chartlake.extract import holding
from chartlake.extract.due import DueSlot, Read, check_same_source
from chartlake.extract.files import ARCHIVE_FILES, FileImport, Imported
from chartlake.lake import aside, checkpoint, forget, raw, retention, tombstones
from chartlake.lake.store import Store
from chartlake.model import Feed, Slot, slot_at, slot_month
from chartlake.reconcile import (
    Plan,
    advance_checkpoint,
    keeps_its_past,
    make_plan,
    mark_missed,
    reopen,
)
from chartlake.transform.build import (
    TRANSFORM_VERSION,
    Place,
    Progress,
    Transformed,
    build_slots,
    silent,
    unbuilt,
)
from chartlake.transform.compact import Compacted, closed_months, compact
from chartlake.transform.engine import Engine
from chartlake.transform.parse_charts_csv import count_records
from chartlake.warehouse.port import CheckResult, Loaded, Loads

__all__ = ["FILL_UP", "Extracted", "Pipeline", "exit_code"]

_NOT_FOUND = 404
FILL_UP = ("artist-catalog", "hydration")
"""The sources that take what the budget leaves: they have more than one moment."""
_TURN_SECONDS = 600.0


class Extracted(NamedTuple):
    """What became of one feed: its slot is committed (new, or present before), or why not.

    ``late``: the slot's time was over before it was asked for; another run has the next one.
    ``unchanged``: the list is as it was at an earlier slot and was not read again.
    """

    feed: str
    chart_date: date
    status: Literal["new", "present", "late", "failed", "deferred", "closed"]
    records: int = 0
    unchanged: bool = False
    warning: str | None = None
    error: ChartlakeError | None = None


@dataclass(frozen=True)
class Pipeline:
    """The stages over one lake and one warehouse. Time comes from ``clock`` alone.

    ``readers`` read feeds, by their names; ``workers`` of them at the same time.
    """

    store: Store
    readers: Mapping[str, Read]
    engine: Engine
    warehouse: Loads
    clock: Callable[[], datetime]
    workers: int = 4

    def extract(self, feeds: Iterable[Feed], at: datetime | None = None) -> list[Extracted]:
        """Commit the slot that is due now of each feed; a feed that fails stops no other.

        ``at`` is the time of the schedule that asks, which may come late and more than once.
        Runs on one machine take turns: together they would spend the app's quota twice.
        """
        wanted = list(feeds)
        # those that take what the budget leaves come after those that have one moment only
        lists = [feed for feed in wanted if feed.source not in FILL_UP]
        others = [feed for feed in wanted if feed.source in FILL_UP]
        results: dict[str, Extracted] = {}
        with self.store.alone("extract", _TURN_SECONDS):
            for some in (lists, others):
                results |= {result.feed: result for result in self._extract_all(some, at)}
        return [results[feed.name] for feed in wanted]

    def _extract_all(self, feeds: Sequence[Feed], at: datetime | None) -> list[Extracted]:
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="extract")
        try:
            return list(pool.map(partial(self._extract, at=at), feeds))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def import_files(
        self,
        paths: Iterable[Path],
        *,
        feed: str | None = None,
        day: date | None = None,
        force: bool = False,
        replace: bool = False,
    ) -> list[Imported]:
        """Commit chart files, one slot each; a file that can't be used stops no other."""
        named = list(paths)
        files = FileImport(
            self.store,
            count_records,
            self.clock,
            archive=len(named) >= ARCHIVE_FILES,
            force=force,
            replace=replace,
        )
        return [files.take(path, feed, day) for path in named]

    def plan(self, feeds: Iterable[Feed], *, whole: bool = False) -> Plan:
        """Compare what is due, committed, built and loaded; nothing is changed."""
        return make_plan(self.store, feeds, self.warehouse, self.clock(), whole=whole)

    def mark_missed(self, feeds: Iterable[Feed], plan: Plan) -> int:
        """Settle the slots that nobody can read any more; how many those were.

        Months in which the plan found nothing to do need not be looked at again.
        """
        reopen(self.store, plan)
        lost = {found.feed: found.to_mark for found in plan.feeds}
        count = sum(
            mark_missed(self.store, feed, lost.get(feed.name, ()), self.clock()) for feed in feeds
        )
        advance_checkpoint(self.store, plan, self.clock())
        return count

    def transform(self, progress: Progress = silent) -> Transformed:
        """Build all committed slots that have no build yet."""
        return self.build(self.waiting(), progress)

    def waiting(self) -> list[Place]:
        """The committed slots that have no build yet."""
        return unbuilt(self.store, checkpoint.settled_before(self.store))

    def outdated(self, *, expired: bool = False) -> list[Place]:
        """The slots that only an older transform built, or none, and that can be built again.

        With ``expired`` those that can't: their raw pages were given up, they keep their build.
        """
        marked = {feed: retention.expired(self.store, feed) for feed in raw.feeds(self.store)}
        if expired and not any(marked.values()):
            return []
        found = unbuilt(self.store, at_least=TRANSFORM_VERSION)
        return [place for place in found if (place.slot in marked[place.feed]) == expired]

    def build(self, places: Sequence[Place], progress: Progress = silent) -> Transformed:
        """Build these slots; nothing is removed on this machine meanwhile."""
        with self.store.alone("keep", _TURN_SECONDS):
            return build_slots(self.store, self.engine, places, self.clock(), progress)

    def compact(self, *, dry_run: bool = False) -> Iterator[Compacted]:
        """Put the builds of each closed month into one by feed."""
        this_month = slot_month(slot_at(self.clock()))
        for feed, month, live in closed_months(self.store, this_month):
            count = len({build.build_id for build, _ in live.values()})
            found = Compacted(feed, month, count, len(live))
            try:
                if not dry_run:
                    with self.store.alone("keep", _TURN_SECONDS):
                        compact(self.store, feed, month, live)
            except DataError as error:
                found = found._replace(error=error)
            yield found

    def keeps_its_past(self, feed: str) -> bool:
        """Whether the source of a feed can be asked for older slots."""
        return keeps_its_past(self.store, feed)

    def load(self) -> Loaded:
        """Bring the warehouse up to the builds."""
        return self.warehouse.load(self.store, self.clock())

    def check(self) -> list[CheckResult]:
        """Run the checks of the data."""
        return self.warehouse.check()

    def _extract(self, feed: Feed, at: datetime | None) -> Extracted:
        due_at = schedule.latest(feed, at or self.clock())
        slot, day = slot_at(due_at), schedule.chart_date(feed, due_at)
        last: Slot | None = None
        try:
            since = checkpoint.settled_before(self.store)
            revisions = raw.recent_revisions(self.store, feed.name, since)
            check_same_source(self.store, feed, revisions)
            if slot in revisions:
                return Extracted(feed.name, day, "present")
            if slot in tombstones.buried(self.store, feed.name):
                return Extracted(feed.name, day, "closed", warning=f"{slot} was purged")
            if tombstone := tombstones.closed(self.store, feed):
                return Extracted(feed.name, day, "closed", warning=tombstone.why)
            if feed.schedule and schedule.latest(feed, self.clock()) > due_at:
                return Extracted(feed.name, day, "late")
            previous = raw.last_before(self.store, feed.name, revisions, slot)
            last = previous.slot if previous else None
            reading = holding.Reading(self.store, DueSlot(feed, slot, day, previous))
            snapshot = self.readers[feed.name](reading.due())
        except Deferred as error:
            return Extracted(feed.name, day, "deferred", error=error)
        except (SourceError, ConfigError, DataError) as error:
            closing = self._record(feed, slot, error, last)
            return Extracted(feed.name, day, "failed", warning=closing, error=error)
        checkpoint.lower(self.store, slot_month(slot))
        manifest, won = raw.commit(self.store, snapshot)
        if won:  # what came too late is nowhere, and must not be remembered as read
            reading.done()
        if forget.is_forgotten(self.store, feed):
            why = "its user was forgotten while it was read"
            tombstones.bury(self.store, feed.name, {slot: 1}, why, self.clock())
            return Extracted(feed.name, day, "closed", warning=why)
        return Extracted(
            feed.name,
            day,
            "new" if won else "present",
            manifest.item_count,
            unchanged=manifest.unchanged_from is not None,
            warning=manifest.warning,
        )

    def _record(
        self, feed: Feed, slot: Slot, error: ChartlakeError, last_committed: Slot | None
    ) -> str | None:
        """Keep why a slot is open; what is gone in two slots running closes the feed, and why."""
        aside.record_failure(self.store, feed.name, slot, "extract", error, self.clock())
        before = self._gone_since(feed, slot, error, last_committed)
        if before is None:
            return None
        why = f"{error}, at {before} and at {slot}: not asked for any more"
        tombstones.close(self.store, feed, slot, why, self.clock())
        return why

    def _gone_since(
        self, feed: Feed, slot: Slot, error: ChartlakeError, last_committed: Slot | None
    ) -> Slot | None:
        """The slot before this one at which the same source was not there either, if any."""
        before = aside.last_failed_slot(self.store, feed.name, slot)
        if not _is_not_found(error) or before is None or before <= (last_committed or ""):
            return None
        failures = aside.list_failures(self.store, [(feed.name, before)])
        # in the same words: another source may have had this name then
        same = any(f.status == _NOT_FOUND and f.what == error.what for f in failures)
        return before if same else None


def _is_not_found(error: ChartlakeError) -> bool:
    return isinstance(error, Refused) and error.status == _NOT_FOUND


def exit_code(errors: Sequence[ChartlakeError]) -> int:
    """Of several errors the gravest: warehouse, source, data; deferred only when nothing failed."""
    codes = {error.exit_code for error in errors}
    return max(codes - {Deferred.exit_code}, default=max(codes, default=0))
