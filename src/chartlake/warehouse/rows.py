"""Rows that Python has, for SQL: as Arrow, so that one statement takes any number of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:  # what has no DuckDB, such as a function in AWS, reads the rest
    import duckdb

__all__ = ["as_table", "insert", "shown"]


def as_table(columns: Sequence[str], rows: Collection[Sequence[Any]]) -> pa.Table:
    """One or more rows, each with a value for each column."""
    return pa.table(dict(zip(columns, zip(*rows, strict=True), strict=True)))


@contextmanager
def shown(db: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> Iterator[None]:
    """While the block runs, the connection knows them by this name."""
    db.register(name, rows)
    try:
        yield
    finally:
        db.unregister(name)


def insert(db: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Put them into a table that has columns of these names."""
    with shown(db, "arriving", rows):
        db.execute(f"insert into {table} by name from arriving")
