"""Several processes build what one builds, and end when they should."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest

from chartlake.errors import StorageError
from chartlake.lake import keys
from chartlake.lake.store import Store, open_store
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.engine import Count, LocalEngine, processes_here
from chartlake.transform.piece import Built, Piece
from tests.conftest import ROOT
from tests.transform.harm import harmful
from tests.transform.parity import NOW
from tests.transform.worlds import World

ATTEMPT = "a" * 16
WORLD = World(seed=5, feeds=3, days=8, odd=3)
PATIENCE = 60.0


@pytest.fixture
def lake(tmp_path: Path) -> Store:
    store = open_store(str(tmp_path / "lake"))
    WORLD.commit(store)
    return store


def pieces_of(store: Store, size: int) -> list[Piece]:
    places = unbuilt(store)
    parts = [tuple(places[begin : begin + size]) for begin in range(0, len(places), size)]
    return [Piece(number, part) for number, part in enumerate(parts)]


def built(engine: LocalEngine, store: Store, attempt: str) -> tuple[list[Built], list[int]]:
    told: list[int] = []
    found = list(engine.build(store, attempt, pieces_of(store, 5), told.append))
    return sorted(found, key=lambda each: each.number or 0), told


def test_two_processes_build_what_one_builds(lake: Store) -> None:
    count = len(unbuilt(lake))
    one, steps = built(LocalEngine(1), lake, ATTEMPT)
    two, told = built(LocalEngine(2), lake, "b" * 16)
    assert steps == list(range(1, count + 1))
    assert told == sorted(told)
    assert told[-1] == count
    assert [each.slots for each in two] == [each.slots for each in one]
    assert [_what(each) for each in two] == [_what(each) for each in one]
    assert any(each.failed for each in one)
    for mine, its in zip(one, two, strict=True):
        assert [(f.table, f.rows) for f in its.files] == [(f.table, f.rows) for f in mine.files]


def _what(built: Built) -> list[tuple[object, ...]]:
    """Why slots failed, as people are told."""
    return [(f.place, type(f.error), f.error.what, f.error.why, f.error.fix) for f in built.failed]


def test_a_lake_in_memory_is_built_in_this_process() -> None:
    """No other one would see it."""
    store = open_store("memory://")
    WORLD.commit(store)
    found, _ = built(LocalEngine(2), store, ATTEMPT)
    assert sum(len(each.slots) for each in found) > 9


def test_the_settings_say_how_many_at_the_same_time() -> None:
    assert (LocalEngine().width, LocalEngine(3).width) == (1, 3)


def test_nothing_that_starts_processes_is_imported_before_they_are_asked_for() -> None:
    """Every command and Lambda would wait for it."""
    program = "import sys, chartlake.pipeline; print(*sys.modules)"
    # What measures coverage imports them itself.
    alone = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(
        [sys.executable, "-c", program], env=alone, capture_output=True, text=True, check=True
    )
    found = set(done.stdout.split())
    assert "chartlake.transform.engine" in found
    assert not {"chartlake.transform.pool", "concurrent.futures.process"} & found
    assert "multiprocessing.context" not in found


# What goes wrong --------------------------------------------------------------------------------


class Harmed(LocalEngine):
    """One of its pieces does harm."""

    def __init__(self, code: str) -> None:
        super().__init__(2)
        self._code = code

    def build(
        self, store: Store, attempt: str, pieces: Sequence[Piece], progress: Count
    ) -> Iterator[Built]:
        return super().build(store, attempt, [*pieces, harmful(self._code, 99)], progress)


def test_a_worker_that_is_killed_is_told_of_and_nothing_is_committed(
    lake: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalEngine, "smallest_piece", 5)
    before = unbuilt(lake)
    deadly = Harmed("from tests.transform.harm import die; die()")
    with pytest.raises(StorageError) as error:
        build_slots(lake, deadly, before, NOW)
    assert error.value.what == "a process that parses was ended from outside"
    assert error.value.why == "mostly because memory ran out"
    assert "processes = 1" in str(error.value.fix)
    assert list(lake.keys(keys.BUILDS)) == []
    assert unbuilt(lake) == before
    assert build_slots(lake, LocalEngine(), before, NOW).build


def test_an_error_of_the_store_comes_back_as_itself(lake: Store) -> None:
    Path(lake.url, "curated").write_text("in the way")
    with pytest.raises(StorageError) as here:
        built(LocalEngine(1), lake, ATTEMPT)
    with pytest.raises(StorageError) as there:
        built(LocalEngine(2), lake, ATTEMPT)
    of_table = "cannot write curated/"
    assert here.value.what.startswith(of_table)
    assert there.value.what.startswith(of_table)
    assert (there.value.why is None, there.value.fix) == (here.value.why is None, here.value.fix)


@pytest.mark.parametrize(
    ("how", "code"),
    [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, -signal.SIGINT)],
    ids=["kill", "ctrl-c"],
)
def test_workers_end_with_the_process_that_started_them(
    lake: Store, tmp_path: Path, how: signal.Signals, code: int
) -> None:
    folder = tmp_path / "workers"
    folder.mkdir()
    command = [sys.executable, "-m", "tests.transform.harm", lake.url, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as parent:
        try:
            _wait_until(lambda: len(list(folder.iterdir())) == 2 or parent.poll() is not None)
            workers = [int(file.name) for file in folder.iterdir()]
            assert len(workers) == 2
            parent.send_signal(how)
            assert parent.wait(PATIENCE) == code
        finally:
            parent.kill()
        _wait_until(lambda: not any(map(_is_running, workers)))


def _wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    """Whether it is there, and not one that ended and that nobody has asked for yet."""
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    return said.stdout.strip()[:1] not in (b"", b"Z")


# How many ---------------------------------------------------------------------------------------


def test_as_many_processes_as_this_one_may_use_cpus() -> None:
    if not hasattr(os, "sched_setaffinity"):
        assert processes_here() == os.cpu_count()
        return
    mine = os.sched_getaffinity(0)
    assert processes_here() == len(mine)
    os.sched_setaffinity(0, {min(mine)})
    try:
        assert processes_here() == 1
    finally:
        os.sched_setaffinity(0, mine)


def test_one_in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "chartlake")
    assert processes_here() == 1


def test_no_more_than_a_container_may_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    limit = tmp_path / "cpu.max"
    monkeypatch.setattr("chartlake.transform.engine._CPU_MAX", limit)
    found = []
    for text in (None, "max 100000", "250000 100000", "50000 100000", "?"):
        if text:
            limit.write_text(text)
        found.append(processes_here())
    assert found == [16, 16, 3, 1, 16]


# What is not its own ----------------------------------------------------------------------------


def test_processes_of_the_program_itself_go_on(lake: Store) -> None:
    """Even such as another thread starts while the pool is at work."""
    mine: list[SpawnProcess] = []

    def start_one(_: int) -> None:
        if not mine:
            mine.append(multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,)))
            mine[0].start()

    list(LocalEngine(2).build(lake, ATTEMPT, pieces_of(lake, 5), start_one))
    assert mine[0].is_alive()
    mine[0].kill()
    mine[0].join()


def test_a_script_that_starts_itself_again_is_told_how_not_to(lake: Store, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from tests.transform.test_engine import ATTEMPT, pieces_of\n"
        "from chartlake.lake.store import open_store\n"
        "from chartlake.transform.engine import LocalEngine\n"
        f"store = open_store({lake.url!r})\n"
        "list(LocalEngine(2).build(store, ATTEMPT, pieces_of(store, 5), print))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 1
    assert "no process could be started to parse" in done.stderr
