"""The calendar: which editions were due, as the feeds' own slots tell.

A load writes it as ``due_editions``, from the ``slots`` that the file holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import duckdb
import pyarrow as pa

from chartlake import schedule
from chartlake.model import Feed, naive_utc

__all__ = ["changed", "write"]

Due = list[tuple[str, datetime, date]]
"""Feed, time (UTC) and chart date of every due edition, in order."""


def changed(db: duckdb.DuckDBPyConnection, now: datetime) -> bool:
    """Whether the calendar is another one than the file holds."""
    return _due(db, now) != _known(db)


def write(db: duckdb.DuckDBPyConnection, now: datetime) -> bool:
    """Write the calendar anew; whether it changed."""
    due = _due(db, now)
    if due == _known(db):
        return False
    db.execute("delete from due_editions")
    if due:
        columns = zip(("feed", "scheduled_at", "chart_date"), zip(*due, strict=True), strict=True)
        db.register("calendar", pa.table(dict(columns)))
        db.execute("insert into due_editions by name from calendar")
        db.unregister("calendar")
    return True


def _known(db: duckdb.DuckDBPyConnection) -> Due:
    return db.execute("select * from due_editions order by all").fetchall()


def _due(db: duckdb.DuckDBPyConnection, now: datetime) -> Due:
    return sorted(
        (feed.name, naive_utc(at), day)
        for feed, first, end in _stretches(db, now)
        for at, day in schedule.due_editions(feed, first, end)
    )


def _stretches(
    db: duckdb.DuckDBPyConnection, now: datetime
) -> Iterator[tuple[Feed, datetime, datetime]]:
    """The feeds as their slots had them, each from its first such slot until the next change.

    A schedule that changes must not rewrite what was due before.
    """
    rows = db.execute(
        """
        select feed, source, source_id, schedule, timezone, cadence, min(scheduled_at) as first,
            lead(min(scheduled_at)) over (partition by feed order by min(scheduled_at)) as next
        from (
            select *, sum(changed) over (partition by feed order by scheduled_at) as stretch
            from (
                select *, case when (schedule, timezone, cadence) is distinct from lag(
                    (schedule, timezone, cadence)
                ) over (partition by feed order by scheduled_at) then 1 else 0 end as changed
                from slots where scheduled_at is not null
            )
        )
        group by feed, source, source_id, schedule, timezone, cadence, stretch
        order by feed, first
        """
    ).fetchall()
    for name, source, source_id, when, zone, cadence, first, following in rows:
        feed = Feed(
            name=name,
            source=source,
            source_id=source_id,
            schedule=when,
            timezone=zone,
            cadence=cadence,
        )
        end = following.replace(tzinfo=UTC) - timedelta(microseconds=1) if following else now
        yield feed, first.replace(tzinfo=UTC), end
