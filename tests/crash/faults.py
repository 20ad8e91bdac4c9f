"""What goes wrong at one operation: a store and a database that obey until then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Literal, TypeVar, get_args

import duckdb

from chartlake.errors import StorageError
from chartlake.lake.store import Listed, Store

__all__ = ["MODES", "DisturbedDatabase", "DisturbedStore", "Fault", "Mode"]

Mode = Literal["before", "after", "lost answer", "from then on", "interrupt"]
"""Where a fault strikes, counted from 1.

Before the operation; after it, whose answer is lost; after it, and the client's own second try
says that the object was there already; before it and all that follow, as on a full disk; or a
person's Ctrl-C.
"""
MODES: tuple[Mode, ...] = get_args(Mode)
_WRITES = ("create", "change", "delete", "commit")

_Result = TypeVar("_Result")


class Fault:
    """Counts operations (those whose name begins with ``only``), and makes one of them go wrong."""

    def __init__(
        self,
        at: int = 0,
        mode: Mode = "before",
        error: Callable[[str], Exception] = lambda what: StorageError(f"cannot {what}: injected"),
        only: str = "",
    ) -> None:
        self.at = at
        self.mode = mode
        self.count = 0
        self.struck: str | None = None
        self.log: list[str] = []
        self._error = error
        self._only = only
        self._lock = Lock()

    def around(self, kind: str, subject: str, act: Callable[[], _Result]) -> _Result:
        """Do one operation, unless this is the one."""
        if not f"{kind} {subject}".startswith(self._only):
            return act()
        with self._lock:
            self.count += 1
            self.log.append(f"{kind} {subject}")
            goes_on = self.mode == "from then on" and self.count > self.at > 0
            is_it = self.count == self.at or goes_on
            if is_it and not self.struck:
                self.struck = f"{kind} {subject}"
        if not is_it or (self.mode in ("after", "lost answer") and kind not in _WRITES):
            return act()
        if self.mode == "interrupt":
            raise KeyboardInterrupt
        if self.mode == "after":
            act()
        elif self.mode == "lost answer":
            done = act()
            return False if kind == "create" else done  # type: ignore[return-value]  # create's
        raise self._error(f"{kind} {subject}")


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


class DisturbedDatabase:
    """A connection to DuckDB whose statements go through a fault."""

    def __init__(self, inner: duckdb.DuckDBPyConnection, fault: Fault) -> None:
        self._inner = inner
        self._fault = fault

    def execute(self, sql: str, *parameters: Any) -> Any:
        words = " ".join(sql.split()[:4])
        return self._fault.around("execute", words, lambda: self._inner.execute(sql, *parameters))

    def begin(self) -> Any:
        return self._fault.around("begin", "", self._inner.begin)

    def commit(self) -> Any:
        return self._fault.around("commit", "", self._inner.commit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
