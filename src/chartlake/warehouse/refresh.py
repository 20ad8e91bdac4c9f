"""Making the marts of a DuckDB file: all of them anew, or what a load has touched.

Both run the same SELECTs in the same order (`sql.STEPS`). When all is made anew, every slot counts
as touched, every feed is in ``scope`` from its first edition on, and the state before it is empty.
Else the slots whose rows were replaced are looked at before (`look_at_slots`) and after: from them
follow the ids, items and feeds that are asked for again, and the lowest edition of each feed from
which its lists are computed again (`scopes`). What is not touched stays as it is.

A few feeds at a time, so that memory does not grow with the warehouse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cache

import duckdb

from chartlake.warehouse import layout, scopes
from chartlake.warehouse.rows import as_table, insert
from chartlake.warehouse.scopes import FeedFrom, FeedScope
from chartlake.warehouse.sql import GIVEN, ITEM_STATES, STEPS, SqlFile

__all__ = ["give_all", "look_at_slots", "refresh_marts", "refresh_touched"]

ENTRIES_AT_ONCE = 1_500_000
"""How many entries the feeds of one scope have together, unless one feed has more by itself."""

_FROM_THE_FIRST = {
    "editions": "m.feed = s.feed and m.scheduled_at >= s.first_at",
    "weeks": "m.feed = s.feed and m.week_ending >= s.first_date",
    "feeds": "m.feed = s.feed",
}
"""Which rows of a mart are made again for a feed in scope."""

_MANY = 100_000
"""Entries in scope from which on it matters that the planner knows how many rows there are."""

_SCOPE = FeedScope._fields[:4]


def refresh_marts(db: duckdb.DuckDBPyConnection) -> None:
    """Make all marts anew, in the caller's transaction, which is committed after each large mart.

    The file is a draft that nobody sees, and of rows that are not committed DuckDB's planner
    does not know how many there are.
    """
    whole = give_all(db)
    for step in STEPS:
        if step.kind == "state":
            db.execute(f"create or replace temp table {step.name} as {step.text}")
        elif step.kind == "view":
            db.execute(f"create or replace view {step.name} as {step.text}")
        else:
            verb = f"create or replace table {step.name} as"
            for _ in _in_parts(db, step, whole):
                db.execute(f"{verb} {step.text}")
                verb = f"insert into {step.name}"
            _commit(db, whole)
    layout.made_anew(db, [step.name for step in STEPS if step.kind == "table"])


def give_all(db: duckdb.DuckDBPyConnection) -> list[FeedScope]:
    """Let what is given (`sql.GIVEN`) be as where all is made anew; returns the scope."""
    _give(db)
    db.execute("insert into touched_slots select distinct feed, slot from slots")
    db.execute("insert into touched_feeds select distinct feed from slots")
    whole = scopes.all_feeds(db)
    _set_scope(db, whole)
    return whole


def look_at_slots(db: duckdb.DuckDBPyConnection, slots: str | None = None) -> None:
    """Note what stands in slots whose rows will be replaced; ``slots`` is a relation of them."""
    _give(db)
    if slots:
        db.execute(f"insert into touched_slots select distinct feed, slot from {slots}")
    for state in _looking_at("tables"):
        _look_before(db, state)


def refresh_touched(
    db: duckdb.DuckDBPyConnection, due: Collection[str] = (), moved: Collection[str] = ()
) -> list[FeedFrom]:
    """Make again what the slots have touched that `look_at_slots` was told of before.

    And feeds with another calendar (``due``) or another market (``moved``). The marts are then what
    `refresh_marts` would make of the tables; it commits as that does. Returns what checks have to
    look at again.
    """
    for state in _looking_at("tables"):
        _look_after(db, state)
    db.execute(
        "insert into touched_feeds select feed from touched_slots union select unnest($feeds)",
        {"feeds": sorted(due)},
    )
    db.execute("insert into moved_feeds select unnest($feeds)", {"feeds": sorted(moved)})
    scopes.look_at_exclusions(db)
    found: dict[str, list[FeedScope]] = {}
    added: dict[str, int] = {}
    for step in STEPS:
        if step.kind == "table":
            added[step.name] = _make_again(db, step, found.get(step.scope, []))
        if step.name == "timeline":
            found = scopes.touched(db)
    layout.added(db, added)
    _set_scope(db, found["any"])
    return scopes.looked_at(db)


def _give(db: duckdb.DuckDBPyConnection) -> None:
    for name, columns in GIVEN.items():
        db.execute(f"create or replace temp table {name} ({columns})")


def _make_again(db: duckdb.DuckDBPyConnection, mart: SqlFile, whole: Sequence[FeedScope]) -> int:
    """Returns how many rows were added at the end of what there was."""
    added = 0
    states = _looking_at(mart.name)
    if mart.in_scope or states:
        _set_scope(db, whole)
    for state in states:
        _look_before(db, state)
    if mart.anew == "all":
        db.execute(f"create or replace table {mart.name} as {mart.text}")
    elif whole if mart.in_scope else _any(db, mart.anew):
        scopes.look_before(db, mart)
        db.execute(_delete(mart))
        for _ in _in_parts(db, mart, whole):
            if mart.name == "chart_movements":
                db.execute("delete from item_states")
                db.execute(f"insert into item_states by name {ITEM_STATES.text}")
            added += db.execute(f"insert into {mart.name} {mart.text}").fetchall()[0][0]
        scopes.look_after(db, mart)
        for state in states:
            _look_after(db, state)
    else:
        scopes.nothing_changed(db, mart)
    _commit(db, whole)
    return added


def _delete(mart: SqlFile) -> str:
    if mart.anew in _FROM_THE_FIRST:
        return f"delete from {mart.name} m using scope s where {_FROM_THE_FIRST[mart.anew]}"
    same = " and ".join(f"m.{column} = t.{column}" for column in mart.anew_by)
    return f"delete from {mart.name} m using {mart.anew} t where {same}"


@cache
def _looking_at(table: str) -> tuple[SqlFile, ...]:
    return tuple(step for step in STEPS if step.kind == "state" and step.of == table)


def _look_before(db: duckdb.DuckDBPyConnection, state: SqlFile) -> None:
    db.execute(f"create or replace temp table {state.name} as {state.text}")


def _look_after(db: duckdb.DuckDBPyConnection, state: SqlFile) -> None:
    """Add what is there now to what was there before."""
    db.execute(f"insert into {state.name} from ({state.text}) except from {state.name}")


def _any(db: duckdb.DuckDBPyConnection, state: str) -> bool:
    return bool(db.execute(f"select 1 from {state} limit 1").fetchall())


def _in_parts(
    db: duckdb.DuckDBPyConnection, mart: SqlFile, whole: Sequence[FeedScope]
) -> Iterator[None]:
    """Once with each part of the feeds in scope, and with all of them there again in the end."""
    parts = list(_parts(whole)) if mart.in_scope else []
    if len(parts) < 2:
        yield
        return
    for part in parts:
        _set_scope(db, part)
        yield
    _set_scope(db, whole)


def _parts(whole: Sequence[FeedScope]) -> Iterator[Sequence[FeedScope]]:
    """The feeds in order, some at a time, as marts are sorted."""
    part: list[FeedScope] = []
    entries = 0
    for feed in whole:
        if part and entries + feed.entries > ENTRIES_AT_ONCE:
            yield part
            part, entries = [], 0
        part.append(feed)
        entries += feed.entries
    yield part


def _set_scope(db: duckdb.DuckDBPyConnection, feeds: Sequence[FeedScope]) -> None:
    db.execute("delete from scope")
    if feeds:
        insert(db, "scope", as_table(_SCOPE, [feed[:4] for feed in feeds]))


def _commit(db: duckdb.DuckDBPyConnection, feeds: Sequence[FeedScope]) -> None:
    """Let DuckDB's planner know how many rows there are, where it matters."""
    if sum(feed.entries for feed in feeds) > _MANY:
        db.commit()
        db.begin()
