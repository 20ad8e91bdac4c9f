"""Makes the views and marts of a world a second time, from the SQL of another engine."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pyarrow as pa

from chartlake.warehouse.dialects import Dialect, check_text
from chartlake.warehouse.sql import STEPS, VIEWS, SqlFile, checks
from tests.oracle.columns import COLUMNS
from tests.oracle.facts import Row
from tests.warehouse.compare import assert_rows

FILES = (*VIEWS, *STEPS)


def given(db: duckdb.DuckDBPyConnection) -> dict[str, pa.Table]:
    """All that the SQL files read and do not make."""
    made = {file.name for file in FILES}
    names = [name for (name,) in db.execute("select table_name from duckdb_tables()").fetchall()]
    return {name: db.sql(f"from {name}").to_arrow_table() for name in names if name not in made}


def kind_of(file: SqlFile) -> str:
    """Whether a file is made as a view or as a table."""
    return "view" if file.kind == "view" else "table"


def texts_of_checks(dialect: Dialect) -> dict[str, str]:
    """The SELECT of every check."""
    return {check.name: check_text(check, dialect) for check in checks()}


def assert_same_rows(theirs: Callable[[str], list[Row]], ours: Callable[[str], list[Row]]) -> None:
    """Every view and mart holds the rows, with the types, that DuckDB's own text gives."""
    for file in FILES:
        columns = ", ".join(COLUMNS.get(file.name, ("*",)))
        ask = f"select {columns} from {file.name}"
        assert_rows(file.name, theirs(ask), ours(ask))


def records(db: duckdb.DuckDBPyConnection, ask: str) -> list[Row]:
    """The rows of an answer."""
    cursor = db.execute(ask)
    names = [column[0].lower() for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
