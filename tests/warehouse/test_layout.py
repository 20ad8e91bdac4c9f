"""Rows that were added are put in order when they have become many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from chartlake.warehouse import layout, migrations
from chartlake.warehouse.refresh import refresh_marts

ROWS = 100


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    monkeypatch.setattr(layout, "LEAST", 10)
    with closing(duckdb.connect()) as connection:
        migrations.prepare(connection, Path("memory"), datetime(2026, 3, 1, tzinfo=UTC))
        refresh_marts(connection)
        yield connection


def add(db: duckdb.DuckDBPyConnection, slots: range) -> list[str]:
    """Rejects of two feeds in turn, as slots bring them; what was put in order."""
    db.execute(
        "insert into rejects by name select feed, 'slot ' || lpad(n::varchar, 3, '0') as slot, "
        "'x' as attempt_id, 0 as page, n as item, 'why' as reason, '' as payload, "
        "from range($1, $2) r(n), (values ('b'), ('a')) f(feed) order by n, feed desc",
        [slots.start, slots.stop],
    )
    return layout.added(db, {"rejects": 2 * len(slots)})


def order(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return db.execute("select feed, slot from rejects order by rowid").fetchall()


def test_few_rows_stay_where_they_were_added(db: duckdb.DuckDBPyConnection) -> None:
    assert add(db, range(5)) == []
    assert order(db) != sorted(order(db))


def test_when_a_quarter_is_in_disorder_all_is_written_in_order(
    db: duckdb.DuckDBPyConnection,
) -> None:
    assert add(db, range(ROWS)) == ["rejects"]
    assert len(order(db)) == 2 * ROWS
    assert order(db) == sorted(order(db))
    assert add(db, range(ROWS, ROWS + 30)) == []
    assert order(db) != sorted(order(db))
    assert add(db, range(ROWS + 30, ROWS + 40)) == ["rejects"]  # 80 of 280
    assert order(db) == sorted(order(db))
    assert db.execute("from rows_in_disorder").fetchall() == []


def test_what_it_may_hold_stays_the_same(db: duckdb.DuckDBPyConnection) -> None:
    before = db.execute("describe rejects").fetchall()
    add(db, range(ROWS))
    assert db.execute("describe rejects").fetchall() == before
    with pytest.raises(duckdb.ConstraintException, match="NOT NULL"):
        db.execute("insert into rejects (feed) values ('a')")


def test_what_is_made_anew_is_in_order(db: duckdb.DuckDBPyConnection) -> None:
    layout.added(db, {"chart_movements": 9, "rejects": 3})
    refresh_marts(db)
    assert db.execute("from rows_in_disorder").fetchall() == [("rejects", 3)]


def test_every_table_has_an_order_in_which_a_feed_or_an_id_is_found() -> None:
    first = {order.partition(", ")[0] for order in layout._ORDERS.values()}
    assert {name for name in first if not name.endswith(("_id", "_key"))} == {
        *("feed", "family", "entity_kind", "account")
    }
