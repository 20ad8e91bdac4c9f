"""A service's rolling window, and a time that several workers share."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from math import ceil
from threading import Condition, Lock

from tests.extract.spotify.api import Time

SECONDS = 30.0


class SharedTime(Time):
    """Stands still while a worker is awake; when all sleep it passes on to whoever wakes first."""

    def __init__(self, workers: int) -> None:
        super().__init__()
        self._awake = workers
        self._wakes: list[float] = []
        self._moved = Condition()

    def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        with self._moved:
            wakes_at = self.passed + seconds
            heappush(self._wakes, wakes_at)
            self.slept.append(seconds)
            self._rest()
            self._moved.wait_for(lambda: self.passed >= wakes_at)

    def leave(self) -> None:
        """A worker has done its work: the time of the others goes on without it."""
        with self._moved:
            self._rest()

    def _rest(self) -> None:
        self._awake -= 1
        if self._awake or not self._wakes:
            return
        self.passed = self._wakes[0]
        while self._wakes and self._wakes[0] <= self.passed:
            heappop(self._wakes)
            self._awake += 1
        self._moved.notify_all()


class RollingWindow:
    """So many requests in 30 seconds; what is too much gets the seconds to wait."""

    def __init__(self, time: Time, requests: int, *, counts_refused: bool = False) -> None:
        self._time = time
        self._requests = requests
        self._counts_refused = counts_refused
        self._counted: deque[float] = deque()
        self._lock = Lock()
        self.accepted: list[float] = []
        self.refused: list[float] = []

    def enter(self) -> int | None:
        with self._lock:
            now = self._time.monotonic()
            while self._counted and self._counted[0] <= now - SECONDS:
                self._counted.popleft()
            is_full = len(self._counted) >= self._requests
            if not is_full or self._counts_refused:
                self._counted.append(now)
            if not is_full:
                self.accepted.append(now)
                return None
            self.refused.append(now)
            # where refused ones count as well, it is the newest that makes room
            last = self._counted[-self._requests]
            return max(1, ceil(last + SECONDS - now))
