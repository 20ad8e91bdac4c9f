"""Puts a world straight into the product's own tables, in memory: no lake, no files, no load.

So hundreds of worlds fit in a minute. What a load would write beside the tables (the calendar,
the lists of the configuration) is written here from the world itself, not by the product.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from chartlake.schema import TABLES, SlotRows
from chartlake.warehouse.migrations import prepare
from chartlake.warehouse.refresh import look_at_slots, refresh_marts, refresh_touched
from chartlake.warehouse.scopes import FeedFrom
from tests.oracle.catalogue import NOW
from tests.oracle.facts import Row, World, slot_name
from tests.oracle.health import all_slots
from tests.warehouse.rows import rows_of

Place = tuple[str, datetime]
"""A slot: its feed and its time."""

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
        for name in TABLES:
            self.db.execute(f"delete from {name}")
        self._replace(rows_of(world))
        self._choose(world)

    def put(
        self, world: World, places: Collection[Place], *, otherwise: bool = False
    ) -> list[FeedFrom]:
        """Replace these slots by those of a world, or by such as they are not, as a load does it.

        The calendar and the markets are then those of this world. Returns what checks look at.
        """
        found = rows_of(world)
        rows = {place: found.get(place, SlotRows()) for place in places}
        self.db.register("batch", _slots(rows))
        look_at_slots(self.db, "batch")
        if otherwise:
            rows = {place: _otherwise(one) for place, one in rows.items()}
        self._replace(rows)
        self.db.unregister("batch")
        before = self._rows("due_editions"), self._rows("feed_markets")
        self._choose(world)
        due, moved = (
            {feed for feed, *_ in was ^ self._rows(name)}
            for was, name in zip(before, ("due_editions", "feed_markets"), strict=True)
        )
        return refresh_touched(self.db, due, moved)

    def _replace(self, rows: dict[Place, SlotRows]) -> None:
        self.db.register("gone", _slots(rows))
        for name in TABLES:
            self.db.execute(
                f"delete from {name} t using gone g where t.feed = g.feed and t.slot = g.slot"
            )
        self.db.unregister("gone")
        by_table: dict[str, list[Row]] = {}
        for (feed, at), one in rows.items():
            common = {"feed": feed, "slot": slot_name(at), "attempt_id": "an attempt"}
            for name in TABLES:
                for row in getattr(one, name):
                    by_table.setdefault(name, []).append({**common, **row._asdict()})
        for name, records in by_table.items():
            self._insert(name, pa.Table.from_pylist(records, TABLES[name].arrow))

    def _choose(self, world: World) -> None:
        for name, values in _chosen(world).items():
            self.db.execute(f"delete from {name}")
            columns = _BOOKKEEPING[name]
            records = [dict(zip(columns, row, strict=True)) for row in values]
            if records:
                self._insert(name, pa.Table.from_pylist(records))

    def _rows(self, table: str) -> set[tuple[Any, ...]]:
        return set(self.db.execute(f"select * from {table}").fetchall())

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


def _slots(rows: Iterable[Place]) -> pa.Table:
    names = {"feed": pa.string(), "slot": pa.string()}
    places = [(feed, slot_name(at)) for feed, at in rows]
    return pa.Table.from_pylist(
        [dict(zip(names, place, strict=True)) for place in places], pa.schema(names)
    )


def _otherwise(rows: SlotRows) -> SlotRows:
    """The same slot as a faulty reading would give it: half of its list, and others credited."""
    half = rows.entries[: (len(rows.entries) + 1) // 2]
    turned = zip(half, reversed(half), strict=True)
    return SlotRows(
        editions=rows.editions,
        readings=rows.readings,
        entries=[entry._replace(position=other.position) for entry, other in turned],
        track_observations=[
            one._replace(isrc="XX0000000001", album_id=None, track_name="another")
            for one in rows.track_observations
        ],
        track_artists=[one._replace(artist_name="another") for one in rows.track_artists[:1]],
        artist_observations=[
            one._replace(artist_name="another") for one in rows.artist_observations
        ],
    )


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
