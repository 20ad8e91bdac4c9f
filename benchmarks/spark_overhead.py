"""What Spark costs beside the parsing itself, and from which size a cluster wins.

Run it from the repository: .venv/bin/python benchmarks/spark_overhead.py [CACHE]

Measured on this machine, with local[2]: the start of a session, a job of empty pieces (tasks and
Arrow, with nothing to parse), and worlds of some sizes through Spark and through our own pool of
two processes. A straight line through each tells what an item costs; the rest is what is paid once.

The model for k machines like this one: a session, a job's tasks one after another at the driver,
and the items shared evenly; reading from a bucket, a slow machine and a lost one are not in it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import gettempdir
from typing import NamedTuple

from contest.linked import forget_builds, link
from contest.world import make_world
from rich.console import Console
from rich.table import Table

from chartlake.lake.store import open_store
from chartlake.spark.engine import SparkEngine
from chartlake.spark.session import open_session
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.engine import Engine, LocalEngine
from chartlake.transform.piece import Piece

MASTER = "local[2]"
SIZES = (4_500, 45_000, 135_000)
EMPTY = (2, 20, 100)
MACHINES = (2, 3, 4, 8, 16)
ROUNDS = 2
NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Line(NamedTuple):
    """Seconds as a straight line: those that are paid once, and those for each."""

    once: float
    each: float


def main() -> None:
    console = Console()
    cache = Path(sys.argv[1] if sys.argv[1:] else gettempdir()) / "chartlake-spark"
    cache.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()
    open_session(MASTER).range(1).count()
    start = time.perf_counter() - begun
    console.print(f"A session and its first job: {start:.1f} s")
    store = open_store(str(cache / "empty"))
    tasks = line(
        [
            (count, timed(lambda count=count: run_empty(store, count)))  # type: ignore[misc]
            for count in EMPTY
        ]
    )
    console.print(f"A job: {tasks.once:.2f} s, and {tasks.each * 1e3:.0f} ms for each empty piece")
    spark, local = (compare(console, cache, *each) for each in engines())
    tell_break_even(console, start, tasks, spark, local)


def engines() -> tuple[tuple[str, Engine], tuple[str, Engine]]:
    return ("Spark, local[2]", SparkEngine(MASTER)), ("ours, 2 processes", LocalEngine(2))


def run_empty(store: object, count: int) -> None:
    pieces = [Piece(number, ()) for number in range(count)]
    list(SparkEngine(MASTER).build(store, "a" * 16, pieces, lambda _: None))  # type: ignore[arg-type]


def compare(console: Console, cache: Path, name: str, engine: Engine) -> Line:
    """The seconds of each size, told; and the line through them."""
    table = Table("items", "seconds", "µs for each", title=name)
    points = []
    for size in SIZES:
        seconds = timed(lambda size=size: build(cache, size, engine))  # type: ignore[misc]
        points.append((size, seconds))
        table.add_row(f"{size:,}", f"{seconds:.2f}", f"{seconds / size * 1e6:.1f}")
    found = line(points)
    console.print(table, f"{found.once:.2f} s once, {found.each * 1e6:.1f} µs for each item")
    return found


def build(cache: Path, size: int, engine: Engine) -> float:
    """The seconds of one build; making the world is not among them."""
    lake = cache / f"without-{size}"
    make_world(lake, "without", size)
    work = link(lake, cache / f"work-{size}")
    forget_builds(work)
    store = open_store(str(work))
    begun = time.perf_counter()
    done = build_slots(store, engine, unbuilt(store), NOW)
    assert done.build
    assert not done.failed
    return time.perf_counter() - begun


def timed(work: Callable[[], float | None]) -> float:
    """The median of some rounds, of what the work itself tells or else of the whole."""
    found = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        told = work()
        found.append(time.perf_counter() - begun if told is None else told)
    return median(found)


def line(points: list[tuple[int, float]]) -> Line:
    """The straight line with the least squares."""
    count = len(points)
    x, y = sum(p[0] for p in points) / count, sum(p[1] for p in points) / count
    each = sum((p[0] - x) * (p[1] - y) for p in points) / sum((p[0] - x) ** 2 for p in points)
    return Line(max(0.0, y - each * x), each)


def tell_break_even(console: Console, start: float, tasks: Line, spark: Line, local: Line) -> None:
    """From how many items k machines with Spark are faster than one without."""
    table = Table("machines", "faster from items", "JSON", "which takes one machine")
    for machines in MACHINES:
        once = start + tasks.once
        gain = local.each - spark.each / machines - tasks.each / 51_200  # of a piece
        if gain <= 0:
            table.add_row(str(machines), "never", "", "")
            continue
        items = max(0.0, once - local.once) / gain
        alone = local.once + items * local.each
        table.add_row(
            str(machines), f"{items:,.0f}", f"{items * 4e3 / 1e9:.1f} GB", f"{alone:.0f} s"
        )
    console.print(table)


if __name__ == "__main__":
    main()
