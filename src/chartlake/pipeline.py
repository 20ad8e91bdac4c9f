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
    Conflict,
    Deferred,
    RefusedFile,
    SignInError,
    SourceError,
)
from chartlake.extract.charts_csv import MAX_BYTES, read_chart_file
from chartlake.lake import aside, raw
from chartlake.lake.store import Store
from chartlake.model import Feed, Manifest, Slot, Snapshot, sha256, slot_at, slot_month
from chartlake.transform.build import Transformed, build_slots, unbuilt
from chartlake.transform.engine import Engine
from chartlake.transform.parse_charts_csv import count_records
from chartlake.warehouse.port import CheckResult, Loaded, Warehouse

__all__ = ["Extracted", "Imported", "Pipeline", "exit_code"]

Read = Callable[[Feed, Slot, date], Snapshot]


class Extracted(NamedTuple):
    """What became of one feed: its slot is committed (new, or present before), or why not."""

    feed: str
    chart_date: date
    status: Literal["new", "present", "failed", "deferred"]
    records: int = 0
    error: ChartlakeError | None = None


class Imported(NamedTuple):
    """What became of one file."""

    name: str
    status: Literal["new", "replaced", "present", "conflict", "refused"]
    feed: str | None = None
    chart_date: date | None = None
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
        known: dict[str, dict[str, Manifest]] = {}
        return [self._import(path, feed, day, force, replace, known) for path in paths]

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
            _check_same_source(self.store, feed)
            if slot in raw.latest_revisions(self.store, feed.name, slot_month(slot)):
                return Extracted(feed.name, day, "present")
            if stop:
                raise stop
            snapshot = self.sources[feed.source](feed, slot, day)
        except Deferred as error:
            return Extracted(feed.name, day, "deferred", error=error)
        except (SourceError, ConfigError) as error:
            aside.record_failure(self.store, feed.name, slot, "extract", error, self.clock())
            return Extracted(feed.name, day, "failed", error=error)
        manifest, won = raw.commit(self.store, snapshot)
        return Extracted(feed.name, day, "new" if won else "present", manifest.item_count)

    def _import(
        self,
        path: Path,
        feed: str | None,
        day: date | None,
        force: bool,
        replace: bool,
        known: dict[str, dict[str, Manifest]],
    ) -> Imported:
        now = self.clock()
        try:
            snapshot = read_chart_file(
                path, now=now, count_records=count_records, feed=feed, day=day
            )
        except RefusedFile as error:
            self._quarantine(path, error)
            return Imported(path.name, "refused", error=error)
        name = snapshot.feed.name
        try:
            if name not in known:
                _check_same_source(self.store, snapshot.feed)
                known[name] = _by_content(self.store, name)
            status, manifest = self._commit_file(snapshot, known[name], force, replace)
        except (Conflict, ConfigError) as error:
            self._quarantine(path, error)
            return Imported(path.name, "conflict", name, snapshot.chart_date, error=error)
        known[name][manifest.pages[0].sha256] = manifest
        return Imported(path.name, status, name, snapshot.chart_date, manifest.item_count)

    def _commit_file(
        self, snapshot: Snapshot, known: Mapping[str, Manifest], force: bool, replace: bool
    ) -> tuple[Literal["new", "replaced", "present"], Manifest]:
        digest = sha256(snapshot.bodies[0].content)
        standing = raw.committed(self.store, snapshot.feed.name, snapshot.slot)
        if standing and standing.pages[0].sha256 == digest:
            return "present", standing
        if digest in known and not force:
            raise Conflict(
                f"{snapshot.feed.name} {snapshot.chart_date}: these bytes are already there "
                f"as its edition of {known[digest].chart_date}",
                why="two dates of a chart are hardly ever the same to the byte",
                fix="check the date in the file's name, or import with --force",
            )
        if standing and not replace:
            raise _other_bytes(snapshot, standing)
        revision = standing.revision + 1 if standing else 1
        manifest, won = raw.commit(self.store, snapshot, revision)
        if not won and manifest.pages[0].sha256 != digest:
            raise _other_bytes(snapshot, manifest)
        return ("replaced" if standing else "new") if won else "present", manifest

    def _quarantine(self, path: Path, error: ChartlakeError) -> None:
        try:
            content = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
        except OSError:
            return  # what cannot be read cannot be kept either
        if not content:
            return
        aside.quarantine(self.store, path.name, content, error.what, self.clock())


def _other_bytes(snapshot: Snapshot, standing: Manifest) -> Conflict:
    return Conflict(
        f"{snapshot.feed.name} {snapshot.chart_date}: the lake already holds other bytes for it",
        why=f"imported {standing.observed_at:%Y-%m-%d %H:%M} UTC as revision {standing.revision}",
        fix="if the new file is a correction, import it with --replace; it is kept in quarantine",
    )


def _by_content(store: Store, feed: str) -> dict[str, Manifest]:
    """The standing manifests of a file feed by the hash of their file."""
    revisions = raw.latest_revisions(store, feed)
    manifests = (raw.read_manifest(store, feed, slot, r) for slot, r in revisions.items())
    return {manifest.pages[0].sha256: manifest for manifest in manifests}


def _check_same_source(store: Store, feed: Feed) -> None:
    """A feed is one list for ever: another playlist under its name would falsify its history."""
    revisions: Mapping[Slot, int] = raw.latest_revisions(store, feed.name)
    if not revisions:
        return
    slot = max(revisions)
    before = raw.read_manifest(store, feed.name, slot, revisions[slot]).feed
    if (before.source, before.source_id) != (feed.source, feed.source_id):
        raise ConfigError(
            f"feed {feed.name!r} followed {before.source} {before.source_id} so far, "
            f"now {feed.source} {feed.source_id}",
            why="a feed is one list for ever: its history would mix two",
            fix="give the new list a feed name of its own",
        )


def exit_code(errors: Sequence[ChartlakeError]) -> int:
    """Of several errors the gravest: warehouse, source, data; deferred only when nothing failed."""
    codes = {error.exit_code for error in errors}
    return max(codes - {Deferred.exit_code}, default=max(codes, default=0))
