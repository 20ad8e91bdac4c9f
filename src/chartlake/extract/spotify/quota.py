"""What is known of an app's quota, and where it is remembered between runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from chartlake.lake.state import change_state, read_state
from chartlake.lake.store import Store
from chartlake.model import Record

__all__ = ["Quota", "QuotaMemory", "merged", "spent_since", "to_hour"]

_DAY = timedelta(hours=24)


class Quota(Record, frozen=True, kw_only=True):
    """An app's quota as far as it is known.

    ``not_before`` is when Spotify said to come back, ``why`` in its words.
    ``window_requests`` is how many requests a window of 30 seconds was found to
    hold, and when that was. ``spent`` counts requests by the hour (UTC).
    """

    not_before: datetime | None = None
    why: str | None = None
    window_requests: int | None = None
    learned_at: datetime | None = None
    spent: dict[str, int] = msgspec.field(default_factory=dict)


class QuotaMemory:
    """An app's quota in the state of a lake; several runs may add to it."""

    def __init__(self, store: Store, app: str) -> None:
        self._store = store
        self._name = f"quota-{app}"

    def load(self) -> Quota:
        """What is remembered."""
        return read_state(self._store, self._name, Quota) or Quota()

    def save(self, change: Callable[[Quota], Quota]) -> Quota:
        """Remember more."""
        return change_state(
            self._store, self._name, Quota, lambda before: change(before or Quota())
        )


def to_hour(moment: datetime) -> str:
    """The hour of a time, as ``Quota.spent`` counts by."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H")


def merged(spent: dict[str, int], more: dict[str, int], now: datetime) -> dict[str, int]:
    """Two counts by the hour in one, without what is older than a day."""
    oldest = to_hour(now - _DAY)
    hours = {hour for hour in (*spent, *more) if hour >= oldest}
    return {hour: spent.get(hour, 0) + more.get(hour, 0) for hour in sorted(hours)}


def spent_since(spent: dict[str, int], now: datetime) -> int:
    """The requests of the last 24 hours, to the hour."""
    oldest = to_hour(now - _DAY)
    return sum(count for hour, count in spent.items() if hour > oldest)
