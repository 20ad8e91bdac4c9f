"""When a run that was deferred goes on, and that it does not wait for what is over by then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from chartlake.aws.deferral import not_before
from chartlake.errors import Deferred
from chartlake.extract.spotify.governor import Governor
from chartlake.extract.spotify.retry import Retry
from chartlake.model import Feed
from chartlake.pipeline import Extracted

AT = datetime(2026, 3, 1, 1, 5, tzinfo=UTC)
NOW = AT + timedelta(minutes=2)
DAILY = Feed(name="daily", source="playlist", source_id="a", schedule="daily")
HOURLY = Feed(name="hourly", source="playlist", source_id="b", schedule="hourly")


def governor(*, asked_to_wait: float | None = None, budget: int | None = None) -> Governor:
    made = Governor(lambda: NOW, Retry(), budget=lambda: budget)
    if asked_to_wait:
        with pytest.raises(Deferred):
            made.slow_down(asked_to_wait, quota_exceeded=False, url="/v1/me")
    return made


def until(limits: Governor, *feeds: Feed, status: str = "deferred") -> datetime | None:
    day = date(2026, 3, 1)
    results = [Extracted(each.name, day, status) for each in feeds]  # type: ignore[arg-type]  # one of them
    return not_before(results, [DAILY, HOURLY], limits, AT, NOW)


def test_nothing_was_deferred() -> None:
    assert until(governor(asked_to_wait=7200)) is None
    assert until(governor(asked_to_wait=7200), DAILY, status="new") is None


def test_as_long_as_spotify_asked_for() -> None:
    assert until(governor(asked_to_wait=7200), DAILY) == NOW + timedelta(hours=2)


def test_an_hour_where_the_budget_is_spent() -> None:
    spent = governor(budget=1)
    with spent.turn():
        pass
    assert spent.budget_used == 100
    assert until(spent, DAILY) == NOW + timedelta(hours=1)


def test_never_a_part_of_a_second_too_early() -> None:
    assert until(governor(asked_to_wait=7199.3), DAILY) == NOW + timedelta(hours=2)


def test_a_minute_where_the_time_was_up() -> None:
    assert governor().budget_used is None
    assert until(governor(), HOURLY) == NOW + timedelta(minutes=1)


def test_a_slot_that_is_over_by_then_is_not_waited_for() -> None:
    asked = governor(asked_to_wait=7200)
    assert until(asked, HOURLY) is None
    assert until(asked, HOURLY, DAILY) == NOW + timedelta(hours=2)
    assert until(governor(asked_to_wait=86_400), DAILY) is None
