"""Who competes, and the rounds in which they do: each once a round, so that all meet the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .linked import forget_builds, link
from .measure import Middle, Ran, middle, run_module
from .parity import empty
from .plain import make_plain
from .world import Made

_PANDAS_PART = 10  # one of so many days
_DLT_DAYS = 3  # and the first is for its start


class Stage(NamedTuple):
    """A world in both forms, and where to work."""

    made: Made
    lake: Path
    plain: list[Path]
    work: Path
    rivals: Path | None


class Contestant(NamedTuple):
    """A way to do the work, or a part of it.

    ``part`` is how much of the world it does: it is measured on that and drawn out.
    """

    name: str
    what: str
    run: Callable[[Stage], Ran]
    part: Callable[[Stage], float] = lambda _: 1.0
    is_limit: bool = False
    needs_rivals: bool = False


class Result(NamedTuple):
    """What was measured of one contestant in one world, drawn out where it did a part."""

    contestant: str
    variant: str
    seconds: float
    gigabytes_a_second: float
    part: float
    middle: Middle


def set_stage(made: Made, lake: Path, rivals: Path | None) -> Stage:
    """Prepare what no one is timed for."""
    plain = make_plain(lake, lake.with_name(f"{lake.name}.plain"))
    work = lake.with_name(f"{lake.name}.work")
    link(lake, work / "lake")
    return Stage(made, lake, plain, work, rivals)


def _ours(engine: str) -> Callable[[Stage], Ran]:
    def run(stage: Stage) -> Ran:
        forget_builds(stage.work / "lake")
        return run_module("ours", stage.work / "lake", engine)

    return run


def _duckdb(form: str) -> Callable[[Stage], Ran]:
    def run(stage: Stage) -> Ran:
        return run_module("duckdb_sql", form, empty(stage.work / "duckdb"), *stage.plain)

    return run


def _pandas(stage: Stage) -> Ran:
    folder = empty(stage.work / "pandas")
    return run_module("pandas_loops", folder, *_pandas_days(stage), python=stage.rivals or "")


def _pandas_days(stage: Stage) -> list[Path]:
    return stage.plain[: max(1, len(stage.plain) // _PANDAS_PART)]


def _dlt(stage: Stage) -> Ran:
    folder = stage.work / "dlt"
    shutil.rmtree(folder, ignore_errors=True)
    return run_module("dlt_load", folder, *stage.plain[:_DLT_DAYS], python=stage.rivals or "")


def _dlt_part(stage: Stage) -> float:
    return max(1, len(stage.plain[:_DLT_DAYS]) - 1) / len(stage.plain)


CONTESTANTS = (
    Contestant("ours-1", "ours, 1 process", _ours("1")),
    Contestant("ours-2", "ours, 2 processes", _ours("2")),
    Contestant("duckdb", "DuckDB, 2 threads, in slices", _duckdb("sliced")),
    Contestant("duckdb-whole", "DuckDB, 2 threads, one query a table", _duckdb("whole")),
    Contestant("duckdb-entries", "DuckDB, 2 threads, entries only", _duckdb("entries")),
    Contestant(
        "pandas",
        "pandas loops",
        _pandas,
        lambda stage: len(_pandas_days(stage)) / len(stage.plain),
        needs_rivals=True,
    ),
    Contestant("dlt", "dlt, its own tables", _dlt, _dlt_part, needs_rivals=True),
    Contestant("spark", "Spark, local[2]", _ours("spark")),
    Contestant(
        "read",
        "read, decompress, check hashes",
        lambda stage: run_module("limits", "read", stage.lake),
        is_limit=True,
    ),
    Contestant(
        "simdjson",
        "simdjson, parse only",
        lambda stage: run_module("simdjson_only", *stage.plain, python=stage.rivals or ""),
        is_limit=True,
        needs_rivals=True,
    ),
    Contestant(
        "items",
        "msgspec, find the items only",
        lambda stage: run_module("limits", "items", *stage.plain),
        is_limit=True,
    ),
)


def compete(stage: Stage, chosen: list[Contestant], rounds: int) -> list[Result]:
    """So many rounds, in which each runs once, in turn from another one on."""
    runs: dict[str, list[Ran]] = {contestant.name: [] for contestant in chosen}
    for number in range(rounds):
        turn = number % len(chosen)
        for contestant in chosen[turn:] + chosen[:turn]:
            runs[contestant.name].append(contestant.run(stage))
    return [_result(stage, contestant, middle(runs[contestant.name])) for contestant in chosen]


def _result(stage: Stage, contestant: Contestant, found: Middle) -> Result:
    part = contestant.part(stage)
    seconds = found.seconds / part
    return Result(
        contestant=contestant.name,
        variant=stage.made.variant,
        seconds=seconds,
        gigabytes_a_second=stage.made.gigabytes / seconds,
        part=part,
        middle=found,
    )
