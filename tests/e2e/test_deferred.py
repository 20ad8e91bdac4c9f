"""A run that is told to wait for 20 hours: it ends at once, and a later one asks for the rest.

The list has nine pages, which with its version are ten requests. Whichever of them meets the end of
the quota, nothing is lost, nothing is asked twice, and nothing is put together that does not belong
together.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chartlake.errors import Deferred
from chartlake.extract.spotify.quota import Quota
from chartlake.lake import raw
from chartlake.lake.state import read_state
from chartlake.lake.store import Store
from chartlake.model import Slot
from chartlake.pipeline import Extracted, exit_code
from chartlake.settings import read_settings
from chartlake.simulator import Mixtape, Simulator, World
from chartlake.simulator.faults import quota_exceeded
from chartlake.wiring.project import Project, open_project
from tests.e2e.projects import (
    START,
    SimulatedTime,
    curated_of,
    give_token,
    held_of,
    lake_of,
    make_tape,
    playlist_feed,
    write_feeds,
)

TAPE = "2nWxVs7sKLqP7tqTZQv0Fa"
ITEMS, PAGES = 430, 9
WHOLE = PAGES + 1
EVERY = range(1, WHOLE + 1)
TWENTY_HOURS = 72_000
TODAY, TOMORROW = Slot("20261120T000000Z"), Slot("20261121T000000Z")


class Read(NamedTuple):
    """What a run did: its result, its exit code, and the requests that it made."""

    result: Extracted
    code: int
    requests: int


class Runs:
    """Runs of one project, each as a process of its own would do it."""

    def __init__(self, folder: Path, spotify: Simulator, user_id: str, time: SimulatedTime) -> None:
        self._folder = folder
        self._spotify = spotify
        self._user_id = user_id
        self._time = time
        write_feeds(folder, spotify, {"list": playlist_feed(TAPE)}, client_id="simulated-client")

    @property
    def store(self) -> Store:
        return lake_of(self._folder)

    def read(self) -> Read:
        before = self._spotify.request_count
        with self._open() as project:
            (result,) = project.pipeline.extract(project.feeds)
        code = exit_code([result.error] if result.error else [])
        return Read(result, code, self._spotify.request_count - before)

    def rows(self) -> dict[str, list[Any]]:
        """All curated rows, without the times and names of the attempt."""
        with self._open() as project:
            assert not project.pipeline.transform().failed
            found = curated_of(project.store)
        return {
            table: sorted(repr(_without(row, "attempt_id", "observed_at")) for row in rows)
            for table, rows in found.items()
        }

    def break_off_at(self, request: int) -> None:
        """The run is told to wait at this request of it, and ends."""
        self._spotify.faults.add(quota_exceeded(TWENTY_HOURS, nth=request))
        read = self.read()
        assert (read.result.status, read.code, read.requests) == ("deferred", 75, request)
        assert isinstance(read.result.error, Deferred)
        assert "to wait 20.0 hours" in str(read.result.error)

    def _open(self) -> Project:
        give_token(self._folder, self._spotify, self._user_id)
        return open_project(read_settings(self._folder), self._time, self._time.retry())


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


@pytest.fixture
def tape(world: World) -> Mixtape:
    return make_tape(world, TAPE, world.tracks[:ITEMS])


@pytest.fixture
def time() -> SimulatedTime:
    return SimulatedTime()


@pytest.fixture
def spotify(world: World, time: SimulatedTime) -> Iterator[Simulator]:
    with Simulator(world, time, mode="development") as running:
        yield running


@pytest.fixture
def runs(
    tmp_path: Path, spotify: Simulator, world: World, tape: Mixtape, time: SimulatedTime
) -> Runs:
    return Runs(tmp_path, spotify, world.users[0].user_id, time)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The curated rows of a read in one go."""
    world, time = World(seed=3, days=40), SimulatedTime()
    make_tape(world, TAPE, world.tracks[:ITEMS])
    with Simulator(world, time, mode="development") as spotify:
        folder = tmp_path_factory.mktemp("undisturbed")
        runs = Runs(folder, spotify, world.users[0].user_id, time)
        assert runs.read().requests == WHOLE
        return runs.rows()


