"""Each case: a lake with what is new, a load in a process of its own, and whether marts are right.

The file to which it comes is made once for all cases; a load leaves it as it is, since it publishes
another one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import duckdb

from chartlake.warehouse import migrations

from .marts_cases import CASES, Case, lay_out
from .marts_equal import differences
from .marts_load import PUBLISHING
from .marts_rounds import make_ours, set_stage
from .marts_world import Made
from .measure import Ran, run_module


class Grown(NamedTuple):
    """The medians of one case; a pair is of seconds and CPU seconds.

    ``work`` is all but copying the file, syncing and renaming it, which are ``publishing``.
    ``whole`` is making all marts anew instead, where that was done; then they were equal.
    """

    case: str
    work: tuple[float, float]
    publishing: tuple[float, float]
    stages: dict[str, tuple[float, float]]
    peak_mb: float
    slots: int
    rows: dict[str, int]
    statements: dict[str, tuple[float, float]]
    file_bytes: tuple[int, int]
    whole: tuple[float, float] | None = None
    compared: int | None = None


def grow(
    folder: Path,
    made: Made,
    cases: list[str],
    memory: str,
    rounds: int,
    *,
    compare: bool,
    tell: Callable[[str], None],
) -> list[Grown]:
    """The cases in order, each on a file of the world with all marts."""
    folder = folder.resolve()
    files = {False: _made(folder, memory, tell)}
    if any(CASES[name].as_one for name in cases):
        files[True] = _counted_as_one(files[False], memory, tell)
    found = []
    for name in cases:
        tell(name)
        case = CASES[name]
        found.append(_case(case, files[case.as_one], made, memory, rounds, compare=compare))
    return found


def _made(folder: Path, memory: str, tell: Callable[[str], None]) -> Path:
    file = folder / "work" / "made.duckdb"
    if not _is_ready(file):
        tell("making the file and all its marts, which is not timed")
        stage, _ = set_stage(folder, memory, folder)
        make_ours(stage)
    return file


def _counted_as_one(made: Path, memory: str, tell: Callable[[str], None]) -> Path:
    file = made.with_name("as-one.duckdb")
    if not _is_ready(file):
        tell("making all marts with ids counted as one, which is not timed")
        shutil.copyfile(made, file)
        run_module("marts_load", "as-one", file, memory)
    return file


def _is_ready(file: Path) -> bool:
    if not file.exists():
        return False
    with duckdb.connect(file, read_only=True) as db:
        return migrations.is_current(db) and bool(
            db.execute("select 1 from load_history limit 1").fetchall()
        )


def _case(
    case: Case, made_file: Path, made: Made, memory: str, rounds: int, *, compare: bool
) -> Grown:
    place = made_file.with_name("growing")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    file = place / "charts.duckdb"
    try:
        now = lay_out(case, made_file, place / "lake", made)
        recordings = "as-one" if case.as_one else "apart"
        runs = []
        for _ in range(rounds):
            file.unlink(missing_ok=True)
            os.link(made_file, file)
            words = (file, memory, place / "lake", now.isoformat(), recordings)
            runs.append(run_module("marts_load", "load", *words))
        grown = _medians(case, runs)
        return _compared(grown, file, memory) if compare else grown
    finally:
        shutil.rmtree(place)


def _compared(grown: Grown, file: Path, memory: str) -> Grown:
    """With what making all marts anew takes; SystemExit where these are not equal."""
    anew = file.with_name("anew.duckdb")
    shutil.copyfile(file, anew)
    told = run_module("marts_load", "whole", anew, memory).told
    rows, wrong = differences(file, anew)
    if wrong:
        raise SystemExit(f"{grown.case}: marts are not those made anew: {wrong}")
    return grown._replace(whole=(told["seconds"], told["cpu_seconds"]), compared=rows)


def _medians(case: Case, runs: list[Ran]) -> Grown:
    told = [run.told for run in runs]
    stages = _pairs([each["stages"] for each in told])
    last: dict[str, Any] = told[-1]
    return Grown(
        case=case.name,
        work=_sum(pair for name, pair in stages.items() if name not in PUBLISHING),
        publishing=_sum(pair for name, pair in stages.items() if name in PUBLISHING),
        stages=stages,
        peak_mb=median(run.peak_mb for run in runs),
        slots=last["slots"],
        rows=last["rows"],
        statements=_pairs([each["statements"] for each in told]),
        file_bytes=(last["file_bytes"][0], last["file_bytes"][1]),
    )


def _pairs(found: list[dict[str, list[float]]]) -> dict[str, tuple[float, float]]:
    return {
        name: (
            median(each.get(name, [0.0])[0] for each in found),
            median(each.get(name, [0.0, 0.0])[1] for each in found),
        )
        for name in found[0]
    }


def _sum(pairs: Any) -> tuple[float, float]:
    some = [*pairs]
    return sum(seconds for seconds, _ in some), sum(cpu for _, cpu in some)
