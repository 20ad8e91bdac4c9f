"""What goes wrong at one operation: a store, a database and a disk that obey until then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Literal, TypeVar, get_args

import duckdb
import pytest

from chartlake.errors import StorageError
from chartlake.lake.store import Listed, Store
from chartlake.warehouse import publish

__all__ = ["MODES", "DisturbedStore", "Fault", "Mode", "disturbed_databases", "tries"]

Mode = Literal["before", "after", "lost answer", "from then on", "interrupt"]
"""Where a fault strikes.

Before the operation; after it, whose answer is lost; after it, and the client's own second try
says that the object was there already; before it and all that follow, as on a full disk; or a
person's Ctrl-C.
"""
MODES: tuple[Mode, ...] = get_args(Mode)
_WRITES = ("create", "change", "delete", "commit", "sync")

_Result = TypeVar("_Result")


def tries(log: list[str], modes: tuple[Mode, ...] = MODES) -> list[tuple[int, Mode]]:
    """Every operation of a log, counted from 1, in every mode that makes a difference to it."""
    kinds = [operation.split()[0] for operation in log]
    return [
        (number, mode)
        for number, kind in enumerate(kinds, start=1)
        for mode in modes
        if _strikes(mode, kind)
    ]


def _strikes(mode: Mode, kind: str) -> bool:
    if mode == "after":  # what only reads has no after
        return kind in _WRITES
    return kind == "create" if mode == "lost answer" else True


class Fault:
    """Counts operations (those whose name begins with ``only``), and makes one of them go wrong."""

    def __init__(self, at: int = 0, mode: Mode = "before", only: str = "") -> None:
        self.at = at
        self.mode = mode
        self.count = 0
        self.struck: str | None = None
        self.log: list[str] = []
        self._only = only
        self._lock = Lock()

    def around(
        self,
        kind: str,
        subject: str,
        act: Callable[[], _Result],
        error: Callable[[str], Exception] = StorageError,
    ) -> _Result:
        """Do one operation, unless this is the one."""
        operation = f"{kind} {subject}"
        if not operation.startswith(self._only):
            return act()
        with self._lock:
            self.count += 1
            self.log.append(operation)
            goes_on = self.mode == "from then on" and self.count > self.at > 0
            is_it = (self.count == self.at and _strikes(self.mode, kind)) or goes_on
            if is_it and not self.struck:
                self.struck = operation
        if not is_it:
            return act()
        if self.mode == "interrupt":
            raise KeyboardInterrupt
        if self.mode == "lost answer":
            act()
            return False  # type: ignore[return-value]  # create's
        if self.mode == "after":
            act()
        raise error(f"cannot {operation}: injected")


class DisturbedStore(Store):
    """A store whose operations go through a fault."""

    def __init__(self, inner: Store, fault: Fault) -> None:
        super().__init__(lambda: None, inner.url)
        self._inner = inner
        self._fault = fault

    def create(self, key: str, content: bytes) -> bool:
        return self._fault.around("create", key, lambda: self._inner.create(key, content))

    def get(self, key: str) -> bytes:
        return self._fault.around("get", key, lambda: self._inner.get(key))

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        return self._fault.around(
            "get_range", key, lambda: self._inner.get_range(key, offset, length)
        )

    def change(self, key: str, change: Callable[[bytes | None], bytes]) -> bytes:
        return self._fault.around("change", key, lambda: self._inner.change(key, change))

    def delete(self, key: str) -> None:
        return self._fault.around("delete", key, lambda: self._inner.delete(key))

    def keys(self, prefix: str) -> Iterator[str]:
        return self._fault.around("keys", prefix, lambda: self._inner.keys(prefix))

    def listing(self, prefix: str) -> list[Listed]:
        return self._fault.around("listing", prefix, lambda: self._inner.listing(prefix))

    def folders(self, prefix: str) -> list[str]:
        return self._fault.around("folders", prefix, lambda: self._inner.folders(prefix))

    def unfinished(self) -> list[Listed]:
        return self._inner.unfinished()

    @contextmanager
    def alone(self, name: str, seconds: float) -> Iterator[bool]:
        with self._inner.alone(name, seconds) as alone:
            yield alone


class _DisturbedDatabase:
    """A connection to DuckDB whose statements go through a fault."""

    def __init__(self, inner: duckdb.DuckDBPyConnection, fault: Fault) -> None:
        self._inner = inner
        self._fault = fault

    def execute(self, sql: str, *parameters: Any) -> Any:
        words = " ".join(sql.split()[:4])
        return self._around("execute", words, lambda: self._inner.execute(sql, *parameters))

    def begin(self) -> Any:
        return self._around("begin", "transaction", self._inner.begin)

    def commit(self) -> Any:
        return self._around("commit", "transaction", self._inner.commit)

    def _around(self, kind: str, subject: str, act: Callable[[], Any]) -> Any:
        return self._fault.around(kind, subject, act, duckdb.IOException)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@contextmanager
def disturbed_databases(fault: Fault) -> Iterator[None]:
    """All that warehouses ask of DuckDB, and of the disk to publish a file, through a fault."""
    connect, copy, synced = duckdb.connect, publish._copy, publish._synced

    def connected(*where: Any, **how: Any) -> Any:
        way = "read" if how.get("read_only") else "write"
        inner = fault.around(
            "connect", f"to {way}", lambda: connect(*where, **how), duckdb.IOException
        )
        return _DisturbedDatabase(inner, fault)

    def copied(path: Path, draft: Path) -> None:
        fault.around("copy", "the warehouse", lambda: copy(path, draft), OSError)

    def brought_to_disk(path: Path) -> None:
        what = "a folder" if path.is_dir() else "a draft"
        fault.around("sync", what, lambda: synced(path), OSError)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("duckdb.connect", connected)
        patch.setattr(publish, "_copy", copied)
        patch.setattr(publish, "_synced", brought_to_disk)
        yield
