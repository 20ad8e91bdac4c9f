"""Whether the marts of two files are the same: each row, found by its key, in all columns.

Fractions may differ by a billionth of their size, for they add up in another order.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from chartlake.warehouse.sql import MARTS, SqlFile

_COLUMNS = """
select column_name, data_type from duckdb_columns()
where database_name = current_database() and table_name = ? order by column_index
"""


def differences(file: Path, other: Path) -> tuple[int, dict[str, int]]:
    """How many rows were compared, and how many of which mart are not in both files."""
    with duckdb.connect(file, read_only=True) as db:
        db.execute(f"attach '{other}' as other (read_only)")
        marts = [mart for mart in MARTS if mart.kind == "table"]
        counts = {mart.name: _rows(db, mart.name) for mart in marts}
        wrong = {mart.name: _unlike(db, mart) for mart in marts}
    return sum(counts.values()), {name: count for name, count in wrong.items() if count}


def _rows(db: duckdb.DuckDBPyConnection, name: str) -> int:
    ((count,),) = db.execute(f"select count(*) from {name}").fetchall()
    return int(count)


def _unlike(db: duckdb.DuckDBPyConnection, mart: SqlFile) -> int:
    columns = db.execute(_COLUMNS, [mart.name]).fetchall()
    key = " and ".join(f"a.{column} is not distinct from b.{column}" for column in mart.key)
    same = " and ".join(_same(*column) for column in columns)
    sql = f"""
    select (select count(*) from {mart.name}) + (select count(*) from other.{mart.name})
        - 2 * count(*)
    from {mart.name} a inner join other.{mart.name} b on {key} where {same}
    """
    ((count,),) = db.execute(sql).fetchall()
    return int(count)


def _same(column: str, kind: str) -> str:
    same = f"a.{column} is not distinct from b.{column}"
    if kind != "DOUBLE":
        return same
    close = f"abs(a.{column} - b.{column}) <= 1e-9 * greatest(abs(a.{column}), abs(b.{column}))"
    return f"coalesce({close}, {same})"
