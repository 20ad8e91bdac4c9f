"""Where the parsing runs: in this process, or in several of this machine.

The port is one method: an engine maps one function over the pieces of a batch.
Other engines (see `chartlake.spark`) map the same function over a cluster.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from chartlake.lake.store import Store
from chartlake.transform.piece import Built, Piece, build_piece

__all__ = ["Count", "Engine", "LocalEngine", "processes_here"]

Count = Callable[[int], None]
"""Is told how many slots have been parsed so far."""

_MOST_PROCESSES = 16
_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")


class Engine(Protocol):
    """Builds the pieces of a batch, in any order and place."""

    @property
    def width(self) -> int:
        """How many pieces it builds at the same time."""
        ...

    @property
    def smallest_piece(self) -> int:
        """How many slots are worth a piece of their own."""
        ...

    def build(
        self, store: Store, attempt: str, pieces: Sequence[Piece], progress: Count
    ) -> Iterator[Built]:
        """What `build_piece` gives for each piece, in any order."""
        ...


class LocalEngine:
    """Builds in this process, or where there is enough to do in as many as are asked for."""

    smallest_piece = 512  # in the time for fewer no process has started

    def __init__(self, processes: int = 1) -> None:
        self.width = processes

    def build(
        self, store: Store, attempt: str, pieces: Sequence[Piece], progress: Count
    ) -> Iterator[Built]:
        """One result for each piece, as they come."""
        processes = min(self.width, len(pieces))
        if processes < 2 or store.url.startswith("memory:"):  # which no other process sees
            return _build_here(store, attempt, pieces, progress)
        # every command and Lambda would wait for what it imports
        from chartlake.transform.pool import build_in_pool

        return build_in_pool(store, attempt, pieces, progress, processes)


def processes_here() -> int:
    """As many as this process may use CPUs; one in Lambda, which has no shared memory."""
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        return 1
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cpus, _quota(), _MOST_PROCESSES))


def _quota() -> int:
    """How many CPUs a container may use, where it says so."""
    try:
        quota, period = _CPU_MAX.read_text().split()
        return -(-int(quota) // int(period))
    except (OSError, ValueError):  # no such file, or "max"
        return _MOST_PROCESSES


def _build_here(
    store: Store, attempt: str, pieces: Sequence[Piece], progress: Count
) -> Iterator[Built]:
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        progress(done)

    for piece in pieces:
        yield build_piece(store, attempt, piece, one_more)
