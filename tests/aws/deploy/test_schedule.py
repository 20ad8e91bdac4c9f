"""How long it is quiet between two runs."""

from __future__ import annotations

import pytest

from chartlake.aws.deploy.schedule import longest_gap, too_rare, usual_hours


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ("rate(30 minutes)", 0.5),
        ("rate(1 hour)", 1),
        ("rate(2 days)", 48),
        ("cron(5 * * * ? *)", 1),
        ("cron(0/15 * * * ? *)", 0.25),
        ("cron(30 6 * * ? *)", 24),
        ("cron(30 6 ? * * *)", 24),
        ("cron(0 6 ? * 1-7 *)", 24),
        ("cron(0 6,18 * * ? *)", 12),
        ("cron(0 6,8 * * ? *)", 22),
        ("cron(0 1/6 * * ? *)", 6),
        ("cron(0 6 ? * MON-FRI *)", 72),
        ("cron(0 6 ? * 2-6 *)", 72),
        ("cron(* * ? * 2-6 *)", 48 + 1 / 60),
        ("cron(0 6 ? * mon *)", 168),
        ("cron(0 6 ? * 6#3 *)", 35 * 24),
        ("cron(0 6 L * ? *)", 31 * 24),
        ("cron(0 6 1 1 ? *)", 365 * 24),
    ],
)
def test_the_longest_gap(schedule: str, hours: float) -> None:
    assert longest_gap(schedule) == pytest.approx(hours)


@pytest.mark.parametrize(
    "schedule",
    [
        "at(2026-11-20T06:00:00)",
        "cron(0 6 * * ? 2026)",
        "cron(0 6 15W * ? *)",
        "cron(0 6 30 2 ? *)",
        "cron(61 6 * * ? *)",
        "hourly",
        "",
    ],
)
def test_what_is_not_understood_is_not_judged(schedule: str) -> None:
    assert longest_gap(schedule) is None
    assert usual_hours(schedule) is None
    assert too_rare(schedule, 2) is None


@pytest.mark.parametrize(
    ("schedule", "hours"), [("rate(1 day)", 26), ("cron(0 6 * * ? *)", 26), ("rate(2 days)", None)]
)
def test_a_day_is_usual(schedule: str, hours: int | None) -> None:
    assert usual_hours(schedule) == hours


@pytest.mark.parametrize(
    ("schedule", "hours", "said"),
    [
        ("rate(1 hour)", 2, None),
        ("rate(3 hours)", 4, None),
        ("rate(3 hours)", 3, "set aws.stale_after_hours = 5"),
        ("rate(1 day)", 3, "set aws.stale_after_hours = 26"),
        ("rate(90 minutes)", 2, "set aws.stale_after_hours = 4"),
        ("rate(7 days)", 168, "run it daily"),
    ],
)
def test_a_schedule_that_is_too_rare(schedule: str, hours: int, said: str | None) -> None:
    told = too_rare(schedule, hours)
    assert told is None if said is None else told is not None and said in told
