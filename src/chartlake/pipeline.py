"""Read this first: the stages in order.

    extract     sources → raw       ask each feed's source, commit what it gave
    import      files → raw         the same for files that a person brings
    transform   raw → curated       parse the slots that have no build, commit one build
    load        curated → marts     replace the slots whose live attempt changed
    check       marts → findings    SQL that must return no rows

Stages meet only in the lake: each looks at what is committed, not at what the
stage before it returned. So any stage may be repeated, and a run that was
killed is completed by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from chartlake import schedule
from chartlake.errors import (
    ChartlakeError,
    ConfigError,
    DataError,
    Deferred,
    SignInError,
    SourceError,
)
from chartlake.extract.files import ARCHIVE_FILES, FileImport, Imported
from chartlake.lake import aside, raw
from chartlake.lake.store import Store
from chartlake.model import Feed, Slot, Snapshot, slot_at
from chartlake.transform.build import Transformed, build_slots, unbuilt
from chartlake.transform.engine import Engine
from chartlake.transform.parse_charts_csv import count_records
from chartlake.warehouse.port import CheckResult, Loaded, Warehouse

__all__ = ["Extracted", "Pipeline", "exit_code"]

Read = Callable[[Feed, Slot, date], Snapshot]


class Extracted(NamedTuple):
    """What became of one feed: its slot is committed (new, or present before), or why not."""

    feed: str
    chart_date: date
    status: Literal["new", "present", "failed", "deferred"]
    records: int = 0
    error: ChartlakeError | None = None


@dataclass(frozen=True)
class Pipeline:
    """The stages over one lake and one warehouse. Time comes from ``clock`` alone."""

    store: Store
    sources: Mapping[str, Read]
    engine: Engine
    warehouse: Warehouse
    clock: Callable[[], datetime]

    def extract(self, feeds: Iterable[Feed]) -> list[Extracted]:
        """Commit the slot that is due now of each feed; a feed that fails stops no other."""
        results: list[Extracted] = []
        stop: ChartlakeError | None = None
        for feed in feeds:
            due_at = schedule.latest(feed, self.clock())
            result = self._extract(feed, due_at, stop)
            if isinstance(result.error, Deferred | SignInError):
                stop = result.error  # the same for every feed of the app: don't ask again
            results.append(result)
        return results

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

    def transform(self) -> Transformed:
        """Build all committed slots that have no build yet."""
        return build_slots(self.store, self.engine, unbuilt(self.store), self.clock())

    def load(self) -> Loaded:
        """Bring the warehouse up to the builds."""
        return self.warehouse.load(self.store, self.clock())

    def check(self) -> list[CheckResult]:
        """Run the checks of the data."""
        return self.warehouse.check()

    def _extract(self, feed: Feed, due_at: datetime, stop: ChartlakeError | None) -> Extracted:
        slot, day = slot_at(due_at), schedule.chart_date(feed, due_at)
        try:
            revisions = raw.latest_revisions(self.store, feed.name)
            raw.check_same_source(self.store, feed, revisions)
            if slot in revisions:
                return Extracted(feed.name, day, "present")
            if stop:
                raise stop
            snapshot = self.sources[feed.source](feed, slot, day)
        except Deferred as error:
            return Extracted(feed.name, day, "deferred", error=error)
        except (SourceError, ConfigError, DataError) as error:
            aside.record_failure(self.store, feed.name, slot, "extract", error, self.clock())
            return Extracted(feed.name, day, "failed", error=error)
        manifest, won = raw.commit(self.store, snapshot)
        return Extracted(feed.name, day, "new" if won else "present", manifest.item_count)


def exit_code(errors: Sequence[ChartlakeError]) -> int:
    """Of several errors the gravest: warehouse, source, data; deferred only when nothing failed."""
    codes = {error.exit_code for error in errors}
    return max(codes - {Deferred.exit_code}, default=max(codes, default=0))
