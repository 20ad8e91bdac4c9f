"""Commands over a lake and a warehouse on disk: every operation fails once, and none does harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chartlake.lake.store import Store, open_store
from tests.charts import write_chart
from tests.commands import Said, run_here
from tests.crash.faults import MODES, DisturbedStore, Fault, Mode, disturbed_databases, tries
from tests.crash.projects import NOW, copy_of, of_slots, standing, tables
from tests.crash.states import digest, numbered_attempts

COMMANDS = ("run", "import", "compact", "reconcile", "rebuild")
CHARTS = (("2026-02-21", "edcba"), ("2026-02-23", "bcade"))


@pytest.fixture(autouse=True)
def _at_that_time() -> Iterator[None]:
    with standing(NOW):
        yield


def disturbed(words: list[str], folder: Path, fault: Fault) -> Said:
    """What a command says in a project whose lake, database and disk fail."""

    def opened(url: str, *how: Any) -> Store:
        return DisturbedStore(open_store(url, *how), fault)

    with pytest.MonkeyPatch.context() as patch, disturbed_databases(fault), numbered_attempts():
        patch.setattr("chartlake.wiring.project.open_store", opened)
        return run_here(*words, "--project", folder)


def command_fails(
    command: str, project: Path, tmp_path: Path, modes: tuple[Mode, ...], at_most: int | None = None
) -> None:
    """One operation after the other fails, or so many of them, as far apart as possible."""
    words = [command]
    if command == "import":
        words += [str(write_chart(tmp_path, *chart)) for chart in CHARTS]
    whole, folder = copy_of(project, tmp_path / "whole"), tmp_path / "disturbed"
    count = Fault()
    assert disturbed(words, whole, count).code == 0
    before, after = of_slots(tables(project)), tables(whole)
    slots = of_slots(after)
    found = tries(count.log, modes)
    assert len(count.log) > 100
    assert len(found) > 10
    step = len(found) // at_most if at_most else 1
    chosen = found[step // 2 :: step]
    codes: Counter[int] = Counter()
    mended: set[bytes] = set()
    for number, mode in chosen:
        copy_of(project, folder)
        fault = Fault(number, mode)
        done = disturbed(words, folder, fault)
        struck = (fault.struck, mode)
        assert fault.struck, (number, mode)
        assert done.code in ((0, 130) if mode == "interrupt" else (0, 4)), (struck, done.err)
        assert done.code == 0 or done.err.strip(), struck
        codes[done.code] += 1
        left = state(folder, project)
        if left in mended:
            continue
        for place, rows in of_slots(tables(folder)).items():
            assert rows in (before.get(place), slots[place]), (struck, place)
        again = run_here(*words, "--project", folder)
        assert again.code == 0, (struck, again.err)
        assert tables(folder) == after, struck
        mended.add(left)
    assert codes.total() == len(chosen) > 0
    print(
        f"{command}: {len(count.log)} operations, {len(chosen)} of {len(found)} faults "
        f"({', '.join(modes)}), which left {len(mended)} states: codes {dict(codes)}"
    )


def state(folder: Path, project: Path) -> bytes:
    """What a command that failed left in a project."""
    mine, former = (place / "chartlake-data" / "warehouse.duckdb" for place in (folder, project))
    is_same = mine.read_bytes() == former.read_bytes()
    return digest(open_store(str(mine.with_name("lake"))), None if is_same else mine)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_fails(
    project: Path, tmp_path: Path, command: str, new_transform: Callable[[], None]
) -> None:
    """At a few of its operations; `make test-long` has all of them."""
    if command == "rebuild":
        new_transform()
    command_fails(command, project, tmp_path, MODES, at_most=3)


@pytest.mark.long
@pytest.mark.parametrize("modes", [("before",), ("interrupt",), ("after", "lost answer")], ids=str)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_fails_at_every_operation(
    project: Path,
    tmp_path: Path,
    command: str,
    modes: tuple[Mode, ...],
    new_transform: Callable[[], None],
) -> None:
    if command == "rebuild":
        new_transform()
    command_fails(command, project, tmp_path, modes)
