"""How long it is quiet between two runs, and whether the alarms know."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from itertools import islice, pairwise, takewhile

from cronsim import CronSim, CronSimError

__all__ = ["DAILY_HOURS", "longest_gap", "too_rare", "usual_hours"]

DAILY_HOURS = 26
"""After how many hours a daily schedule is silent: a day that is longer by an hour, and the run."""

_MOST_HOURS = 168  # as CloudWatch looks back no further
_HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0}
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) \*\)")
_DAY = re.compile(r"(?<![#/\d])\d+")  # of the week; not which of a month, nor a step
_STEP = re.compile(r"(?<![-\d])(\d+)/")
_FIRST = datetime(2025, 12, 31, 23, 59)
_DAYS, _MOST_MOMENTS = 800, 5_000  # two years; with every minute, a weekend is among them


def longest_gap(schedule: str) -> float | None:
    """Hours between two runs at most; None for what is not understood, such as one date."""
    if rate := _RATE.fullmatch(schedule):
        return int(rate[1]) * _HOURS[rate[2]]
    cron = _CRON.fullmatch(schedule)
    if cron is None:
        return None
    until = _FIRST + timedelta(days=_DAYS)
    try:
        moments = takewhile(lambda at: at <= until, CronSim(_as_elsewhere(*cron.groups()), _FIRST))
        gaps = [later - at for at, later in pairwise(islice(moments, _MOST_MOMENTS))]
    except CronSimError:
        return None
    return max(gaps) / timedelta(hours=1) if gaps else None


def _as_elsewhere(minute: str, hour: str, day: str, month: str, weekday: str) -> str:
    """AWS counts Sunday as 1, has ? for a day that the other field tells, and 5/15 for 5-59/15."""
    weekday = _DAY.sub(lambda found: str(int(found[0]) - 1), weekday)
    lasts = zip(
        (minute, hour, day, month.upper(), weekday.upper()), (59, 23, 31, 12, 6), strict=True
    )
    return " ".join(_STEP.sub(rf"\1-{last}/", each).replace("?", "*") for each, last in lasts)


def usual_hours(schedule: str) -> int | None:
    """After how many hours a daily schedule is silent; None: the template's default is right."""
    return DAILY_HOURS if longest_gap(schedule) == _HOURS["day"] else None


def too_rare(schedule: str, hours: int) -> str | None:
    """What to say where alarms would ring between two runs, with an hour for the run itself."""
    gap = longest_gap(schedule)
    if gap is None or gap + 1 <= hours:
        return None
    enough = math.ceil(gap) + 2
    what = f"{schedule} leaves up to {gap:,.0f} hours between runs, and alarms ring after {hours}"
    if enough > _MOST_HOURS:
        return f"{what}, {_MOST_HOURS} at most: run it daily, as only what is due is read"
    return f"{what}: set aws.stale_after_hours = {enough}"
