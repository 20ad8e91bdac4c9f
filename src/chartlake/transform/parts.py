"""Rows of a table in parts, and values taken by their numbers."""

from __future__ import annotations

from array import array
from typing import NamedTuple

import pyarrow as pa

from chartlake.transform.catalog import Columns

__all__ = ["Part", "Records", "by_number", "lists", "numbers_of", "taken"]


class Part(NamedTuple):
    """Rows of a table: the place of each one's slot, and its own columns by name."""

    slots: pa.Array
    columns: dict[str, pa.Array]


class Records(NamedTuple):
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


def by_number(values: pa.Array, places: pa.Array) -> pa.DictionaryArray:
    """Texts at places, each kept once."""
    encoded = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(places), encoded.dictionary)


def taken(rows: Columns, places: pa.Array) -> dict[str, pa.Array]:
    """The columns of rows at places."""
    found = {}
    table = rows.settle()
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = column.chunk(0) if column.num_chunks else pa.array([], column.type)
        is_text = pa.types.is_string(values.type)
        found[name] = by_number(values, places) if is_text else values.take(places)
    return found


def lists(ends: array[int], values: pa.Array) -> pa.ListArray:
    """Lists of numbers, by where each ends."""
    return pa.ListArray.from_arrays(numbers_of(array("i", [0]) + ends), values)


def numbers_of(numbers: array[int]) -> pa.Array:
    """A copy as Arrow has it."""
    return pa.Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers.tobytes())])
