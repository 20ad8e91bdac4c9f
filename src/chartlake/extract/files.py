"""Files that a person brings: one slot each, taken in, found there already, or refused.

The lake never holds two things for one date unless told so, and a file that
is refused or in conflict is kept in quarantine with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from chartlake import schedule
from chartlake.errors import ChartlakeError, ConfigError, Conflict, CorruptObject, RefusedFile
from chartlake.extract.charts_csv import content_of, read_chart_file
from chartlake.extract.due import check_same_source
from chartlake.lake import aside, checkpoint, raw, tombstones
from chartlake.lake.restore import restore
from chartlake.lake.store import Store
from chartlake.model import Feed, Manifest, Slot, Snapshot, as_text, sha256, slot_month, slot_time

__all__ = ["ARCHIVE_FILES", "FileImport", "Imported"]

ARCHIVE_FILES = 12
"""From this many files on, an import is an archive."""

Status = Literal["new", "replaced", "present", "conflict", "refused"]


class Imported(NamedTuple):
    """What became of one file. ``warning`` is about a file that was taken in all the same."""

    name: str
    status: Status
    feed: str | None = None
    chart_date: date | None = None
    records: int = 0
    warning: str | None = None
    error: ChartlakeError | None = None


class FileImport:
    """One import of several files; a file that can't be used stops no other.

    ``count_records`` parses a file whole (RefusedFile where it can't).
    ``archive`` says that years are imported at once, not a file or two;
    ``force`` takes bytes that another date of the feed has; ``replace`` lets
    other bytes become the next revision of a date.
    """

    def __init__(
        self,
        store: Store,
        count_records: Callable[[bytes], int],
        clock: Callable[[], datetime],
        *,
        archive: bool = False,
        force: bool = False,
        replace: bool = False,
    ) -> None:
        self._store = store
        self._count_records = count_records
        self._clock = clock
        self._archive = archive
        self._force = force
        self._replace = replace
        self._by_content: dict[str, dict[str, Manifest]] = {}
        self._named: set[tuple[str, Slot]] = set()
        self._buried: dict[str, frozenset[Slot]] = {}
        self._aside: set[str] | None = None

    def take(self, path: Path, feed: str | None = None, day: date | None = None) -> Imported:
        """Commit one file; ``feed`` and ``day`` where its name does not tell."""
        try:
            snapshot = read_chart_file(
                path, now=self._clock(), count_records=self._count_records, feed=feed, day=day
            )
        except RefusedFile as error:
            self._quarantine(path, error)
            return Imported(as_text(path.name), "refused", error=error)
        if purged := self._purged(snapshot):  # no copy of it in quarantine either
            return _imported(path, "conflict", snapshot, error=purged)
        try:
            return self._settled(path, snapshot)
        except (Conflict, ConfigError, CorruptObject) as error:
            self._quarantine(path, error)
            return _imported(path, "conflict", snapshot, error=error)

    def _settled(self, path: Path, snapshot: Snapshot) -> Imported:
        known = self._known(snapshot.feed)
        standing = raw.committed(self._store, snapshot.feed.name, snapshot.slot)
        if standing and standing.revision <= self._gone(snapshot):
            standing = None
        warning = None
        if standing and standing.pages[0].sha256 == _digest(snapshot):
            status: Status = "present"
            if restore(self._store, standing, snapshot.bodies[0].content):
                warning = "its raw object was lost or damaged, and is there again"
        else:
            warning = self._check_repeated(snapshot, known)
            status, standing = self._commit(snapshot, standing)
        known.setdefault(_digest(snapshot), standing)
        self._named.add((snapshot.feed.name, snapshot.slot))
        if _digest(snapshot) in self._kept_aside():
            aside.release(self._store, _digest(snapshot))
        return _imported(path, status, snapshot, warning=warning)

    def _commit(self, snapshot: Snapshot, standing: Manifest | None) -> tuple[Status, Manifest]:
        if standing and not self._replace:
            raise _other_bytes(snapshot, standing)
        checkpoint.lower(self._store, slot_month(snapshot.slot))
        before = standing.revision if standing else self._gone(snapshot)
        manifest, won = raw.commit(self._store, snapshot, before + 1)
        if won:
            return ("replaced" if standing else "new"), manifest
        if manifest.pages[0].sha256 != _digest(snapshot):
            raise _other_bytes(snapshot, manifest)
        return "present", manifest

    def _purged(self, snapshot: Snapshot) -> Conflict | None:
        """The error where this slot was removed on purpose, and nobody says to take it again."""
        feed, slot = snapshot.feed.name, snapshot.slot
        gone = self._gone(snapshot)
        there = raw.latest_revisions(self._store, feed, slot_month(slot)) if gone else {}
        if not gone or self._replace or there.get(slot, 0) > gone:
            return None
        at = tombstones.of_slot(self._store, feed, slot).at
        return Conflict(
            f"{feed} {snapshot.chart_date} was purged",
            why=f"at {at:%Y-%m-%d %H:%M} UTC; what was purged does not come back by itself",
            fix="if you want it back, import it with --replace",
        )

    def _gone(self, snapshot: Snapshot) -> int:
        """Up to which revision the slot was purged; 0 where it was not."""
        feed, slot = snapshot.feed.name, snapshot.slot
        if feed not in self._buried:
            self._buried[feed] = tombstones.buried(self._store, feed)
        if slot not in self._buried[feed]:
            return 0
        return tombstones.of_slot(self._store, feed, slot).revision

    def _check_repeated(self, snapshot: Snapshot, known: Mapping[str, Manifest]) -> str | None:
        """Refuse the bytes of another date; a warning where they are taken all the same.

        Archives hold weeks in which the source served the file of the week
        before again. Those can't be had again, so that within an archive a
        file may repeat its neighbour. A file or two can be downloaded again.
        """
        other = known.get(_digest(snapshot))
        if other is None:
            return None
        in_archive = self._archive and (other.feed.name, other.slot) in self._named
        if self._force or (
            in_archive and _are_neighbours(snapshot.feed, other.slot, snapshot.slot)
        ):
            return f"its bytes are those of {other.chart_date}: one of the two is not what it says"
        raise Conflict(
            f"{snapshot.feed.name} {snapshot.chart_date}: these bytes are already there "
            f"as its edition of {other.chart_date}",
            why="two dates of a chart are hardly ever the same to the byte",
            fix="check the date in the file's name and download it again, or import with --force",
        )

    def _known(self, feed: Feed) -> dict[str, Manifest]:
        """The standing manifests of a feed by the hash of their file."""
        if feed.name not in self._by_content:
            revisions = raw.latest_revisions(self._store, feed.name)
            check_same_source(self._store, feed, revisions)
            manifests = (
                raw.read_manifest(self._store, feed.name, slot, revision)
                for slot, revision in sorted(revisions.items())
            )
            known: dict[str, Manifest] = {}
            for manifest in manifests:
                known.setdefault(manifest.pages[0].sha256, manifest)
            self._by_content[feed.name] = known
        return self._by_content[feed.name]

    def _quarantine(self, path: Path, error: ChartlakeError) -> None:
        try:
            content = content_of(path)
        except RefusedFile:
            return  # what cannot be read cannot be kept either
        if content:
            kept = aside.quarantine(self._store, path.name, content, error.what, self._clock())
            self._kept_aside().add(kept.sha256)

    def _kept_aside(self) -> set[str]:
        """The hashes of what lies in quarantine."""
        if self._aside is None:
            self._aside = aside.kept_aside(self._store)
        return self._aside


def _imported(
    path: Path,
    status: Status,
    snapshot: Snapshot,
    warning: str | None = None,
    error: ChartlakeError | None = None,
) -> Imported:
    return Imported(
        as_text(path.name),
        status,
        snapshot.feed.name,
        snapshot.chart_date,
        snapshot.item_count,
        warning,
        error,
    )


def _digest(snapshot: Snapshot) -> str:
    return sha256(snapshot.bodies[0].content)


def _are_neighbours(feed: Feed, one: Slot, other: Slot) -> bool:
    """Whether two slots are due one right after the other."""
    first, last = sorted(at for at in (slot_time(one), slot_time(other)) if at)
    return len(list(schedule.due(feed, first, last))) == 2


def _other_bytes(snapshot: Snapshot, standing: Manifest) -> Conflict:
    return Conflict(
        f"{snapshot.feed.name} {snapshot.chart_date}: the lake already holds other bytes for it",
        why=f"imported {standing.observed_at:%Y-%m-%d %H:%M} UTC as revision {standing.revision}",
        fix="if the new file is a correction, import it with --replace; it is kept in quarantine",
    )
