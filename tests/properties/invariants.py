"""The ten invariants of the design, checked on a lake and on a warehouse from the outside.

Each object is checked when it is committed, and all of them are watched for changes after that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import duckdb
import obstore
import pyarrow as pa
import pyarrow.parquet as pq

from chartlake.lake import keys, raw
from chartlake.lake.store import Store
from chartlake.model import Build, BuiltSlot, Manifest, from_json, sha256
from chartlake.schema import TABLES
from tests.properties import oracle, sources
from tests.properties.oracle import Row, Rows, rank

_IMMUTABLE = (keys.RAW, keys.MANIFESTS, keys.CURATED, keys.BUILDS)
_KEY = {
    table.name: [oracle.COMPARED[table.name].index(name) for name in table.key[2:]]
    for table in TABLES.values()
}
Place = tuple[str, str]


class Broken(AssertionError):
    """An invariant does not hold. 0 stands for a worker that fell over by itself."""

    def __init__(self, invariant: int, why: str) -> None:
        super().__init__(f"invariant {invariant}: {why}")
        self.invariant = invariant


class Live(NamedTuple):
    """A build as the live attempt of one of its slots."""

    build: Build
    slot: BuiltSlot


class LakeWatch:
    """Knows what was committed so far, and checks what comes."""

    def __init__(self, store: Store, objects: Any) -> None:
        self._store = store
        self._objects = objects
        self._tags: dict[str, object] = {}
        self._committed: dict[str, bytes] = {}
        self._rows: dict[tuple[str, str, int, int], Rows] = {}
        self.manifests: dict[tuple[str, str, int], Manifest] = {}
        self.builds: dict[str, Build] = {}

    def committed(self, key: str) -> None:
        """Check an object that was created just now, or was not."""
        if not key.startswith((keys.MANIFESTS, keys.BUILDS)):
            return
        try:
            content = self._store.get(key)
        except FileNotFoundError:
            return
        if self._committed.setdefault(key, content) is not content:
            self._check_same(key, content)
        elif key.startswith(keys.MANIFESTS):
            self._check_manifest(key, from_json(content, Manifest))
        else:
            self._check_build(key, from_json(content, Build))

    def sweep(self) -> None:
        """Nothing that was written changes or goes away; nothing was committed unseen."""
        now: dict[str, object] = {}
        for zone in _IMMUTABLE:
            for batch in obstore.list(self._objects, zone):
                now |= {meta["path"]: meta["e_tag"] for meta in batch}
        for key, tag in self._tags.items():
            if now.get(key) != tag:
                what = "was changed" if key in now else "is gone"
                raise Broken(2 if key.startswith(keys.MANIFESTS) else 1, f"{key} {what}")
        new = now.keys() - self._tags.keys()
        for key in sorted(new, key=lambda key: (not key.startswith(keys.MANIFESTS), key)):
            self.committed(key)
        self._tags = now

    @property
    def written(self) -> frozenset[str]:
        """All keys at the last sweep."""
        return frozenset(self._tags)

    def standing(self) -> dict[Place, Manifest]:
        """The manifest of the highest revision of each slot."""
        return {
            (feed, slot): self.manifests[feed, slot, revision]
            for feed, slot, revision in sorted(self.manifests)
        }

    def live(self, among: Iterable[str] | None = None) -> dict[Place, Live]:
        """The live attempt of each slot, of all builds or some."""
        found: dict[Place, Live] = {}
        for key in self.builds if among is None else among:
            for slot in self.builds[key].slots:
                place, new = (slot.feed, str(slot.slot)), Live(self.builds[key], slot)
                if place not in found or rank(*new) > rank(*found[place]):
                    found[place] = new
        return found

    def rows(self, slot: BuiltSlot, version: int) -> Rows:
        """What a slot must be at a revision, by a version of the transform."""
        place = (slot.feed, str(slot.slot), slot.revision)
        if place not in self.manifests:
            raise Broken(5, f"{place} was built and is not committed")
        if (*place, version) not in self._rows:
            made = oracle.rows_of(self._store, self.manifests[place], version)
            self._rows[(*place, version)] = made
        return self._rows[(*place, version)]

    def _check_same(self, key: str, content: bytes) -> None:
        if self._committed[key] != content:
            raise Broken(2 if key.startswith(keys.MANIFESTS) else 1, f"{key} was changed")

    def _check_manifest(self, key: str, manifest: Manifest) -> None:
        place = (manifest.feed.name, str(manifest.slot), manifest.revision)
        feed, slot, _ = place
        if oracle.place_of(key) != place or place in self.manifests:
            raise Broken(2, f"{key} is another manifest of {place}")
        others = [m for (f, s, _), m in self.manifests.items() if (f, s) == (feed, slot)]
        if others and (feed in sources.DAYS or manifest.missed):
            raise Broken(2, f"{key}: an unrepeatable slot has one manifest, and this is another")
        self.manifests[place] = manifest
        if manifest.missed:
            if len(sources.due_slots(feed, manifest.slot, manifest.observed_at)) < 2:
                raise Broken(8, f"{key}: marked while it could be read")
            return
        self._check_pages(key, manifest)
        if manifest.item_count != sources.records_in(feed, manifest.slot):
            raise Broken(3, f"{key} counts {manifest.item_count} records")

    def _check_pages(self, key: str, manifest: Manifest) -> None:
        for number, page in enumerate(manifest.pages):
            try:
                whole = self._store.get(page.raw_key or manifest.raw_key)
                frame = whole[page.offset : page.offset + page.stored_bytes]
                content = pa.decompress(frame, page.length, codec="zstd", asbytes=True)
            except (FileNotFoundError, OSError) as error:
                raise Broken(3, f"{key}: page {number} is not there: {error}") from error
            if sha256(content) != page.sha256:
                raise Broken(3, f"{key}: page {number} is not what it says")
        hashes = tuple(page.sha256 for page in manifest.pages)
        if hashes not in oracle.true_pages(manifest.feed.name, manifest.slot):
            raise Broken(3, f"{key} has not the pages of its slot")
        if manifest.unchanged_from:
            before = self.manifests.get((manifest.feed.name, str(manifest.unchanged_from), 1))
            if before is None or raw.pages_to_keep(before) != raw.pages_to_keep(manifest):
                raise Broken(3, f"{key} names pages that are not those of the slot before")

    def _check_build(self, key: str, build: Build) -> None:
        tables: dict[str, list[Row]] = {}
        for file in build.files:
            try:
                content = self._store.get(file.key)
            except FileNotFoundError as error:
                raise Broken(4, f"{key}: {file.key} is not there") from error
            if sha256(content) != file.sha256:
                raise Broken(4, f"{key}: {file.key} is not what it says")
            read = pq.read_table(pa.BufferReader(content), use_threads=False)
            columns = read.select(oracle.columns_of(file.table)).to_pydict().values()
            tables.setdefault(file.table, []).extend(zip(*columns, strict=True))
        attempts = {row[2] for rows in tables.values() for row in rows}
        if attempts - {build.attempt}:
            raise Broken(4, f"{key} holds rows of another attempt")
        found = oracle.by_slot(tables)
        if strangers := found.keys() - {(slot.feed, str(slot.slot)) for slot in build.slots}:
            raise Broken(4, f"{key} holds rows of {strangers}, which it does not cover")
        for slot in build.slots:
            rows = found.get((slot.feed, str(slot.slot)), {})
            compare(
                f"{key}: {slot.feed} {slot.slot}", rows, self.rows(slot, build.transform_version)
            )
            _check_counts(key, slot, rows, self.manifests[slot.feed, str(slot.slot), slot.revision])
        self.builds[key] = build


def compare(what: str, found: Rows, expected: Rows) -> None:
    """5, or 6 where there is something twice, or 4 where only a part is there."""
    for table, rows in found.items():
        names = Counter(tuple(row[n] for n in _KEY[table]) for row in rows.elements())
        if twice := [name for name, times in names.items() if times > 1]:
            raise Broken(6, f"{what}: {table} has {twice} more than once")
    if found == expected:
        return
    is_part = all(rows <= expected.get(table, Counter()) for table, rows in found.items())
    raise Broken(4 if is_part else 5, f"{what}: {found} and not {expected}")


def _check_counts(key: str, slot: BuiltSlot, rows: Rows, manifest: Manifest) -> None:
    entries = rows.get("entries", Counter()).total()
    rejects = rows.get("rejects", Counter()).total()
    told = (slot.records, slot.entries, slot.rejects)
    if told != (manifest.item_count, entries, rejects) or entries + rejects != slot.records:
        raise Broken(10, f"{key}: {told} of {manifest.item_count} in, {entries} + {rejects} out")


class WarehouseWatch:
    """Checks what a reader finds."""

    def __init__(self, lake: LakeWatch) -> None:
        self._lake = lake
        self._ranks: dict[Place, tuple[int, int, int, int]] = {}

    def look(self, db: duckdb.DuckDBPyConnection) -> dict[Place, Live]:
        """Read it all and check each slot; what is live in it."""
        live = self._live(db)
        tables = {
            table: db.execute(
                f"select {', '.join(oracle.columns_of(table))} from {table}"
            ).fetchall()
            for table in oracle.FILLED
        }
        attempts = {row[:3] for rows in tables.values() for row in rows}
        loaded = {
            (r["feed"], r["slot"], r["attempt_id"]) for r in _records(db, "from load_history")
        }
        for feed, slot, attempt in sorted(attempts):
            if (feed, slot) not in live or live[feed, slot].build.attempt != attempt:
                why = f"{feed} {slot} has rows of {attempt}, which is not live"
                raise Broken(9 if (feed, slot, attempt) in loaded else 4, why)
        found = oracle.by_slot(tables)
        for place, (build, slot) in live.items():
            expected = self._lake.rows(slot, build.transform_version)
            compare(f"warehouse: {' '.join(place)}", found.get(place, {}), expected)
        return live

    def _live(self, db: duckdb.DuckDBPyConnection) -> dict[Place, Live]:
        by_attempt = {
            (slot.feed, str(slot.slot), build.attempt): Live(build, slot)
            for build in self._lake.builds.values()
            for slot in build.slots
        }
        live: dict[Place, Live] = {}
        for row in _records(db, "from load_history"):
            place = (row["feed"], row["slot"])
            new = by_attempt.get((*place, row["attempt_id"]))
            if new is None:
                raise Broken(4, f"{place} was loaded from {row['attempt_id']}, which no build has")
            if place not in live or rank(*new) > rank(*live[place]):
                live[place] = new
        for place, best in self._ranks.items():
            if place not in live or rank(*live[place]) < best:
                raise Broken(9, f"{place} went back to an attempt of a lower rank")
        self._ranks = {place: rank(*found) for place, found in live.items()}
        return live


def check_best(found: Mapping[Place, Live], best: Mapping[Place, Live]) -> None:
    """9: what a whole load leaves is at least what was best when it began."""
    for place, known in best.items():
        if place not in found:
            raise Broken(7, f"{place} was built, and is not loaded")
        if rank(*found[place]) < rank(*known):
            raise Broken(9, f"{place}: {found[place].build} is live, and not {known.build}")


def dump(db: duckdb.DuckDBPyConnection | None) -> dict[str, Counter[tuple[Any, ...]]]:
    """All rows of all tables; when they were loaded is left out, and from which attempts."""
    assert db
    tables = {table: _records(db, f"from {table}") for table in TABLES}
    return {
        table: Counter(tuple(v for k, v in row.items() if k != "attempt_id") for row in rows)
        for table, rows in tables.items()
    }


def _records(db: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = db.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
