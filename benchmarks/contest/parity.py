"""Before anything is timed: ours and DuckDB's SQL must give the same tables, row for row."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from chartlake.schema import TABLES

from .duckdb_sql import TABLES as COMPARED
from .linked import forget_builds, link
from .measure import run_module
from .plain import make_plain
from .world import Variant, make_world

_SIZE = 4_500
_NOT_COMPARED = ("attempt_id",)  # a name that each run makes up


def check_parity(cache: Path, variant: Variant) -> dict[str, list[str]]:
    """The columns that were found equal, by table; SystemExit where something differs."""
    lake = cache / f"parity-{variant}"
    make_world(lake, variant, _SIZE)
    other = link(lake, cache / f"parity-{variant}.ours")
    forget_builds(other)
    run_module("ours", other, 1)
    sql = empty(cache / f"parity-{variant}.duckdb")
    run_module("duckdb_sql", "sliced", sql, *make_plain(lake, cache / f"parity-{variant}.plain"))
    return {
        table: _equal(
            table,
            _sorted(table, sorted((other / "curated" / table).rglob("*.parquet"))),
            _sorted(table, sorted(sql.glob(f"{table}-*.parquet"))),
        )
        for table in COMPARED
    }


def empty(folder: Path) -> Path:
    """The folder, with no file in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.parquet"):
        file.unlink()
    return folder


def _sorted(table: str, files: list[Path]) -> pa.Table:
    rows = pa.concat_tables(
        [pq.ParquetFile(file).read() for file in files], promote_options="permissive"
    )
    columns = [c for c in TABLES[table].columns if c.name not in _NOT_COMPARED]
    shape = pa.schema([pa.field(column.name, column.type) for column in columns])
    keys = [(name, "ascending") for name in TABLES[table].key]
    return rows.select(shape.names).cast(shape).sort_by(keys).combine_chunks()


def _equal(table: str, ours: pa.Table, theirs: pa.Table) -> list[str]:
    if ours.num_rows != theirs.num_rows:
        raise SystemExit(f"{table}: {ours.num_rows} rows of ours, {theirs.num_rows} of DuckDB's")
    for name in ours.column_names:
        if ours[name] != theirs[name]:
            pairs = zip(ours[name].to_pylist(), theirs[name].to_pylist(), strict=True)
            first = next((row, pair) for row, pair in enumerate(pairs) if pair[0] != pair[1])
            raise SystemExit(f"{table}.{name} differs, first in row {first}")
    return list(ours.column_names)