@pytest.mark.parametrize("request_number", EVERY)
def test_the_next_run_asks_for_the_missing_pages_only(
    runs: Runs, time: SimulatedTime, request_number: int, undisturbed: dict[str, list[Any]]
) -> None:
    runs.break_off_at(request_number)
    read = min(request_number - 1, PAGES)
    _assert_held(runs.store, read)
    (quota,) = (key for key in runs.store.keys("state/") if "quota" in key)
    known = read_state(runs.store, quota.removeprefix("state/").removesuffix(".json"), Quota)
    assert known
    assert known.not_before
    assert (known.not_before - START).total_seconds() == TWENTY_HOURS

    time.move(hours=19)
    again = runs.read()
    assert (again.result.status, again.code, again.requests) == ("deferred", 75, 0)
    _assert_held(runs.store, read)

    time.move(hours=1, seconds=1)
    rest = runs.read()
    assert (rest.result.status, rest.result.records, rest.code) == ("new", ITEMS, 0)
    # before and after, the version is asked for: the pages belong together
    assert rest.requests == (PAGES - read) + (2 if read else 1)
    manifest = raw.read_manifest(runs.store, "list", TODAY, 1)
    assert [page.first_item for page in manifest.pages] == [50 * n for n in range(PAGES)]
    assert [each.status for each in manifest.requests].count(429) == (1 if read else 0)
    assert held_of(runs.store, "list") is None
    assert runs.rows() == undisturbed


@pytest.mark.parametrize("request_number", EVERY)
def test_an_edited_list_is_read_anew(
    runs: Runs, time: SimulatedTime, tape: Mixtape, request_number: int
) -> None:
    runs.break_off_at(request_number)
    tape.edit([*tape.items[1:], tape.items[0]])
    time.move(hours=20, seconds=1)
    rest = runs.read()
    assert (rest.result.status, rest.requests) == ("new", WHOLE + (request_number > 1))
    manifest = raw.read_manifest(runs.store, "list", TODAY, 1)
    assert {page.received_at for page in manifest.pages} == {time()}
    assert held_of(runs.store, "list") is None


@pytest.mark.parametrize("request_number", EVERY)
def test_a_later_slot_is_read_anew(runs: Runs, time: SimulatedTime, request_number: int) -> None:
    runs.break_off_at(request_number)
    time.move(hours=24)
    rest = runs.read()
    assert (rest.result.status, rest.requests) == ("new", WHOLE)
    assert list(raw.latest_revisions(runs.store, "list")) == [TOMORROW]
    manifest = raw.read_manifest(runs.store, "list", TOMORROW, 1)
    assert {page.received_at for page in manifest.pages} == {time()}
    assert held_of(runs.store, "list") is None


def test_what_is_broken_off_twice_goes_on_from_there(
    runs: Runs, spotify: Simulator, time: SimulatedTime, undisturbed: dict[str, list[Any]]
) -> None:
    runs.break_off_at(4)
    _assert_held(runs.store, 3)
    time.move(hours=20, seconds=1)
    spotify.faults.clear()
    # its version, two more pages, and then it is told to wait again: by now it is the evening
    spotify.faults.add(quota_exceeded(3600, nth=4))
    assert (runs.read().code, runs.read().requests) == (75, 0)
    _assert_held(runs.store, 5)
    time.move(hours=1, seconds=1)
    rest = runs.read()
    assert (rest.code, rest.requests) == (0, PAGES - 5 + 2)
    assert runs.rows() == undisturbed


def test_an_edited_list_that_is_broken_off_again_is_held_as_it_is_now(
    runs: Runs, spotify: Simulator, time: SimulatedTime, tape: Mixtape
) -> None:
    """What was held of the old list is worth nothing, however long it was."""
    runs.break_off_at(8)
    tape.edit([*tape.items[1:], tape.items[0]])
    time.move(hours=20, seconds=1)
    spotify.faults.clear()
    spotify.faults.add(quota_exceeded(3600, nth=5))
    assert runs.read().code == 75
    _assert_held(runs.store, 3)
    time.move(hours=1, seconds=1)
    assert (runs.read().requests, runs.read().requests) == (PAGES - 3 + 2, 0)


def test_what_was_held_and_is_lost_is_read_anew(runs: Runs, time: SimulatedTime) -> None:
    runs.break_off_at(6)
    held = held_of(runs.store, "list")
    assert held
    runs.store.delete(str(held.pages[0].raw_key))
    time.move(hours=20, seconds=1)
    assert runs.read()[1:] == (0, WHOLE)


def _assert_held(store: Store, pages: int) -> None:
    """So many pages lie in raw and are named by the feed's state, and by nothing else."""
    held = held_of(store, "list")
    assert len(held.pages if held else ()) == pages
    assert list(store.keys("manifests/")) == []
    if held:
        assert held.slot == TODAY
        assert {str(page.raw_key) for page in held.pages} <= set(store.keys("raw/"))
        for page in held.pages:
            raw.read_kept(store, page, str(page.raw_key))
