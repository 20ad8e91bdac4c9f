"""Numbered steps from one layout to the next: in order, once, all or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from chartlake.errors import StorageError
from chartlake.warehouse.migrations import (
    MIGRATIONS,
    VERSION,
    Migration,
    is_current,
    is_older,
    prepare,
)

PATH = Path("warehouse.duckdb")
FIRST, LATER = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
TWO_MORE = (
    *MIGRATIONS,
    Migration(VERSION + 1, "names are mended", "update marks set name = name || '!'"),
    Migration(VERSION + 2, "names are twice", "update marks set name = name || name"),
)


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as connection:
        yield connection


def applied(db: duckdb.DuckDBPyConnection) -> list[tuple[int, datetime | None]]:
    return db.execute("select number, applied_at from applied_migrations order by 1").fetchall()


def test_the_steps_are_numbered_without_a_gap() -> None:
    assert [step.number for step in MIGRATIONS] == list(range(1, VERSION + 1))


def test_a_new_file_is_made_in_the_last_layout(db: duckdb.DuckDBPyConnection) -> None:
    assert prepare(db, PATH, FIRST)
    assert applied(db) == [(step.number, FIRST.replace(tzinfo=None)) for step in MIGRATIONS]
    assert is_current(db)
    assert not is_older(db)


def test_a_file_that_is_current_is_left_alone(db: duckdb.DuckDBPyConnection) -> None:
    prepare(db, PATH, FIRST)
    assert not prepare(db, PATH, LATER)
    assert applied(db)[-1] == (VERSION, FIRST.replace(tzinfo=None))


def test_steps_are_applied_in_order_and_once(db: duckdb.DuckDBPyConnection) -> None:
    prepare(db, PATH, FIRST)
    db.execute("create table marks as select 'a' as name")
    for _ in range(2):
        prepare(db, PATH, LATER, TWO_MORE)
        assert db.execute("from marks").fetchall() == [("a!a!",)]
    later = LATER.replace(tzinfo=None)
    assert applied(db)[-3:] == [
        (VERSION, FIRST.replace(tzinfo=None)),
        (VERSION + 1, later),
        (VERSION + 2, later),
    ]
    with pytest.raises(StorageError, match=f"has version {VERSION + 2}; .* knows {VERSION}"):
        prepare(db, PATH, LATER)


def test_a_step_that_fails_undoes_those_before_it(db: duckdb.DuckDBPyConnection) -> None:
    prepare(db, PATH, FIRST)
    db.execute("create table marks as select 'a' as name")
    broken = (*TWO_MORE, Migration(VERSION + 3, "broken", "update nothing set a = 1"))
    db.begin()
    with pytest.raises(duckdb.Error, match="nothing"):
        prepare(db, PATH, LATER, broken)
    db.rollback()
    assert db.execute("from marks").fetchall() == [("a",)]
    assert is_current(db)


def test_a_file_whose_views_come_from_other_sql_is_not_current(
    db: duckdb.DuckDBPyConnection,
) -> None:
    prepare(db, PATH, FIRST)
    db.execute("update warehouse_version set layout = 'other'")
    db.execute("create or replace view slots as select 1 as other")
    assert not is_current(db)
    assert not is_older(db)
    assert prepare(db, PATH, LATER)
    assert db.execute("select feed from slots").fetchall() == []
    assert is_current(db)
