"""The transform against other ways to turn the same JSON into the same tables, and the limits.

Run it from the repository: .venv/bin/python benchmarks/transform.py run
To make a world alone: … transform.py make --variant without --size 450000 --lake FOLDER

450,000 playlist items, 1.8 GB of JSON, three times (see `contest.world`): without popularity, with,
and with no track twice. Each contestant runs once a round in a process of its own, all begin with
the same pages and end with the same six curated tables as zstd Parquet; that ours and DuckDB's are
equal row for row is checked first. Rivals are given the pages in an easier form (`contest.plain`).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from contest import told
from contest.growth import SIZES, grow
from contest.parity import check_parity
from contest.rivals import python_with_rivals, versions
from contest.rounds import CONTESTANTS, Contestant, compete, set_stage
from contest.views import as_lambda, days
from contest.world import VARIANTS, Variant, make_world
from rich.console import Console

WORLDS = ", ".join(VARIANTS)
NAMES = ", ".join(contestant.name for contestant in CONTESTANTS)
CACHE = Path(tempfile.gettempdir()) / "bench"
_SPARK = "from chartlake.spark.engine import SparkEngine"
app = typer.Typer(add_completion=False, help=__doc__)
console = Console(width=110)


@app.command()
def make(
    lake: Annotated[Path, typer.Option(help="its folder; it is made anew unless it is there")],
    variant: Variant = "without",
    size: Annotated[int, typer.Option(help="items, from 500 on")] = 450_000,
) -> None:
    """Make a world in a lake on disk."""
    begun = time.perf_counter()
    made = make_world(lake, variant, size)
    console.print(
        f"{lake}: {made.items:,} items, {made.gigabytes:.2f} GB of JSON, "
        f"{time.perf_counter() - begun:.1f} s"
    )


@app.command()
def run(
    size: Annotated[int, typer.Option(help="items of a world, from 500 on")] = 450_000,
    rounds: Annotated[int, typer.Option(help="of which medians are told")] = 3,
    only: Annotated[list[str] | None, typer.Option(help=f"contestants: {NAMES}")] = None,
    variants: Annotated[list[str] | None, typer.Option(help=f"worlds: {WORLDS}")] = None,
    spark: Annotated[bool, typer.Option(help="with Spark, which takes a minute a round")] = False,
    views: Annotated[bool, typer.Option(help="one more day, and Lambda")] = True,
    growth: Annotated[bool, typer.Option(help="up to 4.5 million items: ten minutes more")] = False,
    cache: Annotated[Path, typer.Option(help="where worlds and the rivals' packages lie")] = CACHE,
    json: Annotated[Path | None, typer.Option(help="where to write all that was measured")] = None,
) -> None:
    """Compete, and tell who took how long."""
    cache.mkdir(parents=True, exist_ok=True)
    chosen, rivals = _chosen(only or [], spark), None
    found: dict[str, Any] = {"results": []}
    if any(contestant.needs_rivals for contestant in chosen):
        rivals = python_with_rivals(cache)
        chosen = _without_missing(chosen, rivals)
        found["versions"] = versions(rivals) if rivals else {}
        console.print(f"Rivals: {found['versions']}")
    worlds = [each for each in VARIANTS if each in (variants or VARIANTS)]
    for variant in worlds:
        columns = check_parity(cache, variant)
        lake = cache / (variant if size == 450_000 else f"{variant}-{size}")
        made = make_world(lake, variant, size)
        results = compete(set_stage(made, lake, rivals), chosen, rounds)
        told.tell_results(console, made, results)
        found["results"] += [*results]
        found["equal columns"] = columns
    _tell_columns(found["equal columns"])
    if views:
        lake = cache / "without"
        make_world(lake, "without")
        found["days"], found["lambda"] = days(lake, rounds), as_lambda(cache, rounds)
        told.tell_days(console, found["days"])
        told.tell_lambda(console, found["lambda"])
    if growth:
        found["growth"] = [grow(cache, worlds[0], each, processes=1) for each in SIZES]
        told.tell_growth(console, found["growth"])
    if json:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(_named(found))))


def _chosen(names: list[str], spark: bool) -> list[Contestant]:
    if unknown := set(names) - {contestant.name for contestant in CONTESTANTS}:
        raise typer.BadParameter(f"{', '.join(unknown)}: there are {NAMES}")
    chosen = [each for each in CONTESTANTS if each.name in names or not names]
    if spark:
        tried = subprocess.run([sys.executable, "-c", _SPARK], capture_output=True, text=True)
        if not tried.returncode:
            return chosen
        console.print(f"Spark is left out: {tried.stderr.strip().splitlines()[-1]}")
    return [each for each in chosen if each.name != "spark"]


def _without_missing(chosen: list[Contestant], rivals: Path | None) -> list[Contestant]:
    if rivals:
        return chosen
    left_out = [each.name for each in chosen if each.needs_rivals]
    console.print(f"{', '.join(left_out)} left out: their packages cannot be installed here.")
    return [each for each in chosen if not each.needs_rivals]


def _tell_columns(columns: dict[str, list[str]]) -> None:
    told_of = "; ".join(f"{table} ({', '.join(names)})" for table, names in columns.items())
    console.print(f"Ours and DuckDB's were equal, row for row: {told_of}.")


def _named(value: Any) -> Any:
    """Records by the names of their fields."""
    if hasattr(value, "_asdict"):
        return {name: _named(each) for name, each in value._asdict().items()}
    if isinstance(value, dict):
        return {name: _named(each) for name, each in value.items()}
    return [_named(each) for each in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    app()
