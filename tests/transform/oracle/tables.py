"""The rows of many slots as tables, and when two tables have the same content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from chartlake.model import Manifest
from chartlake.schema import TABLES, SlotRows
from tests.transform.oracle.slots import OF_WRONG_TYPE

_ITS_WORDS = ("Expected ", "Number out of range")
"""How msgspec begins to say that a value is of a wrong type."""


def tables_of(slots: Iterable[tuple[Manifest, SlotRows]], attempt: str) -> dict[str, pa.Table]:
    """The curated tables that have any rows."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for manifest, rows in slots:
        common = {"feed": manifest.feed.name, "slot": manifest.slot, "attempt_id": attempt}
        for name in TABLES:
            found[name] += [common | row._asdict() for row in getattr(rows, name)]
    return {name: _table(name, rows) for name, rows in found.items() if rows}


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = TABLES[name].arrow
    arrays = [pa.array([row[field.name] for row in rows], field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def hashes(tables: Mapping[str, pa.Table]) -> dict[str, str]:
    """The hash of each table's content: its types and its rows, in whatever order they come."""
    return {name: _hash(table) for name, table in tables.items()}


def differences(one: Mapping[str, pa.Table], other: Mapping[str, pa.Table]) -> list[str]:
    """What only one of two has, for people: empty where the hashes are equal."""
    told = []
    for name in TABLES:
        mine, its = (_lines(tables[name]) if name in tables else [] for tables in (one, other))
        told += [f"- {name} {line}" for line in mine if line not in its]
        told += [f"+ {name} {line}" for line in its if line not in mine]
    return told


def _hash(table: pa.Table) -> str:
    return hashlib.sha256("\n".join(_lines(table)).encode("utf-8", "surrogatepass")).hexdigest()


def _lines(table: pa.Table) -> list[str]:
    """The types, then the rows, each as text."""
    types = [
        f"{field.name}: {field.type}{'' if field.nullable else ' not null'}"
        for field in table.schema
    ]
    return [", ".join(types), *sorted(str(_with_plain_reason(row)) for row in table.to_pylist())]


def _with_plain_reason(row: dict[str, Any]) -> dict[str, Any]:
    if str(row.get("reason")).startswith(_ITS_WORDS):
        return row | {"reason": OF_WRONG_TYPE}
    return row
