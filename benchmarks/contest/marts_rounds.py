"""The rounds in which all marts are made: ours, and rivals that are checked before they count."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from chartlake.warehouse.dialects import dialect_text
from chartlake.warehouse.sql import MARTS, STEPS, VIEWS

from .marts_parity import rows_if_equal
from .measure import Ran, run_module
from .rivals import python_with_rivals

TABLES = tuple(mart.name for mart in MARTS if mart.kind == "table")
_NO_MART = ("commit", "other")


class LeftOut(Exception):
    """Why a rival does not compete."""


class Stage(NamedTuple):
    """A world, and where to work on it."""

    curated: Path
    work: Path
    memory: str
    cache: Path

    @property
    def loaded(self) -> Path:
        """The product's file before any mart is made."""
        return self.work / "loaded.duckdb"

    @property
    def made(self) -> Path:
        """The product's file with all marts."""
        return self.work / "made.duckdb"

    @property
    def tables(self) -> Path:
        """Curated Parquet, and the small tables beside it."""
        return self.work / "tables"


class Result(NamedTuple):
    """The medians of one contestant, in seconds and megabytes.

    ``ours_seconds`` are ours for the same marts, ``rows`` those found equal. The memory is
    that of the largest process: Spark's Java counts again in each child that it forks.
    """

    name: str
    seconds: float
    fastest: float
    ours_seconds: float
    peak_mb: float
    parts: dict[str, float]
    rows: dict[str, int]
    told: dict[str, Any]


def set_stage(folder: Path, memory: str, cache: Path) -> tuple[Stage, Ran]:
    """Load the product's file, for which ours is not timed."""
    folder = folder.resolve()
    stage = Stage(folder / "curated", folder / "work", memory, cache)
    shutil.rmtree(stage.work, ignore_errors=True)
    stage.tables.mkdir(parents=True)
    for table in stage.curated.iterdir():
        (stage.tables / table.name).symlink_to(table)
    return stage, run_module("marts_duckdb", "load", stage.loaded, memory, stage.curated)


def compete(
    stage: Stage, rivals: Iterable[str], rounds: int, tell: Callable[[str], None]
) -> list[Result]:
    """So many rounds, in which each runs once in a process of its own; ours comes first."""
    runs: dict[str, list[Ran]] = {"DuckDB": []}
    rows: dict[str, dict[str, int]] = {"DuckDB": {}}
    waiting = [*rivals]
    for _ in range(rounds):
        runs["DuckDB"].append(make_ours(stage))
        for name in [*waiting]:
            try:
                ran = _RIVALS[name](stage)
            except LeftOut as error:
                waiting.remove(name)
                runs.pop(name, None)
                tell(f"{name} is left out: {error}")
                continue
            rows[name] = rows_if_equal(stage.made, stage.work / name)
            runs.setdefault(name, []).append(ran)
    ours = _parts(runs["DuckDB"])
    return [_result(name, of, ours, rows[name]) for name, of in runs.items()]


def make_ours(stage: Stage) -> Ran:
    """All marts, in a file of which what is only loaded is a copy."""
    shutil.copyfile(stage.loaded, stage.made)
    return run_module("marts_duckdb", "refresh", stage.made, stage.memory, stage.tables)


def _pandas(stage: Stage) -> Ran:
    python = _python_with("pandas", stage.cache)
    return _run(stage, "pandas", "marts_pandas", stage.curated, python=python)


def _spark(stage: Stage) -> Ran:
    if not find_spec("pyspark"):
        raise LeftOut("PySpark is not here; make setup installs it")
    plan = stage.work / "plan.json"
    plan.write_text(_in_sparks_words())
    memory = stage.memory.lower().removesuffix("b")
    return _run(stage, "Spark", "marts_spark", plan, stage.tables, memory)


_RIVALS = {"pandas": _pandas, "Spark": _spark}
RIVALS = tuple(_RIVALS)


def _in_sparks_words() -> str:
    plan = [
        {"name": file.name, "kind": file.kind, "sql": dialect_text(file.name, "spark")}
        for file in (*VIEWS, *STEPS)
    ]
    return json.dumps(plan)


def _run(stage: Stage, name: str, module: str, *words: object, python: str = sys.executable) -> Ran:
    """Run a rival, whose marts go into a folder of its name."""
    folder = stage.work / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        return run_module(module, *words, folder, python=python)
    except SystemExit as error:
        raise LeftOut(str(error).strip().splitlines()[-1]) from error


def _python_with(package: str, cache: Path) -> str:
    """This Python where it has the package, else that of the rivals' environment."""
    if find_spec(package):
        return sys.executable
    cache.mkdir(parents=True, exist_ok=True)
    python = python_with_rivals(cache)
    install = [str(python), "-m", "pip", "install", "--quiet", package]
    if not python or subprocess.run(install, capture_output=True, check=False).returncode:
        raise LeftOut(f"{package} is not here and cannot be installed")
    return str(python)


def _parts(runs: list[Ran]) -> dict[str, float]:
    """The median seconds of each mart, of the commit and of what else there is; not of views."""
    return {
        name: median(run.told["parts"][name] for run in runs)
        for name in runs[0].told["parts"]
        if name in TABLES or name in _NO_MART
    }


def _result(name: str, runs: list[Ran], ours: dict[str, float], rows: dict[str, int]) -> Result:
    parts = _parts(runs)
    # pandas numbers editions and finds gaps in one step
    same = {*parts, *_NO_MART} | ({"timeline"} if name == "pandas" else set())
    totals = [sum(_parts([run]).values()) for run in runs]
    return Result(
        name=name,
        seconds=median(totals),
        fastest=min(totals),
        ours_seconds=sum(seconds for part, seconds in ours.items() if part in same),
        peak_mb=median(run.peak_mb for run in runs),
        parts=parts,
        rows=rows,
        told=runs[-1].told,
    )
