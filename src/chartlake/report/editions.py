"""The edition that an answer is about: found by feed and date, with the one before it."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from chartlake.errors import UsageError
from chartlake.warehouse.port import Warehouse

__all__ = ["EditionFacts", "edition", "feed_names"]


class EditionFacts(NamedTuple):
    """The edition that an answer is about, and the one before it.

    ``rejects`` are its records that could not be used: what stood there counts as absent.
    ``repeats_previous``: its streams are those of the edition before, to the number.
    """

    feed: str
    schedule: str | None
    scheduled_at: datetime
    chart_date: date
    ordinal: int
    editions: int
    previous_chart_date: date | None
    missing_before: int | None
    entry_count: int
    rejects: int
    repeats_previous: bool

    @property
    def is_latest(self) -> bool:
        """Whether the feed has no edition after it."""
        return self.ordinal == self.editions


def feed_names(warehouse: Warehouse) -> list[str]:
    """The feeds that have a ranked edition."""
    return [
        name
        for (name,) in warehouse.query(
            "select distinct feed from chart_editions order by feed"
        ).rows
    ]


def edition(warehouse: Warehouse, feed: str | None, day: date | None) -> EditionFacts:
    """The edition of a feed at a date, by default the latest; of the only feed by default."""
    name = _feed(warehouse, feed)
    # what is asked for stands in each condition: so DuckDB reads a few rows of each large table
    found = warehouse.query(
        """
        select e.schedule, c.scheduled_at, c.chart_date, c.ordinal, c.previous_chart_date,
            c.missing_before, c.entry_count, e.slot
        from chart_editions c
        inner join editions e on e.feed = c.feed and e.scheduled_at = c.scheduled_at
        where c.feed = $feed and e.feed = $feed and ($day is null or c.chart_date = $day)
        order by c.scheduled_at desc limit 1
        """,
        {"feed": name, "day": day},
    ).records()
    if not found:
        assert day
        raise _no_edition(warehouse, name, day)
    slot = found[0].pop("slot")
    (more,) = warehouse.query(
        """
        select
            (select count(*) from chart_editions where feed = $feed) as editions,
            (select count(*) from rejects where feed = $feed and slot = $slot) as rejects,
            coalesce((
                select count(*) = sum(case when streams > 0 and streams_change = 0 then 1 end)
                from chart_movements
                where feed = $feed and scheduled_at = $at
            ), false) as repeats_previous
        """,
        {"feed": name, "at": found[0]["scheduled_at"], "slot": slot},
    ).records()
    return EditionFacts(feed=name, **found[0], **more)


def _feed(warehouse: Warehouse, feed: str | None) -> str:
    names = feed_names(warehouse)
    if feed in names:
        return str(feed)
    if not names:
        raise UsageError(
            "the warehouse has no editions yet",
            fix="fill it first: chartlake import FILES, chartlake run, or chartlake demo",
        )
    if feed is None and len(names) == 1:
        return names[0]
    what = f"there is no ranked list {feed!r}" if feed else "there are several feeds"
    raise UsageError(what, fix=f"say --feed with one of: {', '.join(names)}")


def _no_edition(warehouse: Warehouse, feed: str, day: date) -> UsageError:
    near = warehouse.query(
        """
        select max(case when chart_date < $day then chart_date end),
            min(case when chart_date > $day then chart_date end),
            (select count(*) from due_editions d where d.feed = $feed and d.chart_date = $day),
            (select count(*) from due_editions d where d.feed = $feed)
        from chart_editions where feed = $feed
        """,
        {"feed": feed, "day": day},
    )
    *around, due_then, due = near.rows[0]
    neighbours = [str(found) for found in around if found]
    return UsageError(
        f"{feed} has no edition of {day}",
        why=_why_not(len(neighbours) > 1, bool(due), bool(due_then)),
        fix=f"the nearest there are: {', '.join(neighbours)}",
    )


def _why_not(is_between: bool, has_calendar: bool, was_due: bool) -> str | None:
    if not is_between:
        return None
    if has_calendar and not was_due:
        return "none was due then: the feed has its editions on other dates"
    return "a gap in what was collected, not an empty chart"
