"""Builds and their files: each what its hash says, and each of slots that are committed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from chartlake.lake import builds, keys, retention, tombstones
from chartlake.lake.ahead import read_ahead
from chartlake.lake.store import Listed, Store
from chartlake.lake.verify.findings import Findings
from chartlake.lake.verify.slots import GC, Hashes, note_orphan, place_of
from chartlake.model import Build, BuiltFile, BuiltSlot, Undecodable, from_json, sha256, slot_month

__all__ = ["problem_with", "verify_builds"]

AGAIN = "delete the build object that names it, then: chartlake reconcile --all"
RESTORE = "restore it from a backup: it holds slots whose raw pages expired"


class Built(NamedTuple):
    """The committed places that builds cover, and the slots whose manifest is gone."""

    covered: set[int]
    lost: set[tuple[str, str]]


class _Read(NamedTuple):
    listed: Listed
    build: Build | None
    damaged: list[tuple[str, str]]
    unreadable: str | None = None


def verify_builds(
    store: Store, feed: str | None, young: datetime, findings: Findings, hashes: Hashes
) -> Built:
    """Check the builds (that cover a slot of ``feed``)."""
    files = store.listing(keys.CURATED)
    check = _BuildCheck(store, feed, findings, hashes)
    named: set[str] = set()
    all_readable = True
    for read in _builds(store, feed):
        if read.build is None:
            all_readable = False
            what = f"this is not a build ({read.unreadable})"
            findings.error(
                "builds", what, read.listed.key, "delete it, then: chartlake reconcile --all"
            )
            continue
        named |= {file.key for file in read.build.files}
        check.build(read, read.build)
    findings.count("curated", objects=len(files), bytes=sum(listed.size for listed in files))
    if all_readable and feed is None:
        for listed in files:
            if listed.key not in named:
                note_orphan("curated", "no build names this file", listed, young, findings)
    return Built(check.covered, check.lost)


def _builds(store: Store, feed: str | None) -> Iterable[_Read]:
    def read(listed: Listed) -> _Read | None:
        try:
            build = from_json(store.get(listed.key), Build)
        except FileNotFoundError:  # removed since it was listed
            return None
        except Undecodable as error:
            return _Read(listed, None, [], str(error))
        if feed and all(slot.feed != feed for slot in build.slots):
            return None
        problems = ((file.key, problem_with(store, file)) for file in build.files)
        return _Read(listed, build, [(key, problem) for key, problem in problems if problem])

    return (found for found in read_ahead(read, store.listing(keys.BUILDS)) if found)


class _BuildCheck:
    """The checks of one build after another."""

    def __init__(self, store: Store, feed: str | None, findings: Findings, hashes: Hashes) -> None:
        self._store = store
        self._feed = feed
        self._findings = findings
        self._hashes = hashes
        self._buried = {
            name: tombstones.buried(store, name)
            for name in tombstones.feeds_with_buried_slots(store)
        }
        self.covered: set[int] = set()
        self.lost: set[tuple[str, str]] = set()

    def build(self, read: _Read, build: Build) -> None:
        """One build, with its files and slots."""
        key, findings = read.listed.key, self._findings
        findings.count("builds", objects=1, slots=len(build.slots))
        findings.count("curated", files=len(build.files), rows=sum(f.rows for f in build.files))
        for where, problem in read.damaged:
            findings.error("curated", problem, f"{where} (of {key})", self._repair(build))
        hashes = (slot.manifest_sha256 for slot in build.slots)
        own_id = builds.build_id(hashes, build.transform_version)
        month = slot_month(max(slot.slot for slot in build.slots)) if build.slots else ""
        if build.build_id != own_id or key != keys.build(month, own_id):
            findings.error(
                "builds", "its id is not the hash of what went in", key, self._repair(build)
            )
        self._check_counts(key, build)
        for slot in build.slots:
            if self._feed in (None, slot.feed):
                self._check_slot(key, slot)

    def _check_counts(self, key: str, build: Build) -> None:
        """Records in are rows out and rejects; ``entries`` counts all that was no reject."""
        rejects = sum(file.rows for file in build.files if file.table == "rejects")
        adds_up = all(s.records == s.entries + s.rejects for s in build.slots)
        if not adds_up or rejects != sum(slot.rejects for slot in build.slots):
            what, fix = "its counts of records do not add up", self._repair(build)
            self._findings.error("builds", what, key, fix)

    def _repair(self, build: Build) -> str:
        """What to do about a damaged build: what has expired can't be built again."""
        feeds = {slot.feed for slot in build.slots}
        expired = {(feed, slot) for feed in feeds for slot in retention.expired(self._store, feed)}
        is_lost = any((slot.feed, slot.slot) in expired for slot in build.slots)
        return RESTORE if is_lost else AGAIN

    def _check_slot(self, key: str, slot: BuiltSlot) -> None:
        place = place_of(slot.feed, slot.slot, slot.revision)
        where = f"{slot.feed} {slot.slot} (in {key})"
        if self._is_buried(slot):
            self._findings.error("builds", "the slot was purged, and is in a build", where, GC)
            return
        known = self._hashes.get(place) or self._hash_of_new(slot)
        if slot.manifest_sha256 in known:
            self.covered.add(place)
            return
        if not known:
            self.lost.add((slot.feed, slot.slot))
        what = "is not the one that was built" if known else "is gone, and a build holds its slot"
        fix = "restore it from a backup"
        self._findings.error("builds", f"the manifest {what}", where, fix)

    def _hash_of_new(self, slot: BuiltSlot) -> frozenset[str]:
        """Of a manifest that was committed after the manifests were read."""
        key = keys.manifest(slot.feed, slot.slot, slot.revision)
        try:
            return frozenset({sha256(self._store.get(key))})
        except FileNotFoundError:
            return frozenset()

    def _is_buried(self, slot: BuiltSlot) -> bool:
        if slot.slot not in self._buried.get(slot.feed, ()):
            return False
        return slot.revision <= tombstones.of_slot(self._store, slot.feed, slot.slot).revision


def problem_with(store: Store, file: BuiltFile, by: str = "build") -> str | None:
    """What is wrong with a file that a commit names."""
    try:
        content = store.get(file.key)
    except FileNotFoundError:
        return f"a file that its {by} names is gone"
    if len(content) != file.size or sha256(content) != file.sha256:
        return "a file does not match its size and hash"
    try:
        rows = pq.read_metadata(pa.BufferReader(content)).num_rows
    except (OSError, pa.ArrowException) as error:
        return f"a file is not Parquet ({error})"
    return None if rows == file.rows else f"a file has {rows} rows, not {file.rows}"
