"""All marts made anew from 450,000, 5 million and 26 million entries, beside pandas and Spark.

Run it from the repository:
    .venv/bin/python benchmarks/marts.py world FOLDER --entries 450000
    .venv/bin/python benchmarks/marts.py run FOLDER

A world is curated Parquet (see `contest.marts_world`). Ours is the product's own SQL in a DuckDB
file, with two threads and a limit on memory; pandas makes the core of the marts; Spark runs ours in
its own words. What rivals make must be equal to ours, or nothing is told.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from contest.marts_rounds import RIVALS, TABLES, Result, compete, set_stage
from contest.marts_world import Made, make_world
from rich.console import Console
from rich.table import Table

CACHE = Path(tempfile.gettempdir()) / "bench"
_FEW = 1_000_000
app = typer.Typer(add_completion=False, help=__doc__)
console = Console(width=110)


@app.command()
def world(
    folder: Annotated[Path, typer.Argument(help="empty, or not there yet")],
    entries: Annotated[int, typer.Option(help="about so many, from 4,000 to 26 million")] = 450_000,
) -> None:
    """Generate a world."""
    begun = time.perf_counter()
    with console.status("Generating") as status:
        made = make_world(folder, entries, status.update)
    console.print(f"{_described(made)}; {time.perf_counter() - begun:.1f} s")


@app.command()
def run(
    folder: Annotated[Path, typer.Argument(help="that of a world")],
    memory: Annotated[
        str, typer.Option(help="DuckDB's memory_limit and Spark's heap, in GB or MB")
    ] = "4GB",
    rounds: Annotated[
        int | None, typer.Option(help="of which medians are told; 3 for a small world, else 1")
    ] = None,
    rivals: Annotated[
        list[str] | None, typer.Option(help=f"who else: {', '.join(RIVALS)}, or none")
    ] = None,
    cache: Annotated[Path, typer.Option(help="where the rivals' packages lie")] = CACHE,
    json: Annotated[Path | None, typer.Option(help="where to write all that was measured")] = None,
) -> None:
    """Make all marts, and tell how long it took and how much memory."""
    if not (folder / "made.json").exists():
        raise typer.BadParameter(f"{folder} has no world: benchmarks/marts.py world {folder}")
    made = Made(*msgspec.json.decode((folder / "made.json").read_bytes()))
    chosen = [name for name in rivals or RIVALS if name != "none"]
    if unknown := set(chosen) - set(RIVALS):
        raise typer.BadParameter(f"{', '.join(unknown)}: there are {', '.join(RIVALS)}")
    console.print(_described(made))
    stage, loaded = set_stage(folder, memory, cache)
    console.print(
        f"Loaded into a DuckDB file in {loaded.seconds:.1f} s, {_mb(loaded.told['file_bytes'])}, "
        f"{loaded.peak_mb:,.0f} MB at most; not part of what follows."
    )
    rounds = rounds or (3 if made.entries < _FEW else 1)
    results = compete(stage, chosen, rounds, console.print)
    _tell(results, rounds)
    if json:
        found = {"world": made._asdict(), "load": loaded._asdict()}
        every = {**found, "rounds": rounds, "results": [each._asdict() for each in results]}
        json.write_bytes(msgspec.json.format(msgspec.json.encode(every)))


def _described(made: Made) -> str:
    return (
        f"{made.entries:,} entries in {made.editions:,} editions, {made.markets} markets over "
        f"{made.days:,} days, {made.megabytes:,.0f} MB of Parquet"
    )


def _tell(results: list[Result], rounds: int) -> None:
    names = ("marts", "seconds", "fastest", "peak MB", "of ours")
    table = _table("", *names, title=f"{rounds} round(s)")
    for each in results:
        table.add_row(
            each.name,
            str(sum(part in TABLES for part in each.parts)),
            f"{each.seconds:,.1f}",
            f"{each.fastest:,.1f}",
            f"{each.peak_mb:,.0f}",
            f"{each.seconds / each.ours_seconds:.2f}",
        )
    console.print(table)
    ours = results[0]
    console.print(
        f"DuckDB: a file of {_mb(ours.told['file_bytes'])}, "
        f"{_mb(ours.told['spilled_bytes'])} spilled at most."
    )
    for each in results[1:]:
        _tell_rival(each)
    _tell_parts(results)


def _tell_rival(rival: Result) -> None:
    console.print(f"{rival.name}: {sum(rival.rows.values()):,} rows equal to ours, in all columns.")
    for word in ("reading", "start"):
        if word in rival.told:
            console.print(f"{rival.name}: {word} took {rival.told[word]:.1f} s more.")
    for mart, why in rival.told.get("failed", {}).items():
        console.print(f"{rival.name} does not run {mart}: {why}", markup=False)


def _tell_parts(results: list[Result]) -> None:
    table = _table("seconds", *(each.name for each in results))
    for part in sorted(results[0].parts, key=lambda name: -results[0].parts[name]):
        seconds = [each.parts.get(part) for each in results]
        table.add_row(part, *("" if each is None else f"{each:,.2f}" for each in seconds))
    console.print(table)


def _table(first: str, *names: str, title: str | None = None) -> Table:
    table = Table(first, title=title, title_justify="left")
    for name in names:
        table.add_column(name, justify="right")
    return table


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


if __name__ == "__main__":
    app()
