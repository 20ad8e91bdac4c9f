"""The governor: one for the whole process, it decides when the next request may go out.

Spotify counts an app's requests over a rolling window of 30 seconds whose size
it does not tell, and over about a day. The governor keeps below both: it starts
with a careful guess, raises it while all goes well, and keeps to what it found
once it was told to slow down.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import ceil
from threading import BoundedSemaphore, Lock

import msgspec

from chartlake.errors import Deferred
from chartlake.extract.spotify.quota import Quota, QuotaMemory, merged, spent_since, to_hour
from chartlake.extract.spotify.retry import Retry

__all__ = ["Governor"]

logger = logging.getLogger(__name__)

_WINDOW_SECONDS = 30.0
_FIRST_GUESS = 90
_FEWEST = 10
_MARGIN = 0.95  # of what a window was found to hold
_LATER = 1.01  # our window is a little longer than Spotify's: answers take their time
_GROWTH = 1.5
_FORGET_AFTER = timedelta(days=1)
_NEVER = datetime.min.replace(tzinfo=UTC)


class Governor:
    """Lets requests out one by one, at most ``concurrency`` at a time.

    ``budget`` tells how many requests chartlake allows itself in 24 hours
    (None: any number). Errors: Deferred where the next request may not go out before
    the run has to end, or before Spotify's own ``not_before``.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        retry: Retry,
        memory: QuotaMemory | None = None,
        *,
        concurrency: int = 4,
        budget: Callable[[], int | None] = lambda: None,
        window_seconds: float = _WINDOW_SECONDS,
    ) -> None:
        self._now = now
        self._retry = retry
        self._memory = memory
        self._window_seconds = window_seconds
        self._places = BoundedSemaphore(concurrency)
        self._lock = Lock()
        self._quota: Quota | None = None
        self._unsaved: dict[str, int] = {}
        self._sent: deque[float] = deque()
        self._raised_at = self._blocked_until = retry.monotonic()
        self._deadline = retry.monotonic() + retry.run_seconds
        self._guess = _FIRST_GUESS
        self._budget = budget
        self._ended = False
        self.request_count = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until a request may go out, and keep one of the connections meanwhile."""
        with self._places:
            while wait := self._wait_for_place():
                self.wait(wait, "the rate limit leaves no room before the run has to end")
            yield

    def wait(self, seconds: float, why: str) -> None:
        """Sleep; Deferred where that would outlast the run."""
        if seconds > self.seconds_left:
            raise Deferred(
                f"the run's time is up: {why}",
                fix="run again; what is done is kept",
            )
        self._retry.sleep(seconds)

    def end(self) -> None:
        """Let nothing out any more: whoever waits gives up when it wakes."""
        self._ended = True

    @property
    def seconds_left(self) -> float:
        """How long the run may still take."""
        return self._deadline - self._retry.monotonic()

    @property
    def requests_left(self) -> float:
        """How many requests the budget still allows; infinite without a budget."""
        with self._lock:
            return self._left(self._known())

    @property
    def budget_used(self) -> float | None:
        """How much of the budget is spent, in percent; None without one."""
        budget = self._budget()
        return None if budget is None else 100 * (1 - self.requests_left / budget)

    @property
    def not_before(self) -> datetime | None:
        """When Spotify said to come back, if that is still to come."""
        with self._lock:
            until = self._known().not_before
        return until if until and until > self._now() else None

    def slow_down(self, seconds: float | None, *, quota_exceeded: bool, url: str) -> None:
        """Take a 429 for the whole process; Deferred where it asks for too long a wait."""
        asked = seconds if seconds is not None else self._retry.first_wait_seconds
        if quota_exceeded or asked > min(self._retry.longest_wait_seconds, self.seconds_left):
            raise self._defer(seconds, quota_exceeded, url)
        with self._lock:
            now = self._retry.monotonic()
            if now >= self._blocked_until:
                sent = sum(1 for at in self._sent if at > now - self._window_seconds)
                self._learn(sent - 1)
            elif found := self._known().window_requests:
                self._learn(found - 1)  # it was under way already: refused as well
            self._blocked_until = max(self._blocked_until, now + asked)

    def save(self) -> None:
        """Remember what was spent and learned."""
        with self._lock:
            if self._memory and self._unsaved:
                self._keep(self._memory, self._known())

    def _keep(self, memory: QuotaMemory, known: Quota) -> None:
        unsaved = self._unsaved
        self._quota = memory.save(lambda before: _added(before, known, unsaved, self._now()))
        self._unsaved = {}

    def _wait_for_place(self) -> float:
        """0 where the request may go out now, and is counted; else the seconds to wait."""
        with self._lock:
            now, quota = self._retry.monotonic(), self._known()
            if self._ended:
                raise Deferred("the run was ended", fix="run again; what is done is kept")
            self._check_not_before(quota)
            self._check_budget(quota)
            if now < self._blocked_until:
                return self._blocked_until - now
            length = self._window_seconds * _LATER
            while self._sent and self._sent[0] + length <= now:
                self._sent.popleft()
            if not self._sent:
                self._raised_at = now  # a pause shows nothing of what a window holds
            if len(self._sent) >= self._allowed(now):
                return self._sent[0] + length - now
            self._sent.append(now)
            self._count()
            return 0

    def _allowed(self, now: float) -> int:
        """Requests in a window; a guess that has held for a whole window is raised."""
        quota = self._known()
        if quota.window_requests and quota.learned_at:
            if self._now() - quota.learned_at < _FORGET_AFTER:
                return max(_FEWEST, int(quota.window_requests * _MARGIN))
            self._guess = max(self._guess, quota.window_requests)
        full = len(self._sent) >= self._guess
        if full and now - self._raised_at >= self._window_seconds:
            self._guess, self._raised_at = ceil(self._guess * _GROWTH), now
        return self._guess

    def _learn(self, requests: int) -> None:
        """Keep to what the window was found to hold; a handful of requests shows nothing."""
        if requests < _FEWEST:
            return  # others asked as well, with the same app: waiting as told will do
        found = requests
        logger.info("a window of %.0f s holds %d requests", self._window_seconds, found)
        self._quota = msgspec.structs.replace(
            self._known(), window_requests=found, learned_at=self._now()
        )

    def _defer(self, seconds: float | None, quota_exceeded: bool, url: str) -> Deferred:
        """Remember for the runs to come when Spotify may be asked again."""
        # a quota without a time: an hour is short of what was ever asked for, and costs one request
        until = self._now() + timedelta(seconds=seconds if seconds is not None else 3600)
        why = "the app's quota is used up" if quota_exceeded else "Spotify's rate limit"
        with self._lock:
            self._quota = msgspec.structs.replace(self._known(), not_before=until, why=why)
            if self._memory:
                self._keep(self._memory, self._quota)
        wait = f"to wait {_in_words(seconds)}" if seconds is not None else "to come back later"
        return Deferred(
            f"Spotify asks {wait} (429) at {url}",
            why=f"{why}: not before {until:%Y-%m-%d %H:%M} UTC",
            fix="run again after that; what is done is kept",
        )

    def _check_not_before(self, quota: Quota) -> None:
        until = quota.not_before
        if until and self._now() < until:
            raise Deferred(
                f"Spotify is not asked before {until:%Y-%m-%d %H:%M} UTC, as it said",
                why=quota.why,
                fix="run again after that; what is done is kept",
            )

    def _check_budget(self, quota: Quota) -> None:
        if self._left(quota) <= 0:
            raise Deferred(
                f"the budget of {self._budget():,} requests in 24 hours is spent",
                why="an app in development mode is locked out for a day when it asks for more",
                fix="run again later; or raise spotify.daily_requests if your app may ask more",
            )

    def _left(self, quota: Quota) -> float:
        budget, now = self._budget(), self._now()
        if budget is None:
            return float("inf")
        return budget - spent_since(merged(quota.spent, self._unsaved, now), now)

    def _count(self) -> None:
        hour = to_hour(self._now())
        self._unsaved[hour] = self._unsaved.get(hour, 0) + 1
        self.request_count += 1

    def _known(self) -> Quota:
        if self._quota is None:
            self._quota = self._memory.load() if self._memory else Quota()
        return self._quota


def _added(before: Quota, known: Quota, unsaved: dict[str, int], now: datetime) -> Quota:
    """What is remembered, with what this run adds; another run may have learned more meanwhile."""
    later = max(known, before, key=lambda quota: quota.not_before or _NEVER)
    newer = max(known, before, key=lambda quota: quota.learned_at or _NEVER)
    return Quota(
        not_before=later.not_before,
        why=later.why,
        window_requests=newer.window_requests,
        learned_at=newer.learned_at,
        spent=merged(before.spent, unsaved, now),
    )


def _in_words(seconds: float) -> str:
    if seconds < 3600:
        return f"{ceil(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"
