"""Tables between Spark and the lake: its executors read and write the Parquet files themselves.

So disk and S3 are reached in one way, the one that the rest of chartlake has, and Spark needs no
connector of its own. Each file's hash is compared as it is read.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from chartlake.lake import marts
from chartlake.lake.curated import read_table
from chartlake.lake.store import Store
from chartlake.model import BuiltFile
from chartlake.spark.executor import Batch, opened, telling
from chartlake.spark.jobs import collected, partitions

__all__ = ["Source", "frame_of", "write_mart"]

Batches = Iterable[pa.RecordBatch]

_BYTES_OF_A_PART = 16 << 20  # of Parquet: some ten times as much in memory
_ROWS_OF_A_BATCH = 1 << 16
_NAME = "\n"  # stands in no feed's name and in no slot


class Source(NamedTuple):
    """A Parquet file, and the slots (feed, slot) of which its rows count; None: all of them."""

    file: BuiltFile
    slots: frozenset[tuple[str, str]] | None = None


def frame_of(
    session: SparkSession, batch: Batch, schema: pa.Schema, sources: Sequence[Source]
) -> DataFrame:
    """The rows of these files with these columns; what an older file lacks is null."""
    plain = pa.schema([pa.field(field.name, field.type) for field in schema])
    if not sources:
        return session.createDataFrame(plain.empty_table())
    column = pa.schema([pa.field("part", pa.binary(), nullable=False)])
    parts = (pa.array([pickle.dumps(part)], pa.binary()) for part in _parts(sources))
    table = pa.Table.from_batches([pa.record_batch([part], column) for part in parts])
    rows = from_arrow_schema(plain, prefer_timestamp_ntz=True)
    return partitions(session, table).mapInArrow(_reader(batch, plain), rows)


def write_mart(frame: DataFrame, batch: Batch, store: Store, mart: str) -> list[BuiltFile]:
    """Write the rows of a mart, a file for each partition that has any; at least one file."""
    schema = to_arrow_schema(frame.schema)
    written = frame.mapInArrow(_writer(batch, mart, schema), "file binary")
    files = [pickle.loads(file) for file in collected(written, mart)]
    files.sort(key=lambda file: file.key)
    return files or [marts.write_file(store, batch.attempt, mart, 0, schema, [])]


def _parts(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """The files of one task after another, of about the same size."""
    part: list[Source] = []
    size = 0
    for source in sources:
        if part and size + source.file.size > _BYTES_OF_A_PART:
            yield part
            part, size = [], 0
        part.append(source)
        size += source.file.size
    yield part


def _reader(batch: Batch, schema: pa.Schema) -> Callable[[Batches], Batches]:
    def read(parts: Batches) -> Iterator[pa.RecordBatch]:
        with telling(), opened(batch) as store:
            for rows in parts:
                for part in rows.column("part").to_pylist():
                    for source in pickle.loads(part):
                        found = _rows(store, source, schema)
                        yield from found.to_batches(max_chunksize=_ROWS_OF_A_BATCH)

    return read


def _rows(store: Store, source: Source, schema: pa.Schema) -> pa.Table:
    table = read_table(store, source.file)
    if source.slots is not None:
        wanted = pa.array([_NAME.join(place) for place in source.slots], pa.string())
        places = pc.binary_join_element_wise(table["feed"], table["slot"], _NAME)
        table = table.filter(pc.is_in(places, value_set=wanted))
    there = set(table.column_names)
    columns = [
        table[field.name].cast(field.type)
        if field.name in there
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _writer(batch: Batch, mart: str, schema: pa.Schema) -> Callable[[Batches], Batches]:
    def write(rows: Batches) -> Iterator[pa.RecordBatch]:
        task = TaskContext.get()
        assert task  # an executor runs this
        some = (each for each in rows if each.num_rows)
        if first := next(some, None):
            with telling(), opened(batch) as store:
                number = task.partitionId()
                every = chain([first], some)
                file = marts.write_file(store, batch.attempt, mart, number, schema, every)
            yield pa.record_batch({"file": pa.array([pickle.dumps(file)], pa.binary())})

    return write
