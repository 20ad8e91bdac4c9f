"""What shapes.json says of each relation: its columns, and which marts must be there before it.

The columns and types are those of a DuckDB file that is made by the SQL files themselves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from chartlake.warehouse import choices
from chartlake.warehouse.migrations import prepare
from chartlake.warehouse.refresh import refresh_marts
from chartlake.warehouse.sql import STEPS, VIEWS
from sql_shapes import reads

_COLUMNS = """
select table_name, column_name, lower(data_type) from duckdb_columns()
where not internal order by table_name, column_index
"""
_OURS_ALONE = {"applied_migrations", "calendars", "rows_in_disorder", "seen_builds"}
_OURS_ALONE |= {"warehouse_version", "load_history"}


def shapes_text() -> str:
    """The file's text: one relation a line."""
    after = _after()
    lines = (
        f"{json.dumps(name)}: {json.dumps({'columns': columns, 'after': after.get(name, [])})}"
        for name, columns in _columns().items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _columns() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with closing(duckdb.connect(":memory:")) as db:
        prepare(db, Path("memory"), now)
        choices.write(db, choices.Choices())
        db.begin()
        refresh_marts(db)
        for relation, column, kind in db.execute(_COLUMNS).fetchall():
            if relation not in _OURS_ALONE:
                found.setdefault(relation, {})[column] = kind
    return found


def _after() -> dict[str, list[str]]:
    """By relation: the marts that it reads, itself or through views and states."""
    files = {file.name: file for file in (*VIEWS, *STEPS)}
    direct = {name: reads(file.text) & files.keys() - {name} for name, file in files.items()}
    marts = {name for name, file in files.items() if file.kind == "table"}
    return {name: sorted(_marts_of(name, direct, marts)) for name in files}


def _marts_of(name: str, direct: Mapping[str, set[str]], marts: set[str]) -> set[str]:
    found = direct[name] & marts
    for between in direct[name] - marts:
        found |= _marts_of(between, direct, marts)
    return found
