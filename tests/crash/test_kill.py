"""kill -9 at random moments: what can be read is always whole, and one run more completes it."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle, islice, permutations
from pathlib import Path
from typing import Any

import pytest

from tests.charts import write_chart
from tests.commands import run_here
from tests.crash.driver import Driver, said_to
from tests.crash.projects import NOW, copy_of, of_slots, standing, tables

KILLS_IN_A_ROW = 3
STAGES = ("reconcile", "import", "extract", "transform", "load", "check")


@pytest.fixture
def driver() -> Iterator[Driver]:
    with Driver() as started:
        yield started


def kill(
    driver: Driver, project: Path, words: Sequence[object], kills: int, folder: Path
) -> Counter[str]:
    """Kill a command so many times, three times in a row and then let it end; what it was at.

    The killer waits for one stage after the other to end, as the command says it, and then for a
    random part of what a stage takes: so all of them are hit, however fast the machine is. A
    command that was quicker than its killer does not count.
    """
    transform = 2 if words[0] == "rebuild" else 1
    dice = random.Random(f"{words[0]} {kills}")
    whole, killed = copy_of(project, folder / "whole"), folder / "killed"
    code, seconds = driver.run(words, whole, NOW, transform)
    assert code == 0, said(whole)
    before, expected = of_slots(tables(project)), tables(whole)
    after, wrong = of_slots(expected), errors(whole)
    stages = len(stages_done(whole))
    parts = cycle(dice.sample([(part + dice.random()) / kills for part in range(kills)], kills))
    after_stage = cycle(range(stages + 1))
    hit: Counter[str] = Counter()
    while hit.total() < kills:
        copy_of(project, killed)
        for part in islice(parts, KILLS_IN_A_ROW):
            process = driver.start(words, killed, NOW, transform)
            wait_for_stage(killed, next(after_stage), at_most=seconds)
            time.sleep(part * seconds / (stages + 1))
            os.kill(process, signal.SIGKILL)
            code = driver.wait()
            assert code in (0, -signal.SIGKILL), said(killed)
            hit[stage(killed)] += code != 0
            for place, rows in of_slots(tables(killed)).items():
                assert rows in (before.get(place), after[place]), place
        code, _ = driver.run(words, killed, NOW, transform)
        assert code == 0, said(killed)
        assert tables(killed) == expected
        assert errors(killed) == wrong
    return +hit


def errors(folder: Path) -> list[Any]:
    """What `chartlake verify` finds wrong; what nothing refers to is no more than a note."""
    with standing(NOW):
        found = run_here("verify", "--json", "--project", folder).json()["findings"]
    return [finding for finding in found if finding["severity"] != "note"]


def said(folder: Path) -> str:
    return said_to(folder).read_text() if said_to(folder).exists() else ""


def stages_done(folder: Path) -> list[str]:
    """The stages that a command said were done."""
    first_words = [line.split()[0] for line in said(folder).splitlines() if line.strip()]
    return [word for word in first_words if word in STAGES]


def wait_for_stage(folder: Path, number: int, at_most: float) -> None:
    """Until a command has said of so many stages that they are done."""
    end = time.monotonic() + at_most
    while len(stages_done(folder)) < number and time.monotonic() < end:
        time.sleep(0.001)


def stage(folder: Path) -> str:
    """Where a command was: after the last stage that it said was done."""
    done = stages_done(folder)
    return f"after {done[-1]}" if done else "before the first stage ended"


def charts(folder: Path) -> list[Path]:
    """Fifty days of a chart that has another order on each."""
    orders = islice(permutations("fghij"), 50)
    return [
        write_chart(folder, f"2025-{11 + number // 30}-{number % 30 + 1:02d}", "".join(order))
        for number, order in enumerate(orders)
    ]


def many_kills(driver: Driver, project: Path, command: str, kills: int, folder: Path) -> None:
    words = [command, *(charts(folder) if command == "import" else ())]
    hit = kill(driver, project, words, kills, folder)
    print(f"{command}: {hit.total()} kills:", dict(hit))
    assert hit.total() >= kills
    if command == "run":
        assert len(hit) > 2, "only some of the stages were hit"


def test_a_run_that_is_killed(driver: Driver, project: Path, tmp_path: Path) -> None:
    many_kills(driver, project, "run", 9, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    ("command", "kills"),
    [("run", 200), ("import", 40), ("compact", 20), ("reconcile", 20), ("rebuild", 20)],
)
def test_a_command_that_is_killed_many_times(
    driver: Driver, project: Path, command: str, kills: int, tmp_path: Path
) -> None:
    many_kills(driver, project, command, kills, tmp_path)
