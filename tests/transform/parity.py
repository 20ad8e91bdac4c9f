"""That what the product builds of a world is what the oracle says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pyarrow as pa

from chartlake.errors import DataError
from chartlake.lake import raw
from chartlake.lake.curated import read_table
from chartlake.lake.store import Store
from chartlake.model import Build, Manifest
from chartlake.schema import TABLES, SlotRows
from chartlake.transform.build import Transformed, build_slots, unbuilt
from chartlake.transform.engine import Engine, LocalEngine
from tests.transform.oracle.slots import Unusable, rows_of
from tests.transform.oracle.tables import differences, hashes, tables_of

NOW = datetime(2026, 3, 9, 5, tzinfo=UTC)
Usable = Sequence[tuple[Manifest, SlotRows]]


def check(store: Store, manifests: Sequence[Manifest], engine: Engine | None = None) -> Transformed:
    """Build the slots; AssertionError where anything is not as it should be."""
    usable = expected(store, manifests)
    done = build_slots(store, engine or LocalEngine(), unbuilt(store), NOW)
    places = {(manifest.feed.name, str(manifest.slot)) for manifest, _ in usable}
    failed = {(each.place.feed, str(each.place.slot)) for each in done.failed}
    assert failed == {(m.feed.name, str(m.slot)) for m in manifests} - places, done.failed
    for each in done.failed:
        assert isinstance(each.error, DataError)
        assert "fault of chartlake" not in str(each.error.fix), each.error.why
    assert (done.build is None) == (not usable)
    if done.build:
        check_build(store, done.build, usable)
    return done


def check_build(store: Store, build: Build, usable: Usable) -> None:
    """That a build has these slots and their rows, and no others."""
    mine, its = tables_of(usable, build.attempt), read(store, [build])
    assert hashes(its) == hashes(mine), "\n".join(differences(mine, its))
    counted = {
        (manifest.feed.name, manifest.slot, manifest.revision, len(rows.rejects))
        for manifest, rows in usable
    }
    assert {(s.feed, s.slot, s.revision, s.rejects) for s in build.slots} == counted


def expected(store: Store, manifests: Sequence[Manifest]) -> Usable:
    """The slots that can be used, each with its rows by the oracle."""
    found = []
    for manifest in manifests:
        try:
            found.append((manifest, rows_of(manifest, list(raw.read_pages(store, manifest)))))
        except Unusable:
            continue
    return found


def read(store: Store, builds: Iterable[Build]) -> dict[str, pa.Table]:
    """All rows of the builds' files by table; each file has exactly its table's columns."""
    found: dict[str, list[pa.Table]] = {}
    for file in (file for build in builds for file in build.files):
        rows = read_table(store, file)
        assert rows.schema.equals(TABLES[file.table].arrow), file.key
        assert rows.num_rows == file.rows
        found.setdefault(file.table, []).append(rows)
    return {name: pa.concat_tables(parts) for name, parts in found.items()}
