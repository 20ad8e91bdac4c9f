"""From a file that any earlier version made to the layout of this one, in numbered steps.

What is only added needs no statements: every table, column and view that a file
lacks is made from the schema and the SQL files. A number is for readers and for
older programs: a file below it is brought up before it is read, and a program
that does not know the number leaves the file alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from chartlake.errors import StorageError
from chartlake.model import naive_utc, sha256
from chartlake.schema import TABLES, Table
from chartlake.warehouse import scopes
from chartlake.warehouse.sql import ITEM_STATES, STEPS, VIEWS

__all__ = ["MIGRATIONS", "VERSION", "Migration", "is_current", "is_older", "prepare"]


class Migration(NamedTuple):
    """One step: ``sql`` does what adding tables, columns and views cannot."""

    number: int
    what: str
    sql: str = ""


MIGRATIONS = (
    Migration(1, "editions, entries, tracks, albums and artists"),
    Migration(2, "readings and plays; an edition that is unchanged says since when"),
    Migration(3, "slots that were missed"),
    Migration(4, "when each build that was looked at was written"),
    Migration(5, "rosters, exclusions, markets, and how recordings are counted"),
    Migration(
        6, "what is told of tracks, albums and artists is kept, and the calendar's schedules"
    ),
)
"""All steps, in order. Those that were released are never edited."""

VERSION = MIGRATIONS[-1].number
"""The layout of the tables. A file of a newer version is refused, not guessed at."""

_TYPES = {
    pa.string(): "varchar",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
}
_BOOKKEEPING = """
create table if not exists warehouse_version (version integer not null);
alter table warehouse_version add column if not exists layout varchar;
create table if not exists applied_migrations (
    number integer primary key, what varchar not null, applied_at timestamp
);
create table if not exists seen_builds (build_key varchar primary key);
alter table seen_builds add column if not exists written_at timestamp;
create table if not exists load_history (
    feed varchar not null, slot varchar not null, attempt_id varchar not null,
    build_id varchar not null, revision integer not null, transform_version integer not null,
    slots_covered integer not null, loaded_at timestamp not null
);
create table if not exists due_editions (
    feed varchar not null, scheduled_at timestamp not null, chart_date date not null
);
create table if not exists calendars (feed varchar primary key, said varchar not null);
create table if not exists rows_in_disorder (table_name varchar primary key, rows bigint not null);
create table if not exists roster_terms (kind varchar not null, value varchar not null);
create table if not exists excluded_terms (kind varchar not null, value varchar not null);
create table if not exists feed_markets (
    feed varchar not null, family varchar not null, market varchar not null
);
create table if not exists chart_options (name varchar not null, value varchar not null);
"""
_LAYOUT = sha256(
    repr([(t.name, [(c.name, str(c.type)) for c in t.columns]) for t in TABLES.values()]).encode()
    + "".join(file.name + file.text for file in (*VIEWS, *STEPS, ITEM_STATES)).encode()
    + scopes.SQL.encode()
)
"""By which a file knows whether its views and marts come from the SQL of this program.

How they grow is part of it: marts that grew by a rule which was wrong have to be made anew.
"""


def prepare(
    db: duckdb.DuckDBPyConnection,
    path: Path,
    now: datetime,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> bool:
    """Make the tables and views of this version; whether the marts have to be made anew.

    The caller holds the transaction: all steps or none. StorageError where the file is newer.
    """
    newest = migrations[-1].number
    if _has(db, "warehouse_version"):
        _refuse_newer(db, path, newest)
        if is_current(db, newest):
            return False
    db.execute(_BOOKKEEPING)
    version = _version_of(db)
    _migrate(db, version, naive_utc(now), migrations)
    for table in TABLES.values():
        _make(db, table)
    _make_room(db)
    for view in VIEWS:
        db.execute(f"create or replace view {view.name} as {view.text}")
    if version is None:
        db.execute("insert into warehouse_version values (?, ?)", [newest, _LAYOUT])
    else:
        db.execute("update warehouse_version set version = ?, layout = ?", [newest, _LAYOUT])
    return True


def is_older(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether an older chartlake made the file; it has the bookkeeping tables."""
    return (_version_of(db) or VERSION) < VERSION


def is_current(db: duckdb.DuckDBPyConnection, version: int = VERSION) -> bool:
    """Whether the file has this version, and its views and marts come from the same SQL."""
    columns = "select 1 from duckdb_columns() where (table_name, column_name) = (?, ?)"
    if not db.execute(columns, ["warehouse_version", "layout"]).fetchall():
        return False
    found = db.execute("select version, layout from warehouse_version").fetchall()
    return found == [(version, _LAYOUT)]


def _refuse_newer(db: duckdb.DuckDBPyConnection, path: Path, known: int) -> None:
    version = _version_of(db)
    if version is not None and version > known:
        raise StorageError(
            f"the warehouse {path} has version {version}; this chartlake knows {known}",
            fix="use the newer chartlake that made it; or move the file away: "
            "the next run makes it again from the lake",
        )


def _migrate(
    db: duckdb.DuckDBPyConnection,
    version: int | None,
    now: datetime,
    migrations: Sequence[Migration],
) -> None:
    """Apply what the file has not had. A new file is made as the steps would leave it."""
    for step in migrations:
        to_do = version is not None and step.number > version
        if to_do and step.sql:
            db.execute(step.sql)
        # when a step was applied before this was recorded, nobody knows
        at = now if to_do or version is None else None
        db.execute("insert or ignore into applied_migrations values (?, ?, ?)", [*step[:2], at])


def _version_of(db: duckdb.DuckDBPyConnection) -> int | None:
    # all is fetched: DuckDB keeps a connection busy with what is not
    ((version,),) = db.execute("select max(version) from warehouse_version").fetchall()
    return None if version is None else int(version)


def _has(db: duckdb.DuckDBPyConnection, table: str) -> bool:
    sql = "select 1 from duckdb_tables() where table_name = ?"
    return bool(db.execute(sql, [table]).fetchall())


def _make_room(db: duckdb.DuckDBPyConnection) -> None:
    """Drop what was a view and is a table now, or the other way round."""
    for was, other in (("view", "table"), ("table", "view")):
        there = db.execute(f"select {was}_name from duckdb_{was}s() where not internal").fetchall()
        for file in (*VIEWS, *STEPS):
            if file.kind == other and (file.name,) in there:
                db.execute(f"drop {was} {file.name}")


def _make(db: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Create the table, or add the columns that came after the file was made."""
    columns = {
        c.name: f"{c.name} {_TYPES[c.type]}{'' if c.nullable else ' not null'}"
        for c in table.columns
    }
    db.execute(f"create table if not exists {table.name} ({', '.join(columns.values())})")
    found = db.execute(
        "select column_name from duckdb_columns() where table_name = ?", [table.name]
    ).fetchall()
    for name, column in columns.items():
        if (name,) not in found:
            db.execute(f"alter table {table.name} add column {column}")
