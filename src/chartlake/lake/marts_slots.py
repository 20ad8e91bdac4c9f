"""Of which slots a run of the marts is made, and which runs removals ask for.

Each run says it in a file of its own, which is written before any other. So it can be told of
marts that are being made, or were left by a killed run, and whatever clocks say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chartlake.lake import keys, tombstones
from chartlake.lake.store import Store
from chartlake.model import BuiltFile, Slot, sha256

__all__ = [
    "Place",
    "removed_of",
    "revisions_of",
    "runs_to_remove",
    "slots_table",
    "write_slots",
]

Place = tuple[str, str]
"""A feed and one of its slots."""

_COLUMNS = pa.schema([("feed", pa.string()), ("slot", pa.string()), ("revision", pa.int64())])


def slots_table(revisions: Mapping[Place, int]) -> pa.Table:
    """Slots with their revisions, as a run's file has them."""
    rows = [(feed, slot, revision) for (feed, slot), revision in sorted(revisions.items())]
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    return pa.table([pa.array(column) for column in columns], _COLUMNS)


def write_slots(store: Store, run: str, slots: pa.Table) -> BuiltFile:
    """Store the file of a run's slots."""
    sink = pa.BufferOutputStream()
    pq.write_table(slots, sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    key = keys.marts_slots(run)
    store.create(key, content)
    rows, size = slots.num_rows, len(content)
    return BuiltFile(table="slots", key=key, rows=rows, size=size, sha256=sha256(content))


def removed_of(store: Store, slots: pa.Table) -> list[Place]:
    """Those of the slots that are to be gone: not one that was brought again since."""
    found: list[Place] = []
    for feed in tombstones.feeds_with_buried_slots(store):
        mine = slots.filter(pc.equal(slots["feed"], feed))
        revisions = dict(zip(mine["slot"].to_pylist(), mine["revision"].to_pylist(), strict=True))
        for slot in sorted(tombstones.buried(store, feed) & revisions.keys()):
            if revisions[slot] <= tombstones.of_slot(store, feed, Slot(slot)).revision:
                found.append((feed, str(slot)))
    return found


def runs_to_remove(store: Store, runs: Iterable[str]) -> dict[str, list[Place]]:
    """Those of the runs, committed or not, that hold slots which are to be gone; and which.

    Where slots were removed, a run that does not say what it holds may hold any: it is named too,
    without slots.
    """
    if not tombstones.feeds_with_buried_slots(store):
        return {}
    found: dict[str, list[Place]] = {}
    for run in runs:
        slots = _slots_of(store, run)
        gone = [] if slots is None else removed_of(store, slots)
        if slots is None or gone:
            found[run] = gone
    return found


def revisions_of(store: Store, run: str) -> dict[Place, int]:
    """Of which slots a run is made, with their revisions; none where it does not say."""
    slots = _slots_of(store, run)
    columns = [] if slots is None else [slots[name].to_pylist() for name in _COLUMNS.names]
    return {(feed, slot): revision for feed, slot, revision in zip(*columns, strict=True)}


def _slots_of(store: Store, run: str) -> pa.Table | None:
    """What the run's file says; None where it is gone or damaged."""
    try:
        return pq.read_table(pa.BufferReader(store.get(keys.marts_slots(run)))).select(
            _COLUMNS.names
        )
    except (OSError, KeyError, pa.ArrowException):
        return None
