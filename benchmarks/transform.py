"""The transform against other ways to turn the same JSON into the same tables, and the limits.

Run it from the repository: .venv/bin/python benchmarks/transform.py [run]
To make a world alone: … transform.py make --variant without --size 450000 --lake FOLDER
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from contest.world import Variant, make_world

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def make(
    lake: Annotated[Path, typer.Option(help="its folder; it is made anew unless it is there")],
    variant: Variant = "without",
    size: Annotated[int, typer.Option(help="items, from 500 on")] = 450_000,
) -> None:
    """Make a world in a lake on disk."""
    begun = time.perf_counter()
    made = make_world(lake, variant, size)
    typer.echo(
        f"{lake}: {made.items:,} items, {made.gigabytes:.2f} GB of JSON, "
        f"{time.perf_counter() - begun:.1f} s"
    )


@app.command()
def run() -> None: ...


if __name__ == "__main__":
    app()
