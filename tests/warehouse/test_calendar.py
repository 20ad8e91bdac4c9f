"""The calendar goes on where it ended, and is then the one that is made from nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartlake.warehouse import calendar, migrations

BEGINNING = datetime(2026, 3, 27, 12)  # clocks change in Berlin on the 29th
KINDS = (
    ("daily", "UTC", "edition"),
    ("hourly", "Europe/Berlin", "day"),
    ("0 6,18 * * *", "Europe/Berlin", "edition"),
    ("weekly", "UTC", "edition"),
    (None, "UTC", "edition"),
)
Rows = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as connection:
        migrations.prepare(connection, Path("memory"), datetime(2026, 3, 1, tzinfo=UTC))
        yield connection


def put(db: duckdb.DuckDBPyConnection, feed: str, at: datetime, kind: int) -> None:
    schedule, timezone, cadence = KINDS[kind]
    db.execute(
        "insert into editions by name select $1 as feed, strftime($2, '%Y%m%dT%H%M%SZ') as slot, "
        "'x' as attempt_id, $2::timestamp as scheduled_at, $2::date as chart_date, "
        "$2::timestamp as observed_at, 'playlist' as source, $1 as source_id, $3 as schedule, "
        "$4 as timezone, $5 as cadence, 0 as item_count",
        [feed, at, schedule, timezone, cadence],
    )


def known(db: duckdb.DuckDBPyConnection) -> Rows:
    return db.execute("from due_editions order by all").fetchall()


def forget(db: duckdb.DuckDBPyConnection) -> None:
    for table in ("editions", "due_editions", "calendars"):
        db.execute(f"delete from {table}")


STEPS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 120),  # hours after the beginning
        st.integers(0, len(KINDS) - 1),
        st.integers(-60, 60),  # hours until the next load, whose clock may be behind
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_it_is_the_one_that_is_made_from_nothing(
    db: duckdb.DuckDBPyConnection, steps: list[tuple[str, int, int, int, bool]]
) -> None:
    forget(db)
    now = BEGINNING.replace(tzinfo=UTC) + timedelta(days=5)
    for feed, hours, kind, passing, removes in steps:
        at = BEGINNING + timedelta(hours=hours)
        db.execute("delete from editions where feed = ? and scheduled_at = ?", [feed, at])
        if not removes:
            put(db, feed, at, kind)
        now += timedelta(hours=passing)
        before = known(db)
        tells = calendar.changed(db, now)
        changed = calendar.write(db, now)
        assert tells == bool(changed)
        found = known(db)
        assert {row[0] for row in set(found) ^ set(before)} <= changed
        assert not calendar.changed(db, now)
        db.execute("delete from due_editions")
        db.execute("delete from calendars")
        calendar.write(db, now)
        assert found == known(db)


def test_a_day_that_is_half_over_is_looked_at_again(db: duckdb.DuckDBPyConnection) -> None:
    """Of an hourly feed the last edition of a day counts: at noon that is another one."""
    forget(db)
    put(db, "a", datetime(2026, 3, 2), 1)
    for hour in (9, 12, 23):
        assert calendar.write(db, datetime(2026, 3, 3, hour, tzinfo=UTC)) == {"a"}
    days = [row[2] for row in known(db)]
    assert len(days) == len(set(days))
    assert calendar.write(db, datetime(2026, 3, 3, 23, 30, tzinfo=UTC)) == set()
