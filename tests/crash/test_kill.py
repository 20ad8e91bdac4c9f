"""kill -9 at random moments: what can be read is always whole, and one run more completes it."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, permutations
from pathlib import Path

import pytest

from tests.charts import write_chart
from tests.crash.driver import Driver
from tests.crash.projects import NOW, copy_of, of_slots, prepared, tables

KILLS_IN_A_ROW = 3


@pytest.fixture
def driver() -> Iterator[Driver]:
    with Driver() as started:
        yield started


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    with prepared(tmp_path / "prepared"):
        yield tmp_path / "prepared"


def kill(
    driver: Driver, project: Path, words: Sequence[object], kills: int, transform: int = 1
) -> Counter[str]:
    """Kill a command so many times, three times in a row and then let it end; what it was at."""
    dice = random.Random(f"{words[0]} {kills}")
    whole = copy_of(project, project.with_name("whole"))
    code, seconds = driver.run(words, whole, NOW, transform)
    assert code == 0, said(whole)
    before, expected = of_slots(tables(project)), tables(whole)
    after = of_slots(expected)
    hit: Counter[str] = Counter()
    while hit.total() < kills:
        folder = copy_of(project, project.with_name("killed"))
        for _ in range(KILLS_IN_A_ROW):
            process = driver.start(words, folder, NOW, transform)
            time.sleep(dice.uniform(0, seconds))
            os.kill(process, signal.SIGKILL)
            code = driver.wait()
            hit[last_stage(folder)] += code == -signal.SIGKILL
            for place, rows in of_slots(tables(folder)).items():
                assert rows in (before.get(place), after[place]), place
        code, _ = driver.run(words, folder, NOW, transform)
        assert code == 0, said(folder)
        assert tables(folder) == expected
    return +hit


def said(folder: Path) -> str:
    return (folder / "said.txt").read_text()


def last_stage(folder: Path) -> str:
    """The stage whose line was the last that a command printed; what was killed came after it."""
    lines = said(folder).splitlines()
    return f"after {lines[-1].split()[0]}" if lines else "before the first stage ended"


def charts(folder: Path) -> list[Path]:
    """Fifty days of a chart that has another order on each."""
    orders = islice(permutations("abcde"), 50)
    return [
        write_chart(folder, f"2025-{11 + number // 30}-{number % 30 + 1:02d}", "".join(order))
        for number, order in enumerate(orders)
    ]


@pytest.mark.parametrize(
    ("command", "kills"), [("run", 8), ("import", 3), ("compact", 2), ("rebuild", 2)]
)
def test_a_command_that_is_killed(
    driver: Driver, project: Path, command: str, kills: int, tmp_path: Path
) -> None:
    many_kills(driver, project, command, kills, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    ("command", "kills"), [("run", 200), ("import", 40), ("compact", 20), ("rebuild", 20)]
)
def test_a_command_that_is_killed_many_times(
    driver: Driver, project: Path, command: str, kills: int, tmp_path: Path
) -> None:
    many_kills(driver, project, command, kills, tmp_path)


def many_kills(driver: Driver, project: Path, command: str, kills: int, tmp_path: Path) -> None:
    words = [command, *(charts(tmp_path) if command == "import" else ())]
    hit = kill(driver, project, words, kills, transform=2 if command == "rebuild" else 1)
    print(f"{command}: {hit.total()} kills:", dict(hit))
