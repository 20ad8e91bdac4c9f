"""What the crawler has seen in the files, beside the types that the template gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["Difference", "differences", "tables_of"]

Columns = Mapping[str, str]


class Difference(NamedTuple):
    """A column, or a whole table, of which files and template say different things."""

    table: str
    column: str | None
    expected: str | None
    found: str | None


def tables_of(glue: Any, database: str) -> dict[str, dict[str, str]]:
    """The tables of a database: their columns and partition keys, with types."""
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    return {table["Name"]: dict(_columns(table)) for page in pages for table in page["TableList"]}


def _columns(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    columns = table.get("StorageDescriptor", {}).get("Columns", [])
    for each in [*columns, *table.get("PartitionKeys", [])]:
        yield each["Name"].lower(), each.get("Type", "").lower()


def differences(
    curated: Mapping[str, Columns], crawled: Mapping[str, Columns]
) -> tuple[list[Difference], list[str]]:
    """Where the files are not what was expected; and the tables of which there are no files yet."""
    found: list[Difference] = []
    for table in sorted(crawled):
        if table not in curated:
            found.append(Difference(table, None, None, "a table"))
            continue
        expected, seen = curated[table], crawled[table]
        found += [
            Difference(table, column, expected.get(column), seen.get(column))
            for column in sorted(expected.keys() | seen.keys())
            if expected.get(column) != seen.get(column)
        ]
    return found, sorted(curated.keys() - crawled.keys())
