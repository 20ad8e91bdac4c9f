"""In which words a number of editions is true: weeks, days and hours only where none is missing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from chartlake.report.editions import EditionFacts
from chartlake.warehouse.port import Warehouse

__all__ = ["Calendar", "Issue", "counted", "read_calendar"]

_HOUR = timedelta(hours=1)
_DATED = {"day": timedelta(days=1), "week": timedelta(days=7)}
_EDITION = "edition"


class Issue(NamedTuple):
    """An edition as the calendar needs it; ``missing`` counts due ones between it and the last."""

    scheduled_at: datetime
    chart_date: date
    missing: int | None


class Calendar(NamedTuple):
    """The editions of a feed in order; the first has ordinal 1."""

    issues: list[Issue]

    def unit(self, first: int, last: int) -> str:
        """What the editions from one to another can be counted in.

        Dates are a day or a week apart whatever the clocks do, which is an hour in UTC at most;
        hours are those of UTC, and two of them may have midnight between them.
        """
        span = self._span(first, last)
        if len(span) < 2:  # one alone has no distance: as it is with its neighbours
            span = self._span(max(1, first - 1), min(len(self.issues), last + 1))
        dates = {b.chart_date - a.chart_date for a, b in pairwise(span)}
        times = {b.scheduled_at - a.scheduled_at for a, b in pairwise(span)}
        for unit, length in _DATED.items():
            if dates == {length} and all(abs(time - length) <= _HOUR for time in times):
                return unit
        return "hour" if times == {_HOUR} else _EDITION

    def has_gap(self, first: int, last: int) -> bool:
        """Whether an edition that was due is missing between one and another."""
        return any(issue.missing for issue in self._span(first, last)[1:])

    def on(self, ordinal: int) -> date:
        """The chart date of an edition."""
        return self.issues[ordinal - 1].chart_date

    def _span(self, first: int, last: int) -> list[Issue]:
        return self.issues[max(first, 1) - 1 : last]


def read_calendar(warehouse: Warehouse, about: EditionFacts) -> Calendar:
    """The editions of the feed up to the one in question."""
    rows = warehouse.query(
        """
        select scheduled_at, chart_date, missing_before from chart_editions
        where feed = $feed and ordinal <= $ordinal order by ordinal
        """,
        {"feed": about.feed, "ordinal": about.ordinal},
    ).rows
    return Calendar([Issue(*row) for row in rows])


def counted(number: int, unit: str) -> str:
    """``1 week``, ``1,204 days``."""
    return f"{number:,} {unit}{'' if number == 1 else 's'}"
