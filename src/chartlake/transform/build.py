"""Building: which committed slots have no build yet, and making one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa

from chartlake.errors import ChartlakeError, CorruptObject
from chartlake.lake import aside, builds, keys, raw
from chartlake.lake.store import Store
from chartlake.model import Build, BuiltSlot, Manifest, Slot, slot_month
from chartlake.schema import TABLES, Table
from chartlake.transform.claims import check_manifest
from chartlake.transform.engine import Engine, Parsed

__all__ = ["TRANSFORM_VERSION", "Failed", "Place", "Transformed", "build_slots", "unbuilt"]

TRANSFORM_VERSION = 1
"""Raised when the same pages give other rows: then `chartlake rebuild` builds all again."""


class Place(NamedTuple):
    """A committed slot at its standing revision."""

    feed: str
    slot: Slot
    revision: int


class Failed(NamedTuple):
    """A slot that stayed out of the build, and why."""

    place: Place
    error: ChartlakeError


class Transformed(NamedTuple):
    """The build of a batch (None when nothing could be built) and the slots left out."""

    build: Build | None
    failed: tuple[Failed, ...]


def unbuilt(store: Store, since: str | None = None, at_least: int = 0) -> list[Place]:
    """The committed slots that no build covers, by a transform version of ``at_least`` so much.

    Of all months, or of those from ``since`` on: a build lies in the month of
    its last slot, so that it is not missed. No manifest is fetched.
    """
    committed = {
        Place(feed, slot, revision)
        for feed in raw.feeds(store)
        for slot, revision in raw.latest_revisions(store, feed, since=since).items()
    }
    for _, build in builds.read_builds(store, builds.list_builds(store, since)):
        # the load tells of a damaged one, and what it held is built again
        if isinstance(build, Build) and build.transform_version >= at_least:
            committed -= {Place(built.feed, built.slot, built.revision) for built in build.slots}
    return sorted(committed)


def build_slots(
    store: Store, engine: Engine, places: Sequence[Place], now: datetime
) -> Transformed:
    """Parse the slots and commit them as one build; what fails is recorded and left out."""
    manifests: list[Manifest] = []
    failed: list[Failed] = []
    for place in places:
        try:
            manifests.append(_manifest(store, place))
        except CorruptObject as error:
            failed.append(Failed(place, error))
    good: list[Parsed] = []
    for result in engine.parse(store, manifests):
        if result.error:
            failed.append(Failed(_place(result.manifest), result.error))
        else:
            good.append(result)
    for place, reason in failed:
        aside.record_failure(store, place.feed, place.slot, "transform", reason, now)
    try:
        build = _commit(store, good) if good else None
    except CorruptObject as error:  # a damaged build object stands where this one would
        build = None
        failed += [Failed(_place(result.manifest), error) for result in good]
    return Transformed(build, tuple(failed))


def _manifest(store: Store, place: Place) -> Manifest:
    try:
        manifest = raw.read_manifest(store, *place)
    except FileNotFoundError as error:  # a name that is no slot's lies among the manifests
        raise CorruptObject(f"{place.feed} {place.slot}: this is no slot", why=str(error)) from None
    check_manifest(manifest, *place)
    return manifest


def _place(manifest: Manifest) -> Place:
    return Place(manifest.feed.name, manifest.slot, manifest.revision)


def _commit(store: Store, parsed: Sequence[Parsed]) -> Build:
    attempt = keys.new_attempt()
    slots = tuple(_built_slot(result) for result in parsed)
    return builds.commit(store, TRANSFORM_VERSION, slots, _tables(parsed, attempt), attempt)


def _built_slot(result: Parsed) -> BuiltSlot:
    manifest, rows, _ = result
    return BuiltSlot(
        feed=manifest.feed.name,
        slot=manifest.slot,
        revision=manifest.revision,
        manifest_sha256=raw.manifest_sha256(manifest),
        records=manifest.item_count,
        entries=manifest.item_count - len(rows.rejects),
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
