"""Puts whole worlds into a real lake and a real warehouse, by the real commits and loads.

Only the parsing is left out: an engine of our own hands over the rows of each slot.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from chartlake.lake import raw
from chartlake.lake.store import Store, open_store
from chartlake.model import Body, Feed, Manifest, Slot, Snapshot, slot_at
from chartlake.pipeline import Pipeline
from chartlake.schema import SlotRows
from chartlake.transform.pages import Memory, SlotContent
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.oracle.facts import OracleFeed, Row, World
from tests.transform.engines import ParsingEngine
from tests.warehouse.rows import rows_of

Place = tuple[str, datetime]
"""A slot: feed and time."""


class _KnowingEngine(ParsingEngine):
    def __init__(self, rows: dict[tuple[str, Slot], SlotRows]) -> None:
        self._rows = rows

    def parse(self, store: Store, manifest: Manifest, memory: Memory) -> SlotContent:
        if manifest.missed:
            return super().parse(store, manifest, memory)
        return SlotContent(self._rows[manifest.feed.name, manifest.slot])


class LakeWorld:
    """A project in a folder, into which a world is delivered."""

    def __init__(self, folder: Path, world: World) -> None:
        self.world = world
        self._rows = rows_of(world)
        self.store = open_store(str(folder / "lake"))
        self.warehouse = DuckDBWarehouse(folder / "warehouse.duckdb", choices=_choices(world))
        self._pipeline = Pipeline(
            store=self.store,
            readers={},
            engine=_KnowingEngine(
                {(name, _slot(at)): rows for (name, at), rows in self._rows.items()}
            ),
            warehouse=self.warehouse,
            clock=lambda: world.now.replace(tzinfo=UTC),
        )

    @property
    def places(self) -> list[Place]:
        """All slots of the world, in an order that is the same each time."""
        return sorted(self._rows)

    def deliver(self, places: Iterable[Place]) -> None:
        """Commit these slots; build and load what is there."""
        for place in places:
            self._commit(place)
        self._pipeline.transform()
        self._pipeline.load()

    def records(self, mart: str, columns: Iterable[str]) -> list[Row]:
        """The rows of a mart."""
        return self.warehouse.query(f"select {', '.join(columns)} from {mart}").records()

    def _commit(self, place: Place) -> None:
        name, at = place
        rows, feed = self._rows[place], self.world.feed(name)
        if rows.missed_slots:
            why = rows.missed_slots[0].why
            day, noted_at = feed.date_of(at), self.world.now.replace(tzinfo=UTC)
            raw.mark_missed(self.store, _feed(feed), _slot(at), day, why, noted_at)
            return
        seen = rows.editions[0] if rows.editions else rows.readings[0]
        body = Body(
            content=repr(place).encode(),
            resource="world",
            media_type="text/csv",
            received_at=seen.observed_at.replace(tzinfo=UTC),
        )
        snapshot = Snapshot(
            feed=_feed(feed),
            slot=_slot(at),
            chart_date=seen.chart_date,
            bodies=(body,),
            item_count=seen.item_count,
        )
        raw.commit(self.store, snapshot)


def _slot(at: datetime) -> Slot:
    return slot_at(at.replace(tzinfo=UTC))


def _feed(feed: OracleFeed) -> Feed:
    return Feed(
        name=feed.name,
        source=feed.source,
        source_id=feed.source_id,
        schedule=feed.schedule,
        timezone=feed.timezone,
        cadence="day" if feed.cadence == "day" else "edition",
    )


def _choices(world: World) -> Choices:
    """What the configuration says; of charts files their names say the market."""
    return Choices(
        roster=world.roster,
        excluded=world.excluded,
        markets=tuple(
            (feed.name, feed.family, feed.market)
            for feed in world.feeds
            if feed.family and feed.market and feed.source != "charts-csv"
        ),
        recordings="as-one" if world.as_one else "apart",
    )
