"""Curated files: the Parquet that one attempt of a build writes, and reading it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq

from chartlake.errors import CorruptObject
from chartlake.lake import keys
from chartlake.lake.store import Store
from chartlake.model import BuiltFile, sha256
from chartlake.schema import COMMON, TABLES

__all__ = ["CuratedFiles", "read_table", "stored", "write_tables"]

_AGAIN = (
    "restore the file from a backup; or delete the build object that names it, then: "
    "chartlake reconcile --all"
)
_ROW_GROUP = 1 << 20
_SORTED_BY = [pq.SortingColumn(place) for place in range(len(COMMON) - 1)]  # feed, slot


class CuratedFiles:
    """The files of one attempt, or of one part of it: one for each table and month.

    Rows come sorted by feed and slot; each `add` becomes a row group, of a million
    rows at most: more become several. No file is there before `finish`, and none is
    seen before a build names it.
    """

    def __init__(self, store: Store, attempt: str, part: int | None = None) -> None:
        self._store = store
        self._attempt = attempt
        self._part = part
        self._open: dict[tuple[str, str], tuple[pq.ParquetWriter, pa.BufferOutputStream]] = {}
        self._rows: dict[tuple[str, str], int] = {}

    def add(self, table: str, month: str, rows: pa.Table) -> None:
        """Add rows with all of the table's columns; texts may be dictionaries."""
        place = (table, month)
        if place not in self._open:
            sink = pa.BufferOutputStream()
            writer = pq.ParquetWriter(
                sink,
                rows.schema,
                compression="zstd",
                sorting_columns=_SORTED_BY,
                store_schema=False,  # what is a dictionary here is plain text to every reader
            )
            self._open[place] = (writer, sink)
        self._open[place][0].write_table(rows, row_group_size=_ROW_GROUP)
        self._rows[place] = self._rows.get(place, 0) + rows.num_rows

    def finish(self) -> tuple[BuiltFile, ...]:
        """Store the files."""
        return tuple(self._store_file(*place) for place in sorted(self._open, key=_in_order))

    def _store_file(self, table: str, month: str) -> BuiltFile:
        writer, sink = self._open.pop((table, month))
        writer.close()
        content = sink.getvalue().to_pybytes()
        return BuiltFile(
            table=table,
            key=self._created(table, month, content),
            rows=self._rows[table, month],
            size=len(content),
            sha256=sha256(content),
        )

    def _created(self, table: str, month: str, content: bytes) -> str:
        """The key under which the content is stored.

        A cluster may build a part twice, even at the same time. Whoever finds the
        name taken by other bytes than its own takes a name that nobody else has.
        """
        again = f"{self._attempt}-{keys.new_attempt()}"
        wanted = keys.curated(table, month, self._attempt, self._part)
        return stored(self._store, content, wanted, keys.curated(table, month, again, self._part))


def stored(store: Store, content: bytes, key: str, otherwise: str) -> str:
    """Store the content under its key; where other bytes have that name, under the other one."""
    if store.create(key, content) or _holds(store, key, content):
        return key
    store.create(otherwise, content)
    return otherwise


def _holds(store: Store, key: str, content: bytes) -> bool:
    with suppress(FileNotFoundError):  # its write goes on, and may still fail
        return store.get(key) == content
    return False


def write_tables(
    store: Store, tables: Mapping[tuple[str, str], pa.Table], attempt: str
) -> tuple[BuiltFile, ...]:
    """Store rows by table and month, under the name of this attempt."""
    files = CuratedFiles(store, attempt)
    for (table, month), rows in tables.items():
        files.add(table, month, _renamed(rows, attempt))
    return files.finish()


def _renamed(rows: pa.Table, attempt: str) -> pa.Table:
    place = rows.schema.get_field_index("attempt_id")
    if place < 0:
        return rows
    field = rows.schema.field(place)
    return rows.set_column(place, field, pa.repeat(pa.scalar(attempt, field.type), rows.num_rows))


def read_table(store: Store, file: BuiltFile, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of one curated file, or those of these columns that it has.

    CorruptObject where it is gone or its hash does not match.
    """
    try:
        content = store.get(file.key)
    except FileNotFoundError as error:
        raise CorruptObject(
            f"{file.key} is gone", why="its build says it should be there", fix=_AGAIN
        ) from error
    if sha256(content) != file.sha256:
        raise CorruptObject(
            f"{file.key} does not match its hash",
            why="the stored bytes changed after they were committed",
            fix=_AGAIN,
        )
    return pq.ParquetFile(pa.BufferReader(content)).read(columns=columns)


def _in_order(place: tuple[str, str]) -> tuple[str, int]:
    table, month = place
    return month, list(TABLES).index(table)
