"""What the configuration says about charts, and the small tables that tell it to SQL.

    roster_terms    what is followed            excluded_terms  what is no part of a chart
    feed_markets    whose list a feed is        chart_options   how recordings are counted

Marts and views read these tables, so a file holds the choices with which its marts were made.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chartlake.warehouse.rows import as_table, insert

if TYPE_CHECKING:  # what has no DuckDB, such as a function in AWS, reads the rest
    import duckdb

__all__ = [
    "MARKETS",
    "OF_A_MARKET",
    "ROSTER",
    "Choices",
    "FeedMarket",
    "Term",
    "are_written",
    "changed",
    "needs_marts",
    "write",
]

ROSTER = "roster_terms"
"""The table from which no mart is made, only views."""

MARKETS = "feed_markets"
"""The table from which only the comparison of markets is made."""

Term = tuple[str, str]
"""A kind and a value, such as ("artist", Spotify id) or ("name", artist name)."""

FeedMarket = tuple[str, str, str]
"""A feed, the family of lists that it belongs to, and the market of which it is the list."""

Rows = list[tuple[str, ...]]

_COLUMNS = {
    "roster_terms": ("kind", "value"),
    "excluded_terms": ("kind", "value"),
    "feed_markets": ("feed", "family", "market"),
    "chart_options": ("name", "value"),
}
OF_A_MARKET = re.compile(r"([a-z]+)-([a-z0-9-]+)-(daily|weekly)")
"""What charts files say of their chart, market and period."""
_CHARTS_FILES = """
select feed, arg_max(source_id, slot) from editions where source = 'charts-csv' group by feed
"""


@dataclass(frozen=True)
class Choices:
    """What a project follows, leaves out and counts as one; and which checks only warn.

    Terms of the roster are of kind artist, track, album, isrc or name; excluded ones of kind
    item, artist, name or kind.
    """

    roster: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()
    markets: tuple[FeedMarket, ...] = ()
    recordings: Literal["apart", "as-one"] = "apart"
    as_warnings: frozenset[str] = frozenset()


def changed(db: duckdb.DuckDBPyConnection, choices: Choices) -> frozenset[str]:
    """The tables in which the file holds something else than this; it has this layout."""
    return frozenset(_differing(db, choices))


def are_written(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether the file, which has these tables, was made with any choices."""
    return bool(db.execute("select 1 from chart_options").fetchall())


def write(
    db: duckdb.DuckDBPyConnection, choices: Choices, only: Collection[str] = tuple(_COLUMNS)
) -> frozenset[str]:
    """Write the tables that hold something else, and tell which those were."""
    differing = {name: rows for name, rows in _differing(db, choices).items() if name in only}
    for name, rows in differing.items():
        db.execute(f"delete from {name}")
        if rows:
            insert(db, name, as_table(_COLUMNS[name], rows))
    return frozenset(differing)


def needs_marts(tables: frozenset[str]) -> bool:
    """Whether marts are made from one of these; of the roster only views are."""
    return bool(tables - {ROSTER})


def _differing(db: duckdb.DuckDBPyConnection, choices: Choices) -> dict[str, Rows]:
    """The rows of the tables that hold others."""
    return {
        name: rows
        for name, rows in _wanted(db, choices).items()
        if db.execute(f"select * from {name} order by all").fetchall() != rows
    }


def _wanted(db: duckdb.DuckDBPyConnection, choices: Choices) -> dict[str, Rows]:
    """The rows of each table, sorted as DuckDB sorts text: by its bytes."""
    rows: dict[str, Rows] = {
        "roster_terms": _terms(db, choices.roster),
        "excluded_terms": _terms(db, choices.excluded),
        "feed_markets": _markets(db, choices.markets),
        "chart_options": [("recordings", choices.recordings)],
    }
    return {name: sorted(set(some)) for name, some in rows.items()}


def _terms(db: duckdb.DuckDBPyConnection, terms: Collection[Term]) -> Rows:
    """Names as the marts compare them: in small letters as DuckDB makes them, and trimmed."""
    names = [value for kind, value in terms if kind == "name"]
    small = db.execute("select lower(trim(unnest(?::varchar[])))", [names]).fetchall()
    return [term for term in terms if term[0] != "name"] + [("name", name) for (name,) in small]


def _markets(db: duckdb.DuckDBPyConnection, configured: Collection[FeedMarket]) -> Rows:
    """What is configured, and what charts files say by their names where that says nothing."""
    markets: Rows = list(configured)
    feeds = {feed for feed, _, _ in configured}
    places = {(family, market) for _, family, market in configured}
    for feed, source_id in db.execute(_CHARTS_FILES).fetchall():
        if named := OF_A_MARKET.fullmatch(source_id):
            chart, market, period = named.groups()
            family = f"{chart}-{period}"
            if feed not in feeds and (family, market) not in places:
                markets.append((feed, family, market))
    return markets
