"""What changed in an edition: movers, new entries, exits, streaks, artists, one item's history.

Every answer says which edition it is about and with which it is compared.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from chartlake.errors import UsageError
from chartlake.warehouse.port import Result, Warehouse

__all__ = [
    "EditionFacts",
    "Trend",
    "artists",
    "edition",
    "exits",
    "feed_names",
    "headline",
    "movers",
    "new",
    "streaks",
    "track",
]

_THURSDAY = 3
_LINK = re.compile(
    r"(?:https?://open\.spotify\.com/(?:intl-\w+/)?\w+/|spotify:(?!local)\w+:)([A-Za-z0-9]{22})(?:\?.*)?"
)
_ITEM = "item_name, artist_names"
_HISTORY = "peak_position, peak_date, editions_on_chart, streak"


class EditionFacts(NamedTuple):
    """The edition that an answer is about, and the one before it."""

    feed: str
    schedule: str | None
    scheduled_at: datetime
    chart_date: date
    ordinal: int
    editions: int
    previous_chart_date: date | None
    missing_before: int | None
    entry_count: int


class Trend(NamedTuple):
    """An answer: its edition and rows."""

    edition: EditionFacts
    rows: list[dict[str, Any]]


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
    found = warehouse.query(
        """
        select c.feed, e.schedule, c.scheduled_at, c.chart_date, c.ordinal,
            (select count(*) from chart_editions a where a.feed = c.feed),
            c.previous_chart_date, c.missing_before, c.entry_count
        from chart_editions c
        inner join editions e on e.feed = c.feed and e.scheduled_at = c.scheduled_at
        where c.feed = $feed and ($day is null or c.chart_date = $day)
        order by c.scheduled_at desc limit 1
        """,
        {"feed": name, "day": day},
    ).rows
    if not found:
        assert day
        raise _no_edition(warehouse, name, day)
    return EditionFacts(*found[0])


def movers(warehouse: Warehouse, about: EditionFacts, limit: int = 10) -> Trend:
    """The biggest climbs, then the biggest falls; ``limit`` of each."""
    sql = f"""
        select * from (
            select position, previous_position, change, movement, {_ITEM}, {_HISTORY}, streams,
                item_key,
                row_number() over (
                    partition by movement order by abs(change) desc, position
                ) as place
            from chart_movements
            where feed = $feed and scheduled_at = $at and movement in ('up', 'down')
        ) m
        where place <= $limit
        order by movement desc, place
        """
    rows = _rows(warehouse, sql, about, limit)
    return Trend(about, [{k: v for k, v in row.items() if k != "place"} for row in rows])


def new(warehouse: Warehouse, about: EditionFacts, limit: int = 50) -> Trend:
    """Items that were not in the edition before: never there (new), or back (re_entry)."""
    sql = f"""
        select position, movement, {_ITEM}, {_HISTORY}, streams, item_key
        from chart_movements
        where feed = $feed and scheduled_at = $at and movement in ('new', 're_entry')
        order by position limit $limit
        """
    return Trend(about, _rows(warehouse, sql, about, limit))


def exits(warehouse: Warehouse, about: EditionFacts, limit: int = 50) -> Trend:
    """Items of the edition before that are gone."""
    sql = f"""
        select last_position, {_ITEM}, run_length, editions_on_chart, item_key
        from chart_exits
        where feed = $feed and scheduled_at = $at
        order by last_position limit $limit
        """
    return Trend(about, _rows(warehouse, sql, about, limit))


def streaks(warehouse: Warehouse, about: EditionFacts, limit: int = 20) -> Trend:
    """The items that have been there longest without a break, up to this edition."""
    sql = f"""
        select position, {_ITEM}, {_HISTORY}, editions_at_one, item_key
        from chart_movements
        where feed = $feed and scheduled_at = $at
        order by streak desc, position limit $limit
        """
    return Trend(about, _rows(warehouse, sql, about, limit))


def artists(warehouse: Warehouse, about: EditionFacts, limit: int = 20) -> Trend:
    """Who owns the chart: the artists of the edition's chart week by chart points."""
    sql = """
        select artist_name, is_text, items, best_position, chart_points, share, momentum_4w,
            week_ending, artist_key
        from artist_momentum
        where feed = $feed and week_ending = $week
        order by chart_points desc, artist_key limit $limit
        """
    to_thursday = (_THURSDAY - about.chart_date.weekday()) % 7
    week = about.chart_date + timedelta(days=to_thursday)
    parameters = {"feed": about.feed, "week": week, "limit": limit}
    return Trend(about, warehouse.query(sql, parameters).records())


