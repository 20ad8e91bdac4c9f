"""From the records of many slots to the rows of the curated tables, column by column.

A slot's records are numbers in the catalog. What they tell is taken from there
for all slots at once; things that a slot tells of several times become one row.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from chartlake.model import Manifest
from chartlake.schema import COMMON, TABLES, Table
from chartlake.transform.catalog import NUMBER, Catalog, Columns, Things
from chartlake.transform.observations import Thing, merged
from chartlake.transform.pages import SlotContent

__all__ = ["Slots", "tables_of"]

_TEXT_BY_NUMBER = pa.dictionary(pa.int32(), pa.string())


class Slots(NamedTuple):
    """Slots in the order in which their rows are to stand, with what each tells."""

    manifests: list[Manifest]
    contents: list[SlotContent]


def tables_of(slots: Slots, catalog: Catalog, attempt: str) -> dict[str, pa.Table]:
    """The rows of each curated table that has any, in the order of the slots.

    Texts are dictionaries: most occur many times, and are written once.
    """
    records = _records(slots)
    parts: dict[str, list[_Part]] = {name: [_plain(slots, TABLES[name])] for name in TABLES}
    parts["entries"].append(_entries(records, catalog))
    parts["play_observations"].append(_plays(records, catalog, slots.manifests))
    for place, things in enumerate(catalog.things):
        observed = _observed(records, catalog, place)
        parts[things.kind.observations].append(_observations(observed, things))
        if things.kind.credits:
            parts[things.kind.credits].append(_credits(observed, things))
    joined = ((name, _joined(name, found, slots, attempt)) for name, found in parts.items())
    return {name: table for name, table in joined if table.num_rows}


class _Part(NamedTuple):
    """Rows of a table: the place of each one's slot, and its own columns by name."""

    slots: pa.Array
    columns: dict[str, pa.Array]


def _joined(name: str, parts: Iterable[_Part], slots: Slots, attempt: str) -> pa.Table:
    """One table of parts, each of which is in the order of the slots."""
    some = [part for part in parts if len(part.slots)]
    schema = TABLES[name].arrow
    types = [_TEXT_BY_NUMBER if pa.types.is_string(field.type) else field.type for field in schema]
    told = pa.schema([pa.field(f.name, t, f.nullable) for f, t in zip(schema, types, strict=True)])
    tables = [_table(part, slots, attempt, told) for part in some]
    table = pa.concat_tables(tables).unify_dictionaries() if tables else told.empty_table()
    if len(some) > 1:  # a stable order: rows of one slot come from one part
        order = pc.sort_indices(pa.chunked_array([part.slots for part in some]))
        table = table.take(order)
    return table.combine_chunks()


def _table(part: _Part, slots: Slots, attempt: str, schema: pa.Schema) -> pa.Table:
    feeds = [manifest.feed.name for manifest in slots.manifests]
    names = [str(manifest.slot) for manifest in slots.manifests]
    shared = {
        "feed": _by_number(pa.array(feeds, pa.string()), part.slots),
        "slot": _by_number(pa.array(names, pa.string()), part.slots),
        "attempt_id": pa.DictionaryArray.from_arrays(
            pa.repeat(pa.scalar(0, pa.int32()), len(part.slots)), pa.array([attempt])
        ),
    }
    columns = shared | part.columns
    arrays = [_as(columns.get(field.name), field, len(part.slots)) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _as(column: pa.Array | None, field: pa.Field, count: int) -> pa.Array:
    if column is None:
        return pa.nulls(count, field.type)
    return column.dictionary_encode() if pa.types.is_string(column.type) else column


def _by_number(values: pa.Array, places: pa.Array) -> pa.DictionaryArray:
    """Texts at places, each kept once."""
    encoded = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(places), encoded.dictionary)


def _taken(rows: Columns, places: pa.Array) -> dict[str, pa.Array]:
    """The columns of rows at places."""
    found = {}
    table = rows.settle()
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = column.chunk(0) if column.num_chunks else pa.array([], column.type)
        is_text = pa.types.is_string(values.type)
        found[name] = _by_number(values, places) if is_text else values.take(places)
    return found


