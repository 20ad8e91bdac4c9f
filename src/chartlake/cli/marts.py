"""chartlake marts: the marts as Parquet in the lake, for other tools."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from chartlake.cli import show
from chartlake.cli.options import AsJson, ProjectDir, open_here
from chartlake.cli.remove import alone
from chartlake.cli.show import Col
from chartlake.errors import UsageError
from chartlake.lake import builds, keys
from chartlake.lake import marts as in_lake
from chartlake.lake.marts import MartsRun
from chartlake.lake.store import Store
from chartlake.pipeline import exit_code
from chartlake.settings import Engine

__all__ = ["marts"]

_MART = [
    Col("mart", "mart", wide=True),
    Col("rows", "rows"),
    Col("files", "files"),
    Col("size", "size"),
]


def marts(
    engine: Annotated[
        Engine,
        typer.Option("--engine", help="local: copied from the warehouse; spark: made on Spark."),
    ] = "local",
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Write all marts as Parquet into the lake, for Spark, pandas, Power BI and such.

    With --engine local the warehouse is loaded first, and its marts are copied. With
    --engine spark they are made from the builds, without a warehouse: for volumes past one
    machine. Both give the same rows, types and folders.
    """
    clock = time.perf_counter()
    here = open_here(project)
    if next(builds.list_builds(here.store), None) is None:
        raise UsageError(
            f"nothing was built yet in {here.store.url}, so there are no marts",
            fix="fill it first: chartlake import FILES, chartlake run, or chartlake demo",
        )
    with alone(here.store, "marts", so="no marts were made"):  # only removals wait for that
        problems = here.pipeline.load().left_out if engine == "local" else ()
        with show.progress("marts", quiet=as_json) as progress:
            run = here.marts(engine).make(here.store, here.pipeline.clock(), progress)
        in_lake.drop_former(here.store)
    facts = _facts(here.store, run, time.perf_counter() - clock)
    if as_json:
        show.json(facts)
    else:
        _print(facts)
    for problem in problems:
        show.error(problem)
    raise typer.Exit(exit_code(problems))


def _facts(store: Store, run: MartsRun, seconds: float) -> dict[str, Any]:
    made = [
        {
            "mart": mart,
            "rows": rows,
            "files": [file.key for file in run.files if file.table == mart],
            "bytes": sum(file.size for file in run.files if file.table == mart),
        }
        for mart, rows in run.rows.items()
    ]
    return {
        "run": run.run,
        "engine": run.engine,
        "lake": store.url,
        "manifest": keys.marts_run(run.run),
        "folder": keys.marts_of(run.run),
        "marts": made,
        "seconds": round(seconds, 3),
    }


def _print(facts: dict[str, Any]) -> None:
    shown = [
        {**mart, "files": len(mart["files"]), "size": show.size(mart["bytes"])}
        for mart in facts["marts"]
    ]
    show.table(_MART, shown)
    rows = sum(mart["rows"] for mart in facts["marts"])
    show.line(
        f"{len(shown)} marts with {rows:,} rows, by {facts['engine']}, {facts['seconds']:.1f} s"
    )
    show.line(show.plain(f"{facts['lake']}/{facts['folder']}"))
