"""How patient to be with a service that fails now and then."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from chartlake.errors import Unavailable

__all__ = ["Retry"]

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Retry:
    """How patient to be: attempts, first wait, and the longest wait that a service may ask for.

    ``run_seconds`` is how long the run may take in all: nothing waits past it.
    ``sleep`` and ``monotonic`` are the clock that waits are measured by.
    """

    max_attempts: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 60.0
    longest_answer_seconds: float = 60.0
    run_seconds: float = float("inf")
    sleep: Callable[[float], object] = time.sleep
    monotonic: Callable[[], float] = time.monotonic

    def pause_after(self, attempt: int) -> float:
        """Seconds before the next attempt: doubling, with jitter. ``attempt`` counts from 0."""
        return self.first_wait_seconds * 2.0**attempt * (0.5 + random.random())

    def patiently(self, ask: Callable[[], _Answer]) -> _Answer:
        """Ask again while the answer is Unavailable; the last error where it never comes."""
        for attempt in range(self.max_attempts - 1):
            try:
                return ask()
            except Unavailable:
                self.sleep(self.pause_after(attempt))
        return ask()
