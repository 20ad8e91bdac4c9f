"""The requests that one feed may make in a day: those that fill up leave room for the others."""

from __future__ import annotations

import msgspec

from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.quota import merged, spent_since, to_hour
from chartlake.lake.state import FeedState, change_state, feed_state, read_state
from chartlake.lake.store import Store

__all__ = ["Allowance"]


class Allowance:
    """So many requests in 24 hours for a feed, counted in its state."""

    def __init__(self, store: Store, feed: str, daily_requests: int) -> None:
        self._store = store
        self._name = feed_state(feed)
        self._daily_requests = daily_requests

    def left(self, client: SpotifyClient) -> int:
        """How many more this reading may make, what the whole app may still ask considered."""
        known = read_state(self._store, self._name, FeedState) or FeedState()
        spent = spent_since(known.spent, client.now) + len(client.requests)
        return max(0, int(min(self._daily_requests - spent, client.requests_left)))

    def spend(self, client: SpotifyClient) -> None:
        """Count what the reading made, whatever came of it."""
        more = {to_hour(client.now): len(client.requests)}

        def counted(before: FeedState | None) -> FeedState:
            known = before or FeedState()
            return msgspec.structs.replace(known, spent=merged(known.spent, more, client.now))

        if client.requests:
            change_state(self._store, self._name, FeedState, counted)
