"""The embedded warehouse: one DuckDB file with the live rows, views and marts."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from chartlake.errors import StorageError, UsageError
from chartlake.lake.store import Store
from chartlake.warehouse import duckdb_load
from chartlake.warehouse.port import CheckResult, Loaded, Result
from chartlake.warehouse.sql import Check, checks

__all__ = ["DuckDBWarehouse"]

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 60.0
_ROWS_SHOWN = 5
# a first load that was killed leaves a file without tables
_WHOLE = "select 1 from duckdb_tables() where table_name = 'warehouse_version'"


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
            duckdb_load.prepare(db, self.path)
            return duckdb_load.load(db, store, now)

    def query(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Result:
        """Run one statement on a read-only connection that can reach no file but this one."""
        with self._connect(write=False) as db:
            return _ask(db, sql, parameters)

    def check(self) -> list[CheckResult]:
        """Run all checks; errors first."""
        with self._connect(write=False) as db:
            results = [_checked(check, _ask(db, check.text)) for check in checks()]
        return sorted(results, key=lambda result: result.severity)

    @contextmanager
    def _connect(self, *, write: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        if not write and not self.path.exists():
            raise self._not_there()
        db = self._open(write)
        try:
            if not write:
                if not db.execute(_WHOLE).fetchone():
                    raise self._not_there()
                if duckdb_load.is_older(db):
                    db.close()
                    self._bring_up_to_date()
                    db = self._open(write)
                db.execute("set enable_external_access = false; set lock_configuration = true")
            yield db
        except duckdb.Error as error:
            raise StorageError(f"cannot use the warehouse {self.path}", why=str(error)) from error
        finally:
            db.close()

    def _bring_up_to_date(self) -> None:
        """An older chartlake made the file: it lacks views until a load, or this."""
        with self._connect(write=True) as db, _transaction(db):
            duckdb_load.prepare(db, self.path)

    def _open(self, write: bool) -> duckdb.DuckDBPyConnection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(str(error)) from error
        until, told = time.monotonic() + self._patience_seconds, False
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=not write)
            except duckdb.Error as error:
                if "lock" not in str(error).lower():
                    raise self._unusable(str(error)) from error
                if time.monotonic() > until:
                    raise self._held() from error
                if until - time.monotonic() < self._patience_seconds - 1 and not told:
                    logger.warning("waiting for another process that uses %s", self.path)
                    told = True
            time.sleep(0.1)

    def _not_there(self) -> UsageError:
        return UsageError(
            f"there is no warehouse yet at {self.path}",
            fix="fill it first: chartlake import FILES, chartlake run, or chartlake demo",
        )

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
            fix="move the file away: the next run or import makes it again from the lake"
            if "not a valid" in why
            else "check that its folder is there, has space, and that you may write in it",
        )


def _ask(
    db: duckdb.DuckDBPyConnection,
    sql: str,
    parameters: Sequence[object] | Mapping[str, object] = (),
) -> Result:
    try:
        statements = len(duckdb.extract_statements(sql))
        if statements != 1:
            raise UsageError(f"a query is one statement, and here are {statements}")
        cursor = db.execute(sql, parameters or None)
        columns = tuple(column[0] for column in cursor.description or ())
        return Result(columns, cursor.fetchall())
    except duckdb.Error as error:
        raise UsageError("the query failed", why=str(error)) from error


def _checked(check: Check, found: Result) -> CheckResult:
    shown = Result(found.columns, found.rows[:_ROWS_SHOWN])
    return CheckResult(check.name, check.severity, check.statement, len(found.rows), shown)


@contextmanager
def _transaction(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    db.begin()
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    db.commit()
