"""Keeping tables in order, so that a feed and its dates are found without reading all rows.

DuckDB knows of every 122,880 rows the least and the greatest value of each column, and skips those
in which what is asked for cannot be. Rows that a load adds come last, whatever they are. When those
are a quarter of a table, the table is written in order again: so each row is moved a few times
while a warehouse grows tenfold, and a load that finds nothing to do moves none.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from chartlake.schema import TABLES
from chartlake.warehouse.sql import MARTS

__all__ = ["added", "made_anew"]

LEAST = 250_000
"""So many rows in disorder hurt nobody."""

_ORDERS = {
    **{name: ", ".join(table.key) for name, table in TABLES.items()},
    **{mart.name: mart.order for mart in MARTS if mart.kind == "table"},
}
_COUNT = """
insert into rows_in_disorder values (?, ?) on conflict do update set rows = rows + excluded.rows
"""


def added(db: duckdb.DuckDBPyConnection, rows: Mapping[str, int]) -> list[str]:
    """So many rows were added to tables; returns those that were put in order for it."""
    found = [(name, count) for name, count in rows.items() if count]
    if found:
        db.executemany(_COUNT, found)
    untidy = [
        name
        for name, count in db.execute("from rows_in_disorder").fetchall()
        if count > LEAST and count > _size(db, name) / 4
    ]
    for name in untidy:
        _sort(db, name)
    made_anew(db, untidy)
    return untidy


def made_anew(db: duckdb.DuckDBPyConnection, tables: list[str]) -> None:
    """These tables were written in order."""
    if tables:
        gone = "delete from rows_in_disorder where table_name in (select unnest($tables))"
        db.execute(gone, {"tables": tables})


def _sort(db: duckdb.DuckDBPyConnection, name: str) -> None:
    """In the table itself, which keeps its constraints."""
    db.execute(f"create or replace temp table in_order as from {name} order by {_ORDERS[name]}")
    db.execute(f"delete from {name}")
    db.execute(f"insert into {name} from in_order")
    db.execute("drop table in_order")


def _size(db: duckdb.DuckDBPyConnection, name: str) -> int:
    ((count,),) = db.execute(f"select count(*) from {name}").fetchall()
    return int(count)
