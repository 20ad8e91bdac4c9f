"""chartlake demo: the whole pipeline in under a minute, without an account or a network."""

from __future__ import annotations

import shlex
import time
from collections import Counter
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from chartlake.cli import show
from chartlake.cli.options import ProjectDir
from chartlake.cli.stages import Stages
from chartlake.cli.trends import EXITS, MOVERS, NEW, describe
from chartlake.demo import DAYS, LAST_DATE, Demo, open_demo
from chartlake.lake import keys
from chartlake.pipeline import Extracted
from chartlake.report import trends
from chartlake.schema import TABLES

__all__ = ["demo"]

_SHOWN = "top-60-global"


def demo(project: ProjectDir = None) -> None:
    """Play 120 days of 8 invented charts through every stage: no account, no network.

    The folder (./chartlake-demo, or --project) is made anew each time.
    """
    folder = project or Path("chartlake-demo")
    try:
        code = _demo(folder)
    except KeyboardInterrupt:
        show.note("interrupted: the next chartlake demo starts anew")
        raise typer.Exit(130) from None
    _next(folder)
    raise typer.Exit(code)


def _demo(folder: Path) -> int:
    started = time.perf_counter()
    with open_demo(folder) as here:
        show.line(
            f"A simulated Spotify answers at {here.spotify.url}: "
            f"{len(here.project.feeds)} playlists of invented music."
        )
        show.line()
        stages = Stages(here.project)
        _history(here, stages)
        show.line(Text(f"\n{LAST_DATE}: chartlake run", style="bold"))
        stages.mark_missed(here.project.pipeline.plan(here.project.feeds))
        stages.extract(here.project.feeds)
        stages.settle()
        stages.headlines([_SHOWN])
        _trends(here)
        _counts(here, time.perf_counter() - started)
        return stages.close()


def _history(here: Demo, stages: Stages) -> None:
    """The days before the last one: extracted day by day, then built and loaded at once."""
    show.line(Text(f"the {DAYS - 1} days before it", style="bold"))
    clock = time.perf_counter()
    results: list[Extracted] = []
    with show.console(stderr=True).status("") as progress:
        for number, day in enumerate(here.pass_days(), start=1):
            results += day
            progress.update(f"day {number} of {DAYS - 1}")
    outcomes = Counter(result.status for result in results)
    Stages.say(
        "extract",
        f"{outcomes['new']} snapshots",
        f"{here.project.spotify.request_count:,} requests",
        since=clock,
    )
    for result in results:
        if result.error:
            what = result.error.what.split(" at ")[0]
            show.line(f"           missing for good: {result.feed} {result.chart_date}: {what}")
    stages.settle(check=False)


def _trends(here: Demo) -> None:
    warehouse = here.project.warehouse
    about = trends.edition(warehouse, _SHOWN, None)
    show.line("\n" + describe(about))
    for title, columns, trend in (
        ("Movers", MOVERS, trends.movers(warehouse, about, 3)),
        ("New entries and re-entries", NEW, trends.new(warehouse, about)),
        ("Exits", EXITS, trends.exits(warehouse, about)),
    ):
        show.line(Text(f"\n{title}", style="bold"))
        show.table(columns, trend.rows)


def _counts(here: Demo, seconds: float) -> None:
    store, warehouse = here.project.store, here.project.warehouse
    objects = {zone: sum(1 for _ in store.keys(zone)) for zone in keys.ZONES}
    rows: dict[str, Any] = {
        table: warehouse.query(f"select count(*) from {table}").rows[0][0] for table in TABLES
    }
    show.line(Text(f"\nIn {seconds:.1f} s", style="bold"))
    show.line(
        f"requests   {here.spotify.request_count:,} to the Web API, "
        f"{here.spotify.token_request_count} for access tokens"
    )
    show.line(
        "objects    " + ", ".join(f"{zone}{count:,}" for zone, count in objects.items() if count)
    )
    show.line(
        "rows       " + ", ".join(f"{table} {count:,}" for table, count in rows.items() if count)
    )


def _next(folder: Path) -> None:
    here = f"--project {shlex.quote(str(folder))}"
    show.line(Text("\nTry next", style="bold"))
    for command in (
        f"stories {here} --feed {_SHOWN}",
        f"trends streaks {here} --feed {_SHOWN}",
        f"trends artists {here} --feed {_SHOWN}",
        f"status {here}",
        f"check {here}",
        f"explain {here} {_SHOWN} {LAST_DATE} 1",
        f"lake cat {here} {_SHOWN} {LAST_DATE} | head -c 600",
        f"query {here} 'select feed, item_name, streak from chart_movements "
        "order by streak desc limit 5'",
    ):
        show.line(f"  {show.program()} {command}")
