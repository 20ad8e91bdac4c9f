"""A build without some of its slots: the others stay as they are built.

The rows are copied, not parsed again: raw may have expired, and the transform
may be another by now. First the new build is committed, then the old one goes,
so that the slots that stay are covered at every moment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chartlake.errors import CorruptObject
from chartlake.lake import builds, checkpoint, keys
from chartlake.lake.store import Listed, Store
from chartlake.model import Build, BuiltSlot, slot_month

__all__ = ["Places", "Shrunk", "holds_any", "shrink"]

Places = Collection[tuple[str, str]]
"""Slots by feed and slot."""


class Shrunk(NamedTuple):
    """What a build left behind: objects that are gone, and slots that have to be built again."""

    objects: tuple[str, ...]
    size: int
    unbuilt: tuple[BuiltSlot, ...] = ()


def shrink(
    store: Store, listed: Listed, build: Build, is_gone: Callable[[BuiltSlot], bool]
) -> Shrunk | None:
    """Replace a build by one without the slots that are to be gone; None where it has none.

    Where a file of it is damaged, so that its rows cannot be copied, the slots
    that stay are left without a build: the next transform makes one from raw.
    """
    kept = tuple(slot for slot in build.slots if not is_gone(slot))
    if len(kept) == len(build.slots):
        return None
    unbuilt: tuple[BuiltSlot, ...] = ()
    if kept:
        # the months of what stays may be settled, and a run would not look there
        checkpoint.lower(store, min(slot_month(slot.slot) for slot in kept))
        gone = {(slot.feed, str(slot.slot)) for slot in build.slots} - _places(kept)
        try:
            _commit_rest(store, build, kept, gone)
        except CorruptObject:
            unbuilt = kept
    store.delete(listed.key)
    files = [file for file in build.files if file.key.startswith(keys.CURATED)]
    for file in files:
        store.delete(file.key)
    size = listed.size + sum(file.size for file in files)
    return Shrunk((listed.key, *(file.key for file in files)), size, unbuilt)


def holds_any(store: Store, curated_key: str, places: Places) -> bool:
    """Whether a curated file has a row of one of these slots, or cannot be read."""
    try:
        content = pa.BufferReader(store.get(curated_key))
        rows = pq.read_table(content, columns=["feed", "slot"])
    except FileNotFoundError:
        return False
    except (OSError, pa.ArrowException):
        return True
    return bool(pc.any(_is_in(rows, places)).as_py())


def _commit_rest(store: Store, build: Build, kept: tuple[BuiltSlot, ...], gone: Places) -> None:
    attempt = keys.new_attempt()
    tables: dict[tuple[str, str], pa.Table] = {}
    for file in build.files:
        rows = builds.read_table(store, file)
        rows = rows.filter(pc.invert(_is_in(rows, gone)))
        if rows.num_rows:
            place = rows.schema.get_field_index("attempt_id")
            names = pa.array([attempt] * rows.num_rows, rows.schema.field(place).type)
            rows = rows.set_column(place, rows.schema.field(place), names)
            tables[file.table, keys.curated_month(file.key)] = rows
    builds.commit(store, build.transform_version, kept, tables, attempt)


def _is_in(rows: pa.Table, places: Places) -> pa.Array:
    """Which rows are of these slots; a feed's name has no space."""
    names = pc.binary_join_element_wise(rows["feed"], rows["slot"], " ")
    return pc.is_in(names, pa.array([" ".join(place) for place in places], pa.string()))


def _places(slots: tuple[BuiltSlot, ...]) -> set[tuple[str, str]]:
    return {(slot.feed, str(slot.slot)) for slot in slots}
