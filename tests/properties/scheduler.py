"""Workers that take turns: one runs at a time, from one store or database operation to the next.

Each worker is a thread that holds the baton only while it is its turn, so that a schedule is a
list of choices and gives the same each time. A worker may be killed before or after an operation:
nothing that it does later reaches the store or the database, whatever its `finally` blocks try.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Semaphore, Thread
from typing import Any, Literal, TypeVar

import duckdb
from obstore.store import LocalStore, MemoryStore

from chartlake.lake.store import Listed, Store

_Result = TypeVar("_Result")
_PATIENCE = 60.0
Order = Literal["go on", "die before", "die after"]


class Killed(BaseException):
    """What a killed worker feels. No code of ours may catch it and go on."""


class Worker:
    """A thread that stops before each operation and waits for its turn."""

    def __init__(self, name: str, job: Callable[[Worker], None]) -> None:
        self.name = name
        self.at = "start"
        self.is_write = False
        self.waits_for: str | None = None
        self.is_dead = False
        self.error: BaseException | None = None
        self.happened: Callable[[str], None] = lambda key: None
        self._order: Order = "go on"
        self._go, self._back = Semaphore(0), Semaphore(0)
        self._thread = Thread(target=self._run, args=(job,), name=name, daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether nothing of it is left to run."""
        return self.at == "end"

    def resume(self, order: Order = "go on") -> None:
        """Let it do the operation that it stands before, up to the next one; or kill it there."""
        self._order = order
        self._go.release()
        # twice, because the whole process may have been paused for longer than that
        if not any(self._back.acquire(timeout=_PATIENCE) for _ in range(2)):
            raise RuntimeError(f"{self.name} never came back from {self.at}")
        if self.is_done:
            self._thread.join(_PATIENCE)

    def step(self, at: str, action: Callable[[], _Result], *, write: bool = False) -> _Result:
        """One operation, when it is this worker's turn. Called by the code under test."""
        self.pause(at, write=write)
        last = self._order == "die after"
        result = action()
        if write:
            self.happened(at)
        if last:
            self._die()
        return result

    def pause(self, at: str, *, write: bool = False) -> None:
        """Wait for the next turn."""
        if self.is_dead:
            raise Killed
        self.at, self.is_write = at, write
        self._back.release()
        self._go.acquire()
        if self._order == "die before":
            self._die()

    def _die(self) -> None:
        self.is_dead = True
        raise Killed

    def _run(self, job: Callable[[Worker], None]) -> None:
        try:
            self._go.acquire()
            if self._order != "go on":
                self._die()
            job(self)
        except Killed:
            pass
        except BaseException as error:  # told by whoever holds the baton
            self.error = error
        finally:
            self.is_dead, self.at = True, "end"
            self._back.release()


class Turns:
    """Locks that only one worker holds at a time; the system takes them from the dead."""

    def __init__(self) -> None:
        self._holders: dict[str, Worker] = {}

    @contextmanager
    def turn(self, worker: Worker, name: str) -> Iterator[None]:
        """Wait until nobody else is inside."""
        worker.pause(f"lock {name}")
        while self.holder(name):
            worker.waits_for = name
            worker.pause(f"lock {name}")
        worker.waits_for = None
        self._holders[name] = worker
        try:
            yield
        finally:
            del self._holders[name]

    def holder(self, name: str) -> Worker | None:
        """Who is inside."""
        return self._holders.get(name)

    def who_can_go(self, worker: Worker) -> Worker:
        """This worker, or the one that it waits for in the end."""
        while worker.waits_for and (holder := self.holder(worker.waits_for)):
            worker = holder
        return worker


class SteppedStore(Store):
    """The real store as one worker sees it: each call is an operation of the schedule."""

    def __init__(
        self, worker: Worker, objects: MemoryStore | LocalStore, like: Store, turns: Turns
    ) -> None:
        super().__init__(lambda: objects, like.url, like._folder)
        self._worker = worker
        self._turns = turns

    def create(self, key: str, content: bytes) -> bool:
        real = super().create
        return self._worker.step(f"create {key}", lambda: real(key, content), write=True)

    def get(self, key: str) -> bytes:
        real = super().get
        return self._worker.step(f"get {key}", lambda: real(key))

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        real = super().get_range
        return self._worker.step(f"get {key}", lambda: real(key, offset, length))

    def keys(self, prefix: str) -> Iterator[str]:
        real = super().keys
        return self._worker.step(f"list {prefix}", lambda: real(prefix))

    def listing(self, prefix: str) -> list[Listed]:
        real = super().listing
        return self._worker.step(f"list {prefix}", lambda: real(prefix))

    def folders(self, prefix: str) -> list[str]:
        real = super().folders
        return self._worker.step(f"list {prefix}", lambda: real(prefix))

    def delete(self, key: str) -> None:
        real = super().delete
        self._worker.step(f"delete {key}", lambda: real(key), write=True)

    @contextmanager
    def alone(self, name: str, seconds: float) -> Iterator[bool]:
        """The lock of changes is needed on a disk; that of runs is a courtesy, and fails here."""
        if name == "state" and self._folder:
            with self._turns.turn(self._worker, name):
                yield True
        else:
            yield True

    def _versioned(self, key: str) -> tuple[bytes | None, Any]:
        real = super()._versioned
        return self._worker.step(f"get {key}", lambda: real(key))

    def _swap(self, key: str, content: bytes, version: Any) -> bool:
        real = super()._swap
        return self._worker.step(f"swap {key}", lambda: real(key, content, version), write=True)


class SteppedConnection:
    """A real connection as one worker sees it: each statement is an operation of the schedule."""

    def __init__(self, worker: Worker, db: duckdb.DuckDBPyConnection) -> None:
        self._worker = worker
        self._db = db

    def execute(self, sql: str, *parameters: Any) -> duckdb.DuckDBPyConnection:
        """One statement."""
        return self._worker.step(
            f"sql {sql[:60]}",
            lambda: self._db.execute(sql, *parameters),
            write=not sql.lstrip().startswith(("select", "from", "--")),
        )

    def commit(self) -> None:
        """The end of a transaction: here everything of it happens, or nothing."""
        self._worker.step("commit", self._db.commit, write=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)
