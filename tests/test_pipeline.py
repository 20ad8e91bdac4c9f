"""Extraction of many feeds at once, what closes a feed, and the exit code of several problems."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from chartlake.errors import (
    ChartlakeError,
    ConfigError,
    DataError,
    Deferred,
    Refused,
    SignInError,
    StorageError,
    Unavailable,
)
from chartlake.extract.due import DueSlot, Read
from chartlake.extract.spotify.auth import GivenToken
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.playlist import read_playlist
from chartlake.lake import aside, raw, tombstones
from chartlake.lake.store import Store, open_store
from chartlake.model import Body, Feed, Slot, Snapshot
from chartlake.pipeline import Extracted, Pipeline, exit_code
from chartlake.transform.engine import LocalEngine
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.extract.server import Server, answer, error
from tests.extract.spotify.api import Time, open_api

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
SLOT, NEXT, THIRD = (Slot(f"2026030{day}T000000Z") for day in (1, 2, 3))
DAY = 86_400
LIST = {"name": "x", "snapshot_id": "v1", "items": {"items": [], "total": 0}}


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([], 0),
        ([DataError("")], 1),
        ([ConfigError("")], 2),
        ([Deferred("")], 75),
        ([Deferred(""), DataError("")], 1),
        ([DataError(""), Refused(""), SignInError("")], 3),
        ([Refused(""), StorageError(""), Deferred("")], 4),
    ],
)
def test_the_gravest_counts_and_deferred_only_alone(
    errors: list[ChartlakeError], code: int
) -> None:
    assert exit_code(errors) == code


# Things to run ------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False, timeout=5.0, verify=False) as client:
        yield client


@pytest.fixture
def time() -> Time:
    return Time(NOW)


@pytest.fixture
def store() -> Store:
    return open_store("memory://")


def feed(name: str, source: str = "playlist", source_id: str = "P" * 22) -> Feed:
    return Feed(name=name, source=source, source_id=source_id, schedule="daily")


def snapshot(due: DueSlot, items: int = 0, **more: Any) -> Snapshot:
    content = {"name": "x", "items": {"items": [{"item": None}] * items, "offset": 0}}
    body = Body(
        content=msgspec.json.encode(content),
        resource="playlist",
        media_type="application/json",
        received_at=NOW,
    )
    return Snapshot(
        feed=due.feed,
        slot=due.slot,
        chart_date=due.chart_date,
        bodies=(body,),
        item_count=items,
        **more,
    )


class Scripted:
    """A reader that gives what it is told, slot after slot; the last is repeated."""

    def __init__(self, *outcomes: ChartlakeError | None) -> None:
        self._outcomes = list(outcomes)
        self.due: list[DueSlot] = []

    def __call__(self, due: DueSlot) -> Snapshot:
        self.due.append(due)
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if outcome:
            raise outcome
        return snapshot(due)


def pipeline_of(
    store: Store, readers: dict[str, Read], clock: Callable[[], datetime], workers: int = 4
) -> Pipeline:
    warehouse = DuckDBWarehouse(Path("never opened"))
    return Pipeline(store, readers, LocalEngine(), warehouse, clock, workers)


def not_found() -> Refused:
    return Refused("the playlist is not there (404)", status=404)


# Several at once ----------------------------------------------------------------------------


def test_feeds_are_read_at_the_same_time_and_told_in_their_order(store: Store, time: Time) -> None:
    everybody = threading.Barrier(4)
    names = [f"feed-{letter}" for letter in "dbca"]

    def read(due: DueSlot) -> Snapshot:
        everybody.wait(10)  # breaks unless four are there at the same time
        return snapshot(due)

    pipeline = pipeline_of(store, dict.fromkeys(names, read), time.now)
    results = pipeline.extract([feed(name) for name in names])
    assert [(result.feed, result.status) for result in results] == [(n, "new") for n in names]


def test_no_more_at_a_time_than_there_are_workers(store: Store, time: Time) -> None:
    inside, most, lock = 0, 0, threading.Lock()
    pair = threading.Barrier(2)

    def read(due: DueSlot) -> Snapshot:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        pair.wait(10)
        with lock:
            inside -= 1
        return snapshot(due)

    names = [f"feed-{number}" for number in range(8)]
    pipeline = pipeline_of(store, dict.fromkeys(names, read), time.now, workers=2)
    assert len(pipeline.extract([feed(name) for name in names])) == 8
    assert most == 2


ERRORS = [
    Refused("no", status=403),
    Unavailable("later"),
    SignInError("who"),
    ConfigError("what"),
    DataError("odd"),
]


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("problem", ERRORS)
def test_one_that_fails_stops_no_other(
    store: Store, time: Time, problem: ChartlakeError, workers: int
) -> None:
    readers: dict[str, Read] = {
        "a": Scripted(None),
        "b": Scripted(problem),
        "c": Scripted(None),
    }
    results = pipeline_of(store, readers, time.now, workers).extract(map(feed, "abc"))
    assert [result.status for result in results] == ["new", "failed", "new"]
    assert results[1].error is problem
    assert raw.feeds(store) == ["a", "c"]
    (failure,) = aside.list_failures(store, [("b", SLOT)])
    assert (failure.what, failure.stage) == (problem.what, "extract")


def test_a_lake_that_cannot_be_written_ends_the_run(store: Store, time: Time) -> None:
    readers: dict[str, Read] = {"a": Scripted(StorageError("disk full")), "b": Scripted(None)}
    with pytest.raises(StorageError, match="disk full"):
        pipeline_of(store, readers, time.now).extract(map(feed, "ab"))


def test_what_is_there_is_not_asked_for_again(store: Store, time: Time) -> None:
    reader = Scripted(None)
    pipeline = pipeline_of(store, {"a": reader}, time.now)
    pipeline.extract([feed("a")])
    time.passed = 3600
    assert pipeline.extract([feed("a")]) == [Extracted("a", date(2026, 3, 1), "present")]
    assert len(reader.due) == 1


def test_a_reader_is_told_of_the_slot_before(store: Store, time: Time) -> None:
    reader = Scripted(None, Unavailable("later"), None)
    pipeline = pipeline_of(store, {"a": reader}, time.now)
    for _ in range(3):
        pipeline.extract([feed("a")])
        time.passed += DAY
    assert [due.slot for due in reader.due] == [SLOT, NEXT, THIRD]
    before = [due.previous.slot if due.previous else None for due in reader.due]
    assert before == [None, SLOT, SLOT]


def test_a_warning_is_kept_and_told(store: Store, time: Time) -> None:
    def read(due: DueSlot) -> Snapshot:
        return snapshot(due, warning="some plays may be missing")

    (result,) = pipeline_of(store, {"a": read}, time.now).extract([feed("a")])
    assert result.warning == "some plays may be missing"
    assert raw.read_manifest(store, "a", SLOT, 1).warning == result.warning


def test_another_list_under_the_name_is_refused_unasked(store: Store, time: Time) -> None:
    reader = Scripted(None)
    pipeline = pipeline_of(store, {"a": reader}, time.now)
    pipeline.extract([feed("a")])
    time.passed = DAY
    (result,) = pipeline.extract([feed("a", source_id="Q" * 22)])
    assert isinstance(result.error, ConfigError)
    assert len(reader.due) == 1


@pytest.mark.parametrize("workers", [1, 4])
def test_those_that_fill_up_come_last(store: Store, time: Time, workers: int) -> None:
    events: list[tuple[str, str]] = []
    lock = threading.Lock()
    pair = threading.Barrier(2) if workers > 1 else threading.Barrier(1)

    def read(due: DueSlot) -> Snapshot:
        with lock:
            events.append(("begin", due.feed.source))
        pair.wait(10)
        with lock:
            events.append(("end", due.feed.source))
        return snapshot(due)

    sources = ["hydration", "playlist", "artist-catalog", "top-items"]
    feeds = [feed(source, source) for source in sources]
    pipeline = pipeline_of(store, dict.fromkeys(sources, read), time.now, workers)
    assert [result.feed for result in pipeline.extract(feeds)] == sources
    assert {source for _, source in events[:4]} == {"playlist", "top-items"}
    assert {source for _, source in events[4:]} == {"hydration", "artist-catalog"}


# Deferred -----------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 4])
def test_one_that_is_deferred_defers_the_rest_without_asking(
    server: Server, http: httpx2.Client, store: Store, time: Time, workers: int
) -> None:
    names = [f"feed-{number}" for number in range(12)]
    ids = {name: f"{number:022d}" for number, name in enumerate(names)}
    first, *others = (f"/v1/playlists/{playlist_id}" for playlist_id in ids.values())
    server.script(first, error(429, reason="QUOTA_EXCEEDED", Retry_After="79892"), answer(LIST))
    for path in others:
        server.script(path, answer(LIST, 429, Retry_After="79892"), answer(LIST))
    api = open_api(http, f"{server.url}/v1", time, store=store)

    def read(due: DueSlot) -> Snapshot:
        return read_playlist(SpotifyClient(api, GivenToken("t")), 7, due)

    feeds = [feed(name, source_id=ids[name]) for name in names]
    results = pipeline_of(store, dict.fromkeys(names, read), time.now, workers).extract(feeds)
    assert [result.status for result in results] == ["deferred"] * 12
    assert len(server.requests) <= workers  # those that were under way
    assert list(store.keys("failures/")) == []
    assert exit_code([result.error for result in results if result.error]) == 75


def test_what_came_before_is_kept(store: Store, time: Time) -> None:
    readers: dict[str, Read] = {
        "a": Scripted(None),
        "b": Scripted(Deferred("later"), None),
        "c": Scripted(None),
    }
    pipeline = pipeline_of(store, readers, time.now, workers=1)
    feeds = list(map(feed, "abc"))
    assert [r.status for r in pipeline.extract(feeds)] == ["new", "deferred", "new"]
    assert [r.status for r in pipeline.extract(feeds)] == ["present", "new", "present"]


# Closed -------------------------------------------------------------------------------------


def statuses(
    store: Store, time: Time, *outcomes: ChartlakeError | None, feeds: Sequence[Feed] = ()
) -> tuple[list[str], Scripted]:
    """One run a day, and what became of the feed."""
    reader = Scripted(*outcomes)
    pipeline = pipeline_of(store, {"a": reader}, time.now)
    found: list[str] = []
    for each in feeds or [feed("a")] * len(outcomes):
        (result,) = pipeline.extract([each])
        found.append(result.status)
        time.passed += DAY
    return found, reader


def test_404_in_two_successive_slots_closes_the_feed(store: Store, time: Time) -> None:
    found, reader = statuses(store, time, *[not_found()] * 4)
    assert found == ["failed", "failed", "closed", "closed"]
    assert len(reader.due) == 2
    tombstone = tombstones.closed(store, feed("a"))
    assert tombstone is not None
    assert (tombstone.slot, tombstone.at) == (NEXT, NOW + timedelta(days=1))
    assert tombstone.why == (
        f"the playlist is not there (404), at {SLOT} and at {NEXT}: not asked for any more"
    )


def test_a_closed_feed_says_so_and_keeps_its_history(store: Store, time: Time) -> None:
    statuses(store, time, None, not_found(), not_found())
    (result,) = pipeline_of(store, {"a": Scripted(None)}, time.now).extract([feed("a")])
    assert (result.status, result.error) == ("closed", None)
    assert "not asked for any more" in str(result.warning)
    assert list(raw.latest_revisions(store, "a")) == [SLOT]


def test_twice_in_one_slot_is_once(store: Store, time: Time) -> None:
    pipeline = pipeline_of(store, {"a": Scripted(not_found())}, time.now)
    for _ in range(3):
        assert pipeline.extract([feed("a")])[0].status == "failed"
        time.passed += 3600
    assert tombstones.closed(store, feed("a")) is None


@pytest.mark.parametrize(
    "between",
    [None, Unavailable("outage"), Refused("not yours", status=403), SignInError("who")],
)
def test_something_else_in_between_does_not_close(
    store: Store, time: Time, between: ChartlakeError | None
) -> None:
    found, _ = statuses(store, time, not_found(), between, not_found(), None)
    assert "closed" not in found
    assert found[-1] == "new"


@pytest.mark.parametrize("status", [400, 403, 410])
def test_another_refusal_never_closes(store: Store, time: Time, status: int) -> None:
    found, _ = statuses(store, time, *[Refused("no", status=status)] * 4)
    assert found == ["failed"] * 4


def test_a_slot_that_nobody_ran_is_no_slot_in_between(store: Store, time: Time) -> None:
    statuses(store, time, not_found())
    time.passed += 5 * DAY
    statuses(store, time, not_found())
    assert tombstones.closed(store, feed("a")) is not None


def test_a_deferred_slot_is_none_either(store: Store, time: Time) -> None:
    found, _ = statuses(store, time, not_found(), Deferred("later"), not_found(), None)
    assert found == ["failed", "deferred", "failed", "closed"]


def test_another_source_under_the_name_is_asked_again(store: Store, time: Time) -> None:
    statuses(store, time, *[not_found()] * 2)
    other = feed("a", source_id="Q" * 22)
    found, _ = statuses(store, time, None, feeds=[other])
    assert found == ["new"]


def test_and_is_not_closed_for_what_the_one_before_was(store: Store, time: Time) -> None:
    statuses(store, time, *[not_found()] * 2)
    gone = Refused("another playlist is not there (404)", status=404)
    others = [feed("a", source_id="Q" * 22)] * 3
    found, _ = statuses(store, time, gone, gone, gone, feeds=others)
    assert found == ["failed", "failed", "closed"]
    assert tombstones.closed(store, feed("a")) is None  # there is one, but for the other source


def test_a_feed_that_is_reopened_is_asked_again(store: Store, time: Time) -> None:
    statuses(store, time, *[not_found()] * 2)
    assert tombstones.reopen(store, "a")
    found, reader = statuses(store, time, None)
    assert (found, len(reader.due)) == (["new"], 1)


# Unchanged ----------------------------------------------------------------------------------


def test_an_unchanged_slot_has_the_same_rows(
    server: Server, http: httpx2.Client, store: Store, time: Time, tmp_path: Path
) -> None:
    tracks = [
        {"id": f"{number:022d}", "type": "track", "name": f"Song {number}", "artists": []}
        for number in range(60)
    ]
    items = [{"added_at": None, "item": track} for track in tracks]
    here = f"/v1/playlists/{'P' * 22}"
    content = {"name": "Finds", "snapshot_id": "v1", "items": {"items": items[:50], "total": 60}}
    version = {"snapshot_id": "v1"}
    server.script(here, answer(content), answer(version), answer(content))
    server.script(f"{here}/items", answer({"items": items[50:], "total": 60, "offset": 50}))
    api = open_api(http, f"{server.url}/v1", time, store=store)

    def read(due: DueSlot) -> Snapshot:
        return read_playlist(SpotifyClient(api, GivenToken("t")), 7, due)

    warehouse = DuckDBWarehouse(tmp_path / "w.duckdb")
    pipeline = Pipeline(store, {"a": read}, LocalEngine(), warehouse, time.now)
    results = []
    for _ in range(2):
        results += pipeline.extract([feed("a")])
        assert pipeline.transform().failed == ()
        pipeline.load()
        time.passed += DAY
    assert [(r.status, r.unchanged, r.records) for r in results] == [
        ("new", False, 60),
        ("new", True, 60),
    ]
    assert raw.read_manifest(store, "a", NEXT, 1).unchanged_from == SLOT
    assert len(server.requests) == 4

    def rows(slot: Slot) -> list[Any]:
        sql = f"select * exclude (slot, attempt_id) from entries where slot = '{slot}' order by all"
        return list(warehouse.query(sql).rows)

    assert len(rows(SLOT)) == 60
    assert rows(NEXT) == rows(SLOT)
    dates = warehouse.query("select chart_date::varchar, item_count from editions order by 1").rows
    assert dates == [("2026-03-01", 60), ("2026-03-02", 60)]


# Taking turns -------------------------------------------------------------------------------


def test_two_runs_on_one_folder_take_turns(tmp_path: Path, time: Time) -> None:
    begun = threading.Event()
    may_come_in: list[bool] = []

    def read(due: DueSlot) -> Snapshot:
        begun.set()
        with open_store(str(tmp_path)).alone("extract", 0) as alone:
            may_come_in.append(alone)
        return snapshot(due)

    def run(first: bool) -> list[str]:
        if not first:
            assert begun.wait(10)
        pipeline = pipeline_of(open_store(str(tmp_path)), {"a": read}, time.now)
        return [result.status for result in pipeline.extract([feed("a")])]

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(run, [True, False]))
    assert found == [["new"], ["present"]]
    assert may_come_in == [False]


def test_a_run_that_fails_lets_the_next_one_in(tmp_path: Path, time: Time) -> None:
    store = open_store(str(tmp_path))
    with pytest.raises(StorageError):
        pipeline_of(store, {"a": Scripted(StorageError("disk full"))}, time.now).extract(
            [feed("a")]
        )
    with store.alone("extract", 0) as alone:
        assert alone


# Asked by a schedule ------------------------------------------------------------------------


def test_the_schedule_says_which_slot_whatever_the_clock(store: Store, time: Time) -> None:
    """A scheduler's clock may be ahead of this one by a moment."""
    asked = NOW.replace(hour=0) + timedelta(days=1)
    time.sleep((asked - NOW).total_seconds() - 1)
    reader = Scripted(None)
    (result,) = pipeline_of(store, {"one": reader}, time.now).extract([feed("one")], asked)
    assert (result.status, reader.due[0].slot) == ("new", NEXT)


def test_an_event_that_comes_again_finds_its_slot_there(store: Store, time: Time) -> None:
    pipeline = pipeline_of(store, {"one": Scripted(None)}, time.now)
    assert pipeline.extract([feed("one")], NOW)[0].status == "new"
    time.sleep(3 * DAY)
    assert pipeline.extract([feed("one")], NOW)[0].status == "present"


def test_an_event_that_comes_after_the_next_was_due_reads_nothing(store: Store, time: Time) -> None:
    """What the list is now is no state of then."""
    reader = Scripted(None)
    time.sleep(DAY)
    (result,) = pipeline_of(store, {"one": reader}, time.now).extract([feed("one")], NOW)
    assert (result.status, reader.due) == ("late", [])


def test_a_feed_without_a_schedule_has_the_time_of_the_event(store: Store, time: Time) -> None:
    irregular = msgspec.structs.replace(feed("one"), schedule=None)
    reader = Scripted(None)
    time.sleep(DAY)
    pipeline = pipeline_of(store, {"one": reader}, time.now)
    for _ in range(2):
        pipeline.extract([irregular], NOW)
    assert [due.slot for due in reader.due] == [Slot("20260301T040000Z")]
