"""Puts the oracle's editions into a real lake and a real warehouse, through the real commits.

Only the parsing is left out: an engine of our own hands over the rows that a source would have
given, so that a world may hold what no chart file can.
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
from chartlake.transform.records import edition
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.oracle.movements import OracleEdition
from tests.transform.engines import ParsingEngine
from tests.warehouse.rows import entry

SCHEDULES = {
    "regional-us-weekly": "weekly",
    "regional-global-daily": "daily",
    "top-50": "0 4 * * *",
    "top-50-la": "0 4 * * *",
}
NOW = datetime(2021, 6, 1, tzinfo=UTC)


class WorldEngine(ParsingEngine):
    """An engine that knows the rows of each slot."""

    smallest_piece = 1

    def __init__(self) -> None:
        self._rows: dict[tuple[str, Slot, int], OracleEdition] = {}

    def know(self, manifest: Manifest, world_edition: OracleEdition) -> None:
        """What parsing this manifest's pages gives."""
        self._rows[manifest.feed.name, manifest.slot, manifest.revision] = world_edition

    def parse(self, store: Store, manifest: Manifest, memory: Memory) -> SlotContent:
        """The rows that are known."""
        known = self._rows[manifest.feed.name, manifest.slot, manifest.revision]
        entries = [entry(one, place) for place, one in enumerate(known.entries)]
        return SlotContent(SlotRows([edition(manifest, len(entries))], entries=entries))


class WorldPipeline:
    """A pipeline into which editions are delivered."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(str(folder / "lake"))
        self.warehouse = DuckDBWarehouse(folder / "warehouse.duckdb")
        self.engine = WorldEngine()
        self.pipeline = Pipeline(
            store=self.store,
            readers={},
            engine=self.engine,
            warehouse=self.warehouse,
            clock=lambda: NOW,
        )

    def deliver(self, editions: Iterable[OracleEdition], revision: int = 1) -> None:
        """Commit the editions, build and load them."""
        for world_edition in editions:
            manifest, _ = raw.commit(self.store, snapshot_of(world_edition), revision)
            self.engine.know(manifest, world_edition)
        self.pipeline.transform()
        self.pipeline.load()

    def rows(self, sql: str) -> list[dict[str, object]]:
        """Ask the warehouse."""
        return self.warehouse.query(sql).records()


def snapshot_of(world_edition: OracleEdition) -> Snapshot:
    """A snapshot whose bytes stand for the edition; only its commit matters here."""
    at = world_edition.scheduled_at.replace(tzinfo=UTC)
    feed = Feed(
        name=world_edition.feed,
        source="charts-csv",
        source_id=world_edition.feed,
        schedule=SCHEDULES[world_edition.feed],
    )
    body = Body(
        content=repr(world_edition).encode(),
        resource="world",
        media_type="text/csv",
        received_at=NOW,
    )
    return Snapshot(
        feed=feed,
        slot=slot_at(at),
        chart_date=world_edition.chart_date,
        bodies=(body,),
        item_count=len(world_edition.entries),
    )
