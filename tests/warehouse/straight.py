"""Puts a world straight into the product's own tables, in memory: no lake, no files, no load.

So hundreds of worlds fit in a minute. What a load would write beside the tables (the calendar,
the lists of the configuration) is written here from the world itself, not by the product.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from chartlake.schema import TABLES
from chartlake.warehouse.migrations import prepare
from chartlake.warehouse.refresh import refresh_marts
from tests.oracle.catalogue import NOW
from tests.oracle.facts import Row, World, slot_name
from tests.oracle.health import all_slots
from tests.warehouse.rows import rows_of

_BOOKKEEPING: dict[str, tuple[str, ...]] = {
    "due_editions": ("feed", "scheduled_at", "chart_date"),
    "roster_terms": ("kind", "value"),
    "excluded_terms": ("kind", "value"),
    "feed_markets": ("feed", "family", "market"),
    "chart_options": ("name", "value"),
}


class Straight:
    """A database in memory that holds one world after another."""

    def __init__(self) -> None:
        self.db = duckdb.connect(":memory:")
        self.db.execute("set threads = 1")
        prepare(self.db, Path("memory"), NOW.replace(tzinfo=UTC))

    def hold(self, world: World) -> None:
        """Forget the world before, and make the marts of this one."""
        self.fill(world)
        refresh_marts(self.db)

    def fill(self, world: World) -> None:
        """The tables alone."""
        for name in (*TABLES, *_BOOKKEEPING):
            self.db.execute(f"delete from {name}")
        by_table: dict[str, list[Row]] = {}
        for (feed, at), rows in rows_of(world).items():
            common = {"feed": feed, "slot": slot_name(at), "attempt_id": "an attempt"}
            for name in TABLES:
                for row in getattr(rows, name):
                    by_table.setdefault(name, []).append({**common, **row._asdict()})
        for name, records in by_table.items():
            self._insert(name, pa.Table.from_pylist(records, TABLES[name].arrow))
        for name, values in _chosen(world).items():
            columns = _BOOKKEEPING[name]
            records = [dict(zip(columns, row, strict=True)) for row in values]
            if records:
                self._insert(name, pa.Table.from_pylist(records))

    def records(self, mart: str, columns: Iterable[str]) -> list[Row]:
        """The rows of a mart."""
        cursor = self.db.execute(f"select {', '.join(columns)} from {mart}")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def close(self) -> None:
        """Nothing of it stays."""
        self.db.close()

    def _insert(self, table: str, rows: pa.Table) -> None:
        self.db.register("arriving", rows)
        self.db.execute(f"insert into {table} by name from arriving")
        self.db.unregister("arriving")


def _chosen(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """The calendar, and what the configuration says."""
    firsts = {
        feed.name: slots[0].scheduled_at
        for feed in world.feeds
        if (slots := all_slots(world, feed))
    }
    return {
        "due_editions": [
            (feed.name, at, feed.date_of(at))
            for feed in world.feeds
            if feed.name in firsts
            for at in feed.due(firsts[feed.name], world.now)
        ],
        "roster_terms": list(world.roster),
        "excluded_terms": list(world.excluded),
        "feed_markets": [
            (feed.name, feed.family, feed.market) for feed in world.feeds if feed.market
        ],
        "chart_options": [("recordings", "as-one" if world.as_one else "apart")],
    }
