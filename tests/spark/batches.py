"""Many small worlds in one set of tables: a mart costs Spark as much for one as for fifty.

Each world keeps to itself: its feeds, ids, ISRCs and artists' names begin with its number. What
holds for all at once (how recordings count, kinds that are excluded) is the batch's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chartlake.schema import TABLES
from tests.oracle import worlds
from tests.oracle.catalogue import DAY, NOW, WEEK
from tests.oracle.facts import OracleFeed, World
from tests.oracle.movements import OracleEdition
from tests.oracle.whole_worlds import whole_worlds
from tests.spark.odd_rows import ODD_ROWS, odd_slots
from tests.warehouse.straight import Straight

Rows = list[dict[str, Any]]
Tables = dict[str, pa.Table]

GIVEN = ("due_editions", "roster_terms", "excluded_terms", "feed_markets", "chart_options")
_IDS = ("feed", "track_id", "item_key", "album_id", "artist_id", "family")
_NAMES = ("artist_names", "artist_name")
_BY_ID = ("artist", "track", "album", "item")


def gathered(count: int, *, max_editions: int = 9) -> list[World]:
    """So many worlds that hypothesis makes: of all there is, and of names of any characters."""
    whole = _drawn(whole_worlds(max_feeds=4, max_editions=max_editions), count * 3 // 4)
    named = _drawn(worlds.chart_worlds(max_editions=5), count - len(whole))
    return [*whole, *map(_of_lists, named)]


def _drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    found: list[Any] = []

    @settings(
        max_examples=count,
        derandomize=True,  # so that what is planted is seen by the same worlds each time
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def take(one: Any) -> None:
        found.append(one)

    take()
    return found[:count]


def _of_lists(editions: list[OracleEdition]) -> World:
    """A world of these lists alone."""
    feeds = tuple(
        OracleFeed(
            name=feed.name,
            first_slot=feed.first_slot,
            step=feed.step,
            schedule="weekly" if feed.step == WEEK else "daily",
            timezone="America/Los_Angeles" if feed.chart_date_shift else "UTC",
        )
        for feed in worlds.FEEDS
        if any(edition.feed == feed.name for edition in editions)
    )
    return World(feeds, tuple(editions), now=max(NOW, max(_times(editions))) + DAY)


def _times(editions: Iterable[OracleEdition]) -> Iterable[Any]:
    return (edition.scheduled_at for edition in editions)


def tables_of(some: Iterable[World], *, as_one: bool, kinds: bool = False) -> Tables:
    """The given relations of all these worlds, and of rows that none of them has."""
    found: dict[str, Rows] = {name: [] for name in (*TABLES, *GIVEN)}
    held = Straight()
    try:
        for number, world in enumerate(some):
            held.fill(world)
            for name, rows in found.items():
                rows += [_marked(name, row, f"w{number}") for row in _rows(held.db, name)]
    finally:
        held.close()
    for name, more in odd_slots().items():
        found[name] += more
    found["roster_terms"] += ODD_ROWS["roster_terms"]
    found["excluded_terms"] += ODD_ROWS["excluded_terms"]
    excluded = found["excluded_terms"]
    found["excluded_terms"] = [row for row in excluded if kinds or row["kind"] != "kind"]
    found["chart_options"] = [{"name": "recordings", "value": "as-one" if as_one else "apart"}]
    found["load_history"] = _history(found)
    return typed(found)


def typed(rows: Mapping[str, Rows]) -> Tables:
    """The rows as Arrow, in the types that a warehouse has for them."""
    held = Straight()
    try:
        return {name: _typed(held.db, name, some) for name, some in rows.items()}
    finally:
        held.close()


def _typed(db: duckdb.DuckDBPyConnection, name: str, rows: Rows) -> pa.Table:
    schema = db.sql(f"from {name}").to_arrow_table().schema
    return pa.Table.from_pylist(_once(rows), pa.schema([pa.field(f.name, f.type) for f in schema]))


def _once(rows: Rows) -> Rows:
    return list({tuple(row.items()): row for row in rows}.values())


def _rows(db: duckdb.DuckDBPyConnection, name: str) -> Rows:
    rows: Rows = db.sql(f"from {name}").to_arrow_table().to_pylist()
    return rows


def _marked(table: str, row: dict[str, Any], mark: str) -> dict[str, Any]:
    """The row as one of its world's own."""
    if table in ("roster_terms", "excluded_terms"):
        return {**row, "value": _term(row["kind"], row["value"], mark)}
    marked = {name: f"{mark}-{row[name]}" for name in _IDS if row.get(name)}
    marked |= {name: f"{mark} {row[name]}" for name in _NAMES if row.get(name)}
    if row.get("isrc"):
        marked["isrc"] = f"{mark.upper()}{row['isrc']}"
    return {**row, **marked}


def _term(kind: str, value: str, mark: str) -> str:
    if kind in _BY_ID:
        return f"{mark}-{value}"
    if kind == "isrc":
        return f"{mark.upper()}{value}"
    return f"{mark} {value}" if kind == "name" else value


def _history(found: Mapping[str, Rows]) -> Rows:
    """Every slot is there by one attempt; of some there is a worse one."""
    places = {
        (row["feed"], row["slot"], row["attempt_id"])
        for name in ("editions", "readings", "missed_slots")
        for row in found[name]
    }
    rows = []
    for number, (feed, slot, attempt) in enumerate(sorted(places)):
        row = {"feed": feed, "slot": slot, "attempt_id": attempt, "build_id": "0" * 64}
        row |= {"revision": 2, "transform_version": 1, "slots_covered": 1, "loaded_at": NOW}
        rows.append(row)
        if number % 7 == 0:
            rows.append({**row, "attempt_id": "former", "revision": 1})
        elif number % 7 == 1:
            rows.append({**row, "attempt_id": "equal", "build_id": "f" * 64})
    return rows
