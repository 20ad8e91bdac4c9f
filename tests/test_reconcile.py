"""What should be there against what is, and what becomes of slots that nobody read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from chartlake.errors import Refused, SourceError, StorageError
from chartlake.extract.due import DueSlot, Read
from chartlake.lake import checkpoint, forget, keys, purge, raw, tombstones
from chartlake.lake.store import Store, open_store
from chartlake.lake.verify import verify
from chartlake.model import Feed, Slot, Snapshot, slot_at
from chartlake.pipeline import Pipeline
from chartlake.reconcile import FeedPlan, Plan
from chartlake.warehouse.port import Result
from tests.charts import write_chart
from tests.crash.faults import DisturbedStore, Fault
from tests.crash.small_world import LakeReader, pipeline, read, visible

DAILY = Feed(name="finds", source="playlist", source_id="f" * 22, schedule="daily")
HOURLY = msgspec.structs.replace(DAILY, schedule="hourly")
MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
A_DAY = timedelta(days=1)
CHART = "regional-is-daily"


class Lake:
    """A lake in memory, its warehouse, and runs over both."""

    def __init__(self) -> None:
        self.store: Store = open_store("memory://")
        self.warehouse = LakeReader()

    def stages(self, now: datetime, *feeds: Feed, reader: Read = read) -> Pipeline:
        readers = {feed.name: reader for feed in feeds}
        return replace(pipeline(self.store, now), readers=readers, warehouse=self.warehouse)

    def run(self, now: datetime, *feeds: Feed, reader: Read = read) -> Plan:
        """One run, as the command does it; what it found before it mended that."""
        stages = self.stages(now, *feeds, reader=reader)
        plan = stages.plan(feeds)
        stages.mark_missed(feeds, plan)
        stages.extract(feeds)
        stages.transform()
        stages.load()
        return plan

    def plan(self, now: datetime, *feeds: Feed, whole: bool = False) -> FeedPlan:
        (found,) = self.stages(now, *feeds).plan(feeds, whole=whole).feeds
        return found


@pytest.fixture
def lake() -> Lake:
    return Lake()


def refusing(error: SourceError) -> Callable[[DueSlot], Snapshot]:
    def reader(due: DueSlot) -> Snapshot:
        raise error

    return reader


def days(*numbers: int) -> tuple[Slot, ...]:
    return tuple(Slot(f"202603{number:02d}T000000Z") for number in numbers)


# Slots that nobody read ----------------------------------------------------------------------


def test_a_feed_that_was_never_read_waits_for_its_first_run(lake: Lake) -> None:
    assert lake.plan(MONDAY, DAILY) == FeedPlan("finds", None, 1, 0, (), days(2), 0, 0)
    assert list(lake.store.keys("")) == []


def test_slots_whose_time_has_passed_are_missed_and_the_current_one_is_open(lake: Lake) -> None:
    lake.run(MONDAY, DAILY)
    now = MONDAY + 3 * A_DAY
    assert lake.plan(now, DAILY) == FeedPlan("finds", None, 4, 1, days(3, 4), days(5), 0, 0)
    stages = lake.stages(now, DAILY)
    plan = stages.plan([DAILY])
    assert (plan.is_done, stages.mark_missed([DAILY], plan)) == (False, 2)
    mark = raw.read_manifest(lake.store, "finds", days(3)[0], 1)
    assert (mark.missed, mark.pages) == ("no run while it could be read", ())
    assert str(mark.chart_date) == "2026-03-03"
    assert mark.observed_at == now
    assert lake.plan(now, DAILY) == FeedPlan("finds", "2026-02", 4, 3, (), days(5), 2, 0)
    lake.run(now, DAILY)
    assert lake.stages(now, DAILY).plan([DAILY]).is_done
    rows = visible(lake.store)
    assert {row[0] for row in rows["finds", days(3)[0]]} == {"missed_slots"}


def test_marking_twice_marks_once(lake: Lake) -> None:
    lake.run(MONDAY, DAILY)
    stages = lake.stages(MONDAY + 3 * A_DAY, DAILY)
    plan = stages.plan([DAILY])
    assert [stages.mark_missed([DAILY], plan) for _ in range(2)] == [2, 0]


def test_a_mark_tells_why_the_slot_was_not_read(lake: Lake) -> None:
    lake.run(MONDAY, DAILY)
    refused = refusing(Refused("Spotify said no", status=403))
    lake.run(MONDAY + A_DAY, DAILY, reader=refused)
    assert lake.plan(MONDAY + A_DAY, DAILY).waiting == days(3)
    lake.run(MONDAY + 2 * A_DAY, DAILY)
    assert raw.read_manifest(lake.store, "finds", days(3)[0], 1).missed == "Spotify said no"


def test_a_feed_whose_first_try_failed_is_due_since_then(lake: Lake) -> None:
    lake.run(MONDAY, DAILY, reader=refusing(Refused("no", status=403)))
    lake.run(MONDAY + 2 * A_DAY, DAILY)
    assert {
        slot: raw.read_manifest(lake.store, "finds", slot, 1).missed
        for slot in raw.latest_revisions(lake.store, "finds")
    } == dict(zip(days(2, 3, 4), ("no", "no run while it could be read", None), strict=True))


def test_of_a_mark_and_a_manifest_one_wins(lake: Lake) -> None:
    lake.run(MONDAY, DAILY)
    stages = lake.stages(MONDAY + 2 * A_DAY, DAILY)
    plan = stages.plan([DAILY])
    late = read(DueSlot(DAILY, days(3)[0], (MONDAY + A_DAY).date()))
    assert raw.commit(lake.store, late)[1]
    assert stages.mark_missed([DAILY], plan) == 0
    lake.run(MONDAY + 4 * A_DAY, DAILY)
    later = read(DueSlot(DAILY, days(5)[0], (MONDAY + 3 * A_DAY).date()))
    manifest, won = raw.commit(lake.store, later)
    assert (won, bool(manifest.missed)) == (False, True)


def test_what_comes_too_late_is_not_remembered(lake: Lake) -> None:
    remembered: list[Slot] = []

    def late(due: DueSlot) -> Snapshot:
        due.then(lambda: remembered.append(due.slot))
        raw.mark_missed(lake.store, DAILY, due.slot, due.chart_date, "too late", MONDAY)
        return read(due)

    lake.run(MONDAY, DAILY, reader=late)
    assert remembered == []


def test_a_closed_feed_is_due_no_more(lake: Lake) -> None:
    lake.run(MONDAY, DAILY)
    gone = refusing(Refused("it is gone", status=404))
    lake.run(MONDAY + A_DAY, DAILY, reader=gone)
    lake.run(MONDAY + 2 * A_DAY, DAILY, reader=gone)
    found = lake.plan(MONDAY + 9 * A_DAY, DAILY)
    assert found.closed
    assert (found.to_mark, found.waiting) == ((), ())


def test_an_irregular_feed_is_never_due(lake: Lake) -> None:
    irregular = msgspec.structs.replace(DAILY, schedule=None)
    lake.run(MONDAY, irregular)
    found = lake.plan(MONDAY + 9 * A_DAY, irregular)
    assert (found.due, found.to_mark, found.waiting) == (1, (), ())


def test_a_feed_that_nobody_follows_any_more_is_not_due(lake: Lake) -> None:
    lake.run(MONDAY, DAILY)
    other = msgspec.structs.replace(DAILY, name="hits")
    plan = lake.run(MONDAY + 9 * A_DAY, other)
    assert [(f.feed, f.to_mark, f.waiting) for f in plan.feeds if f.feed == "finds"] == [
        ("finds", (), ())
    ]


def test_a_slot_that_was_removed_is_not_missed(lake: Lake) -> None:
    for day in range(3):
        lake.run(MONDAY + day * A_DAY, DAILY)
    slot = days(3)[0]
    tombstones.bury(lake.store, "finds", {slot: 1}, "asked for", MONDAY)
    lake.store.delete(keys.manifest("finds", slot, 1))
    assert lake.plan(MONDAY + 2 * A_DAY, DAILY).to_mark == ()


# Schedules that change --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other", ["hourly", "0 4 * * *", "weekly", "0 0 */2 * *"], ids=lambda other: str(other)
)
def test_what_another_schedule_was_due_is_not_missed(lake: Lake, other: str) -> None:
    for day in range(3):
        lake.run(MONDAY + day * A_DAY, DAILY)
    changed = msgspec.structs.replace(DAILY, schedule=other)
    now = MONDAY + 4 * A_DAY
    assert lake.plan(now, changed).to_mark == ()
    lake.run(now, changed)
    assert lake.plan(now, changed).to_mark == ()


def test_after_a_change_the_new_schedule_counts(lake: Lake) -> None:
    for day in range(3):
        lake.run(MONDAY + day * A_DAY, DAILY)
    lake.run(MONDAY + 3 * A_DAY, HOURLY)
    found = lake.plan(MONDAY + 3 * A_DAY + timedelta(hours=3), HOURLY)
    assert found.to_mark == (Slot("20260305T070000Z"),)
    # a reading that began in time may still be under way at eight's
    assert found.waiting == (Slot("20260305T080000Z"), Slot("20260305T090000Z"))


def test_a_change_of_the_time_zone_is_one(lake: Lake) -> None:
    for day in range(3):
        lake.run(MONDAY + day * A_DAY, DAILY)
    moved = msgspec.structs.replace(DAILY, timezone="Asia/Tokyo")
    lake.run(MONDAY + 3 * A_DAY, moved)
    assert lake.plan(MONDAY + 3 * A_DAY, moved).to_mark == ()


def test_a_gap_under_an_earlier_schedule_is_marked_too(lake: Lake) -> None:
    lake.run(MONDAY, DAILY)
    later = MONDAY + 3 * A_DAY
    lake.stages(later, DAILY).extract([DAILY])  # nobody looked back
    weekly = msgspec.structs.replace(DAILY, schedule="weekly")
    lake.run(later + 7 * A_DAY, weekly)
    marks = {
        slot: raw.read_manifest(lake.store, "finds", slot, 1)
        for slot in raw.latest_revisions(lake.store, "finds")
    }
    assert [slot for slot, mark in marks.items() if mark.missed] == list(days(3, 4))
    assert {marks[slot].feed.schedule for slot in days(3, 4)} == {"daily"}
    found = verify(lake.store, later + 7 * A_DAY, followed=[weekly])
    assert found.is_sound, found.found


def test_a_reading_that_goes_on_over_its_time_is_kept(lake: Lake) -> None:
    lake.run(MONDAY, HOURLY)
    begun = MONDAY + timedelta(hours=1, minutes=58)
    slow = DueSlot(HOURLY, slot_at(begun.replace(minute=0)), begun.date())
    lake.run(MONDAY + timedelta(hours=2, minutes=1), HOURLY)  # another run, meanwhile
    assert raw.commit(lake.store, read(slow))[1]


# What may not be marked -----------------------------------------------------------------------


def test_another_list_under_the_name_is_not_marked_either(lake: Lake) -> None:
    lake.run(MONDAY, DAILY)
    another = msgspec.structs.replace(DAILY, source_id="a" * 22)
    for day in range(1, 4):
        lake.run(MONDAY + day * A_DAY, another)
        (refused,) = lake.stages(MONDAY + day * A_DAY, another).extract([another])
        assert refused.status == "failed"
    assert list(raw.latest_revisions(lake.store, "finds")) == list(days(2))


def test_a_failure_by_a_clock_that_was_reset_counts_for_nothing(lake: Lake) -> None:
    offline = refusing(Refused("the certificate is not valid yet"))
    lake.run(datetime(1970, 1, 1, 0, 10, tzinfo=UTC), HOURLY, reader=offline)
    assert lake.plan(MONDAY, HOURLY).to_mark == ()
    lake.run(MONDAY, HOURLY)
    assert lake.plan(MONDAY + timedelta(hours=4), HOURLY, whole=True).due == 5


def test_a_slot_whose_manifest_was_lost_is_no_missed_one(lake: Lake) -> None:
    for day in range(3):
        lake.run(MONDAY + day * A_DAY, DAILY)
    key = keys.manifest("finds", days(3)[0], 1)
    lake.store.delete(key)
    plan = lake.run(MONDAY + 3 * A_DAY, DAILY)
    assert [found.to_mark for found in plan.feeds] == [()]
    assert [problem.what for problem in plan.problems] == [f"{key} is gone"]
    assert days(3)[0] not in raw.latest_revisions(lake.store, "finds")


def test_what_was_purged_is_not_read_again(lake: Lake) -> None:
    lake.run(MONDAY, DAILY)
    slots = purge.select(lake.store, "finds")
    tombstones.bury(lake.store, "finds", slots, "it was purged", MONDAY)
    purge.finish(lake.store, ["finds"])
    (again,) = lake.stages(MONDAY, DAILY).extract([DAILY])
    assert (again.status, again.warning) == ("closed", f"{days(2)[0]} was purged")
    assert list(raw.latest_revisions(lake.store, "finds")) == []
    lake.run(MONDAY + A_DAY, DAILY)
    assert list(raw.latest_revisions(lake.store, "finds")) == list(days(3))


def test_a_user_who_is_forgotten_while_a_list_is_read(lake: Lake) -> None:
    def meanwhile(due: DueSlot) -> Snapshot:
        forget.close_and_bury(lake.store, due.feed, MONDAY)
        purge.finish(lake.store, [due.feed.name])
        return read(due)

    (found,) = lake.stages(MONDAY, DAILY, reader=meanwhile).extract([DAILY])
    assert found.status == "closed"
    purge.finish(lake.store, ["finds"])
    assert [key for zone in ("raw/", "manifests/") for key in lake.store.keys(zone)] == []


# After a long time -------------------------------------------------------------------------------


def test_after_months_of_marks_the_last_reading_is_known_at_once(lake: Lake) -> None:
    lake.run(MONDAY, DAILY)
    for day in range(20, 200, 20):
        lake.run(MONDAY + day * A_DAY, DAILY, reader=refusing(Refused("sign in")))
    before: list[Slot | None] = []

    def reader(due: DueSlot) -> Snapshot:
        before.append(due.previous.slot if due.previous else None)
        return read(due)

    inner, calls = lake.store, Fault()
    lake.store = DisturbedStore(inner, calls)
    lake.stages(MONDAY + 200 * A_DAY, DAILY, reader=reader).extract([DAILY])
    assert before == list(days(2))
    assert len([call for call in calls.log if call.startswith("get manifests/")]) <= 3


def test_a_feed_that_is_seldom_due_is_marked_by_a_later_plan(lake: Lake) -> None:
    yearly = msgspec.structs.replace(DAILY, name="rare", schedule="0 0 1 3 *")
    lake.run(MONDAY, DAILY, yearly)
    down = refusing(Refused("down"))
    for day in range(30, 780, 30):
        lake.run(MONDAY + day * A_DAY, DAILY, yearly, reader=down)
    assert {
        slot: raw.read_manifest(lake.store, "rare", slot, 1).missed
        for slot in raw.latest_revisions(lake.store, "rare")
    } == {Slot("20260301T000000Z"): None, Slot("20270301T000000Z"): "down"}


def test_a_damaged_manifest_of_one_feed_keeps_no_other_from_being_marked(lake: Lake) -> None:
    other = msgspec.structs.replace(DAILY, name="other", source_id="o" * 22)
    lake.run(MONDAY, DAILY, other)
    key = keys.manifest("other", days(2)[0], 1)
    lake.store.delete(key)
    lake.store.create(key, b'{"x')
    plan = lake.run(MONDAY + 2 * A_DAY, DAILY)
    assert [found.feed for found in plan.feeds] == ["finds"]
    assert [problem.what for problem in plan.problems] == [f"{key} is not a manifest"]
    assert days(3)[0] in raw.latest_revisions(lake.store, "finds")


# Archives -----------------------------------------------------------------------------------


def imported(lake: Lake, folder: Path, days: Mapping[str, str], now: datetime = MONDAY) -> None:
    stages = lake.stages(now)
    done = stages.import_files([write_chart(folder, day, names) for day, names in days.items()])
    assert {each.status for each in done} == {"new"}
    stages.transform()
    stages.load()


def test_gaps_of_an_archive_wait_and_are_never_missed(lake: Lake, tmp_path: Path) -> None:
    imported(lake, tmp_path, {"2019-01-30": "abc", "2019-02-02": "bca"})
    (found,) = lake.stages(MONDAY).plan([]).feeds
    gaps = (Slot("20190131T000000Z"), Slot("20190201T000000Z"))
    assert found == FeedPlan(CHART, None, 4, 2, (), gaps, 0, 0, is_of_files=True)
    lake.run(MONDAY)
    assert list(raw.latest_revisions(lake.store, CHART)) == [
        Slot("20190130T000000Z"),
        Slot("20190202T000000Z"),
    ]


def test_a_correction_is_to_be_loaded_again(lake: Lake, tmp_path: Path) -> None:
    imported(lake, tmp_path, {"2019-01-30": "abc"})
    stages = lake.stages(MONDAY)
    stages.import_files([write_chart(tmp_path, "2019-01-30", "cab")], replace=True)
    assert stages.plan([]).feeds[0].to_build == 1
    stages.transform()
    assert stages.plan([]).feeds[0].to_load == 1
    stages.load()
    assert stages.plan([]).is_done


def test_a_warehouse_that_cannot_be_read_keeps_nobody_from_planning(lake: Lake) -> None:
    class Broken(LakeReader):
        def query(
            self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
        ) -> Result:
            raise StorageError("it is broken")

    lake.run(MONDAY, DAILY)
    lake.warehouse = Broken()
    assert lake.plan(MONDAY, DAILY).to_load == 1


# The checkpoint -----------------------------------------------------------------------------------


def settled(lake: Lake, folder: Path) -> datetime:
    """An archive of 2019 and a feed since February, all settled before it; when that is."""
    imported(lake, folder, {"2019-01-30": "abc", "2019-02-01": "bca"})
    for day in range(-8, 3):
        lake.run(MONDAY + day * A_DAY, DAILY)
    assert checkpoint.settled_before(lake.store) == "2026-02"
    return MONDAY + 3 * A_DAY


def test_settled_months_are_not_listed_again(lake: Lake, tmp_path: Path) -> None:
    now = settled(lake, tmp_path)
    inner, calls = lake.store, Fault()
    lake.store = DisturbedStore(inner, calls)
    stages = lake.stages(now, DAILY)
    plan = stages.plan([DAILY])
    stages.mark_missed([DAILY], plan)
    stages.transform()
    assert [(found.feed, found.since) for found in plan.feeds] == [
        ("finds", "2026-02"),
        (CHART, "2026-02"),
    ]
    # of the archive only its last month is looked at, for what the feed is
    listed = [call for call in calls.log if "/2019" in call or call.endswith(f"{CHART}/")]
    assert set(listed) == {
        f"folders manifests/{CHART}/",
        f"keys manifests/{CHART}/2019-02/",
        f"get manifests/{CHART}/2019-02/20190201T000000Z.r1.json",
        f"keys tombstones/{CHART}/",
    }
    calls.log.clear()
    assert [f.since for f in stages.plan([DAILY], whole=True).feeds] == [None, None]
    assert f"keys manifests/{CHART}/" in calls.log


def test_an_import_of_a_settled_month_opens_it_first(lake: Lake, tmp_path: Path) -> None:
    now = settled(lake, tmp_path)
    chart = write_chart(tmp_path, "2019-01-15", "cba")

    dies = DisturbedStore(lake.store, Fault(1, "after", only="create manifests/"))
    with pytest.raises(StorageError):
        replace(lake.stages(now), store=dies).import_files([chart])
    assert checkpoint.settled_before(lake.store) == "2019-01"
    lake.run(now, DAILY)
    assert (CHART, "20190115T000000Z") in visible(lake.store)


def test_who_looked_before_a_plan_and_commits_after_it_is_not_lost(lake: Lake) -> None:
    """An import finds nothing settled; then runs settle months; then it commits and dies."""
    lake.run(MONDAY - 40 * A_DAY, DAILY)
    checkpoint.lower(lake.store, "2019-01")
    lake.run(MONDAY - 39 * A_DAY, DAILY)
    old = Slot("20190101T000000Z")
    raw.commit(lake.store, read(DueSlot(DAILY, old, datetime(2019, 1, 1).date())))
    for day in range(-38, -30):
        lake.run(MONDAY + day * A_DAY, DAILY)
    assert ("finds", old) in visible(lake.store)


def test_a_slot_of_a_long_schedule_may_lie_in_a_settled_month(lake: Lake, tmp_path: Path) -> None:
    now = settled(lake, tmp_path)
    yearly = msgspec.structs.replace(DAILY, name="yearly", schedule="0 0 1 1 *")
    lake.run(now, DAILY, yearly)
    assert ("yearly", "20260101T000000Z") in visible(lake.store)


def test_all_mends_what_lies_in_settled_months(lake: Lake, tmp_path: Path) -> None:
    now = settled(lake, tmp_path)
    old = Slot("20190101T000000Z")
    snapshot = read(DueSlot(DAILY, old, datetime(2019, 1, 1).date()))
    other = msgspec.structs.replace(DAILY, name="other", schedule=None)
    raw.commit(lake.store, msgspec.structs.replace(snapshot, feed=other))
    stages = lake.stages(now, DAILY)
    assert stages.plan([DAILY]).to_build == ()
    plan = stages.plan([DAILY], whole=True)
    assert [place.slot for place in plan.to_build] == [old]
    stages.mark_missed([DAILY], plan)
    assert stages.transform().build
    assert ("other", old) in visible(lake.store)


def test_gaps_of_an_archive_do_not_hold_the_checkpoint(lake: Lake, tmp_path: Path) -> None:
    settled(lake, tmp_path)
    plan = lake.stages(MONDAY).plan([], whole=True)
    waiting = {found.feed: found.waiting for found in plan.feeds}
    assert waiting[CHART] == (slot_at(datetime(2019, 1, 31, tzinfo=UTC)),)
