"""chartlake run and chartlake import: fill the lake and the warehouse."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chartlake import schedule
from chartlake.cli import show
from chartlake.cli.options import AsJson, ProjectDir, open_here
from chartlake.cli.stages import Stages
from chartlake.errors import UsageError
from chartlake.lake import raw
from chartlake.model import Feed, slot_at
from chartlake.wiring import Project

__all__ = ["import_", "run"]

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print problems only.")]


def run(
    feed: Annotated[
        list[str] | None, typer.Option("--feed", metavar="NAME", help="Only these feeds.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is due; ask and write nothing.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Take what is due of every feed, through all stages to what moved."""
    here = open_here(project)
    feeds = [each for each in here.feeds if not feed or each.name in feed]
    unknown = set(feed or ()) - {each.name for each in feeds}
    if unknown or not (here.feeds or raw.feeds(here.store)):
        raise _no_feed(here, sorted(unknown))
    if dry_run:
        _say_due(here, feeds, as_json)
        return
    stages = Stages(here, quiet=quiet or as_json)
    with here:
        results = stages.extract(feeds)
    stages.settle()
    fresh = [result.feed for result in results if result.status == "new"]
    _finish(stages, here, fresh, as_json)


def import_(
    files: Annotated[list[Path], typer.Argument(help="Spotify Charts CSV files.")],
    feed: Annotated[
        str | None,
        typer.Option("--feed", metavar="NAME", help="The feed, where the name does not tell."),
    ] = None,
    date: Annotated[
        datetime | None,
        typer.Option(
            "--date",
            metavar="YYYY-MM-DD",
            formats=["%Y-%m-%d"],
            help="The chart date, where the name does not tell.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Take bytes that are already there at another date.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let a corrected file replace what a date holds.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Import Spotify Charts files: feed and date come from their names."""
    if date and len(files) > 1:
        raise UsageError(
            f"--date {date:%Y-%m-%d} is one date, and there are {len(files)} files",
            fix="import them one by one, or let their names tell the dates",
        )
    here = open_here(project)
    stages = Stages(here, quiet=quiet or as_json)
    clock = time.perf_counter()
    results = here.pipeline.import_files(
        files, feed=feed, day=date.date() if date else None, force=force, replace=replace
    )
    stages.imported(results, clock)
    if raw.feeds(here.store):
        stages.settle()
    fresh = sorted({r.feed for r in results if r.feed and r.status in ("new", "replaced")})
    if all(result.status == "present" for result in results) and not stages.facts["loaded_slots"]:
        stages.say_line("Nothing changed: all of it was there already.")
    _finish(stages, here, fresh, as_json)


def _finish(stages: Stages, here: Project, fresh: list[str], as_json: bool) -> None:
    then = f"trends movers --feed {fresh[0]}" if fresh else "status"
    stages.headlines(fresh)
    code = stages.close(f"{show.program()} {then}")
    if as_json:
        show.json(stages.facts)
    raise typer.Exit(code)


def _no_feed(here: Project, unknown: list[str]) -> UsageError:
    if here.feeds:
        names = ", ".join(feed.name for feed in here.feeds)
        return UsageError(f"no feed is named {', '.join(unknown)}", fix=f"one of: {names}")
    return UsageError(
        f"no feeds are configured in {here.settings.project}",
        fix="name one in chartlake.toml (chartlake init writes it), "
        "or bring charts: chartlake import FILES",
    )


def _say_due(here: Project, feeds: Sequence[Feed], as_json: bool) -> None:
    rows = []
    for feed in feeds:
        at = schedule.latest(feed, here.pipeline.clock())
        present = raw.is_committed(here.store, feed.name, slot_at(at))
        rows.append({"feed": feed.name, "due_at": at, "present": present})
    if as_json:
        show.json({"due": rows})
        return
    for row in rows:
        state = "there already" if row["present"] else "would be read"
        show.line(f"{row['feed']}   due {row['due_at']:%Y-%m-%d %H:%M} UTC   {state}")
    if not rows:
        show.line("No feed is configured: nothing would be asked.")
