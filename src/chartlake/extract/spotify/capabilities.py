"""What an app is allowed: seen, never assumed, and remembered between runs.

Spotify gives an app's mode no name in its answers, and changes what a mode may
do without notice. So each fact is what an answer showed, with the time it was
seen, and is looked at again after a week.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

import msgspec

from chartlake.lake.state import change_state, read_state
from chartlake.lake.store import Store
from chartlake.model import Record

__all__ = ["BATCH", "MODE", "Capabilities", "Fact", "playlist_fact"]

BATCH = "batch reads"
MODE = "mode"
_AGE = timedelta(days=7)


class Fact(Record, frozen=True, kw_only=True):
    """One thing seen, and when."""

    value: str
    at: datetime


class _Facts(Record, frozen=True, kw_only=True):
    facts: dict[str, Fact] = msgspec.field(default_factory=dict)


class Capabilities:
    """The facts about one app, in the state of a lake (without one: of this process)."""

    def __init__(
        self, now: Callable[[], datetime], store: Store | None = None, app: str = ""
    ) -> None:
        self._now = now
        self._store = store
        self._name = f"capabilities-{app}"
        self._lock = Lock()
        self._loaded: dict[str, Fact] | None = None
        self._fresh: dict[str, Fact] = {}

    def note(self, what: str, value: str) -> None:
        """Something was seen."""
        with self._lock:
            known = self._known().get(what)
            if known and known.value == value and self._now() - known.at < _AGE / 7:
                return  # seen today already: not worth a write
            self._fresh[what] = Fact(value=value, at=self._now())

    def value(self, what: str) -> str | None:
        """What was seen within the last week; None where that is not known."""
        with self._lock:
            fact = self._known().get(what)
        return fact.value if fact and self._now() - fact.at < _AGE else None

    def facts(self) -> dict[str, Fact]:
        """All that was ever seen, the latest of each."""
        with self._lock:
            return self._known()

    def save(self) -> None:
        """Remember what was seen."""
        with self._lock:
            fresh = self._fresh
            if self._store and fresh:
                kept = change_state(
                    self._store,
                    self._name,
                    _Facts,
                    lambda before: _Facts(facts=(before.facts if before else {}) | fresh),
                )
                self._loaded, self._fresh = kept.facts, {}

    def _known(self) -> dict[str, Fact]:
        if self._loaded is None:
            stored = read_state(self._store, self._name, _Facts) if self._store else None
            self._loaded = stored.facts if stored else {}
        return self._loaded | self._fresh


def playlist_fact(playlist_id: str) -> str:
    """The name of the fact about one playlist."""
    return f"playlist {playlist_id}"
