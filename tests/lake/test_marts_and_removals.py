"""Marts that are made while slots are removed: whatever the order, what was removed is in none.

Nothing keeps the two apart here, as on S3. Each is stopped before any of its calls to the store,
where the other one goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from threading import Event, Thread

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chartlake.errors import DataError
from chartlake.lake import keys, marts, purge, tombstones
from chartlake.lake.curated import read_table
from chartlake.lake.garbage import collect
from chartlake.lake.marts import MartsRun
from chartlake.lake.references import live_slots, read_builds
from chartlake.lake.store import Store, open_store
from chartlake.lake.tombstones import FORGOTTEN
from chartlake.lake.verify import verify
from chartlake.model import BuiltFile
from tests.lake.kept import FILES, build, commit, day, later
from tests.lake.stopping import Stopping

NOW = datetime(2026, 6, 1, tzinfo=UTC)
GONE = ("finds", str(day(1)))
Slots = Mapping[tuple[str, str], int]


class Killed(Exception):
    """What a process does not live to see."""


@pytest.fixture
def lake() -> Store:
    return a_lake()


@cache
def objects() -> dict[str, bytes]:
    """Three slots in one build, and the marts that were made of them."""
    store = open_store("memory://")
    build(store, [commit(store, number) for number in range(3)])
    make(store)
    return {key: store.get(key) for key in store.keys("")}


def a_lake() -> Store:
    """One of its own, with these objects."""
    store = open_store("memory://")
    for key, content in objects().items():
        store.create(key, content)
    return store


def live(store: Store) -> dict[tuple[str, str], int]:
    return {place: each.slot.revision for place, each in live_slots(read_builds(store)).items()}


def make(store: Store, slots: Slots | None = None) -> MartsRun:
    """Marts of what the builds hold, or of what somebody read at another time."""
    read = live(store) if slots is None else slots
    rows = pa.table({"feed": [feed for feed, _ in read], "slot": [slot for _, slot in read]})
    run = marts.begin(store, read)
    files = {mart: [written(store, run.run, mart, rows)] for mart in ("timeline", "weeks")}
    return marts.commit(store, run, "duckdb", NOW, files)


def written(store: Store, run: str, mart: str, rows: pa.Table) -> BuiltFile:
    return marts.write_file(store, run, mart, 0, rows.schema, rows.to_batches())


def bury(store: Store, revision: int = 1, why: str = "it was purged") -> None:
    tombstones.bury(store, "finds", {day(1): revision}, why, NOW)


def remove(store: Store) -> purge.Removed:
    bury(store)
    return purge.finish(store, ["finds"])


def make_or_not(store: Store) -> None:
    with suppress(DataError):
        make(store)


def assert_gone(store: Store) -> None:
    """No object of the marts has a row of the slot, and those that count are whole."""
    for key in store.keys(keys.MARTS):
        if key.endswith(".parquet"):
            rows = read_rows(store, key)
            assert str(day(1)) not in rows["slot"].to_pylist(), key
    if run := marts.published(store):
        for file in run.files:
            read_table(store, file)
    found = [each for each in verify(store, NOW).found if each.zone == "marts"]
    assert not [each for each in found if each.severity == "error"]


def read_rows(store: Store, key: str) -> pa.Table:
    return pq.read_table(pa.BufferReader(store.get(key)))


def calls_of(act: Callable[[Store], object]) -> int:
    store = Stopping(a_lake(), {})
    act(store)
    return store.calls


def interleaved(
    lake: Store,
    one: Callable[[Store], object],
    at: int,
    other: Callable[[Store], object],
    until: int,
) -> None:
    """The first up to one call, the other up to another, then the rest of each."""
    goes_on, stopped = Event(), Event()
    raised: list[BaseException] = []

    def stop() -> None:
        stopped.set()
        goes_on.wait()

    def run() -> None:
        try:
            other(Stopping(lake, {until: stop}))
        except BaseException as error:
            raised.append(error)
        stopped.set()

    thread = Thread(target=run)

    def begin_other() -> None:
        thread.start()
        stopped.wait()

    try:
        one(Stopping(lake, {at: begin_other}))
        if not thread.ident:
            begin_other()
    finally:
        goes_on.set()
        thread.join()
    if raised:
        raise raised[0]


@pytest.mark.parametrize("at", range(calls_of(make) + 1))
def test_a_removal_begins_while_marts_are_made(at: int) -> None:
    for until in range(calls_of(remove) + 1):
        lake = a_lake()
        interleaved(lake, make_or_not, at, remove, until)
        assert_gone(lake)


@pytest.mark.parametrize("at", range(calls_of(remove) + 1))
def test_marts_begin_while_slots_are_removed(at: int) -> None:
    for until in range(calls_of(make) + 1):
        lake = a_lake()
        interleaved(lake, remove, at, make_or_not, until)
        assert_gone(lake)


def kill() -> None:
    raise Killed


@pytest.mark.parametrize("at", range(calls_of(remove)))
def test_a_removal_that_was_killed_is_completed_whoever_made_marts_since(at: int) -> None:
    lake = a_lake()
    known = live(lake)  # such as a warehouse that nobody has told
    with pytest.raises(Killed):
        remove(Stopping(lake, {at: kill}))
    with suppress(DataError):
        make(lake, known)
    bury(lake)
    purge.finish(lake, ["finds"])
    assert_gone(lake)


@pytest.mark.parametrize("at", range(calls_of(make)))
def test_what_killed_marts_left_goes_with_the_slot(at: int) -> None:
    lake = a_lake()
    with pytest.raises(Killed):
        make(Stopping(lake, {at: kill}))
    remove(lake)
    assert_gone(lake)


@pytest.mark.parametrize("at", range(calls_of(make)))
def test_marts_that_are_killed_after_a_slot_was_removed(at: int) -> None:
    """Wherever they were: what they left says what it holds, or that it does not say."""
    for end in range(at + 1, calls_of(make)):
        lake = a_lake()
        acts: dict[int, Callable[[], object]] = {at: partial(remove, lake), end: kill}
        with suppress(Killed, DataError):
            make(Stopping(lake, acts))
        purge.finish(lake, ["finds"])
        assert_gone(lake)


def test_marts_of_what_was_removed_are_not_begun(lake: Store) -> None:
    known = live(lake)
    remove(lake)
    with pytest.raises(DataError) as error:
        marts.begin(lake, known)
    assert error.value.what == "the marts hold what was removed, so they do not count"
    assert error.value.why == (
        f"they were made with slots that are purged or forgotten: finds {day(1)}"
    )
    assert error.value.fix == (
        "chartlake gc, which completes the removal; then make them again: chartlake marts"
    )
    assert [*lake.keys(keys.MARTS)] == []


def test_marts_without_the_slot_stay(lake: Store) -> None:
    others = {place: revision for place, revision in live(lake).items() if place != GONE}
    run = make(lake, others)
    removed = remove(lake)
    assert removed.objects["marts"] == 4
    assert marts.published(lake) == run
    assert {keys.run_of(key) for key in lake.keys(keys.MARTS)} == {run.run}


def test_a_slot_that_was_brought_again_may_be_in_them(lake: Store) -> None:
    remove(lake)
    run = make(lake, {GONE: 2})
    assert purge.finish(lake, ["finds"]).objects["marts"] == 0
    assert marts.published(lake) == run
    bury(lake, revision=2, why=FORGOTTEN)
    assert purge.finish(lake, ["finds"]).objects["marts"] == 4
    assert marts.published(lake) is None


@pytest.mark.parametrize("content", [None, b"", b"no Parquet"])
def test_marts_that_do_not_say_what_they_hold(lake: Store, content: bytes | None) -> None:
    run = marts.published(lake)
    assert run
    lake.delete(run.slots.key)
    if content is not None:
        lake.create(run.slots.key, content)
    what = "nothing says which slots these marts hold, and some were removed"
    assert what not in {each.what for each in verify(lake, NOW).found}
    commit(lake, 0, feed=FILES)
    tombstones.bury(lake, FILES.name, {day(0): 1}, "it was purged", NOW)
    (found,) = [each for each in verify(lake, NOW).found if each.what == what]
    assert (found.severity, found.fix) == ("error", "chartlake gc")
    assert found.where == keys.marts_of(run.run)
    assert purge.finish(lake, [FILES.name]).objects["marts"] > 2
    assert [*lake.keys(keys.MARTS)] == []


def test_verification_tells_of_them(lake: Store) -> None:
    run = marts.published(lake)
    assert run
    bury(lake)
    (found,) = [each for each in verify(lake, NOW).found if each.zone == "marts"]
    assert (found.severity, found.fix) == ("error", "chartlake gc")
    assert found.what == "what was purged or forgotten is in the marts"
    assert found.where == f"finds {day(1)} (in {keys.marts_run(run.run)})"


def test_marts_that_go_on_for_long_are_no_garbage(lake: Store) -> None:
    begun = marts.begin(lake, live(lake))
    assert collect(lake, later()).pieces == ()
    assert [*lake.keys(keys.marts_of(begun.run))] == [begun.slots.key]
