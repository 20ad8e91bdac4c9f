"""The embedded warehouse: one DuckDB file with the live rows, views and marts."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from chartlake.errors import StorageError, UsageError
from chartlake.lake.search import Words
from chartlake.lake.store import Store
from chartlake.warehouse import duckdb_load, duckdb_removal, migrations, publish
from chartlake.warehouse.port import CheckResult, Loaded, Result
from chartlake.warehouse.sql import Check, checks

__all__ = ["DuckDBWarehouse"]

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 60.0
_ROWS_SHOWN = 5
_HELD = "Could not set lock"  # and nothing shorter: a damaged file has its error in a block
_ALONE: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "lock_configuration": True,
}
# who asks can mend these; all else that goes wrong is of the file, the disk or the memory
_OF_THE_QUERY = (
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.NotSupportedError,
    duckdb.PermissionException,
    duckdb.ProgrammingError,
    duckdb.TransactionException,
)
_DAMAGED = ("not a valid", "not read enough bytes", "Corrupt database file")
# an earlier chartlake that was killed in its first load left a file without tables
_WHOLE = "select 1 from duckdb_tables() where table_name = 'warehouse_version'"


def _system_clock() -> datetime:
    return datetime.now(UTC)


class DuckDBWarehouse:
    """A warehouse in one file. Connections are opened per call and closed after it.

    Nobody writes in the file itself: a load makes the next one beside it and swaps
    them, so readers are never in the way and never see half a load. Writers take
    turns: one waits up to ``patience_seconds`` for another, then fails with StorageError.
    ``clock`` dates what is done to a file before it can be read.
    """

    def __init__(
        self,
        path: Path,
        patience_seconds: float = _PATIENCE_SECONDS,
        clock: Callable[[], datetime] = _system_clock,
    ) -> None:
        self.path = path
        self._patience_seconds = patience_seconds
        self._clock = clock

    def load(self, store: Store, now: datetime) -> Loaded:
        """Replace the slots for which the lake has a better attempt, and refresh the marts."""
        with publish.turn(self.path, self._patience_seconds):
            if self._is_up_to_date(store, now):
                return Loaded(0, 0)
            with self._draft() as draft:
                with self._written(draft) as db:
                    new_layout = migrations.prepare(db, self.path, now)
                    loaded, changed = duckdb_load.load(db, store, now, new_layout=new_layout)
                if changed:
                    publish.publish(draft, self.path)
                return loaded

    def remove(self, store: Store, places: Collection[tuple[str, str]], now: datetime) -> int:
        """Remove slots (feed, slot), load what the lake has now, and leave no byte behind."""
        with publish.turn(self.path, self._patience_seconds):
            if not self.path.exists():
                return 0
            with self._draft() as draft:
                with self._written(draft) as db:
                    migrations.prepare(db, self.path, now)
                    removed = duckdb_removal.remove(db, places)
                    duckdb_load.load(db, store, now, new_layout=True)
                fresh = draft.with_name(f"{draft.name}.fresh")
                with self._told():
                    duckdb_removal.copy_without_free_blocks(draft, fresh)
                publish.publish(fresh, self.path)
                return removed

    def holds(self, revisions: Mapping[tuple[str, str], int]) -> bool:
        """Whether any of these slots (feed, slot) is loaded, in a revision up to the given one."""
        if not revisions or not self.path.exists():
            return False
        with self._read() as db:
            return _is_whole(db) and duckdb_removal.holds(db, revisions)

    def search(self, words: Words) -> list[tuple[str, str]]:
        """Where which of these words is: in the file's bytes, or in a column."""
        if not self.path.exists():
            return []
        with self._read() as db:
            return list(duckdb_removal.places_of_words(db, self.path, words))

    def query(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Result:
        """Run one statement on a read-only connection that can reach no file but this one."""
        with self._reading() as db:
            return _ask(db, sql, parameters)

    def check(self) -> list[CheckResult]:
        """Run all checks; errors first."""
        with self._reading() as db:
            results = [_checked(check, _ask(db, check.text)) for check in checks()]
        return sorted(results, key=lambda result: result.severity)

    def _is_up_to_date(self, store: Store, now: datetime) -> bool:
        """Whether a load would change nothing; so that it need not copy the file first."""
        if not self.path.exists():
            return False
        with self._read() as db:
            return (
                _is_whole(db)
                and migrations.is_current(db)
                and not duckdb_load.has_work(db, store, now)
            )

    def _bring_up_to_date(self) -> None:
        """An older chartlake made the file: it lacks views until a load, or this."""
        with publish.turn(self.path, self._patience_seconds), self._draft() as draft:
            with self._written(draft) as db:
                if new_layout := migrations.prepare(db, self.path, self._clock()):
                    duckdb_load.refresh_marts(db)
            if new_layout:
                publish.publish(draft, self.path)

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        if not self.path.exists():
            raise self._not_there()
        with self._read() as db:
            if not _is_whole(db):
                raise self._not_there()
            older = migrations.is_older(db)
            if not older:
                yield db
        if older:
            self._bring_up_to_date()
            with self._read() as db:
                yield db

    @contextmanager
    def _read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._told(), closing(self._open(self.path, read_only=True)) as db:
            yield db

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        self._settle_wal()
        with publish.draft_of(self.path) as draft:
            yield draft

    @contextmanager
    def _written(self, draft: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """The draft, open to write; what was written is in the file when the block ends."""
        fix = "see that the disk has space; what was there before stays as it is"
        with self._told(fix), closing(self._open(draft)) as db:
            with _transaction(db):
                yield db
            db.execute("checkpoint")

    def _settle_wal(self) -> None:
        """Another program wrote in the file and was killed: let what it committed count."""
        if publish.wal_of(self.path).exists():
            with self._told(), closing(self._open(self.path)) as db:
                db.execute("checkpoint")

    @contextmanager
    def _told(self, fix: str | None = None) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            what = f"cannot use the warehouse {self.path}"
            raise StorageError(what, why=str(error), fix=fix) from error

    def _open(self, path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        config = _ALONE if read_only else {}
        until, told = time.monotonic() + self._patience_seconds, False
        while True:
            before = _which(path)
            try:
                db = duckdb.connect(str(path), read_only=read_only, config=config)
                # it opens a file several times: all of them have to be the same one
                if not read_only or _which(path) == before:
                    return db
                db.close()
                continue
            except duckdb.Error as error:
                if read_only and _which(path) != before:
                    continue  # another one was published in this moment
                if _HELD not in str(error):
                    raise self._unusable(str(error)) from error
                if time.monotonic() > until:
                    raise self._held() from error
                if until - time.monotonic() < self._patience_seconds - 1 and not told:
                    logger.warning("waiting for another process that writes in %s", self.path)
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
            fix="wait for the other process to end, or stop it; let other programs open it "
            "read-only, which disturbs nobody",
        )

    def _unusable(self, why: str) -> StorageError:
        return StorageError(
            f"cannot open the warehouse {self.path}",
            why=why,
            fix="move the file away: the next run or import makes it again from the lake"
            if any(word in why for word in _DAMAGED)
            else "check that its folder is there, has space, and that you may write in it",
        )


def _which(path: Path) -> tuple[int, int] | None:
    """Which file has this name now."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


def _is_whole(db: duckdb.DuckDBPyConnection) -> bool:
    return bool(db.execute(_WHOLE).fetchall())


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
    except _OF_THE_QUERY as error:
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
