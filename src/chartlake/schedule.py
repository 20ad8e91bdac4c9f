"""When editions are due.

Every schedule is a cron line in a time zone, evaluated by cronsim; the words
``hourly``, ``daily`` and ``weekly`` stand for the usual ones. Weekly means
Thursday, the day that closes Spotify's chart week.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count, dropwhile, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from chartlake.model import Feed

__all__ = ["WORDS", "chart_date", "check_schedule", "due", "latest"]

_STEPS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(days=7)}
WORDS = {"hourly": "0 * * * *", "daily": "0 0 * * *", "weekly": "0 0 * * 4"}


def check_schedule(schedule: str) -> None:
    """Raise ValueError, in words for people, unless ``schedule`` can be followed."""
    try:
        CronSim(WORDS.get(schedule, schedule), datetime(2026, 1, 1))
    except CronSimError as error:
        raise ValueError(
            f"{schedule!r} is neither {', '.join(WORDS)} nor a cron line ({error})"
        ) from error


def latest(feed: Feed, now: datetime) -> datetime:
    """The latest time not after ``now`` (with zone) at which an edition of ``feed`` was due.

    An irregular feed is observed when it is asked for: its time is ``now`` to the second.
    """
    if feed.schedule is None:
        return now.astimezone(UTC).replace(microsecond=0)
    # cronsim counts strictly before its start, in whole minutes
    start = now.astimezone(ZoneInfo(feed.timezone)).replace(second=0, microsecond=0)
    times = CronSim(_cron(feed), start + timedelta(minutes=1), reverse=True)
    return next(times).astimezone(UTC)


def due(feed: Feed, first: datetime, last: datetime) -> Iterator[datetime]:
    """The times in [first, last] (UTC, with zone) at which editions are due, in order."""
    if feed.schedule is None:
        return iter(())
    if feed.timezone == "UTC" and feed.schedule in _STEPS:
        return _steps(latest(feed, first), _STEPS[feed.schedule], first, last)
    start = first.astimezone(ZoneInfo(feed.timezone)) - timedelta(minutes=1)
    times = (moment.astimezone(UTC) for moment in CronSim(_cron(feed), start))
    return takewhile(lambda moment: moment <= last, times)


def chart_date(feed: Feed, moment: datetime) -> date:
    """The date of an edition: that of its scheduled time in the feed's time zone."""
    return moment.astimezone(ZoneInfo(feed.timezone)).date()


def _steps(start: datetime, step: timedelta, first: datetime, last: datetime) -> Iterator[datetime]:
    """The same as cron would give: years of days for many charts are counted often."""
    moments = (start + step * number for number in count())
    return takewhile(lambda at: at <= last, dropwhile(lambda at: at < first, moments))


def _cron(feed: Feed) -> str:
    assert feed.schedule is not None
    return WORDS.get(feed.schedule, feed.schedule)
