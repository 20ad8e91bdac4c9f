"""The embedded warehouse: one DuckDB file with the live rows, views and marts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from chartlake.errors import StorageError, UsageError
from chartlake.lake import builds
from chartlake.lake.store import Store
from chartlake.model import Build, BuiltSlot, Feed, naive_utc
from chartlake.schema import TABLES, Table
from chartlake.warehouse.due import due_editions
from chartlake.warehouse.port import CheckResult, Loaded, Result
from chartlake.warehouse.sql import MARTS, VIEWS, checks

__all__ = ["VERSION", "DuckDBWarehouse"]

VERSION = 1
"""The layout of the tables. A file of a newer version is refused, not guessed at."""

_PATIENCE_SECONDS = 60.0
_TYPES = {
    pa.string(): "varchar",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
}
_BOOKKEEPING = """
create table if not exists warehouse_version (version integer not null);
create table if not exists seen_builds (build_key varchar primary key);
create table if not exists load_history (
    feed varchar not null, slot varchar not null, attempt_id varchar not null,
    build_id varchar not null, revision integer not null, transform_version integer not null,
    slots_covered integer not null, loaded_at timestamp not null
);
create table if not exists due_editions (
    feed varchar not null, scheduled_at timestamp not null, chart_date date not null
);
"""


class DuckDBWarehouse:
    """A warehouse in one file. Connections are opened per call and closed after it.

    DuckDB lets one process write at a time: a second one waits its turn, up to
    ``patience_seconds``, then fails with StorageError.
    """

    def __init__(self, path: Path, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self.path = path
        self._patience_seconds = patience_seconds

    def load(self, store: Store, now: datetime) -> Loaded:
        """Replace the slots for which the lake has a better attempt, and refresh the marts."""
        with self._connect(write=True) as db, _transaction(db):
            _prepare(db, self.path)
            seen = {key for (key,) in db.execute("from seen_builds").fetchall()}
            new = {
                key: builds.read_build(store, key)
                for key in builds.list_builds(store)
                if key not in seen
            }
            loaded = _replace_slots(db, store, _winners(db, new.values()), now)
            if new:
                db.executemany("insert into seen_builds values (?)", [[key] for key in new])
            if _refresh_due(db, now) or loaded.slots or not _has_marts(db):
                _refresh_marts(db)
        return loaded

    def query(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Result:
        """Run one statement on a read-only connection that can reach no file but this one."""
        with self._connect(write=False) as db:
            try:
                db.execute("set enable_external_access = false; set lock_configuration = true")
                cursor = db.execute(sql, parameters or None)
            except duckdb.Error as error:
                raise UsageError("the query failed", why=str(error)) from error
            columns = tuple(column[0] for column in cursor.description or ())
            return Result(columns, cursor.fetchall())

    def check(self) -> list[CheckResult]:
        """Run all checks; errors first."""
        results = []
        for check in checks():
            rows = self.query(check.text)
            shown = Result(rows.columns, rows.rows[:5])
            results.append(
                CheckResult(check.name, check.severity, check.statement, len(rows.rows), shown)
            )
        return sorted(results, key=lambda result: result.severity)

    @contextmanager
    def _connect(self, *, write: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        if not write and not self.path.exists():
            raise UsageError(
                f"there is no warehouse yet at {self.path}",
                fix="fill it first: chartlake import FILES, chartlake run, or chartlake demo",
            )
        db = self._open(write)
        try:
            yield db
        except duckdb.IOException as error:
            raise StorageError(f"cannot use the warehouse {self.path}", why=str(error)) from error
        finally:
            db.close()

    def _open(self, write: bool) -> duckdb.DuckDBPyConnection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        until = time.monotonic() + self._patience_seconds
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=not write)
            except duckdb.Error as error:
                if "lock" not in str(error).lower():
                    raise self._unusable(str(error)) from error
                if time.monotonic() > until:
                    raise self._held() from error
            time.sleep(0.1)

    def _held(self) -> StorageError:
        return StorageError(
            f"the warehouse {self.path} is in use by another process",
            why=f"it was still held after {self._patience_seconds:.0f} seconds",
            fix="wait for the other process to end, or stop it",
        )

    def _unusable(self, why: str) -> StorageError:
        return StorageError(
            f"cannot open the warehouse {self.path}",
            why=why,
            fix="move the file away: the next run or import makes it again from the lake",
        )


@contextmanager
def _transaction(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    db.begin()
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    db.commit()


def _prepare(db: duckdb.DuckDBPyConnection, path: Path) -> None:
    db.execute(_BOOKKEEPING)
    found = db.execute("select max(version) from warehouse_version").fetchone()
    version = found[0] if found else None
    if version is None:
        db.execute("insert into warehouse_version values (?)", [VERSION])
    elif version > VERSION:
        raise StorageError(
            f"the warehouse {path} has version {version}; this chartlake knows {VERSION}",
            fix="use the newer chartlake that made it",
        )
    for table in TABLES.values():
        db.execute(_ddl(table))
    for view in VIEWS:
        db.execute(f"create or replace view {view.name} as {view.text}")


def _ddl(table: Table) -> str:
    columns = ", ".join(
        f"{c.name} {_TYPES[c.type]}{'' if c.nullable else ' not null'}" for c in table.columns
    )
    return f"create table if not exists {table.name} ({columns})"


def _winners(
    db: duckdb.DuckDBPyConnection, candidates: Iterable[Build]
) -> dict[tuple[str, str], tuple[Build, BuiltSlot]]:
    """The slots whose live attempt changes, each with the build that becomes live."""
    live: dict[tuple[str, str], builds.Rank] = {
        (feed, slot): builds.Rank.of(*rank)
        for feed, slot, *rank in db.execute(
            "select feed, slot, revision, transform_version, slots_covered, build_id "
            "from live_attempts"
        ).fetchall()
    }
    winners: dict[tuple[str, str], tuple[Build, BuiltSlot]] = {}
    for build in candidates:
        for slot in build.slots:
            place, rank = (slot.feed, str(slot.slot)), builds.rank(build, slot)
            if place not in live or rank > live[place]:
                live[place], winners[place] = rank, (build, slot)
    return winners


def _replace_slots(
    db: duckdb.DuckDBPyConnection,
    store: Store,
    winners: dict[tuple[str, str], tuple[Build, BuiltSlot]],
    now: datetime,
) -> Loaded:
    if not winners:
        return Loaded(0, 0)
    _register_batch(db, winners, now)
    db.execute("insert into load_history by name from batch")
    for table in TABLES:
        db.execute(f"delete from {table} t using batch b where t.feed = b.feed and t.slot = b.slot")
    for build in {build.build_id: build for build, _ in winners.values()}.values():
        for file in build.files:
            db.register("arriving", builds.read_table(store, file))
            db.execute(
                f"insert into {file.table} by name from arriving "
                "semi join batch using (feed, slot, attempt_id)"
            )
            db.unregister("arriving")
    db.unregister("batch")
    return Loaded(len(winners), sum(slot.entries for _, slot in winners.values()))


def _register_batch(
    db: duckdb.DuckDBPyConnection,
    winners: dict[tuple[str, str], tuple[Build, BuiltSlot]],
    now: datetime,
) -> None:
    """The slots to replace as the relation ``batch``, in the columns of load_history."""
    rows = [
        {
            "feed": feed,
            "slot": slot,
            "attempt_id": build.attempt,
            "build_id": build.build_id,
            "revision": built.revision,
            "transform_version": build.transform_version,
            "slots_covered": len(build.slots),
            "loaded_at": naive_utc(now),
        }
        for (feed, slot), (build, built) in winners.items()
    ]
    db.register("batch", pa.Table.from_pylist(rows))


def _refresh_due(db: duckdb.DuckDBPyConnection, now: datetime) -> bool:
    """Write the calendar anew; whether it changed."""
    before = db.execute("select count(*), max(scheduled_at) from due_editions").fetchone()
    rows = [row for feed, first in _feeds(db) for row in due_editions(feed, first, now)]
    db.execute("delete from due_editions")
    if rows:
        feeds, times, days = zip(*rows, strict=True)
        calendar = pa.table(
            {
                "feed": feeds,
                "scheduled_at": pa.array(times, pa.timestamp("us")),
                "chart_date": pa.array(days, pa.date32()),
            }
        )
        db.register("calendar", calendar)
        db.execute("insert into due_editions by name from calendar")
        db.unregister("calendar")
    return before != db.execute("select count(*), max(scheduled_at) from due_editions").fetchone()


def _feeds(db: duckdb.DuckDBPyConnection) -> Iterator[tuple[Feed, datetime]]:
    """The scheduled feeds as their newest edition has them, each with its first time."""
    rows = db.execute(
        """
        select feed, arg_max(source, slot), arg_max(source_id, slot), arg_max(schedule, slot),
            arg_max(timezone, slot), arg_max(cadence, slot), min(scheduled_at)
        from editions where scheduled_at is not null and schedule is not null group by feed
        """
    ).fetchall()
    for name, source, source_id, schedule, zone, cadence, first in rows:
        feed = Feed(
            name=name,
            source=source,
            source_id=source_id,
            schedule=schedule,
            timezone=zone,
            cadence=cadence,
        )
        yield feed, first.replace(tzinfo=UTC)


def _has_marts(db: duckdb.DuckDBPyConnection) -> bool:
    found = db.execute(
        "select count(*) from duckdb_tables() where table_name in (select unnest(?))",
        [[mart.name for mart in MARTS]],
    ).fetchone()
    return found == (len(MARTS),)


def _refresh_marts(db: duckdb.DuckDBPyConnection) -> None:
    for mart in MARTS:
        db.execute(f"create or replace table {mart.name} as {mart.text}")
