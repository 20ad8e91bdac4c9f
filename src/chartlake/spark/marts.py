"""All marts as Spark SQL, from the lake's curated files to Parquet in the lake.

The SELECTs are those of the warehouse in Spark's dialect, in the same order. Executors read and
write; the driver lists what is live, and makes the few small relations that no SELECT gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Self

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from chartlake.lake import marts
from chartlake.lake.builds import LiveSlot
from chartlake.lake.marts import MartsRun
from chartlake.lake.references import live_slots, read_builds
from chartlake.lake.store import Store
from chartlake.model import BuiltFile
from chartlake.schema import TABLES
from chartlake.spark.executor import Batch, batch_of
from chartlake.spark.gate import pass_or_refuse
from chartlake.spark.jobs import check_reach, in_peoples_words
from chartlake.spark.session import open_session
from chartlake.spark.tables import Source, frame_of, write_mart
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.dialects import dialect_text
from chartlake.warehouse.given import SLOTS_FROM, given
from chartlake.warehouse.sql import STEPS, VIEWS

__all__ = ["MEANING", "Making", "SparkMarts", "own_session"]

Live = Mapping[tuple[str, str], LiveSlot]
Tell = Callable[[int, int], None]

MEANING = {
    # an overflow or a text that is no number is an error, as in DuckDB: no null, no other number
    "spark.sql.ansi.enabled": "true",
    # times have no zone, and what is made of them is UTC
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.session.timeZone": "UTC",
    # names of columns, as DuckDB takes them: feed is FEED
    "spark.sql.caseSensitive": "false",
    # texts compare by their bytes
    "spark.sql.session.collation.default": "UTF8_BINARY",
    # two files of 64 MB rather than two hundred small ones
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "64m",
}
"""The settings with which Spark means what DuckDB means, and how it cuts what it writes."""


class SparkMarts:
    """Makes the marts of a lake on a Spark cluster, or in a Spark on this machine."""

    engine = "spark"

    def __init__(self, master: str | None, chosen: Choices) -> None:
        self._master = master
        self._chosen = chosen

    def make(self, store: Store, now: datetime, tell: Tell) -> MartsRun:
        """Make every mart from the builds that are live now; ``tell`` counts them.

        NotPublished where a check of severity error finds something, CorruptObject where the
        lake is damaged, DataError where a slot was removed meanwhile: what was made before
        still counts then.
        """
        with in_peoples_words("marts"), own_session(self._master) as session:
            check_reach(store, str(session.sparkContext.master))
            live = live_slots(read_builds(store))
            revisions = {place: found.slot.revision for place, found in live.items()}
            begun = marts.begin(store, revisions)
            batch = batch_of(store.url, begun.run)
            with Making(session, store, batch, tell) as making:
                making.relations(live, now, self._chosen)
                files = making.marts()
                pass_or_refuse(session, self._chosen.as_warnings)
            of = ((feed, slot, found.build.attempt) for (feed, slot), found in live.items())
            attempts = marts.attempts_digest(of)
            return marts.commit(store, begun, self.engine, now, files, attempts)


@contextmanager
def own_session(master: str | None) -> Iterator[SparkSession]:
    """A session with settings and names of its own, in the Spark that is there or is started."""
    shared = open_session(master)
    session = shared.newSession()
    for name, value in MEANING.items():
        session.conf.set(name, value)
    try:
        yield session
    finally:
        shared.createDataFrame([(1,)], "one int")  # lets it be the active one again


class Making:
    """One run, relation after relation; what Spark keeps for it is let go when the block ends."""

    def __init__(self, session: SparkSession, store: Store, batch: Batch, tell: Tell) -> None:
        self._session = session
        self._store = store
        self._batch = batch
        self._tell = tell
        self._kept: list[DataFrame] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(Py4JError):  # Spark itself may be gone
            for frame in self._kept:
                frame.unpersist()

    def relations(self, live: Live, now: datetime, chosen: Choices) -> None:
        """The curated tables with their live rows, and what is computed from them here."""
        sources = _sources(live)
        for name, table in TABLES.items():
            frame = frame_of(self._session, self._batch, table.arrow, sources[name])
            self._keep(name, frame)
        slots = {name: self._session.table(name).toArrow() for name in SLOTS_FROM}
        for name, rows in given(slots, live, now, chosen).items():
            self._session.createDataFrame(rows).createOrReplaceTempView(name)

    def marts(self) -> dict[str, list[BuiltFile]]:
        """Every view by its name; every mart written, and read from there by those that follow."""
        files: dict[str, list[BuiltFile]] = {}
        selects = (*VIEWS, *STEPS)
        for done, file in enumerate(selects):
            self._tell(done, len(selects))
            frame = self._session.sql(dialect_text(file.name, "spark"))
            if file.kind == "view":
                frame.createOrReplaceTempView(file.name)
                continue
            if file.kind == "table":
                files[file.name] = write_mart(frame, self._batch, self._store, file.name)
                frame = self._read(frame, files[file.name])
            self._keep(file.name, frame)
        self._tell(len(selects), len(selects))
        return files

    def _read(self, frame: DataFrame, files: Iterable[BuiltFile]) -> DataFrame:
        schema = to_arrow_schema(frame.schema)
        return frame_of(self._session, self._batch, schema, [Source(file) for file in files])

    def _keep(self, name: str, frame: DataFrame) -> None:
        """For all that read it by this name: in memory, and on disk where that is too little."""
        frame.persist()
        self._kept.append(frame)
        frame.createOrReplaceTempView(name)


def _sources(live: Live) -> dict[str, list[Source]]:
    """The files of each table that hold live rows."""
    by_build: dict[str, list[LiveSlot]] = {}
    for found in live.values():
        by_build.setdefault(found.key, []).append(found)
    sources: dict[str, list[Source]] = {name: [] for name in TABLES}
    for some in by_build.values():
        build = some[0].build
        slots = frozenset((each.slot.feed, str(each.slot.slot)) for each in some)
        for file in build.files:
            wanted = None if len(some) == len(build.slots) else slots
            sources[file.table].append(Source(file, wanted))
    return sources
