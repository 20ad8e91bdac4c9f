"""A pool of processes that build pieces, and end with whoever started them."""

from __future__ import annotations

import multiprocessing
import multiprocessing.context
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, ProcessPoolExecutor, wait
from contextlib import contextmanager
from threading import Thread
from typing import Any

from chartlake.errors import StorageError
from chartlake.lake.store import Store, open_store
from chartlake.transform.piece import Built, Piece, build_piece

__all__ = ["build_in_pool"]

_WATCH_SECONDS = 0.2
_NONE_BEGUN = -1
# forked children would share the threads of the object store
_START = multiprocessing.get_context("spawn")


def build_in_pool(
    store: Store,
    attempt: str,
    pieces: Sequence[Piece],
    progress: Callable[[int], None],
    processes: int,
) -> Iterator[Built]:
    """What `build_piece` gives for each piece, as they come; ``progress`` hears of all slots."""
    parsed = _START.Value("q", _NONE_BEGUN)
    with _pool(processes, store.url, parsed) as pool:
        with _interrupts_later():
            waiting = {pool.submit(_build_in_worker, attempt, piece) for piece in pieces}
        while waiting:
            done, waiting = wait(waiting, _WATCH_SECONDS, FIRST_COMPLETED)
            progress(max(0, parsed.get_obj().value))  # without the lock: its holder may be dead
            for future in done:
                yield future.result()


class _Workers(multiprocessing.context.SpawnContext):
    """Starts processes and knows which: the program may have others of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[Any] = []

    def Process(self, *args: Any, **named: Any) -> Any:  # type: ignore[override]
        """Start one, as the pool asks for it."""
        self.started.append(super().Process(*args, **named))
        return self.started[-1]


@contextmanager
def _pool(processes: int, url: str, parsed: Any) -> Iterator[ProcessPoolExecutor]:
    """Workers that end with this block, whatever they are at, and with this process."""
    workers = _Workers()
    pool = ProcessPoolExecutor(processes, workers, _begin, (url, parsed))
    try:
        yield pool
        pool.shutdown()
    except BrokenExecutor as error:
        raise _ended(begun=parsed.get_obj().value != _NONE_BEGUN) from error
    finally:
        for worker in workers.started:
            worker.terminate()
        pool.shutdown(wait=False, cancel_futures=True)


def _ended(*, begun: bool) -> StorageError:
    if begun:
        return StorageError(
            "a process that parses was ended from outside",
            why="mostly because memory ran out",
            fix="set processes = 1 under [transform], and run again: nothing is lost",
        )
    return StorageError(
        "no process could be started to parse",
        why="each begins by importing the program that started it, and ended there",
        fix='in a script of your own, call chartlake below if __name__ == "__main__":',
    )


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Ctrl-C waits until the workers are started: they are not to hear of it, the program is."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In a worker ---------------------------------------------------------------------------

_worker: list[Any] = []
"""The store of this worker, and the count of slots that all workers share."""


def _begin(url: str, parsed: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started it decides
    with parsed.get_lock():
        parsed.value = max(parsed.value, 0)
    Thread(target=_end_with_parent, daemon=True).start()
    _worker[:] = [open_store(url), parsed]


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _build_in_worker(attempt: str, piece: Piece) -> Built:
    store, parsed = _worker

    def one_more() -> None:
        with parsed.get_lock():
            parsed.value += 1

    return build_piece(store, attempt, piece, one_more)
