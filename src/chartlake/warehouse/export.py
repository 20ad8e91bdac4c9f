"""The published marts of a DuckDB file as Parquet in the lake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain

import duckdb
import pyarrow as pa

from chartlake.lake import marts
from chartlake.lake.marts import MartsRun
from chartlake.lake.store import Store
from chartlake.model import BuiltFile
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.sql import MARTS

__all__ = ["DuckDBMarts"]

_ROWS_OF_A_BATCH = 1 << 17
_BATCHES_OF_A_FILE = 32


class DuckDBMarts:
    """Writes what a warehouse has published; it computes nothing."""

    engine = "duckdb"

    def __init__(self, warehouse: DuckDBWarehouse) -> None:
        self._warehouse = warehouse

    def make(self, store: Store, now: datetime, tell: Callable[[int, int], None]) -> MartsRun:
        """Write every mart as it is published, in its order; ``tell`` counts them.

        DataError where they hold a slot that is to be gone, or was removed meanwhile.
        """
        tables = [file for file in MARTS if file.kind == "table"]
        files: dict[str, list[BuiltFile]] = {}
        with self._warehouse.reading() as db:  # one connection: one state of slots and marts
            begun = marts.begin(store, _slots_of(db))
            for done, mart in enumerate(tables):
                tell(done, len(tables))
                sorted_rows = db.sql(f"from {mart.name} order by {mart.order}")
                rows = sorted_rows.to_arrow_reader(_ROWS_OF_A_BATCH)
                files[mart.name] = [
                    marts.write_file(store, begun.run, mart.name, part, rows.schema, some)
                    for part, some in enumerate(_cut(rows))
                ]
        tell(len(tables), len(tables))
        return marts.commit(store, begun, self.engine, now, files)


def _slots_of(db: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    """All that is loaded, which may be more than the lake has: a removal elsewhere."""
    found = db.execute("select feed, slot, revision from live_attempts").fetchall()
    return {(feed, slot): revision for feed, slot, revision in found}


def _cut(rows: pa.RecordBatchReader) -> Iterator[Iterator[pa.RecordBatch]]:
    """The batches of one file after another; at least one file."""
    first = next(rows, None)
    while True:
        left = iter(range(_BATCHES_OF_A_FILE - 1))
        head = [] if first is None else [first]
        yield chain(head, (batch for _, batch in zip(left, rows, strict=False)))
        first = next(rows, None)
        if first is None:
            return
