"""A build without some of its slots: the others stay as they are built.

The rows are copied, not parsed again: raw may have expired, and the transform
may be another by now. First the new build is committed, then the old one goes,
so that the slots that stay are covered at every moment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chartlake.errors import CorruptObject
from chartlake.lake import builds, checkpoint, keys, raw
from chartlake.lake.curated import read_table, write_tables
from chartlake.lake.references import is_whole, read_builds
from chartlake.lake.store import Listed, Store
from chartlake.model import Build, BuiltFile, BuiltSlot, slot_month

__all__ = ["Places", "Shrunk", "holds_any", "is_buildable", "shrink"]

Places = Collection[tuple[str, str]]
"""Slots by feed and slot."""


class Shrunk(NamedTuple):
    """What a build left behind: objects that are gone, and slots that are not as they were.

    ``unbuilt`` have to be built again, ``short`` lack the rows of a file that was damaged.
    """

    objects: tuple[str, ...]
    size: int
    unbuilt: tuple[BuiltSlot, ...] = ()
    short: tuple[BuiltSlot, ...] = ()


def shrink(
    store: Store, listed: Listed, build: Build, is_gone: Callable[[BuiltSlot], bool]
) -> Shrunk | None:
    """Replace a build by one without the slots that are to be gone; None where it has none.

    A file of it may be damaged, so that its rows cannot be copied. The slots of its month that
    stay are left without this build where another has them, or the next transform can make one
    from raw. Of those whose raw pages are gone too, the rows of the other files stay.
    CorruptObject, and nothing is changed, where there are none: the build is the last trace.
    """
    kept = tuple(slot for slot in build.slots if not is_gone(slot))
    if len(kept) == len(build.slots):
        return None
    rest = _Rest((), {})
    if kept:
        # the months of what stays may be settled, and a run would not look there
        checkpoint.lower(store, min(slot_month(slot.slot) for slot in kept))
        rest = _rest(store, listed, build, kept)
        _commit(store, build, rest)
    store.delete(listed.key)
    files = [file for file in build.files if file.key.startswith(keys.CURATED)]
    for file in files:
        store.delete(file.key)
    size = listed.size + sum(file.size for file in files)
    return Shrunk((listed.key, *(f.key for f in files)), size, rest.unbuilt, rest.short)


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


def is_buildable(store: Store, slot: BuiltSlot) -> bool:
    """Whether a slot can be built again: its raw pages are all there and unharmed."""
    try:
        manifest = raw.read_manifest(store, slot.feed, slot.slot, slot.revision)
        for _ in raw.read_pages(store, manifest):
            pass
    except (FileNotFoundError, CorruptObject):
        return False
    return True


class _Rest(NamedTuple):
    """What stays of a build: slots, and their rows by table and month."""

    slots: tuple[BuiltSlot, ...]
    tables: dict[tuple[str, str], pa.Table]
    unbuilt: tuple[BuiltSlot, ...] = ()
    short: tuple[BuiltSlot, ...] = ()


def _rest(store: Store, listed: Listed, build: Build, kept: tuple[BuiltSlot, ...]) -> _Rest:
    parts: dict[tuple[str, str], list[pa.Table]] = {}
    damaged: list[BuiltFile] = []
    for file in build.files:
        try:
            rows = read_table(store, file)
            parts.setdefault((file.table, keys.curated_month(file.key)), []).append(rows)
        except CorruptObject:
            damaged.append(file)
    harmed = [slot for slot in kept if any(_may_hold(file, slot) for file in damaged)]
    elsewhere = _built_elsewhere(store, listed, harmed)
    unbuilt = [slot for slot in harmed if slot not in elsewhere and is_buildable(store, slot)]
    slots = tuple(slot for slot in kept if slot not in elsewhere and slot not in unbuilt)
    whole = {place: pa.concat_tables(rows) for place, rows in parts.items()}
    tables = {place: rows.filter(_is_in(rows, _places(slots))) for place, rows in whole.items()}
    short = tuple(slot for slot in harmed if slot in slots)
    if lost := [slot for slot in short if not _has_rows(tables, slot)]:
        raise _stuck(damaged, lost)
    tables = {place: rows for place, rows in tables.items() if rows.num_rows}
    return _Rest(slots, tables, tuple(unbuilt), short)


def _may_hold(file: BuiltFile, slot: BuiltSlot) -> bool:
    """A file has the rows of one month; one that lies elsewhere may have had any."""
    return keys.curated_month(file.key) in ("", slot_month(slot.slot))


def _built_elsewhere(
    store: Store, listed: Listed, slots: Collection[BuiltSlot]
) -> frozenset[BuiltSlot]:
    """Those of the slots that another build has, a whole one."""
    found: set[BuiltSlot] = set()
    for other, build in read_builds(store) if slots else ():
        there = {(slot.feed, slot.slot, slot.revision) for slot in build.slots}
        mine = {slot for slot in slots if (slot.feed, slot.slot, slot.revision) in there} - found
        if mine and other.key != listed.key and is_whole(store, build):
            found |= mine
    return frozenset(found)


def _has_rows(tables: Mapping[tuple[str, str], pa.Table], slot: BuiltSlot) -> bool:
    return any(pc.any(_is_in(rows, _places((slot,)))).as_py() for rows in tables.values())


def _stuck(damaged: Collection[BuiltFile], lost: Collection[BuiltSlot]) -> CorruptObject:
    names = ", ".join(f"{slot.feed} {slot.slot}" for slot in lost)
    return CorruptObject(
        ", ".join(file.key for file in damaged) + " is damaged, and is all there is of other slots",
        why=f"the raw pages of {names} are gone, so that nothing builds them again",
        fix="restore the file from a backup, then: chartlake gc. Where there is none, give those "
        "slots up too: chartlake purge FEED --date DAY",
    )


def _commit(store: Store, build: Build, rest: _Rest) -> None:
    if not rest.slots:
        return
    attempt = keys.new_attempt()
    files = write_tables(store, rest.tables, attempt)
    made = builds.commit(store, build.transform_version, rest.slots, files, attempt)
    if made.attempt == attempt or is_whole(store, made):
        return
    if rest.short:
        raise _stuck(made.files, rest.short)
    # a damaged build of just these slots stands where this one would
    store.delete(keys.build(slot_month(max(slot.slot for slot in rest.slots)), made.build_id))
    builds.commit(store, build.transform_version, rest.slots, files, attempt)


def _is_in(rows: pa.Table, places: Places) -> pa.Array:
    """Which rows are of these slots; a feed's name has no space."""
    names = pc.binary_join_element_wise(rows["feed"], rows["slot"], " ")
    return pc.is_in(names, pa.array([" ".join(place) for place in places], pa.string()))


def _places(slots: tuple[BuiltSlot, ...]) -> set[tuple[str, str]]:
    return {(slot.feed, str(slot.slot)) for slot in slots}
