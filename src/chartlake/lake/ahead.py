"""Reading ahead: an object store answers many questions at a time, and memory is bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["read_ahead"]

_Given = TypeVar("_Given")
_Got = TypeVar("_Got")
_WORKERS = 8
_AHEAD = 32


def read_ahead(
    work: Callable[[_Given], _Got], items: Iterable[_Given], ahead: int = _AHEAD
) -> Iterator[_Got]:
    """The results in the order of the items; so many of them are under way or waiting at most."""
    pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="ahead")
    waiting: deque[Future[_Got]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
