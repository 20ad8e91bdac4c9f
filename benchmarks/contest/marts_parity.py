"""Whether a rival's marts hold what ours do: all rows, and all columns of them.

Texts, numbers, dates and flags are compared as a sum of hashes of each row's key and value, so that
a value in another row is found; fractions, which add up in another order, as sums.
"""

from __future__ import annotations

import math
from pathlib import Path

import duckdb

from chartlake.warehouse.sql import MARTS

_KEYS = {mart.name: mart.key for mart in MARTS}
_COLUMNS = "select column_name, data_type from duckdb_columns() where table_name = ?"
_CLOSE = 1e-9


def rows_if_equal(file: Path, marts: Path) -> dict[str, int]:
    """The rows of each mart in a folder; SystemExit where one differs from that of our file."""
    with duckdb.connect(file, read_only=True) as db:
        names = sorted({place.name.partition(".")[0] for place in marts.iterdir()})
        return {name: _equal(db, name, marts) for name in names}


def _equal(db: duckdb.DuckDBPyConnection, name: str, marts: Path) -> int:
    place = marts / name
    parquet = f"{place}/*.parquet" if place.is_dir() else f"{place}.parquet"
    columns = dict(db.execute(_COLUMNS, [name]).fetchall())
    ours = _summed(db, name, columns, f'"{name}"')
    theirs = _summed(db, name, columns, f"read_parquet('{parquet}')")
    wrong = [
        f"{column}: {ours[column]} here, {theirs[column]} there"
        for column in ours
        if not _same(ours[column], theirs[column])
    ]
    if wrong:
        raise SystemExit(f"{name} differs: {'; '.join(wrong)}")
    return int(ours["rows"])


def _same(ours: float | int, theirs: float | int) -> bool:
    if isinstance(ours, float):
        return math.isclose(ours, theirs, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return ours == theirs


def _summed(
    db: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], source: str
) -> dict[str, float]:
    typed = ", ".join(
        f'cast("{column}" as {kind}) as "{column}"' for column, kind in columns.items()
    )
    key = ", ".join(_KEYS[name])
    sums = ['count(*) as "rows"']
    for column, kind in columns.items():
        if kind == "DOUBLE":
            sums.append(f'coalesce(sum("{column}"), 0.0) as "{column}"')
            sums.append(f'count("{column}") as "{column}, known"')
        else:
            sums.append(f'coalesce(sum(hash({key}, "{column}")), 0) as "{column}"')
    found = db.execute(f"select {', '.join(sums)} from (select {typed} from {source}) rows")
    names = [column[0] for column in found.description or ()]
    return dict(zip(names, found.fetchall()[0], strict=True))
