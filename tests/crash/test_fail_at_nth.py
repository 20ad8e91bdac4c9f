"""Every operation fails once: no half is ever seen, and one run more makes all of it good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chartlake import pipeline as pipeline_module
from chartlake.errors import StorageError
from chartlake.lake.store import Store, open_store
from chartlake.transform import build as build_module
from tests.charts import write_chart
from tests.commands import run_here
from tests.crash import projects
from tests.crash.faults import MODES, DisturbedDatabase, DisturbedStore, Fault, Mode
from tests.crash.small_world import (
    FEEDS,
    NOW,
    Slots,
    check_committed,
    copy_of,
    files,
    pipeline,
    prepared,
    visible,
    work,
)

COMMANDS = ("run", "import", "compact", "reconcile", "rebuild")


@pytest.fixture
def new_transform(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes the transform a newer one: all that was built is to be built again."""

    def raised() -> None:
        for module in (pipeline_module, build_module):
            monkeypatch.setattr(module, "TRANSFORM_VERSION", 2)

    return raised


# The stages over a store in memory --------------------------------------------------------


def stages_fail(folder: Path, raised: Callable[[], None], mode: Mode, numbers: range) -> int:
    """All stages once, with these operations of the store disturbed; how many there are."""
    before = prepared(folder)
    raised()
    paths = files(folder / "new")
    undisturbed = copy_of(before)
    count = Fault()
    work(DisturbedStore(undisturbed, count), paths)
    seen, expected = visible(before), visible(undisturbed)
    assert len(expected) == len(FEEDS) * 5 + 3
    kinds = set()
    for number in numbers[: numbers.index(_last(numbers, count.count)) + 1]:
        fault = Fault(number, mode)
        store = copy_of(before)
        try:
            work(DisturbedStore(store, fault), paths)
        except StorageError:
            assert mode in ("before", "after", "from then on")
        except KeyboardInterrupt:
            assert mode == "interrupt"
        assert fault.struck
        kinds.add(fault.struck.split()[0])
        assert_whole(store, seen, expected)
        work(store, paths)
        check_committed(store)
        assert visible(store) == expected, fault.struck
        stages = pipeline(store, NOW)
        stages.load()
        assert stages.plan(FEEDS, whole=True).is_done
    assert numbers.step > 1 or kinds == {"change", "create", "delete", "folders", "get", "keys"}
    return count.count


def _last(numbers: range, most: int) -> int:
    return max(number for number in numbers if number <= most)


def assert_whole(store: Store, before: Slots, after: Slots) -> None:
    """Whatever is visible is a slot as it was, or as it will be."""
    check_committed(store)
    for place, rows in visible(store).items():
        assert rows in (before.get(place), after[place]), place


@pytest.mark.parametrize("mode", MODES)
def test_operations_of_the_store_fail(
    tmp_path: Path, new_transform: Callable[[], None], mode: Mode
) -> None:
    """Each of them in one of the modes."""
    numbers = range(1 + MODES.index(mode), 10_000, len(MODES))
    count = stages_fail(tmp_path, new_transform, mode, numbers)
    print(f"{mode}: every fifth of {count} operations of the store")


@pytest.mark.long
@pytest.mark.parametrize("mode", MODES)
def test_all_operations_of_the_store_fail(
    tmp_path: Path, new_transform: Callable[[], None], mode: Mode
) -> None:
    count = stages_fail(tmp_path, new_transform, mode, range(1, 10_000))
    print(f"{mode}: all {count} operations of the store")


# The commands over a lake and a warehouse on disk -----------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    with projects.prepared(tmp_path / "prepared"), projects.standing(projects.NOW):
        yield tmp_path / "prepared"


def disturbed(words: list[str], folder: Path, store: Fault, database: Fault) -> tuple[int, str]:
    """The code of a command and what it said, in a lake and a warehouse that fail."""
    connect = duckdb.connect

    def connected(*where: Any, **how: Any) -> Any:
        return DisturbedDatabase(connect(*where, **how), database)

    def opened(url: str, *how: Any) -> Store:
        return DisturbedStore(open_store(url, *how), store)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chartlake.wiring.open_store", opened)
        patch.setattr("duckdb.connect", connected)
        done = run_here(*words, "--project", folder)
    return done.code, done.err


def command_fails(command: str, project: Path, mode: Mode, step: int) -> tuple[int, int]:
    """Every so manieth operation of one command fails; how many of store and database it has."""
    words = [command]
    if command == "import":
        charts = [
            write_chart(project, f"2026-02-{day}", names)
            for day, names in ((21, "edcba"), (23, "bcade"))
        ]
        words += [str(chart) for chart in charts]
    whole = projects.copy_of(project, project.with_name("whole"))
    counts = (Fault(), Fault())
    assert disturbed(words, whole, *counts)[0] == 0
    before, after = projects.of_slots(projects.tables(project)), projects.tables(whole)
    slots = projects.of_slots(after)
    numbers = [(0, n) for n in range(1 + step // 2, counts[0].count + 1, step)]
    numbers += [(1, n) for n in range(1 + step // 2, counts[1].count + 1, step)]
    for which, number in numbers:
        faults = [Fault(), Fault(error=lambda what: duckdb.IOException(f"{what}: injected"))]
        faults[which].at, faults[which].mode = number, mode
        folder = projects.copy_of(project, project.with_name("disturbed"))
        code, said = disturbed(words, folder, *faults)
        struck = faults[which].struck
        assert struck or mode == "from then on"
        assert code in ((0, 130) if mode == "interrupt" else (0, 1, 4)), (struck, said)
        assert code == 0 or said.strip(), struck
        for place, rows in projects.of_slots(projects.tables(folder)).items():
            assert rows in (before.get(place), slots[place]), (struck, place)
        again = run_here(*words, "--project", folder)
        assert again.code == 0, (struck, again.err)
        assert projects.tables(folder) == after, struck
    return counts[0].count, counts[1].count


def test_commands_fail(project: Path, new_transform: Callable[[], None]) -> None:
    """A few operations of each; `make test-long` has all of them."""
    for command, mode in zip(COMMANDS, MODES, strict=True):
        if command == COMMANDS[-1]:
            new_transform()
        print(command, mode, command_fails(command, project, mode, 97))


@pytest.mark.long
@pytest.mark.parametrize("mode", ["before", "after", "interrupt"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_fails_at_every_operation(
    project: Path, command: str, mode: Mode, new_transform: Callable[[], None]
) -> None:
    if command == "rebuild":
        new_transform()
    print(command, mode, command_fails(command, project, mode, 1))
