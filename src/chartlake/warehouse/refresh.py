"""Making the marts of a DuckDB file, in the order in which they build on each other.

Every mart of lists is one SELECT over the editions in ``scope`` and, where an item's past
counts, the state before them in ``item_states``. Here all editions are computed and the state
is empty; a few feeds at a time, so that memory does not grow with the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from chartlake.warehouse.sql import MARTS, SqlFile

__all__ = ["refresh_marts", "scope_of_all"]

ENTRIES_AT_ONCE = 1_500_000
"""How many entries the feeds of one scope have together, unless one feed has more by itself."""

_STATE = """
create or replace temp table scope (feed varchar, first_ordinal bigint);
create or replace temp table item_states (
    feed varchar, ordinal bigint, item_key varchar, position bigint, streams bigint,
    peak_position bigint, peak_date date, debut_date date, debut_position bigint,
    editions_on_chart bigint, streak bigint, editions_at_one bigint, streams_total bigint
);
"""


def refresh_marts(db: duckdb.DuckDBPyConnection) -> None:
    """Make all marts anew, in the caller's transaction, which is committed after each mart.

    The file is a draft that nobody sees, and of rows that are not committed DuckDB's planner
    does not know how many there are.
    """
    db.execute(_STATE)
    scopes = list(_scopes(db))
    for mart in MARTS:
        if mart.in_scope:
            _make_by_scope(db, mart, scopes)
        else:
            db.execute(f"create or replace {mart.kind} {mart.name} as {mart.text}")
        if mart.kind == "table":
            db.commit()
            db.begin()


def scope_of_all(db: duckdb.DuckDBPyConnection) -> None:
    """Let ``scope`` hold all feeds from their first edition, and the state before them nothing."""
    db.execute(_STATE)
    db.execute("insert into scope (feed, first_ordinal) select distinct feed, 1 from slots")


def _make_by_scope(
    db: duckdb.DuckDBPyConnection, mart: SqlFile, scopes: Sequence[Sequence[str]]
) -> None:
    """One scope after the other; they follow each other as the mart is sorted."""
    for number, feeds in enumerate(scopes):
        db.execute("delete from scope")
        db.execute("insert into scope select unnest($feeds), 1", {"feeds": feeds})
        verb = f"insert into {mart.name}" if number else f"create or replace table {mart.name} as"
        db.execute(f"{verb} {mart.text}")


def _scopes(db: duckdb.DuckDBPyConnection) -> Iterator[list[str]]:
    """The feeds in order, some at a time; at least one scope, if empty."""
    counts = db.execute(
        "select s.feed, coalesce(n.entries, 0) from (select distinct feed from slots) s "
        "left join (select feed, count(*) as entries from entries group by feed) n "
        "on n.feed = s.feed order by s.feed"
    ).fetchall()
    feeds: list[str] = []
    total = 0
    for feed, entries in counts:
        if feeds and total + entries > ENTRIES_AT_ONCE:
            yield feeds
            feeds, total = [], 0
        feeds.append(feed)
        total += entries
    yield feeds