# What is a slot's own ------------------------------------------------------------------


def _plain(slots: Slots, table: Table) -> _Part:
    lists = [getattr(content.rows, table.name) for content in slots.contents]
    places = [place for place, rows in enumerate(lists) for _ in rows]
    rows = list(chain.from_iterable(lists))
    own = list(table.arrow)[len(COMMON) :]
    values: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(own)
    columns = {f.name: pa.array(v, f.type) for v, f in zip(values, own, strict=True)}
    return _Part(pa.array(places, pa.int32()), columns)


# What records tell ---------------------------------------------------------------------


class _Records(NamedTuple):
    """All records of all slots in order: numbers in the catalog, and of each its page.

    ``popularity`` is that of a record's track and 1, or 0 where the record itself tells.
    ``ordinals`` are their places in their slots, ``items`` those in their pages, from 0.
    """

    numbers: pa.Array
    popularity: pa.Array
    slots: pa.Array
    pages: pa.Array
    first_items: pa.Array
    observed_at: pa.Array
    items: pa.Array
    ordinals: pa.Array


def _records(slots: Slots) -> _Records:
    pages = [(place, page) for place, c in enumerate(slots.contents) for page in c.pages]
    ends, before = [0], list[int]()
    for place, page in pages:
        is_same = before and pages[len(before) - 1][0] == place
        before.append(before[-1] + ends[-1] - ends[-2] if is_same else 0)
        ends.append(ends[-1] + len(page.references))
    told = chain.from_iterable(page.references for _, page in pages)
    references = pa.array(told, pa.int64(), size=ends[-1])
    of = pc.list_parent_indices(pa.ListArray.from_arrays(pa.array(ends, pa.int32()), references))
    items = pc.subtract(
        pa.array(range(ends[-1]), pa.int64()), pa.array(ends[:-1], pa.int64()).take(of)
    )

    def each(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
        return pa.array(list(values), kind).take(of)

    return _Records(
        numbers=pc.bit_wise_and(references, NUMBER).cast(pa.int32()),
        popularity=pc.shift_right(references, 32),
        slots=each((place for place, _ in pages), pa.int32()),
        pages=each((page.page for _, page in pages), pa.int64()),
        first_items=each((page.first_item for _, page in pages), pa.int64()),
        observed_at=each((page.observed_at for _, page in pages), pa.timestamp("us")),
        items=items,
        ordinals=pc.add(items, each(before, pa.int64())),
    )


def _entries(records: _Records, catalog: Catalog) -> _Part:
    places = _numbers(catalog.listing_of).take(records.numbers)
    mine, places = _with_any(records, places)
    position = pc.add(pc.add(mine.first_items, mine.items), 1)
    return _Part(
        mine.slots,
        {"position": position, "page": mine.pages, "item": mine.items}
        | _taken(catalog.listings, places),
    )


def _plays(records: _Records, catalog: Catalog, manifests: Sequence[Manifest]) -> _Part:
    places = _numbers(catalog.listening_of).take(records.numbers)
    mine, places = _with_any(records, places)
    accounts = pa.array([manifest.feed.source_id for manifest in manifests], pa.string())
    return _Part(
        mine.slots,
        {
            "position": pc.add(mine.ordinals, 1),
            "account": _by_number(accounts, mine.slots),
            "page": mine.pages,
            "item": mine.items,
        }
        | _taken(catalog.listenings, places),
    )


def _with_any(records: _Records, places: pa.Array) -> tuple[_Records, pa.Array]:
    """The records that have such a row, and its place."""
    has = pc.greater_equal(places, 0)
    if pc.all(has).as_py():
        return records, places
    return _Records(*(column.filter(has) for column in records)), places.filter(has)


# Things --------------------------------------------------------------------------------


class _Observed(NamedTuple):
    """Each thing once for each slot: the slot's place, the thing's number, when it was seen.

    ``popularity`` is as in `_Records`.
    """

    slots: pa.Array
    things: pa.Array
    popularity: pa.Array
    at: pa.Array


def _observed(records: _Records, catalog: Catalog, kind: int) -> _Observed:
    """The things of one kind that slots tell of, in the order in which each was seen first."""
    things = catalog.things[kind]
    mine = _lists(catalog.seen_ends[kind], _numbers(catalog.seen[kind])).take(records.numbers)
    of = pc.list_parent_indices(mine)
    slots, at, seen = records.slots.take(of), records.observed_at.take(of), mine.flatten()
    ids = things.rows.settle().column(0).dictionary_encode().combine_chunks().indices
    key = _paired(slots, ids.take(seen))
    if not kind:
        seen = _paired(records.popularity.take(of), seen)
    grouped = (
        pa.table({"key": key, "slot": slots, "seen": seen.cast(pa.int64()), "at": at})
        .group_by("key", use_threads=False)
        .aggregate([("slot", "min"), ("seen", "min"), ("seen", "max"), ("at", "max")])
        .combine_chunks()
    )
    column = {name: grouped[name].combine_chunks() for name in grouped.column_names}
    standing, differ = column["seen_max"], pc.not_equal(column["seen_min"], column["seen_max"])
    if pc.any(differ).as_py():
        unlike = column["key"].filter(differ)
        mask = pc.is_in(key, unlike)
        times = zip(*(each.filter(mask).to_pylist() for each in (key, seen, at)), strict=True)
        standing = pc.replace_with_mask(standing, differ, _merged(times, unlike, things))
    return _Observed(
        slots=column["slot_min"],
        things=pc.bit_wise_and(standing, NUMBER).cast(pa.int32()),
        popularity=pc.shift_right(standing, 32),
        at=column["at_max"],
    )


def _paired(high: pa.Array, low: pa.Array) -> pa.Array:
    """Two numbers in one."""
    return pc.add(pc.shift_left(high.cast(pa.int64()), 32), low.cast(pa.int64()))


def _merged(times: Iterable[tuple[int, int, Any]], keys: pa.Array, things: Things) -> pa.Array:
    """For each key the thing that its several sightings make together, by number."""
    sightings: dict[int, list[tuple[Thing, Any]]] = {}
    for key, seen, at in times:
        sightings.setdefault(key, []).append((things.thing(seen), at))
    numbers = [things.number(merged(sightings[key])) for key in keys.to_pylist()]
    return pa.array(numbers, pa.int64())


def _observations(observed: _Observed, things: Things) -> _Part:
    columns = _taken(things.rows, observed.things)
    changed = pc.greater(observed.popularity, 0)
    if pc.any(changed).as_py():
        popularity = pc.subtract(observed.popularity, 1)
        columns["popularity"] = pc.if_else(changed, popularity, columns["popularity"])
    return _Part(observed.slots, columns | {"observed_at": observed.at})


def _credits(observed: _Observed, things: Things) -> _Part:
    """The artists of each thing, in order."""
    places = pa.array(range(things.credits.count), pa.int32())
    mine = _lists(things.credit_ends, places).take(observed.things)
    of = pc.list_parent_indices(mine)
    first = pa.array(mine.offsets).slice(0, len(mine)).take(of).cast(pa.int64())
    position = pc.add(pc.subtract(pa.array(range(len(of)), pa.int64()), first), 1)
    names = list(TABLES[str(things.kind.credits)].arrow.names)[len(COMMON) :]
    its_id = next(iter(_taken(things.rows, observed.things.take(of)).values()))
    columns = {names[0]: its_id, names[1]: position}
    return _Part(observed.slots.take(of), columns | _taken(things.credits, mine.flatten()))


def _lists(ends: array[int], values: pa.Array) -> pa.ListArray:
    """Lists of numbers, by where each ends."""
    return pa.ListArray.from_arrays(_numbers(array("i", [0]) + ends), values)


def _numbers(numbers: array[int]) -> pa.Array:
    """A copy as Arrow has it."""
    return pa.Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers.tobytes())])
