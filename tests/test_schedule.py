"""When editions are due, in zones that change their clocks."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chartlake.model import Feed
from chartlake.schedule import WORDS, chart_date, check_schedule, due, due_editions, latest

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"


def feed(schedule: str | None, timezone: str = "UTC") -> Feed:
    return Feed(name="f", source="playlist", source_id="x", schedule=schedule, timezone=timezone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due_times(schedule: str, timezone: str, first: str, last: str) -> list[str]:
    times = due(feed(schedule, timezone), utc(first), utc(last))
    return [f"{moment:%m-%d %H:%M}" for moment in times]


# Words and lines ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schedule",
    [
        *WORDS,
        "30 6 * * *",
        "*/15 * * * *",
        "0 6 * * MON-FRI",
        "0 0 L * *",
        "0 0 29 2 *",
        "0 0 * * 7",
    ],
)
def test_schedules_that_can_be_followed(schedule: str) -> None:
    check_schedule(schedule)
    assert latest(feed(schedule), utc("2026-11-20 04:00")) <= utc("2026-11-20 04:00")


@pytest.mark.parametrize(
    "schedule",
    ["", "often", "Daily", "@daily", "60 * * * *", "0 24 * * *", "0 0 31 2 *", "0 0 31 4,6 *", "*"],
)
def test_schedules_that_can_not_say_so(schedule: str) -> None:
    with pytest.raises(ValueError, match="is neither hourly, daily, weekly nor a cron line") as no:
        check_schedule(schedule)
    assert repr(schedule) in str(no.value)


def test_a_line_of_six_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="nor a cron line"):
        check_schedule("*/10 * * * * *")


# The latest -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "at"),
    [
        ("2026-11-20 00:00:00", "2026-11-20 00:00"),
        ("2026-11-20 00:00:00.000001", "2026-11-20 00:00"),
        ("2026-11-20 23:59:59.999999", "2026-11-20 00:00"),
        ("2026-11-19 23:59:59.999999", "2026-11-19 00:00"),
        ("2026-01-01 12:00", "2026-01-01 00:00"),
    ],
)
def test_daily(now: str, at: str) -> None:
    assert latest(feed("daily"), utc(now)) == utc(at)


@pytest.mark.parametrize(
    ("now", "at"),
    [
        ("2026-11-20 05:00", "2026-11-20 05:00"),
        ("2026-11-20 04:59:59", "2026-11-20 04:00"),
        ("2026-11-20 00:30", "2026-11-20 00:00"),
    ],
)
def test_hourly(now: str, at: str) -> None:
    assert latest(feed("hourly"), utc(now)) == utc(at)


@pytest.mark.parametrize(
    ("now", "thursday"),
    [
        ("2026-11-19 00:00", "2026-11-19"),
        ("2026-11-18 23:59:59", "2026-11-12"),
        ("2026-11-25 23:59:59", "2026-11-19"),
        ("2026-11-26 00:00", "2026-11-26"),
    ],
)
def test_weekly_is_thursday(now: str, thursday: str) -> None:
    at = latest(feed("weekly"), utc(now))
    assert at == utc(thursday)
    assert f"{at:%A}" == "Thursday"


@pytest.mark.parametrize(
    ("schedule", "now", "at"),
    [
        ("30 6 * * *", "2026-11-20 06:29:59", "2026-11-19 06:30"),
        ("30 6 * * *", "2026-11-20 06:30:00", "2026-11-20 06:30"),
        ("30 6 * * *", "2026-11-20 06:30:59.9", "2026-11-20 06:30"),
        ("*/20 * * * *", "2026-11-20 00:19", "2026-11-20 00:00"),
        ("0 6 * * MON-FRI", "2026-11-22 12:00", "2026-11-20 06:00"),
        ("0 12 1 * *", "2026-03-01 11:59", "2026-02-01 12:00"),
        ("0 0 L * *", "2028-03-01 00:00", "2028-02-29 00:00"),
        ("0 0 29 2 *", "2026-11-20 00:00", "2024-02-29 00:00"),
        ("0 0 29 2 *", "2028-02-28 23:59", "2024-02-29 00:00"),
        ("0 0 29 2 *", "2028-02-29 00:00", "2028-02-29 00:00"),
    ],
)
def test_cron_lines(schedule: str, now: str, at: str) -> None:
    assert latest(feed(schedule), utc(now)) == utc(at)


def test_leap_days_are_days() -> None:
    assert due_times("daily", "UTC", "2028-02-28 00:00", "2028-03-01 00:00") == [
        "02-28 00:00",
        "02-29 00:00",
        "03-01 00:00",
    ]


def test_a_feed_without_schedule_is_due_when_asked_and_never_else() -> None:
    now = datetime(2026, 11, 20, 5, 6, 7, 89, tzinfo=ZoneInfo(BERLIN))
    assert latest(feed(None, BERLIN), now) == utc("2026-11-20 04:06:07")
    assert list(due(feed(None), utc("2026-01-01"), utc("2026-12-31"))) == []


def test_the_clocks_zone_does_not_matter() -> None:
    now = utc("2026-11-20 04:30")
    for zone in (UTC, ZoneInfo(NEW_YORK), ZoneInfo("Asia/Kolkata")):
        assert latest(feed("daily", BERLIN), now.astimezone(zone)) == utc("2026-11-19 23:00")


# Due ---------------------------------------------------------------------------------------------


def test_both_ends_belong_to_it() -> None:
    hours = due_times("hourly", "UTC", "2026-11-20 04:00", "2026-11-20 06:00")
    assert hours == ["11-20 04:00", "11-20 05:00", "11-20 06:00"]
    assert due_times("hourly", "UTC", "2026-11-20 04:01", "2026-11-20 05:59") == ["11-20 05:00"]
    assert due_times("hourly", "UTC", "2026-11-20 04:01", "2026-11-20 04:59") == []
    assert due_times("hourly", "UTC", "2026-11-20 06:00", "2026-11-20 04:00") == []


@pytest.mark.parametrize(
    ("schedule", "zone"), [("hourly", "UTC"), ("hourly", BERLIN), ("0 * * * *", "UTC")]
)
def test_nothing_before_the_first_moment(schedule: str, zone: str) -> None:
    found = due_times(schedule, zone, "2026-11-20 04:00:30", "2026-11-20 05:00")
    assert found == ["11-20 05:00"]


def test_weeks() -> None:
    assert due_times("weekly", "UTC", "2026-11-12 00:00", "2026-11-30 00:00") == [
        "11-12 00:00",
        "11-19 00:00",
        "11-26 00:00",
    ]


# Summer time: New York on 8 March and 1 November 2026, Berlin on 29 March and 25 October ----------


def test_midnight_in_new_york_moves_in_utc() -> None:
    assert due_times("daily", NEW_YORK, "2026-03-07 00:00", "2026-03-09 12:00") == [
        "03-07 05:00",
        "03-08 05:00",
        "03-09 04:00",
    ]
    assert due_times("daily", NEW_YORK, "2026-10-31 00:00", "2026-11-02 12:00") == [
        "10-31 04:00",
        "11-01 04:00",
        "11-02 05:00",
    ]


def test_midnight_in_berlin_moves_in_utc() -> None:
    assert due_times("daily", BERLIN, "2026-03-28 00:00", "2026-03-30 00:00") == [
        "03-28 23:00",
        "03-29 22:00",
    ]
    assert due_times("daily", BERLIN, "2026-10-24 00:00", "2026-10-26 12:00") == [
        "10-24 22:00",
        "10-25 23:00",
    ]


def test_every_hour_is_an_hour_when_clocks_change() -> None:
    for zone, day in [
        (NEW_YORK, "2026-03-08"),
        (NEW_YORK, "2026-11-01"),
        (BERLIN, "2026-03-29"),
        (BERLIN, "2026-10-25"),
    ]:
        start = utc(f"{day} 00:00") - timedelta(hours=12)
        found = list(due(feed("hourly", zone), start, start + timedelta(hours=36)))
        assert found == [start + timedelta(hours=hour) for hour in range(37)], (zone, day)


@pytest.mark.parametrize(
    ("zone", "day", "around"),
    [
        # 02:30 is not there: due at 03:00, the end of the gap
        (NEW_YORK, "03-08", ["03-07 07:30", "03-08 07:00", "03-09 06:30"]),
        (BERLIN, "03-29", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),
        # 02:30 is there twice in Berlin: due at the first. In New York it comes once
        (NEW_YORK, "11-01", ["10-31 06:30", "11-01 07:30", "11-02 07:30"]),
        (BERLIN, "10-25", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
    ],
)
def test_a_time_in_the_night_is_due_once_a_day(zone: str, day: str, around: list[str]) -> None:
    noon = utc(f"2026-{day} 12:00")
    times = due(feed("30 2 * * *", zone), noon - timedelta(hours=36), noon + timedelta(hours=24))
    assert [f"{moment:%m-%d %H:%M}" for moment in times] == around


@pytest.mark.parametrize(
    ("zone", "now", "at"),
    [
        (NEW_YORK, "2026-11-01 05:59:30", "2026-11-01 05:00"),  # 06:00 is half a minute away
        (NEW_YORK, "2026-11-01 06:00:00", "2026-11-01 06:00"),
        (NEW_YORK, "2026-11-01 06:30:00", "2026-11-01 06:00"),
        (BERLIN, "2026-10-25 00:59:30", "2026-10-25 00:00"),
        (BERLIN, "2026-10-25 01:30:00", "2026-10-25 01:00"),
    ],
)
def test_the_latest_hour_when_an_hour_comes_twice(zone: str, now: str, at: str) -> None:
    assert latest(feed("hourly", zone), utc(now)) == utc(at)


def test_the_latest_night_when_its_hour_comes_twice() -> None:
    at = latest(feed("30 1 * * *", NEW_YORK), utc("2026-11-01 06:15"))  # 01:15 for the second time
    assert at == utc("2026-11-01 05:30")


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        (NEW_YORK, "2026-03-08 07:00"),
        (NEW_YORK, "2026-11-01 06:00"),
        (BERLIN, "2026-03-29 01:00"),
        (BERLIN, "2026-10-25 01:00"),
    ],
)
def test_due_hours_start_with_the_first_when_clocks_change(zone: str, first: str) -> None:
    start = utc(first)
    found = list(due(feed("hourly", zone), start, start + timedelta(hours=1)))
    assert found == [start, start + timedelta(hours=1)]


def test_dates_are_those_of_the_feeds_zone() -> None:
    moment = utc("2026-03-01 23:30")
    assert chart_date(feed("daily"), moment) == date(2026, 3, 1)
    assert chart_date(feed("daily", BERLIN), moment) == date(2026, 3, 2)
    assert chart_date(feed("daily", "Pacific/Honolulu"), utc("2026-03-01 09:59")) == date(
        2026, 2, 28
    )
    assert chart_date(feed("daily", "Pacific/Kiritimati"), moment) == date(2026, 3, 2)


# What always holds ----------------------------------------------------------------------


SCHEDULES = st.one_of(
    st.sampled_from(
        [
            *WORDS,
            "*/20 * * * *",
            "0 */6 * * *",
            "30 6 * * 1-5",
            "0 0 1 * *",
            "0 0 L * *",
            "0,30 2 * * *",
        ]
    ),
    st.builds("{} {} * * *".format, st.integers(0, 59), st.integers(0, 23)),
)
ZONES = st.sampled_from(
    [
        "UTC",
        NEW_YORK,
        BERLIN,
        "Asia/Kolkata",
        "Australia/Lord_Howe",  # clocks change by half an hour
        "Africa/Cairo",  # midnight is skipped
        "Pacific/Apia",
    ]
)
FEEDS = st.builds(feed, SCHEDULES, ZONES)
ANY_TIME = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))
CHANGES = st.builds(
    lambda change, seconds: utc(change) + timedelta(seconds=seconds),
    st.sampled_from(
        [
            "2026-03-08 07:00",
            "2026-11-01 06:00",
            "2026-03-29 01:00",
            "2026-10-25 01:00",
            "2026-04-04 15:00",
            "2026-10-03 15:30",
            "2026-04-23 22:00",
            "2026-10-29 21:00",
        ]
    ),
    st.integers(-3 * 3600, 3 * 3600),
)


@given(FEEDS, ANY_TIME)
def test_the_latest_is_never_in_the_future_on_an_ordinary_day(each: Feed, now: datetime) -> None:
    # noon of a Wednesday: clocks change on other days
    noon = (now - timedelta(days=(now.weekday() - 2) % 7)).replace(hour=12)
    at = latest(each, noon)
    assert at <= noon
    assert at.utcoffset() == timedelta(0)
    assert list(due(each, at, noon))[-1] == at


AN_HOUR_AGAIN = (feed("hourly", NEW_YORK), utc("2026-11-01 05:59:30"))


@given(FEEDS, ANY_TIME | CHANGES)
@example(*AN_HOUR_AGAIN)
def test_the_latest_is_never_in_the_future(each: Feed, now: datetime) -> None:
    assert latest(each, now) <= now


@given(FEEDS, ANY_TIME | CHANGES)
@example(*AN_HOUR_AGAIN)
def test_the_latest_is_the_last_that_was_due(each: Feed, now: datetime) -> None:
    assert latest(each, now) == list(due(each, now - timedelta(days=40), now))[-1]


@given(FEEDS, ANY_TIME | CHANGES, st.integers(0, 5 * 86400))
@example(*AN_HOUR_AGAIN, 3600)
@example(feed("hourly", BERLIN), utc("2026-11-20 04:00:30"), 0)
@example(feed("0,30 2 * * *", NEW_YORK), utc("2026-03-08 05:00"), 86400)
def test_what_is_due_lies_between_the_ends_in_order(
    each: Feed, first: datetime, seconds: int
) -> None:
    last = first + timedelta(seconds=seconds)
    found = list(due(each, first, last))
    assert all(first <= moment <= last for moment in found)
    assert all(before < after for before, after in pairwise(found))


@given(FEEDS, ANY_TIME | CHANGES, st.integers(0, 5 * 86400), st.integers(0, 5 * 86400))
@example(feed("hourly", NEW_YORK), utc("2026-03-08 05:00"), 7200, 3600)
def test_two_spans_are_due_what_the_whole_is(
    each: Feed, first: datetime, seconds: int, more: int
) -> None:
    middle = first + timedelta(seconds=seconds)
    last = middle + timedelta(seconds=more)
    before = [moment for moment in due(each, first, middle) if moment < middle]
    assert before + list(due(each, middle, last)) == list(due(each, first, last))


def test_due_editions_of_a_cadence_of_days_are_the_last_of_each() -> None:
    first, last = datetime(2026, 3, 1, 22, tzinfo=UTC), datetime(2026, 3, 2, 5, tzinfo=UTC)
    hourly = Feed(name="x", source="playlist", source_id="1", schedule="hourly")
    every = list(due_editions(hourly, first, last))
    assert len(every) == 8
    by_day = Feed(name="x", source="playlist", source_id="1", schedule="hourly", cadence="day")
    assert list(due_editions(by_day, first, last)) == [
        (datetime(2026, 3, 1, 23, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 2, 5, tzinfo=UTC), date(2026, 3, 2)),
    ]
