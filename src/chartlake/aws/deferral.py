"""When a run that was told to wait is to go on, if that is of any use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from chartlake import schedule
from chartlake.extract.spotify.governor import Governor
from chartlake.model import Feed
from chartlake.pipeline import FILL_UP, Extracted

__all__ = ["not_before"]

_A_BUDGET_IS_FREED = timedelta(hours=1)
_ANOTHER_RUN_MAY_BEGIN = timedelta(minutes=1)


def not_before(
    results: Iterable[Extracted],
    feeds: Iterable[Feed],
    governor: Governor,
    at: datetime,
    now: datetime,
) -> datetime | None:
    """When to read again what was deferred; None where nothing was, or its slots are over then.

    ``at`` is the scheduled time of the run. What fills up, and had no more time, has the next run.
    """
    deferred = {each.feed for each in results if each.status == "deferred"}
    if governor.not_before is None and governor.requests_left > 0:
        feeds = [feed for feed in feeds if feed.source not in FILL_UP]
    until = governor.not_before or now + (
        _A_BUDGET_IS_FREED if governor.requests_left <= 0 else _ANOTHER_RUN_MAY_BEGIN
    )
    open_then = (
        feed.schedule is None or schedule.latest(feed, until) == schedule.latest(feed, at)
        for feed in feeds
        if feed.name in deferred
    )
    # a whole second, and not before it: a machine waits until the time as it is written
    whole = (until + timedelta(microseconds=999_999)).replace(microsecond=0)
    return whole if any(open_then) else None
