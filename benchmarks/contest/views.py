"""Two views of small work: one more day on top of ninety, and one slot as Lambda sees it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import NamedTuple

from .linked import forget_builds, link
from .measure import Middle, Ran, middle, run_module
from .world import make_world

_LAMBDA_MB = 512
_IMPORT = "import chartlake.transform.build"
_TIMED = f"import time; b = time.perf_counter(); {_IMPORT}; print(time.perf_counter() - b)"
_LINE = re.compile(r"import time:\s*(\d+) \|\s*(\d+) \| (\s*)(\S+)")


class Days(NamedTuple):
    """The first day alone, and the day after all those of the world; with their processes."""

    first: Middle
    one_more: Middle


class Lambda(NamedTuple):
    """What a cold start costs: the import, the modules that take most, and a slot."""

    import_seconds: float
    slowest_imports: list[tuple[str, float]]
    slot: Middle
    limited: bool


def days(lake: Path, rounds: int) -> Days:
    """A process builds one day's slots: of a new lake, and of one with ninety days before."""
    work = lake.with_name("days")
    of_day = {day: lake.with_name(f"day-{day}") for day in (0, 90)}
    for day, folder in of_day.items():
        make_world(folder, "without", days=range(day, day + 1))
    built = link(lake, work / "built")
    if not (built / "builds").exists():
        run_module("ours", built, 1)
    first, more = [], []
    for _ in range(rounds):
        first.append(_build_day(of_day[0], None, work / "first", "2024-01"))
        more.append(_build_day(of_day[90], built, work / "more", "2024-03"))
    return Days(middle(first), middle(more))


def _build_day(day: Path, before: Path | None, lake: Path, month: str) -> Ran:
    shutil.rmtree(lake, ignore_errors=True)
    if before:
        shutil.copytree(before, lake, copy_function=os.link)
    link(day, lake)
    return run_module("ours", lake, 1, month)


def as_lambda(cache: Path, rounds: int) -> Lambda:
    """The import, and one slot in a process of 512 MB."""
    lake = cache / "one-slot"
    make_world(lake, "with", 500)
    limited = bool(_one_slot(lake, _LAMBDA_MB))
    runs = [_one_slot(lake, _LAMBDA_MB if limited else 0) for _ in range(rounds)]
    return Lambda(
        median(_import_seconds() for _ in range(rounds)),
        _slowest_imports(),
        middle([run for run in runs if run]),
        limited,
    )


def _one_slot(lake: Path, megabytes: int) -> Ran | None:
    forget_builds(lake)
    try:
        return run_module("one_slot", lake, megabytes)
    except SystemExit:
        if not megabytes:
            raise
        return None


def _import_seconds() -> float:
    out = subprocess.run([sys.executable, "-c", _TIMED], capture_output=True, text=True, check=True)
    return float(out.stdout)


def _slowest_imports(most: int = 8) -> list[tuple[str, float]]:
    """Those that take longest with all that they import, but for ours and what lies deeper."""
    command = [sys.executable, "-X", "importtime", "-c", _IMPORT]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    found = {match[4]: int(match[2]) / 1e6 for match in _LINE.finditer(said)}
    others = {
        name: seconds
        for name, seconds in found.items()
        if "." not in name and name not in ("chartlake", "site")
    }
    return sorted(others.items(), key=lambda pair: -pair[1])[:most]
