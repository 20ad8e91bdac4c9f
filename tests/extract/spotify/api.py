"""A client on a scripted server or the simulator, in a time that passes only when it is slept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx2

from chartlake.extract.spotify.auth import TokenSource
from chartlake.extract.spotify.capabilities import Capabilities
from chartlake.extract.spotify.client import SpotifyApi, SpotifyClient
from chartlake.extract.spotify.governor import Governor
from chartlake.extract.spotify.quota import QuotaMemory
from chartlake.extract.spotify.retry import Retry
from chartlake.lake.store import Store

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)


class Time:
    """A clock that stands still but for what is slept, and remembers how long that was."""

    def __init__(self, start: datetime = NOW) -> None:
        self.start = start
        self.passed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds

    def retry(self, max_attempts: int = 4, run_seconds: float = float("inf")) -> Retry:
        return Retry(
            max_attempts=max_attempts,
            run_seconds=run_seconds,
            sleep=self.sleep,
            monotonic=self.monotonic,
        )


def open_api(
    http: httpx2.Client,
    url: str,
    time: Time,
    retry: Retry | None = None,
    store: Store | None = None,
    budget: Callable[[], int | None] = lambda: None,
) -> SpotifyApi:
    patience = retry or time.retry()
    memory = QuotaMemory(store, "app") if store else None
    governor = Governor(time.now, patience, memory, budget=budget)
    capabilities = Capabilities(time.now, store, "app")
    return SpotifyApi(http, url, time.now, governor, capabilities, patience)


def open_client(
    http: httpx2.Client, url: str, tokens: TokenSource, time: Time, retry: Retry | None = None
) -> SpotifyClient:
    return SpotifyClient(open_api(http, url, time, retry), tokens)
