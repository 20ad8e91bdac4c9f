"""Every operation of the stages fails once: nothing half is ever seen, one run more mends it."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from chartlake.errors import StorageError
from chartlake.lake.store import Store, open_store
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.charts import write_chart
from tests.crash.faults import (
    MODES,
    DisturbedStore,
    Fault,
    Mode,
    disturbed_databases,
    tries,
)
from tests.crash.projects import rows_of
from tests.crash.small_world import (
    CORRECTION,
    FEEDS,
    NOW,
    Slots,
    check_committed,
    copy_of,
    files,
    fill,
    pipeline,
    prepared,
    run,
    visible,
    work,
)
from tests.crash.states import digest, numbered_attempts

Tries = list[tuple[int, Mode]]
PARTS = 2
"""So many workers may share what has to be tried."""
EVERY = 5
OFTEN = {"create", "execute", "folders", "get", "keys"}
ONCE = {"begin", "change", "commit", "connect", "copy", "sync"}
"""What a run does many times, and what it does a few times."""


# One run, with a warehouse ----------------------------------------------------------------


class OneRun:
    """A lake and a warehouse before a run, and what a run that nobody disturbs makes of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store = open_store(str(folder / "lake"))
        fill(self._store, prepared(folder))
        self._file = folder / "before.duckdb"
        DuckDBWarehouse(self._file).load(self._store, NOW)
        self._before = rows_of(self._file)
        # so that a slot which is loaded is loaded again
        corrected = write_chart(folder, *CORRECTION)
        (taken,) = pipeline(self._store, NOW).import_files([corrected], replace=True)
        assert taken.status == "replaced"
        self.log, store, file = self._disturbed(Fault())
        self._after, self._committed = rows_of(file), visible(store)
        assert self._after["entries"].total() > self._before["entries"].total()
        self.mended: set[bytes] = set()

    def fail(self, number: int, mode: Mode, *, each: bool) -> str:
        """Disturb a run, and compare what one more leaves; what it was that failed.

        Unless ``each`` has its own, one more is enough for all that left the very same.
        """
        fault = Fault(number, mode)
        _, store, file = self._disturbed(fault)
        assert fault.struck, (number, mode)
        is_same = file.read_bytes() == self._file.read_bytes()
        left = digest(store, None if is_same else file)
        if left in self.mended and not each:
            return fault.struck
        assert_whole(store, visible(self._store), self._committed)
        assert is_same or rows_of(file) in (self._before, self._after), fault.struck
        run(store, DuckDBWarehouse(file))
        check_committed(store)
        assert visible(store) == self._committed, fault.struck
        assert rows_of(file) == self._after, fault.struck
        self.mended.add(left)
        return fault.struck

    def _disturbed(self, fault: Fault) -> tuple[list[str], Store, Path]:
        shutil.rmtree(self._folder / "copy", ignore_errors=True)
        # on a disk, where a copy keeps the times of what it copies: a load looks at them
        store = open_store(str(shutil.copytree(self._folder / "lake", self._folder / "copy/lake")))
        file = Path(shutil.copy(self._file, self._folder / "copy/warehouse.duckdb"))
        with disturbed_databases(fault), numbered_attempts():
            try:
                run(DisturbedStore(store, fault), DuckDBWarehouse(file))
            except StorageError:
                assert fault.at, "nothing was to go wrong"
            except KeyboardInterrupt:
                assert fault.mode == "interrupt"
            wait_for_readings()
        assert not [left for left in file.parent.iterdir() if left.name.endswith(".wal")]
        return fault.log, store, file


def wait_for_readings() -> None:
    """Until no worker writes any more: a run that is broken off does not wait for its own."""
    for thread in threading.enumerate():
        if thread.name.startswith("extract"):
            thread.join(30)
            assert not thread.is_alive()


