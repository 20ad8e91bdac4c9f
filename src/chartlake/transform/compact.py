"""Compaction: the many small builds of a closed month in one.

The rows are those of the live attempts, with the new attempt's name: nothing is
parsed again, so that slots whose raw pages have expired are compacted too. A
compacted build is a build like any other; it wins because it covers more slots.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from chartlake.errors import ChartlakeError
from chartlake.lake import builds, keys
from chartlake.lake.curated import read_table, write_tables
from chartlake.lake.store import Store
from chartlake.model import UNDATED, Build, BuiltSlot, Slot, slot_month
from chartlake.schema import TABLES

__all__ = ["Compacted", "closed_months", "compact"]


class Compacted(NamedTuple):
    """One feed's month: how many builds it was spread over, and the slots that it holds.

    ``error``: why it stays as it is.
    """

    feed: str
    month: str
    builds: int
    slots: int
    error: ChartlakeError | None = None


_Live = dict[Slot, tuple[Build, BuiltSlot]]


def closed_months(store: Store, before: str) -> Iterator[tuple[str, str, _Live]]:
    """Feed, month and the live attempts to put into one, of each month before this one.

    Slots of several transform versions stay apart: a build has one.
    """
    by_month: dict[tuple[str, str], _Live] = {}
    found = builds.read_builds(store, builds.list_builds(store))
    # the load tells of a damaged one
    made = ((key, build) for key, build in found if isinstance(build, Build))
    for _, build, slot in builds.live_slots(made).values():
        month = slot_month(slot.slot)
        if month != UNDATED and month < before:
            by_month.setdefault((slot.feed, month), {})[slot.slot] = (build, slot)
    for (feed, month), live in sorted(by_month.items()):
        for version in sorted({build.transform_version for build, _ in live.values()}):
            small = _smaller_than_all(
                {s: found for s, found in live.items() if found[0].transform_version == version}
            )
            if len({build.build_id for build, _ in small.values()}) > 1:
                yield feed, month, small


def _smaller_than_all(live: _Live) -> _Live:
    """The slots that a build over all of these would win: it has to cover more than theirs does."""
    small = live
    while any(len(build.slots) >= len(small) for build, _ in small.values()):
        small = {s: found for s, found in small.items() if len(found[0].slots) < len(small)}
    return small


def compact(store: Store, feed: str, month: str, live: _Live) -> Build:
    """Write one build over a feed's month; CorruptObject where a file is damaged."""
    attempt = keys.new_attempt()
    tables = {(name, month): rows for name, rows in _rows(store, feed, live).items()}
    slots = tuple(live[slot][1] for slot in sorted(live))
    (version,) = {build.transform_version for build, _ in live.values()}
    return builds.commit(store, version, slots, write_tables(store, tables, attempt), attempt)


def _rows(store: Store, feed: str, live: _Live) -> Mapping[str, pa.Table]:
    """The rows of the live attempts by table, in order."""
    found: dict[str, list[pa.Table]] = {}
    of_build: dict[str, tuple[Build, list[str]]] = {}
    for slot, (build, _) in live.items():
        of_build.setdefault(build.build_id, (build, []))[1].append(slot)
    for build, slots in of_build.values():
        for file in build.files:
            rows = read_table(store, file)
            mine = pc.and_(pc.equal(rows["feed"], feed), pc.is_in(rows["slot"], pa.array(slots)))
            found.setdefault(file.table, []).append(rows.filter(mine))
    joined = {name: _joined(TABLES[name].arrow, parts) for name, parts in found.items()}
    return {name: rows for name, rows in joined.items() if rows.num_rows}


def _joined(schema: pa.Schema, parts: Sequence[pa.Table]) -> pa.Table:
    whole = [_with_all(schema, rows) for rows in parts]
    rows = pa.concat_tables(whole, promote_options="default").select(schema.names)
    return rows.sort_by("slot").cast(schema)


def _with_all(schema: pa.Schema, rows: pa.Table) -> pa.Table:
    """With the columns that came later, which are null in old files."""
    for field in schema:
        if field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    return rows