def track(warehouse: Warehouse, about: EditionFacts, item: str) -> Trend:
    """The history of one item in the feed, up to the edition; by id, link or part of its name."""
    sql = f"""
        select chart_date, position, previous_position, change, movement, {_ITEM}, {_HISTORY},
            streams, item_key
        from chart_movements
        where feed = $feed and scheduled_at <= $at and item_key = $item
        order by scheduled_at
        """
    key = _item_key(warehouse, about, item)
    parameters = {"feed": about.feed, "at": about.scheduled_at, "item": key}
    return Trend(about, warehouse.query(sql, parameters).records())


def headline(warehouse: Warehouse, about: EditionFacts) -> dict[str, Any]:
    """One edition in a line: number one and its time there, biggest climber, entries, exits."""
    top = _rows(
        warehouse,
        f"""
        select {_ITEM}, editions_at_one from chart_movements
        where feed = $feed and scheduled_at = $at and position = 1 limit $limit
        """,
        about,
        1,
    )
    climber = [row for row in movers(warehouse, about, 1).rows if row["movement"] == "up"]
    counts = _rows(
        warehouse,
        """
        select new_entries, re_entries, exits from chart_turnover
        where feed = $feed and scheduled_at = $at limit $limit
        """,
        about,
        1,
    )
    return {"number_one": next(iter(top), None), "climber": next(iter(climber), None), **counts[0]}


def _rows(warehouse: Warehouse, sql: str, about: EditionFacts, limit: int) -> list[dict[str, Any]]:
    parameters = {"feed": about.feed, "at": about.scheduled_at, "limit": limit}
    return warehouse.query(sql, parameters).records()


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
    near: Result = warehouse.query(
        """
        select max(case when chart_date < $day then chart_date end),
            min(case when chart_date > $day then chart_date end)
        from chart_editions where feed = $feed
        """,
        {"feed": feed, "day": day},
    )
    neighbours = [str(found) for found in near.rows[0] if found]
    return UsageError(
        f"{feed} has no edition of {day}",
        why="a gap in what was collected, not an empty chart" if len(neighbours) > 1 else None,
        fix=f"the nearest there are: {', '.join(neighbours)}",
    )


def _item_key(warehouse: Warehouse, about: EditionFacts, item: str) -> str:
    """The key of the one item that is meant; UsageError with the choices where it is not one."""
    link = _LINK.fullmatch(item.strip())
    wanted = link[1] if link else item.strip()
    found = warehouse.query(
        """
        select item_key, arg_max(item_name, scheduled_at), arg_max(artist_names, scheduled_at),
            count(*) as editions, bool_or(item_key = $item) as exact,
            bool_or(lower(item_name) = lower($item)) as named
        from chart_movements
        where feed = $feed and (item_key = $item or contains(lower(item_name), lower($item)))
        group by item_key order by exact desc, named desc, editions desc
        """,
        {"feed": about.feed, "item": wanted},
    ).rows
    best = [row for row in found if row[4]] or [row for row in found if row[5]] or found
    if len(best) == 1:
        return str(best[0][0])
    if not best:
        raise UsageError(f"{about.feed} never had an item {item!r}", fix="give a name or an id")
    choices = "\n        ".join(f"{key}  {name} · {artist}" for key, name, artist, *_ in best[:10])
    raise UsageError(
        f"{item!r} can be {len(best)} items of {about.feed}",
        fix=f"say which by its id:\n        {choices}",
    )
