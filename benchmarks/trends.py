"""How long a person waits for an answer: every trends command on a project that is there.

Run it from the repository: .venv/bin/python benchmarks/trends.py FOLDER [--rounds 5] [--json]

The commands run in this process, so that the start of Python and the making of the command line
are not in it; each opens the warehouse anew. Feed, item and artist are the warehouse's own: of the
feed in the middle of the alphabet the item with the most chart points. Beside the time on the clock
stands that of the processor, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from typer.main import get_command

from chartlake.cli import app
from chartlake.cli.options import open_here


class Subject(NamedTuple):
    """What the commands are asked about."""

    entries: int
    feed: str
    first_date: str
    last_date: str
    item_key: str
    item_name: str
    artist_key: str


class Cost(NamedTuple):
    """A command's milliseconds; ``code`` is its exit code."""

    command: str
    median_ms: float
    slowest_ms: float
    cpu_ms: float
    code: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what each command costs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="a project with a warehouse")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    about = subject(given.folder)
    costs = [cost(given.folder, words, given.rounds) for words in commands(about)]
    if given.json:
        rows = [each._asdict() for each in costs]
        json.dump({**about._asdict(), "rounds": given.rounds, "commands": rows}, sys.stdout)
        return
    print_table(about, costs)


def subject(folder: Path) -> Subject:
    """The feed in the middle, its best item, and who that is by."""
    with open_here(folder).warehouse.session() as warehouse:
        feeds = warehouse.query(
            "select feed, min(chart_date), max(chart_date), sum(entry_count) "
            "from chart_editions group by feed order by feed"
        ).rows
        feed, first, last, _ = feeds[len(feeds) // 2]
        ((key, name),) = warehouse.query(
            "select item_key, item_name from item_profiles where feed = $feed "
            "order by chart_points desc limit 1",
            {"feed": feed},
        ).rows
        ((artist,),) = warehouse.query(
            "select artist_key from chart_credits where feed = $feed and item_key = $item limit 1",
            {"feed": feed, "item": key},
        ).rows
    entries = sum(row[3] for row in feeds)
    return Subject(int(entries), feed, str(first), str(last), key, name, artist)


def commands(about: Subject) -> list[list[str]]:
    """The command lines."""
    here = ["--feed", about.feed]
    plain = ["movers", "new", "exits", "streaks", "chart", "artists", "records", "markets"]
    told = [[name] for name in (*plain, "roster")]
    told += [["artist", about.artist_key], ["track", about.item_key], ["track", about.item_name]]
    told += [["markets", about.item_key], ["compare", "--from", about.first_date]]
    return [
        *(["trends", *words, *here] for words in told),
        ["stories", *here],
        ["status"],
        ["explain", about.feed, about.last_date, "1"],
    ]


def cost(folder: Path, words: Sequence[str], rounds: int) -> Cost:
    """Run a command some times."""
    command: Any = get_command(app)
    clock, processor, code = [], [], 0
    for _ in range(rounds):
        started, used = time.perf_counter(), time.process_time()
        code = run(command, [*words, "--project", str(folder)])
        clock.append((time.perf_counter() - started) * 1000)
        processor.append((time.process_time() - used) * 1000)
    median = statistics.median(processor)
    return Cost(" ".join(words), statistics.median(clock), max(clock), median, code)


def run(command: Any, words: Sequence[str]) -> int:
    """One command, whose answer goes nowhere."""
    nowhere = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            command(words)
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def print_table(about: Subject, costs: Sequence[Cost]) -> None:
    """For people."""
    out = Table("command", "median ms", "slowest ms", "CPU ms", "exit code")
    for each in costs:
        numbers = (each.median_ms, each.slowest_ms, each.cpu_ms)
        out.add_row(each.command[:44], *(f"{ms:,.0f}" for ms in numbers), str(each.code))
    console = Console(width=100)
    console.print(out)
    console.print(
        f"{about.entries:,} entries; roster needs one in chartlake.toml, else exit code 2"
    )


if __name__ == "__main__":
    main()
