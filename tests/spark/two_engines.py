"""The same tables through both engines, and in what their views and marts differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import sqlglot
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from chartlake.lake.curated import read_table
from chartlake.lake.store import Store, open_store
from chartlake.spark.executor import batch_of
from chartlake.spark.marts import Making
from chartlake.warehouse.migrations import prepare
from chartlake.warehouse.refresh import refresh_marts
from chartlake.warehouse.sql import GIVEN, MARTS, STEPS, VIEWS
from tests.oracle.catalogue import NOW

SELECTS = [file.name for file in (*VIEWS, *STEPS)]
TABLES_MADE = [file.name for file in MARTS if file.kind == "table"]


def _rounded(text: str) -> set[str]:
    """The columns of a SELECT that are made with round(…, 6)."""
    select = sqlglot.parse_one(text, read="duckdb")
    assert isinstance(select, exp.Query)
    return {
        column.alias
        for column in select.selects
        if any(made.text("decimals") == "6" for made in column.find_all(exp.Round))
    }


ROUNDED = {file.name: columns for file in STEPS if (columns := _rounded(file.text))}
"""Numbers given to six places: each engine adds up in an order of its own, and has its own half."""
_LAST_PLACE = 1.000001e-6
_SHOWN = 3


class Both(NamedTuple):
    """What both engines made of the same tables; the names are still there to be asked."""

    duck: duckdb.DuckDBPyConnection
    spark: SparkSession
    marts: Mapping[str, pa.Table]
    """Spark's, in the order in which their files hold the rows."""


def through_duckdb(tables: Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    """A database in memory with all views and marts."""
    db = duckdb.connect(":memory:")
    prepare(db, Path("memory"), NOW.replace(tzinfo=UTC))
    for name, rows in tables.items():
        db.register("arriving", rows)
        db.execute(f"delete from {name}")
        db.execute(f"insert into {name} by name from arriving")
        db.unregister("arriving")
    refresh_marts(db)
    return db


@contextmanager
def through_spark(
    session: SparkSession, tables: Mapping[str, pa.Table], duck: duckdb.DuckDBPyConnection, to: Path
) -> Iterator[dict[str, pa.Table]]:
    """The marts as the product makes and writes them; meanwhile all names can be asked."""
    store = open_store(str(to))
    given = {name: duck.sql(f"from {name}").to_arrow_table() for name in GIVEN}
    for name, rows in {**given, **tables}.items():
        session.createDataFrame(rows).createOrReplaceTempView(name)
    with Making(session, store, batch_of(store.url, "run"), lambda done, of: None) as making:
        files = making.marts()
        yield {name: _in_order(store, some) for name, some in files.items()}


def _in_order(store: Store, files: Any) -> pa.Table:
    return pa.concat_tables(read_table(store, file) for file in files)


def difference(name: str, ours: pa.Table, theirs: pa.Table, *, in_order: bool) -> str:
    """What tells DuckDB's rows (ours) from Spark's, in words; nothing where they are the same."""
    if types(ours) != types(theirs):
        return f"{name}: DuckDB has {types(ours)}, Spark {types(theirs)}"
    one, other = ours.to_pylist(), theirs.to_pylist()
    if not in_order:
        one.sort(key=_key)
        other.sort(key=_key)
    differing = [pair for pair in zip(one, other, strict=False) if not _same(name, *pair)]
    if len(one) == len(other) and not differing:
        return ""
    lines = [f"{name}: {len(one)} rows, Spark {len(other)}; {len(differing)} differ"]
    for row, theirs_row in differing[:_SHOWN]:
        columns = [column for column in row if row[column] != theirs_row[column]]
        lines += [f"  in {', '.join(columns)}", f"    duckdb {row}", f"    spark  {theirs_row}"]
    return "\n".join(lines)


def types(table: pa.Table) -> dict[str, str]:
    """The columns in their order, each with its type."""
    return {field.name: str(field.type) for field in table.schema}


def arrow(frame: DataFrame) -> pa.Table:
    """All rows of a frame."""
    return frame.toArrow()


def _key(row: Mapping[str, Any]) -> list[str]:
    """Floats last: two that count as the same need not be."""
    exact = [repr(value) for value in row.values() if not isinstance(value, float)]
    return exact + [f"{value:.4f}" for value in row.values() if isinstance(value, float)]


def _same(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    rounded = ROUNDED.get(name, set())
    return all(
        value == other[column]
        or (
            column in rounded
            and None not in (value, other[column])
            and abs(value - other[column]) <= _LAST_PLACE
        )
        for column, value in one.items()
    )
