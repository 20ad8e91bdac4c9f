"""What is due, against a slow oracle; and what a clock that jumps does to the slots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chartlake.extract.due import DueSlot
from chartlake.lake import raw
from chartlake.lake.store import open_store
from chartlake.model import Body, Feed, Slot, Snapshot, slot_at
from chartlake.pipeline import Extracted, Pipeline
from chartlake.schedule import chart_date, due, due_editions, latest
from chartlake.transform.engine import LocalEngine
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.transform.slots import playlist, spotify_id

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CHANGES = {
    # each zone with two days on which its clocks change, and what is odd about it
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),  # by half an hour
    "Africa/Cairo": ("2026-04-24", "2026-10-30"),  # midnight is not there
    "America/Santiago": ("2026-04-05", "2026-09-06"),  # midnight too, in the south
    "Atlantic/Azores": ("2026-03-29", "2026-10-25"),  # at midnight UTC
    "Pacific/Apia": ("2011-12-30", "2011-09-24"),  # a whole day is not there
    "Pacific/Kwajalein": ("1993-08-21", "1993-08-22"),  # nor here
    "Asia/Kolkata": ("2026-03-08", "2026-11-01"),  # never
    "UTC": ("2028-02-29", "2026-12-31"),
}


@dataclass(frozen=True)
class Line:
    """A cron line of the kinds that people use; None: every hour, every day."""

    minute: int
    hour: int | None = None
    weekday: int | None = None  # 0 is Sunday
    day: int | None = None

    def __str__(self) -> str:
        fields = (self.minute, self.hour, self.day, None, self.weekday)
        return " ".join("*" if field is None else str(field) for field in fields)

    def is_on(self, day: date) -> bool:
        return self.weekday in (None, day.isoweekday() % 7) and self.day in (None, day.day)


def oracle(line: Line, zone: ZoneInfo, first: datetime, last: datetime) -> list[datetime]:
    """Minute by minute: each hour that there is; a time of day once on each date.

    One that the clocks skip is due when they have been put forward, one that comes twice at its
    first time. That holds for a date that a zone skips, too: it is due as the next date begins.
    """
    if line.hour is None:
        return [
            at
            for at in minutes(first, last)
            if (local := at.astimezone(zone)).minute == line.minute and line.is_on(local.date())
        ]
    found = set()
    dates = [(first + DAY * number).date() for number in range(-3, (last - first).days + 4)]
    for day in filter(line.is_on, dates):
        wanted = datetime.combine(day, time(line.hour, line.minute))
        found.add(first_not_before(wanted, zone))
    return sorted(at for at in found if first <= at <= last)


def first_not_before(wanted: datetime, zone: ZoneInfo) -> datetime:
    """The first minute at which a clock on the wall shows this time or a later one."""
    start = wanted.replace(tzinfo=UTC) - 2 * DAY
    for at in minutes(start, start + 4 * DAY):
        if at.astimezone(zone).replace(tzinfo=None) >= wanted:
            return at
    raise AssertionError


def minutes(first: datetime, last: datetime) -> Iterator[datetime]:
    at = first.replace(second=0, microsecond=0)
    at += MINUTE * (at < first)
    while at <= last:
        yield at
        at += MINUTE


def feed(schedule: str | None, zone: str = "UTC") -> Feed:
    return Feed(name="f", source="playlist", source_id="P" * 22, schedule=schedule, timezone=zone)


LINES = st.builds(
    Line,
    st.sampled_from([0, 30, 59]),
    st.sampled_from([None, 0, 1, 2, 3, 23]),
    st.sampled_from([None, None, 0, 4, 6]),
)
AROUND = st.sampled_from([(zone, day) for zone, days in CHANGES.items() for day in days])


@given(LINES, AROUND, st.integers(-90_000, 90_000), st.integers(0, 180_000))
@example(Line(0), ("America/New_York", "2026-11-01"), 0, 86_400)
@example(Line(30, 2), ("Europe/Berlin", "2026-03-29"), 0, 86_400)
@example(Line(0, 0), ("Pacific/Apia", "2011-12-30"), -90_000, 180_000)
@example(Line(30, 6), ("Pacific/Apia", "2011-12-30"), -90_000, 180_000)
@example(Line(0, 0, 5), ("Pacific/Apia", "2011-12-30"), -90_000, 180_000)
@settings(max_examples=60)
def test_what_is_due(line: Line, around: tuple[str, str], seconds: int, length: int) -> None:
    zone, day = around
    first = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(seconds=seconds)
    last = first + timedelta(seconds=length)
    if zone == "Australia/Lord_Howe" and line.hour is None:
        line = replace(line, minute=0)  # cron loses another minute of the hour that is half as long
    found = list(due(feed(str(line), zone), first, last))
    assert found == oracle(line, ZoneInfo(zone), first, last)
    if found:
        assert latest(feed(str(line), zone), last) == found[-1]


@pytest.mark.parametrize(
    ("zone", "day"), [(zone, day) for zone, days in CHANGES.items() for day in days]
)
@pytest.mark.parametrize("schedule", ["hourly", "daily", "30 2 * * *", "weekly"])
def test_a_week_around_each_change_has_each_edition_once(
    zone: str, day: str, schedule: str
) -> None:
    first = datetime.fromisoformat(day).replace(tzinfo=UTC) - 4 * DAY
    last = first + 8 * DAY
    editions = list(due_editions(feed(schedule, zone), first, last))
    times = [at for at, _ in editions]
    assert times == sorted(set(times))
    dates = [each for _, each in editions]
    if schedule == "hourly":
        assert len(times) in (8 * 24, 8 * 24 + 1)
        longest = timedelta(minutes=90 if zone == "Australia/Lord_Howe" else 60)
        assert all(timedelta(minutes=30) <= b - a <= longest for a, b in pairwise(times))
    elif schedule == "weekly":
        assert {each.isoweekday() for each in dates} == {4}
        assert len(dates) in (1, 2)
    else:
        skips_a_date = zone in ("Pacific/Apia", "Pacific/Kwajalein") and "09" not in day[5:7]
        assert len(dates) - len(set(dates)) == (skips_a_date and schedule != "daily")
        there = {at.astimezone(ZoneInfo(zone)).date() for at in minutes(first + DAY, last - DAY)}
        assert there <= set(dates) | {min(there), max(there)}
    daily = msgspec.structs.replace(feed(schedule, zone), cadence="day")
    last_of_days = [each for _, each in due_editions(daily, first, last)]
    assert last_of_days == sorted(set(dates))


@pytest.mark.parametrize(
    ("schedule", "zone", "now", "slot", "day"),
    [
        ("daily", "UTC", "2028-02-29T12:00", "20280229T000000Z", "2028-02-29"),
        ("daily", "UTC", "2026-12-31T23:59:59", "20261231T000000Z", "2026-12-31"),
        ("daily", "UTC", "2027-01-01T00:00", "20270101T000000Z", "2027-01-01"),
        ("daily", "Pacific/Kiritimati", "2026-12-31T10:00", "20261231T100000Z", "2027-01-01"),
        ("daily", "America/New_York", "2027-01-01T04:59", "20261231T050000Z", "2026-12-31"),
        ("weekly", "UTC", "2027-01-01T00:00", "20261231T000000Z", "2026-12-31"),
        ("daily", "Pacific/Apia", "2011-12-30T09:59", "20111229T100000Z", "2011-12-29"),
        ("daily", "Pacific/Apia", "2011-12-30T10:00", "20111230T100000Z", "2011-12-31"),
        ("0 0 29 2 *", "UTC", "2030-06-01T00:00", "20280229T000000Z", "2028-02-29"),
    ],
)
def test_slots_and_dates(schedule: str, zone: str, now: str, slot: str, day: str) -> None:
    each = feed(schedule, zone)
    at = latest(each, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert slot_at(at) == slot
    assert chart_date(each, at) == date.fromisoformat(day)


# Runs by a clock that jumps ---------------------------------------------------------------------


class Runs:
    """A pipeline over one playlist, whose clock can be set."""

    def __init__(self, folder: Path, each: Feed) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)
        self._feed = each
        self.reads = 0
        self.warehouse = DuckDBWarehouse(folder / "warehouse.duckdb")
        self.pipeline = Pipeline(
            open_store("memory://"), {"f": self._read}, LocalEngine(), self.warehouse, self._clock
        )

    def _clock(self) -> datetime:
        return self.now

    def _read(self, slot: DueSlot) -> Snapshot:
        self.reads += 1
        item = {"id": spotify_id(self.reads), "type": "track", "name": str(self.reads)}
        body = Body(
            content=playlist([{"item": item}]),
            resource="playlist",
            media_type="application/json",
            received_at=self.now,
        )
        return Snapshot(
            feed=slot.feed,
            slot=slot.slot,
            chart_date=slot.chart_date,
            bodies=(body,),
            item_count=1,
        )

    def run(self, now: str) -> Extracted:
        self.now = datetime.fromisoformat(now).replace(tzinfo=UTC)
        (extracted,) = self.pipeline.extract([self._feed])
        assert not self.pipeline.transform().failed
        self.pipeline.load()
        return extracted

    def mend(self) -> int:
        """Settle what the clock says is lost; how many slots that were."""
        return self.pipeline.mark_missed([self._feed], self.pipeline.plan([self._feed]))

    @property
    def slots(self) -> list[Slot]:
        return sorted(raw.latest_revisions(self.pipeline.store, "f"))

    def editions(self) -> list[tuple[str, int]]:
        sql = "select chart_date::varchar, missing_before from chart_editions order by ordinal"
        return [(day, missing or 0) for day, missing in self.warehouse.query(sql).rows]


@pytest.mark.parametrize(
    ("zone", "schedule", "runs", "editions"),
    [
        (
            "Europe/Berlin",
            "daily",
            ["2026-03-28T12:00", "2026-03-29T12:00", "2026-03-30T12:00", "2026-04-01T12:00"],
            [("2026-03-28", 0), ("2026-03-29", 0), ("2026-03-30", 0), ("2026-04-01", 1)],
        ),
        (
            "America/New_York",
            "30 2 * * *",
            ["2026-10-30T12:00", "2026-11-01T12:00", "2026-11-02T12:00"],
            [("2026-10-30", 0), ("2026-11-01", 1), ("2026-11-02", 0)],
        ),
        (
            "Pacific/Apia",
            "daily",
            ["2011-12-29T12:00", "2011-12-30T12:00", "2011-12-31T12:00"],
            [("2011-12-29", 0), ("2011-12-31", 0), ("2012-01-01", 0)],
        ),
        (
            "UTC",
            "weekly",
            ["2026-12-24T12:00", "2027-01-01T12:00", "2027-01-15T12:00"],
            [("2026-12-24", 0), ("2026-12-31", 0), ("2027-01-14", 1)],
        ),
        (
            "UTC",
            "daily",
            ["2028-02-28T12:00", "2028-03-01T12:00"],
            [("2028-02-28", 0), ("2028-03-01", 1)],
        ),
    ],
)
def test_what_is_missing(
    tmp_path: Path, zone: str, schedule: str, runs: list[str], editions: list[tuple[str, int]]
) -> None:
    pipeline = Runs(tmp_path, feed(schedule, zone))
    for now in runs:
        assert pipeline.run(now).status == "new"
    assert pipeline.editions() == editions


def test_a_clock_that_goes_back_within_the_slot_reads_nothing_again(tmp_path: Path) -> None:
    runs = Runs(tmp_path, feed("daily"))
    assert runs.run("2026-03-01T12:00").status == "new"
    assert runs.run("2026-03-01T11:59").status == "present"
    assert runs.run("2026-03-01T00:00").status == "present"
    assert runs.reads == 1


def test_the_load_does_not_mind_a_clock_that_went_back(tmp_path: Path) -> None:
    """The calendar is that of the clock; the editions stay, and it is right when the clock is."""
    runs = Runs(tmp_path, feed("daily"))
    for now in ("2026-03-01T12:00", "2026-03-02T12:00", "2026-03-04T12:00"):
        runs.run(now)
    expected = [("2026-03-01", 0), ("2026-03-02", 0), ("2026-03-04", 1)]
    runs.run("2026-03-02T13:00")
    assert runs.run("2026-03-04T13:00").status == "present"
    assert runs.editions() == expected


def test_a_clock_that_was_a_year_ahead_leaves_one_slot_too_many(tmp_path: Path) -> None:
    """Nobody can tell that its time was wrong; every right slot is read in its turn."""
    runs = Runs(tmp_path, feed("daily"))
    for now in ("2026-03-01T12:00", "2027-03-01T12:00", "2026-03-02T12:00", "2026-03-03T12:00"):
        assert runs.run(now).status == "new"
        assert now.startswith("2027") or runs.mend() == 0
    assert runs.slots[:3] == ["20260301T000000Z", "20260302T000000Z", "20260303T000000Z"]
    assert runs.editions()[:3] == [("2026-03-01", 0), ("2026-03-02", 0), ("2026-03-03", 0)]


def test_what_a_clock_ahead_gave_up_is_told_and_not_taken_back(tmp_path: Path) -> None:
    """A reconcile by that clock marks slots as missed; when their time comes nobody reads them."""
    runs = Runs(tmp_path, feed("daily"))
    runs.run("2026-03-01T12:00")
    runs.run("2026-03-04T12:00")
    assert runs.mend() == 2
    assert runs.run("2026-03-02T12:00").status == "present"
    assert runs.mend() == 0
    assert runs.run("2026-03-05T12:00").status == "new"
    assert runs.reads == 3
    assert runs.editions() == [("2026-03-01", 0), ("2026-03-04", 2), ("2026-03-05", 0)]
    missed = runs.warehouse.query("select slot, why from missed_slots order by slot").rows
    assert [slot for slot, _ in missed] == ["20260302T000000Z", "20260303T000000Z"]
    assert all("no run" in why for _, why in missed)


def test_a_clock_that_began_in_the_past_costs_no_slot_of_now(tmp_path: Path) -> None:
    runs = Runs(tmp_path, feed("daily"))
    assert runs.run("2026-02-20T12:00").status == "new"
    assert runs.run("2026-03-01T12:00").status == "new"
    assert runs.mend() == 8
    assert runs.run("2026-02-10T12:00").status == "new"
    assert runs.run("2026-03-02T12:00").status == "new"
    assert [day for day, _ in runs.editions()] == [
        "2026-02-10",
        "2026-02-20",
        "2026-03-01",
        "2026-03-02",
    ]
