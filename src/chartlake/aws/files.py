"""Parquet files that somebody else wrote: how many rows, how large, by which hash."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pyarrow.parquet as pq

from chartlake.errors import StorageError
from chartlake.lake.store import Listed, Store
from chartlake.model import BuiltFile

__all__ = ["measured"]

_AT_ONCE = 8 << 20


def measured(store: Store, table: str, file: Listed) -> BuiltFile:
    """What a run has to say of a file; it is read piece by piece, as it may be large."""
    known, tail = hashlib.sha256(), b""
    for start in range(0, file.size, _AT_ONCE):
        piece = store.get_range(file.key, start, min(_AT_ONCE, file.size - start))
        known.update(piece)
        tail = tail[-_AT_ONCE:] + piece
    try:  # what a file says of itself stands at its end
        rows = pq.read_metadata(pa.BufferReader(tail)).num_rows
    except (pa.ArrowException, OSError) as error:
        raise StorageError(
            f"{file.key} is no Parquet file", why=str(error), fix="the next run makes it again"
        ) from error
    return BuiltFile(table=table, key=file.key, rows=rows, size=file.size, sha256=known.hexdigest())