def run_fails(folder: Path, part: int, *, whole: bool) -> None:
    one = OneRun(folder)
    found = tries(one.log)
    chosen = found if whole else some_of(found, one.log)
    missing = set(range(1, len(one.log) + 1)) - {number for number, _ in chosen}
    assert all(_is_statement(one.log[number - 1]) for number in missing)
    mine = chosen[part::PARTS]
    hit = Counter(one.fail(*this, each=whole).split()[0] for this in mine)
    assert len(one.log) > 150
    assert {operation.split()[0] for operation in one.log} >= OFTEN | ONCE
    assert hit.keys() >= OFTEN
    assert hit.keys() & ONCE
    assert len(one.mended) > 10
    print(
        f"{len(mine)} of {len(chosen)} faults at {len(one.log)} operations of a run, "
        f"which left {len(one.mended)} states: {dict(hit)}"
    )


def some_of(found: Tries, log: list[str]) -> Tries:
    """Each operation in one of its modes: the first in the first, the second in the second, …

    Of the hundreds of statements that make and check marts in one transaction, one in five.
    """
    modes: dict[int, list[Mode]] = {}
    for number, mode in found:
        modes.setdefault(number, []).append(mode)
    statements = [number for number in modes if _is_statement(log[number - 1])]
    left_out = set(statements) - {*statements[::EVERY]}
    kept = (number for number in modes if number not in left_out)
    return [
        (number, modes[number][turn // PARTS % len(modes[number])])
        for turn, number in enumerate(kept)
    ]


def _is_statement(operation: str) -> bool:
    return operation.split()[0] == "execute"


@pytest.mark.parametrize("part", range(PARTS))
def test_every_operation_of_a_run_fails(tmp_path: Path, part: int) -> None:
    run_fails(tmp_path, part, whole=False)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_every_operation_of_a_run_fails_in_every_mode(tmp_path: Path, part: int) -> None:
    run_fails(tmp_path, part, whole=True)


# All that changes a lake, without a warehouse ---------------------------------------------


def work_fails(folder: Path, raised: Callable[[], None], mode: Mode, chosen: slice) -> None:
    """Import, compact and rebuild too, with these operations of the store disturbed."""
    before = prepared(folder)
    raised()
    paths = files(folder / "new")
    undisturbed, counted = copy_of(before), Fault()
    work(DisturbedStore(undisturbed, counted), paths)
    seen, expected = visible(before), visible(undisturbed)
    assert len(expected) == len(FEEDS) * 5 + 3
    numbers = [number for number, _ in tries(counted.log, (mode,))]
    assert len(numbers) > 20
    hit: Counter[str] = Counter()
    for number in numbers[chosen]:
        fault, store = Fault(number, mode), copy_of(before)
        try:
            work(DisturbedStore(store, fault), paths)
        except StorageError:
            assert mode in ("before", "after", "from then on")
        except KeyboardInterrupt:
            assert mode == "interrupt"
        assert fault.struck
        hit[fault.struck.split()[0]] += 1
        assert_whole(store, seen, expected)
        work(store, paths)
        check_committed(store)
        assert visible(store) == expected, fault.struck
        stages = pipeline(store, NOW)
        stages.load()
        assert stages.plan(FEEDS, whole=True).is_done
    assert hit.total() == len(numbers[chosen]) > 5
    print(f"{mode}: {hit.total()} of {len(numbers)} operations of the store: {dict(hit)}")


def assert_whole(store: Store, before: Slots, after: Slots) -> None:
    """Whatever is visible is a slot as it was, or as it will be."""
    check_committed(store)
    for place, rows in visible(store).items():
        assert rows in (before.get(place), after[place]), place


@pytest.mark.parametrize("mode", MODES)
def test_operations_of_the_store_fail(
    tmp_path: Path, new_transform: Callable[[], None], mode: Mode
) -> None:
    step = 3 if mode in ("after", "lost answer") else 13
    work_fails(tmp_path, new_transform, mode, slice(MODES.index(mode), None, step))


@pytest.mark.long
@pytest.mark.parametrize("mode", MODES)
def test_all_operations_of_the_store_fail(
    tmp_path: Path, new_transform: Callable[[], None], mode: Mode
) -> None:
    work_fails(tmp_path, new_transform, mode, slice(None))
