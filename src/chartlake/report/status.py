"""What is there and what is missing, by feed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chartlake import schedule
from chartlake.model import Feed
from chartlake.warehouse.port import Warehouse

__all__ = ["feed_health"]


def feed_health(warehouse: Warehouse, now: datetime) -> list[dict[str, Any]]:
    """The rows of data_health, with what is overdue as of ``now``.

    The mart knows only what was due at the last load, and a scheduler that died loads no more.
    """
    rows = warehouse.query(
        """
        select h.*, s.source_id, s.timezone, s.cadence, s.scheduled_at
        from data_health h
        inner join (
            select *, row_number() over (partition by feed order by slot desc) as place
            from slots
        ) s on s.feed = h.feed and s.place = 1
        order by h.feed
        """
    ).records()
    return [_as_of(now, row) for row in rows]


def _as_of(now: datetime, row: dict[str, Any]) -> dict[str, Any]:
    feed = Feed(
        name=row["feed"],
        source=row["source"],
        source_id=row.pop("source_id"),
        schedule=row["schedule"],
        timezone=row.pop("timezone"),
        cadence=row.pop("cadence"),
    )
    last = row.pop("scheduled_at")
    if last is None:
        return row
    last_at, last_day = last.replace(tzinfo=UTC), row["last_chart_date"]
    overdue = sum(
        day > last_day if feed.cadence == "day" else at > last_at
        for at, day in schedule.due_editions(feed, last_at, now)
    )
    return row | {"overdue": overdue}
