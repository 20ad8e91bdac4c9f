"""The lists of one family, market by market: who has an item, where, and who had it first."""

from __future__ import annotations

from typing import Any, NamedTuple

from chartlake.errors import UsageError
from chartlake.report.editions import EditionFacts
from chartlake.report.roster import ITEMS, marked
from chartlake.report.trends.items import item_key
from chartlake.warehouse.port import Warehouse

__all__ = ["MarketHistory", "Markets", "market_history", "markets"]

_FIRST_COLUMNS = "item_key, market, first_chart_date, is_first_market, days_after_first"


class Markets(NamedTuple):
    """An edition beside those of the same date in the family's other markets.

    A row has ``positions`` by market, ``first_markets`` (several may be first), and
    ``days_after_first`` by market of those that had the item, whenever that was. ``without`` are
    the markets of the family that have no edition of this date.
    """

    edition: EditionFacts
    family: str
    markets: list[str]
    without: list[str]
    rows: list[dict[str, Any]]


class MarketHistory(NamedTuple):
    """An item in each market that ever had it."""

    edition: EditionFacts
    family: str
    rows: list[dict[str, Any]]


def markets(
    warehouse: Warehouse, about: EditionFacts, limit: int = 20, *, roster: bool = False
) -> Markets:
    """The edition's items with their position in each market at its date."""
    family, market = _family(warehouse, about)
    there = warehouse.query(
        """
        select f.market, max(c.scheduled_at) as at
        from feed_markets f
        left join chart_editions c on c.feed = f.feed and c.chart_date = $day
        where f.family = $family
        group by f.market order by f.market
        """,
        {"family": family, "day": about.chart_date},
    ).rows
    own_first = sorted(there, key=lambda row: row[0] != market)
    top = _top(warehouse, about, limit, roster)
    keys = [row["item_key"] for row in top]
    positions, first = _positions(warehouse, about, family, keys), _first(warehouse, family, keys)
    rows = [
        {**row, "positions": positions[row["item_key"]], **_spread(first[row["item_key"]])}
        for row in top
    ]
    return Markets(
        about,
        family,
        [name for name, at in own_first if at],
        [name for name, at in own_first if not at],
        marked(warehouse, about.feed, rows),
    )


def market_history(warehouse: Warehouse, about: EditionFacts, item: str) -> MarketHistory:
    """One item in every market of the family that ever had it, the first one first."""
    family, _ = _family(warehouse, about)
    rows = warehouse.query(
        """
        select market, feed, item_name, artist_names, debut_is_known, first_chart_date,
            first_position, is_first_market, days_after_first, peak_position, peak_date,
            editions_on_chart, last_chart_date, last_position, position, item_key
        from market_spread
        where family = $family and item_key = $item
        order by days_after_first, market
        """,
        {"family": family, "item": item_key(warehouse, about, item)},
    ).records()
    return MarketHistory(about, family, marked(warehouse, about.feed, rows))


def _family(warehouse: Warehouse, about: EditionFacts) -> tuple[str, str]:
    found = warehouse.query(
        "select family, market from feed_markets where feed = $feed", {"feed": about.feed}
    ).rows
    if not found:
        raise UsageError(
            f"{about.feed} is a list of no known market",
            why="charts files tell theirs; of other feeds chartlake.toml has to say it",
            fix="name the lists of a family there, each by its market, such as\n"
            f'        [markets.top-50]\n        us = "{about.feed}"',
        )
    return found[0]


def _top(
    warehouse: Warehouse, about: EditionFacts, limit: int, roster: bool
) -> list[dict[str, Any]]:
    return warehouse.query(
        f"""
        select position, change, movement, item_name, artist_names, item_key
        from chart_movements
        where feed = $feed and scheduled_at = $at
            {f"and item_key in ({ITEMS})" if roster else ""}
        order by position limit $limit
        """,
        {"feed": about.feed, "at": about.scheduled_at, "limit": limit},
    ).records()


def _positions(
    warehouse: Warehouse, about: EditionFacts, family: str, keys: list[str]
) -> dict[str, dict[str, int]]:
    """By item the positions at the date; of several editions of a day those of the last one."""
    found = warehouse.query(
        """
        select m.item_key, f.market, m.position
        from feed_markets f
        inner join (
            select feed, max(scheduled_at) as at
            from chart_editions
            where chart_date = $day
            group by feed
        ) c on c.feed = f.feed
        inner join chart_movements m on m.feed = c.feed and m.scheduled_at = c.at
        where f.family = $family and list_contains($keys, m.item_key)
        """,
        {"family": family, "day": about.chart_date, "keys": keys},
    ).rows
    positions: dict[str, dict[str, int]] = {key: {} for key in keys}
    for key, market, position in found:
        positions[key][market] = position
    return positions


def _first(warehouse: Warehouse, family: str, keys: list[str]) -> dict[str, list[dict[str, Any]]]:
    """By item the markets that had it, the first one first."""
    found = warehouse.query(
        f"""
        select {_FIRST_COLUMNS}
        from market_spread
        where family = $family and list_contains($keys, item_key)
        order by days_after_first, market
        """,
        {"family": family, "keys": keys},
    ).records()
    return {key: [row for row in found if row["item_key"] == key] for key in keys}


def _spread(debuts: list[dict[str, Any]]) -> dict[str, Any]:
    """When an item came into a market first, into which, and how long after into the others."""
    return {
        "first_date": debuts[0]["first_chart_date"] if debuts else None,
        "first_markets": [debut["market"] for debut in debuts if debut["is_first_market"]],
        "days_after_first": {debut["market"]: debut["days_after_first"] for debut in debuts},
    }
