"""One edition against the one before: climbs, falls, entries, exits; streaks, artists, roster."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from chartlake.report.editions import EditionFacts
from chartlake.report.roster import ARTISTS, ITEMS, marked, marked_artists, require
from chartlake.warehouse.port import Warehouse

__all__ = [
    "RosterFacts",
    "Trend",
    "artists",
    "chart",
    "exits",
    "headline",
    "movers",
    "new",
    "roster",
    "streaks",
]

_THURSDAY = 3
_ITEM = "item_name, artist_names"
_HISTORY = "peak_position, peak_date, editions_on_chart, streak"
_STREAMS = (
    "streams, streams_change, streams_change_percent, streams_7, streams_total, streams_share"
)


class Trend(NamedTuple):
    """An answer: its edition and rows."""

    edition: EditionFacts
    rows: list[dict[str, Any]]


class RosterFacts(NamedTuple):
    """What the roster has in an edition, and what of it left there."""

    edition: EditionFacts
    rows: list[dict[str, Any]]
    left: list[dict[str, Any]]


def movers(
    warehouse: Warehouse, about: EditionFacts, limit: int = 10, *, roster: bool = False
) -> Trend:
    """The biggest climbs, then the biggest falls; ``limit`` of each."""
    sql = f"""
        select position, previous_position, change, movement, {_ITEM}, {_HISTORY}, streams, item_key
        from (
            select *,
                row_number() over (
                    partition by movement order by abs(change) desc, position
                ) as place
            from chart_movements
            where feed = $feed and scheduled_at = $at and movement in ('up', 'down')
                {_followed(roster)}
        ) m
        where place <= $limit
        order by movement desc, place
        """
    return Trend(about, _rows(warehouse, sql, about, limit))


def new(
    warehouse: Warehouse, about: EditionFacts, limit: int = 50, *, roster: bool = False
) -> Trend:
    """Items that were not in the edition before: never there (new), or back (re_entry)."""
    sql = f"""
        select position, movement, {_ITEM}, {_HISTORY}, streams, item_key
        from chart_movements
        where feed = $feed and scheduled_at = $at and movement in ('new', 're_entry')
            {_followed(roster)}
        order by position limit $limit
        """
    return Trend(about, _rows(warehouse, sql, about, limit))


def exits(
    warehouse: Warehouse, about: EditionFacts, limit: int = 50, *, roster: bool = False
) -> Trend:
    """Items of the edition before that are gone, and when they came back, if they did."""
    sql = f"""
        select x.last_position, {_ITEM}, x.peak_position, x.peak_date, x.run_length,
            x.editions_on_chart, r.returned_date, r.returned_position, r.editions_away, x.item_key
        from chart_exits x
        left join chart_returns r
            on r.feed = x.feed and r.scheduled_at = x.scheduled_at and r.item_key = x.item_key
        where x.feed = $feed and x.scheduled_at = $at {_followed(roster, "x.")}
        order by x.last_position limit $limit
        """
    return Trend(about, _rows(warehouse, sql, about, limit))


def streaks(
    warehouse: Warehouse, about: EditionFacts, limit: int = 20, *, roster: bool = False
) -> Trend:
    """The items that have been there longest without a break, up to this edition."""
    sql = f"""
        select position, {_ITEM}, {_HISTORY}, editions_at_one, item_key
        from chart_movements
        where feed = $feed and scheduled_at = $at {_followed(roster)}
        order by streak desc, position limit $limit
        """
    return Trend(about, _rows(warehouse, sql, about, limit))


def chart(
    warehouse: Warehouse, about: EditionFacts, limit: int = 200, *, roster: bool = False
) -> Trend:
    """The edition from the top: where each item stands, whence it came, its history, streams."""
    sql = f"""
        select position, change, movement, previous_position, {_ITEM}, {_HISTORY},
            position = peak_position as at_peak, debut_date, debut_position, editions_at_one,
            {_STREAMS}, item_key
        from chart_movements
        where feed = $feed and scheduled_at = $at {_followed(roster)}
        order by position limit $limit
        """
    return Trend(about, _rows(warehouse, sql, about, limit))


def artists(
    warehouse: Warehouse, about: EditionFacts, limit: int = 20, *, roster: bool = False
) -> Trend:
    """Who owns the chart: the artists of the edition's chart week by chart points."""
    sql = f"""
        select artist_name, is_text, items, best_position, chart_points, share, momentum_4w,
            week_ending, artist_key
        from artist_momentum
        where feed = $feed and week_ending = $week
            {f"and artist_key in ({ARTISTS})" if roster else ""}
        order by chart_points desc, artist_key limit $limit
        """
    to_thursday = (_THURSDAY - about.chart_date.weekday()) % 7
    week = about.chart_date + timedelta(days=to_thursday)
    parameters = {"feed": about.feed, "week": week, "limit": limit}
    rows = warehouse.query(sql, parameters).records()
    return Trend(about, marked_artists(warehouse, about.feed, rows))


def roster(warehouse: Warehouse, about: EditionFacts, limit: int = 200) -> RosterFacts:
    """What the roster has in the edition, from the top; and what of it was there before."""
    require(warehouse)
    here = chart(warehouse, about, limit, roster=True)
    because = dict(
        warehouse.query(
            "select item_key, because from roster_items where feed = $feed", {"feed": about.feed}
        ).rows
    )
    rows = [{**row, "because": because[row["item_key"]]} for row in here.rows]
    return RosterFacts(about, rows, exits(warehouse, about, limit, roster=True).rows)


def headline(warehouse: Warehouse, about: EditionFacts) -> dict[str, Any]:
    """One edition in a line: number one and its time there, biggest climber, entries, exits."""
    top = _rows(
        warehouse,
        f"""
        select {_ITEM}, editions_at_one, item_key from chart_movements
        where feed = $feed and scheduled_at = $at and position = 1 limit $limit
        """,
        about,
        1,
    )
    climber = [row for row in movers(warehouse, about, 1).rows if row["movement"] == "up"]
    (counts,) = warehouse.query(
        """
        select new_entries, re_entries, exits from chart_turnover
        where feed = $feed and scheduled_at = $at
        """,
        {"feed": about.feed, "at": about.scheduled_at},
    ).records()
    return {"number_one": next(iter(top), None), "climber": next(iter(climber), None), **counts}


def _followed(roster: bool, of: str = "") -> str:
    return f"and {of}item_key in ({ITEMS})" if roster else ""


def _rows(warehouse: Warehouse, sql: str, about: EditionFacts, limit: int) -> list[dict[str, Any]]:
    parameters = {"feed": about.feed, "at": about.scheduled_at, "limit": limit}
    return marked(warehouse, about.feed, warehouse.query(sql, parameters).records())
