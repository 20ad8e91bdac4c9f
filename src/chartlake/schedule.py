"""When editions are due.

Every schedule is a cron line in a time zone, evaluated by cronsim; the words
``hourly``, ``daily`` and ``weekly`` stand for the usual ones. Weekly means
Thursday, the day that closes Spotify's chart week.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import count, dropwhile, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from chartlake.model import Feed

__all__ = ["WORDS", "chart_date", "check_schedule", "due", "due_editions", "first_open", "latest"]

_CRON_FIELDS = 5
_LONGEST_READING = timedelta(hours=1)
_LOOK_BACK_DAYS = (2, 40, 400, 15_000)  # a 29 February on a given weekday: up to 40 years
_THURSDAY = datetime(1970, 1, 1, tzinfo=UTC)
_STEPS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(days=7)}
WORDS = {"hourly": "0 * * * *", "daily": "0 0 * * *", "weekly": "0 0 * * 4"}


@lru_cache(256)
def check_schedule(schedule: str) -> None:
    """Raise ValueError, in words for people, unless ``schedule`` can be followed."""
    cron = WORDS.get(schedule, schedule)
    try:
        if len(cron.split()) != _CRON_FIELDS:
            raise CronSimError(f"a cron line has {_CRON_FIELDS} fields")
        CronSim(cron, datetime(2026, 1, 1))
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
    for days in _LOOK_BACK_DAYS:
        found = deque(due(feed, now - timedelta(days=days), now), maxlen=1)
        if found:
            return found[0]
    raise ValueError(f"{feed.schedule!r} was never due in {_LOOK_BACK_DAYS[-1]} days")


def first_open(feed: Feed, now: datetime) -> datetime:
    """The first scheduled time whose slot may still be read: older ones are lost.

    It is the latest one, or one before it where a reading may be under way that began in time.
    """
    return latest(feed, now - _LONGEST_READING)


def due(feed: Feed, first: datetime, last: datetime) -> Iterator[datetime]:
    """The times in [first, last] (with zones) at which editions are due, in order, in UTC."""
    if feed.schedule is None:
        return iter(())
    if feed.timezone == "UTC" and feed.schedule in _STEPS:
        moments = _steps(feed.schedule, first)
    else:
        # from a day before, because cron's wall clock is ambiguous where clocks change
        start = (first.astimezone(UTC) - timedelta(days=1)).astimezone(ZoneInfo(feed.timezone))
        cron = CronSim(WORDS.get(feed.schedule, feed.schedule), start)
        moments = (moment.astimezone(UTC) for moment in cron)
    from_first = dropwhile(lambda at: at < first, moments)
    return takewhile(lambda at: at <= last, from_first)


def chart_date(feed: Feed, moment: datetime) -> date:
    """The date of an edition: that of its scheduled time in the feed's time zone."""
    return moment.astimezone(ZoneInfo(feed.timezone)).date()


def due_editions(feed: Feed, first: datetime, last: datetime) -> Iterator[tuple[datetime, date]]:
    """The editions due in [first, last]: scheduled time (UTC, with zone) and chart date.

    With cadence ``day`` only the last one due on each chart date is given.
    """
    editions = ((at, chart_date(feed, at)) for at in due(feed, first, last))
    if feed.cadence != "day":
        return editions
    last_of_day = {day: at for at, day in editions}
    return ((at, day) for day, at in last_of_day.items())


def _steps(schedule: str, first: datetime) -> Iterator[datetime]:
    """The same as cron gives: the years of many daily charts are counted at each load."""
    step = _STEPS[schedule]
    start = _THURSDAY + (first - _THURSDAY) // step * step
    return (start + step * number for number in count())
