"""Removing slots from the DuckDB file, and searching it: so that nothing of them stays.

DuckDB keeps what was deleted in free blocks of its file. So the rows that are left
are copied into a file of their own, which then takes the place of the old one.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from chartlake.lake.search import Words
from chartlake.schema import TABLES
from chartlake.warehouse.rows import shown

__all__ = ["copy_without_free_blocks", "holds", "places_of_words", "remove"]

_READ_BYTES = 1 << 20


def holds(db: duckdb.DuckDBPyConnection, revisions: Mapping[tuple[str, str], int]) -> bool:
    """Whether any of these slots (feed, slot) is loaded, in a revision up to the given one."""
    gone = _table(revisions).append_column("last", pa.array(revisions.values(), pa.int64()))
    with shown(db, "gone", gone):
        found = db.execute(
            "select 1 from load_history h join gone g using (feed, slot) "
            "where h.revision <= g.last limit 1"
        ).fetchall()
    return bool(found)


def remove(db: duckdb.DuckDBPyConnection, places: Collection[tuple[str, str]]) -> int:
    """Delete the rows of these slots, and have the next load look at all builds again.

    Returns how many slots were loaded.
    """
    with shown(db, "gone", _table(places)):
        ((count,),) = db.execute(
            "select count(distinct (feed, slot)) from load_history "
            "semi join gone using (feed, slot)"
        ).fetchall()
        for table in (*TABLES, "load_history"):
            db.execute(
                f"delete from {table} t using gone g where t.feed = g.feed and t.slot = g.slot"
            )
    db.execute("delete from seen_builds")
    return int(count)


def copy_without_free_blocks(old: Path, new: Path) -> None:
    """Make a new file of what the old one holds; nobody else has either of them open."""
    db = duckdb.connect()
    try:
        db.execute(f"attach {_quoted(old)} as before (read_only)")
        db.execute(f"attach {_quoted(new)} as after")
        db.execute("copy from database before to after")
        db.execute("checkpoint after")
    finally:
        db.close()
    shutil.copymode(old, new)


def places_of_words(
    db: duckdb.DuckDBPyConnection, path: Path, words: Words
) -> Iterator[tuple[str, str]]:
    """Where one of these words is: in which table and column, or file of the warehouse."""
    for file in sorted(path.parent.glob(f"*{path.name}*")):
        for word in sorted(_in_file(file, words)) if file.is_file() else ():
            yield str(file), word
    columns = db.execute(
        "select c.table_name, c.column_name from duckdb_columns() c "
        "join duckdb_tables() t using (schema_name, table_name) "
        "where c.data_type = 'VARCHAR' and not t.internal order by all"
    ).fetchall()
    for table, column in columns:
        texts = db.execute(
            f'select distinct "{column}" from "{table}" where "{column}" is not null'
        )
        found: set[str] = set()
        while rows := texts.fetchmany(10_000):
            found |= words.in_text("\n".join(text for (text,) in rows))
        for word in sorted(found):
            yield f"{path}: {table}.{column}", word


def _in_file(file: Path, words: Words) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    rest = b""
    with file.open("rb") as content:
        while part := content.read(_READ_BYTES):
            found |= words.in_bytes(rest + part)
            rest = (rest + part)[-1024:]
    return found


def _table(places: Iterable[tuple[str, str]]) -> pa.Table:
    rows = list(places)
    return pa.table(
        {
            "feed": pa.array([feed for feed, _ in rows], pa.string()),
            "slot": pa.array([slot for _, slot in rows], pa.string()),
        }
    )


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
