"""From the records of many slots to the rows of the curated tables, column by column.

A slot's records are numbers in the catalog. What they tell is taken from there
for all slots at once; things that a slot tells of several times become one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from chartlake.model import Manifest
from chartlake.schema import COMMON, TABLES, Table
from chartlake.transform.catalog import NUMBER, Catalog
from chartlake.transform.observed import credits, observations, observed
from chartlake.transform.pages import SlotContent
from chartlake.transform.parts import Part, Records, by_number, numbers_of, taken

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
    parts: dict[str, list[Part]] = {name: [_plain(slots, TABLES[name])] for name in TABLES}
    parts["entries"].append(_entries(records, catalog))
    parts["play_observations"].append(_plays(records, catalog, slots.manifests))
    for place, things in enumerate(catalog.things):
        seen = observed(records, catalog, place)
        parts[things.kind.observations].append(observations(seen, things))
        if things.kind.credits:
            parts[things.kind.credits].append(credits(seen, things))
    joined = ((name, _joined(name, found, slots, attempt)) for name, found in parts.items())
    return {name: table for name, table in joined if table.num_rows}


def _joined(name: str, parts: Iterable[Part], slots: Slots, attempt: str) -> pa.Table:
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


def _table(part: Part, slots: Slots, attempt: str, schema: pa.Schema) -> pa.Table:
    feeds = [manifest.feed.name for manifest in slots.manifests]
    names = [str(manifest.slot) for manifest in slots.manifests]
    shared = {
        "feed": by_number(pa.array(feeds, pa.string()), part.slots),
        "slot": by_number(pa.array(names, pa.string()), part.slots),
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


# What is a slot's own ------------------------------------------------------------------


def _plain(slots: Slots, table: Table) -> Part:
    lists = [getattr(content.rows, table.name) for content in slots.contents]
    places = [place for place, rows in enumerate(lists) for _ in rows]
    rows = list(chain.from_iterable(lists))
    own = list(table.arrow)[len(COMMON) :]
    values: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(own)
    columns = {f.name: pa.array(v, f.type) for v, f in zip(values, own, strict=True)}
    return Part(pa.array(places, pa.int32()), columns)


# What records tell ---------------------------------------------------------------------


def _records(slots: Slots) -> Records:
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

    return Records(
        numbers=pc.bit_wise_and(references, NUMBER).cast(pa.int32()),
        popularity=pc.shift_right(references, 32),
        slots=each((place for place, _ in pages), pa.int32()),
        pages=each((page.page for _, page in pages), pa.int64()),
        first_items=each((page.first_item for _, page in pages), pa.int64()),
        observed_at=each((page.observed_at for _, page in pages), pa.timestamp("us")),
        items=items,
        ordinals=pc.add(items, each(before, pa.int64())),
    )


def _entries(records: Records, catalog: Catalog) -> Part:
    places = numbers_of(catalog.listing_of).take(records.numbers)
    mine, places = _with_any(records, places)
    position = pc.add(pc.add(mine.first_items, mine.items), 1)
    return Part(
        mine.slots,
        {"position": position, "page": mine.pages, "item": mine.items}
        | taken(catalog.listings, places),
    )


def _plays(records: Records, catalog: Catalog, manifests: Sequence[Manifest]) -> Part:
    places = numbers_of(catalog.listening_of).take(records.numbers)
    mine, places = _with_any(records, places)
    accounts = pa.array([manifest.feed.source_id for manifest in manifests], pa.string())
    return Part(
        mine.slots,
        {
            "position": pc.add(mine.ordinals, 1),
            "account": by_number(accounts, mine.slots),
            "page": mine.pages,
            "item": mine.items,
        }
        | taken(catalog.listenings, places),
    )


def _with_any(records: Records, places: pa.Array) -> tuple[Records, pa.Array]:
    """The records that have such a row, and its place."""
    has = pc.greater_equal(places, 0)
    if pc.all(has).as_py():
        return records, places
    return Records(*(column.filter(has) for column in records)), places.filter(has)
