"""The calendar of due editions: what makes a gap differ from an absence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from chartlake import schedule
from chartlake.model import Feed, naive_utc

__all__ = ["due_editions"]


def due_editions(
    feed: Feed, first: datetime, now: datetime
) -> Iterator[tuple[str, datetime, date]]:
    """(feed, scheduled_at in UTC, chart_date) of each edition due from ``first`` to ``now``.

    With cadence ``day`` only the last one due on each chart date is given.
    """
    times = ((at, schedule.chart_date(feed, at)) for at in schedule.due(feed, first, now))
    for at, day in _last_of_day(times) if feed.cadence == "day" else times:
        yield feed.name, naive_utc(at), day


def _last_of_day(
    times: Iterable[tuple[datetime, date]],
) -> Iterator[tuple[datetime, date]]:
    last: dict[date, datetime] = {}
    for at, day in times:
        last[day] = at
    return ((at, day) for day, at in last.items())
