"""The warehouses of small worlds: most are in memory, some the real file."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, cast

import duckdb
import pytest

from chartlake.lake.store import Store
from chartlake.warehouse import duckdb_load, migrations
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.opening import Opener
from chartlake.warehouse.port import CheckResult, Loaded, Result, Warehouse
from tests.properties import sources
from tests.properties.scheduler import SteppedConnection, Turns, Worker

NAME = "warehouse"


class Database(Protocol):
    """Where a world's warehouse is: how a worker writes to it, and how it is looked at."""

    def empty(self) -> None:
        """Begin another world."""
        ...

    def of(self, worker: Worker, turns: Turns) -> Warehouse:
        """The warehouse as one worker has it."""
        ...

    def read(self) -> AbstractContextManager[duckdb.DuckDBPyConnection | None]:
        """What a reader sees now; None where there is nothing yet."""
        ...


class InMemory:
    """One DuckDB in memory for all worlds, because opening one takes longer than a schedule.

    The transaction is as in `DuckDBWarehouse`; the statements in it are the product's. It has no
    marts and no calendar (`quick` leaves them out): they follow from the tables, and take longer.
    """

    def __init__(self) -> None:
        self._db = duckdb.connect(":memory:", config={"threads": 1})
        migrations.prepare(self._db, Path(NAME), sources.BEGINNING)

    @staticmethod
    def quick(monkeypatch: pytest.MonkeyPatch) -> None:
        """Leave out what takes most of the time."""
        changes = duckdb_load.Changes(file=True, marts=True)
        monkeypatch.setattr(duckdb_load, "look_at_slots", lambda db, slots=None: None)
        monkeypatch.setattr(duckdb_load, "refresh", lambda *words, **more: changes)

    def close(self) -> None:
        """For ever."""
        self._db.close()

    def empty(self) -> None:
        tables = self._db.execute("select table_name from duckdb_tables()").fetchall()
        for (table,) in tables:
            if table not in ("warehouse_version", "applied_migrations"):
                self._db.execute(f"delete from {table}")

    def of(self, worker: Worker, turns: Turns) -> Warehouse:
        return _MemoryWarehouse(self._db, worker, turns)

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection | None]:
        with _cursor(self._db) as cursor:
            yield cursor


@contextmanager
def _cursor(db: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Another connection; with few rows its planning takes longer than the work."""
    with db.cursor() as cursor:
        cursor.execute("pragma disable_optimizer")
        yield cursor


@dataclass
class _MemoryWarehouse:
    db: duckdb.DuckDBPyConnection
    worker: Worker
    turns: Turns

    def load(self, store: Store, now: datetime) -> Loaded:
        """As `DuckDBWarehouse.load`, but nothing is copied."""
        with self.turns.turn(self.worker, NAME), _cursor(self.db) as cursor:
            db: Any = SteppedConnection(self.worker, cursor)
            cursor.begin()
            try:
                loaded, _ = duckdb_load.load(db, store, now, Choices(), new_layout=False)
                db.commit()
            except BaseException:
                with suppress(duckdb.Error):  # killed right after the commit
                    cursor.rollback()
                raise
        return loaded

    def remove(self, store: Store, places: Collection[tuple[str, str]], now: datetime) -> int:
        raise NotImplementedError("no job of these worlds forgets")

    def loaded(self) -> dict[tuple[str, str], int]:
        with _cursor(self.db) as cursor:
            db: Any = SteppedConnection(self.worker, cursor)
            live = db.execute("select feed, slot, revision from live_attempts").fetchall()
            return {(feed, slot): revision for feed, slot, revision in live}

    def query(self, sql: str, parameters: Any = ()) -> Result:
        raise NotImplementedError("no job of these worlds asks")

    def check(self) -> list[CheckResult]:
        return []


class OnDisk:
    """The real warehouse, marts and all, in a file that is copied, written and swapped."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / f"{NAME}.duckdb"

    def close(self) -> None:
        """For ever."""

    def empty(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()

    def of(self, worker: Worker, turns: Turns) -> Warehouse:
        return _FileWarehouse(self._path, worker, turns)

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection | None]:
        if not self._path.exists():
            yield None
            return
        # a process opens a file once, and a worker may have the one before it open
        copy = Path(shutil.copy(self._path, self._folder / "looked-at.duckdb"))
        with duckdb.connect(str(copy), read_only=True) as db:
            yield db


class _FileWarehouse(DuckDBWarehouse):
    def __init__(self, path: Path, worker: Worker, turns: Turns) -> None:
        super().__init__(path)
        self._opener = _SteppedOpener(path, 60.0, {}, worker)
        self._worker = worker
        self._turns = turns

    def load(self, store: Store, now: datetime) -> Loaded:
        with self._turns.turn(self._worker, NAME):  # instead of waiting for the lock of the file
            loaded = super().load(store, now)
            self._worker.step("published", lambda: None, write=True)
            return loaded

    def query(self, sql: str, parameters: Any = ()) -> Result:
        self._worker.pause("query")
        return super().query(sql, parameters)


@dataclass(frozen=True)
class _SteppedOpener(Opener):
    """Every call of a writer's connection is a step."""

    worker: Worker

    def write(self, file: Path) -> duckdb.DuckDBPyConnection:
        stepped: Any = SteppedConnection(self.worker, super().write(file))
        return cast(duckdb.DuckDBPyConnection, stepped)
