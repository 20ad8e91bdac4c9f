"""Building: which committed slots have no build yet, and making one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa

from chartlake.lake import aside, builds, keys, raw
from chartlake.lake.store import Store
from chartlake.model import Build, BuiltSlot, Manifest, slot_month
from chartlake.schema import TABLES, Table
from chartlake.transform.engine import Engine, Parsed

__all__ = ["TRANSFORM_VERSION", "Transformed", "build_slots", "unbuilt"]

TRANSFORM_VERSION = 1
"""Raised when the same pages give other rows: then everything is built again."""


class Transformed(NamedTuple):
    """The build of a batch (None when nothing could be built) and the slots left out."""

    build: Build | None
    failed: tuple[Parsed, ...]


def unbuilt(store: Store) -> list[Manifest]:
    """The standing manifests of all slots that no build of this transform version covers.

    Compares keys with builds; only the manifests that are needed are fetched.
    """
    committed = {
        (feed, slot, revision)
        for feed in raw.feeds(store)
        for slot, revision in raw.latest_revisions(store, feed).items()
    }
    for key in builds.list_builds(store):
        build = builds.read_build(store, key)
        if build.transform_version == TRANSFORM_VERSION:
            committed -= {(built.feed, built.slot, built.revision) for built in build.slots}
    return [raw.read_manifest(store, *place) for place in sorted(committed)]


def build_slots(
    store: Store, engine: Engine, manifests: Sequence[Manifest], now: datetime
) -> Transformed:
    """Parse the slots and commit them as one build; what fails is recorded and left out."""
    attempt = keys.new_attempt()
    parsed = list(engine.parse(store, sorted(manifests, key=lambda m: (m.feed.name, m.slot))))
    failed = tuple(result for result in parsed if result.error)
    for manifest, _, error in failed:
        if error:
            aside.record_failure(store, manifest.feed.name, manifest.slot, "transform", error, now)
    good = [result for result in parsed if not result.error]
    if not good:
        return Transformed(None, failed)
    slots = tuple(_built_slot(result) for result in good)
    tables = _tables(good, attempt)
    return Transformed(builds.commit(store, TRANSFORM_VERSION, slots, tables, attempt), failed)


def _built_slot(result: Parsed) -> BuiltSlot:
    manifest, rows, _ = result
    return BuiltSlot(
        feed=manifest.feed.name,
        slot=manifest.slot,
        revision=manifest.revision,
        manifest_sha256=raw.manifest_sha256(manifest),
        records=manifest.item_count,
        entries=len(rows.entries),
        rejects=len(rows.rejects),
    )


def _tables(parsed: Sequence[Parsed], attempt: str) -> dict[tuple[str, str], pa.Table]:
    """The rows by (table, month of slot); empty ones are left out."""
    by_month: dict[str, list[Parsed]] = defaultdict(list)
    for result in parsed:
        by_month[slot_month(result.manifest.slot)].append(result)
    tables = {
        (table.name, month): _arrow(table, results, attempt)
        for month, results in by_month.items()
        for table in TABLES.values()
    }
    return {place: rows for place, rows in tables.items() if rows.num_rows}


def _arrow(table: Table, results: Sequence[Parsed], attempt: str) -> pa.Table:
    lists = [getattr(result.rows, table.name) for result in results]
    common = [
        (result.manifest.feed.name, result.manifest.slot, attempt)
        for result, rows in zip(results, lists, strict=True)
        for _ in rows
    ]
    rows = [(*shared, *own) for shared, own in zip(common, chain(*lists), strict=True)]
    columns: Iterable[Sequence[Any]] = (
        zip(*rows, strict=True) if rows else [()] * len(table.columns)
    )
    arrays = [pa.array(v, c.type) for v, c in zip(columns, table.columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=table.arrow)
