"""What one more edition costs, a backfill, and what is told of 1% of items, as a warehouse grows.

Run it from the repository, with worlds that `benchmarks/marts.py world` has made:
    .venv/bin/python benchmarks/marts_growth.py /tmp/marts/small /tmp/marts/middle

Each case is a load by the product itself, gate and publishing included, in a process of its own on
a file with all marts, which is in the page cache. In worlds of up to 10 million entries all marts
are then made anew, and nothing is told unless they are equal.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from contest.marts_cases import CASES
from contest.marts_growth import Grown, grow
from contest.marts_world import Made
from rich.console import Console
from rich.table import Table

_MANY = 10_000_000
_FEW = 1_000_000
app = typer.Typer(add_completion=False)
console = Console(width=120)


@app.command(help=__doc__)
def main(
    folders: Annotated[list[Path], typer.Argument(help="those of worlds, or files of --json")],
    case: Annotated[
        list[str] | None, typer.Option(help=f"which: {', '.join(CASES)}; all but the last at 26M")
    ] = None,
    memory: Annotated[str, typer.Option(help="DuckDB's memory_limit, in GB or MB")] = "4GB",
    rounds: Annotated[
        int | None, typer.Option(help="of which medians are told; 3 for a small world, else 1")
    ] = None,
    whole: Annotated[
        bool | None, typer.Option(help="make all marts anew, and compare; not at 26M by itself")
    ] = None,
    statements: Annotated[int, typer.Option(help="tell so many of the dearest statements")] = 0,
    json: Annotated[Path | None, typer.Option(help="where to write all that was measured")] = None,
) -> None:
    """Measure all worlds, and tell them beside each other."""
    if unknown := set(case or ()) - CASES.keys():
        raise typer.BadParameter(f"{', '.join(unknown)}: there are {', '.join(CASES)}")
    found: list[tuple[Made, list[Grown]]] = []
    for folder in folders:
        if folder.is_file():
            found += _read(folder)
            continue
        made = _world(folder)
        large = made.entries > _MANY
        cases = case or [name for name, each in CASES.items() if not (large and each.as_one)]
        times = rounds or (3 if made.entries < _FEW else 1)
        compare = not large if whole is None else whole
        with console.status("") as status:
            grown = grow(folder, made, cases, memory, times, compare=compare, tell=status.update)
        found.append((made, grown))
        _tell(made, grown, times, statements)
    if json:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    if len(found) > 1:
        _tell_growth(found)


def _world(folder: Path) -> Made:
    note = folder / "made.json"
    if not note.exists():
        raise typer.BadParameter(f"{folder} has no world: benchmarks/marts.py world {folder}")
    return Made(*msgspec.json.decode(note.read_bytes()))


def _read(file: Path) -> list[tuple[Made, list[Grown]]]:
    return msgspec.json.decode(file.read_bytes(), type=list[tuple[Made, list[Grown]]])


def _tell(made: Made, grown: list[Grown], rounds: int, statements: int) -> None:
    title = f"{made.entries:,} entries, {rounds} round(s): seconds (CPU seconds)"
    table = _table("", *(each.case for each in grown), title=title)
    table.add_row("work", *(_pair(each.work) for each in grown), style="bold")
    stages = sorted(
        {name for each in grown for name in each.stages},
        key=lambda name: -max(each.stages.get(name, (0, 0))[1] for each in grown),
    )
    for stage in stages:
        table.add_row(f"  {stage}", *(_pair(each.stages.get(stage)) for each in grown))
    table.add_row("publishing", *(_pair(each.publishing) for each in grown))
    table.add_row("all marts anew", *(_pair(each.whole) for each in grown))
    table.add_row("peak MB", *(f"{each.peak_mb:,.0f}" for each in grown))
    table.add_row("slots", *(f"{each.slots:,}" for each in grown))
    table.add_row("rows written", *(f"{sum(each.rows.values()):,}" for each in grown))
    table.add_row("rows compared", *(_count(each.compared) for each in grown))
    console.print(table)
    _tell_rows(grown)
    for each in grown if statements else ():
        _tell_statements(each, statements)


def _tell_rows(grown: list[Grown]) -> None:
    table = _table("rows written", *(each.case for each in grown))
    for mart in dict.fromkeys(name for each in grown for name in each.rows):
        table.add_row(mart, *(_count(each.rows.get(mart)) for each in grown))
    console.print(table)


def _tell_statements(grown: Grown, count: int) -> None:
    table = _table(grown.case, "seconds (CPU seconds)")
    dearest = sorted(grown.statements.items(), key=lambda found: -found[1][1])
    for name, pair in dearest[:count]:
        table.add_row(name, _pair(pair))
    console.print(table)


def _tell_growth(found: list[tuple[Made, list[Grown]]]) -> None:
    """Each world's work beside that of the smallest."""
    found = sorted(found, key=lambda each: each[0].entries)
    names = [f"{made.entries:,}" for made, _ in found]
    table = _table("work, and the largest's by the smallest's", *names, "seconds", "CPU seconds")
    for case in CASES:
        of_case = [next((g for g in grown if g.case == case), None) for _, grown in found]
        first, last = of_case[0], of_case[-1]
        ratios = (
            [f"{last.work[place] / first.work[place]:.2f}" for place in (0, 1)]
            if first and last
            else ["", ""]
        )
        table.add_row(case, *(_pair(each and each.work) for each in of_case), *ratios)
    console.print(table)


def _pair(pair: tuple[float, float] | None) -> str:
    return "" if pair is None else f"{pair[0]:,.2f} ({pair[1]:,.2f})"


def _count(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _table(first: str, *names: str, title: str | None = None) -> Table:
    table = Table(first, title=title, title_justify="left")
    for name in names:
        table.add_column(name, justify="right")
    return table


if __name__ == "__main__":
    app()
