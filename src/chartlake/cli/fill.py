"""chartlake run and chartlake import: fill the lake and the warehouse."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date as Date
from datetime import datetime
from math import isinf
from pathlib import Path
from typing import Annotated, Any

import typer

from chartlake import schedule
from chartlake.cli import show, signals
from chartlake.cli.deadline import open_until
from chartlake.cli.options import AsJson, EngineOption, ProjectDir, open_here
from chartlake.cli.show import Col
from chartlake.cli.stages import Stages
from chartlake.errors import ChartlakeError, RefusedFile, UsageError
from chartlake.extract.charts_csv import read_chart_file
from chartlake.extract.spotify.expected import Expected
from chartlake.lake import raw, tombstones
from chartlake.model import Feed, sha256, slot_at
from chartlake.wiring.project import Project

__all__ = ["import_", "run"]

_DUE = [
    Col("feed", "feed", wide=True),
    Col("source", "source"),
    Col("due (UTC)", "due_at"),
    Col("state", "state"),
    Col("requests", "requests"),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print problems only.")]


def run(
    feed: Annotated[
        list[str] | None, typer.Option("--feed", metavar="NAME", help="Only these feeds.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say what is due and what it would take; ask and write nothing."
        ),
    ] = False,
    deadline: Annotated[
        float | None,
        typer.Option(
            "--deadline",
            metavar="SECONDS",
            min=1,
            help="Stop reading after so long and load what is there "
            "(default: spotify.longest_run_minutes).",
        ),
    ] = None,
    engine: EngineOption = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Take what is due of every feed, through all stages to what moved."""
    here = open_until(project, deadline, engine)
    feeds = [each for each in here.feeds if not feed or each.name in feed]
    unknown = set(feed or ()) - {each.name for each in feeds}
    if unknown or not (here.feeds or raw.feeds(here.store)):
        raise _no_feed(here, sorted(unknown))
    if dry_run:
        _say_due(here, feeds, as_json)
        return
    stages = Stages(here, quiet=quiet or as_json)
    with here:
        stages.look_back()
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
    day = date.date() if date else None
    stages = Stages(here, quiet=quiet or as_json)
    clock = time.perf_counter()
    with _telling_what_is_in(here, files, feed, day):
        results = here.pipeline.import_files(
            files, feed=feed, day=day, force=force, replace=replace
        )
        stages.imported(results, clock)
        if raw.feeds(here.store):
            stages.settle()
    fresh = sorted({r.feed for r in results if r.feed and r.status in ("new", "replaced")})
    if all(result.status == "present" for result in results) and not stages.facts["loaded_slots"]:
        stages.say_line("Nothing changed: all of it was there already.")
    _finish(stages, here, fresh, as_json)


@contextmanager
def _telling_what_is_in(
    here: Project, files: Sequence[Path], feed: str | None, day: Date | None
) -> Iterator[None]:
    """An import goes on where it is repeated: no run does it, because it knows no files."""
    try:
        with signals.unmasked():
            yield
    except KeyboardInterrupt as error:
        what = "what was taken in is kept, and is passed over when the same import is repeated"
        show.note(signals.kept(error, what))
        with suppress(ChartlakeError):  # a lake that is out of reach may be why it was ended
            count = sum(_is_in(here, path, feed, day) for path in files)
            show.note(f"{count:,} of {len(files):,} files are in the lake")
        raise typer.Exit(signals.exit_code(error)) from error


def _is_in(here: Project, path: Path, feed: str | None, day: Date | None) -> bool:
    """Whether the lake holds this file at its date."""
    with suppress(RefusedFile):
        chart = read_chart_file(
            path, now=here.pipeline.clock(), count_records=len, feed=feed, day=day
        )
        standing = raw.committed(here.store, chart.feed.name, chart.slot)
        content = sha256(chart.bodies[0].content)
        return standing is not None and [page.sha256 for page in standing.pages] == [content]
    return False


def _finish(stages: Stages, here: Project, fresh: list[str], as_json: bool) -> None:
    ranked = stages.headlines(fresh)
    then = f"trends movers --feed {ranked[0]}" if ranked else "status"
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
    rows = [_due(here, feed) for feed in feeds]
    governor = here.spotify.governor
    left, not_before = governor.requests_left, governor.not_before
    least = sum(row["requests"][0] for row in rows)
    if as_json:
        budget = None if isinf(left) else int(left)
        facts = {"requests": least, "budget_left": budget, "not_before": not_before}
        show.json({"due": rows, **facts})
        return
    if rows:
        show.table(_DUE, [row | {"requests": _range(*row["requests"])} for row in rows])
    else:
        show.line("No feed is configured: nothing would be asked.")
    budget_left = "no budget is set" if isinf(left) else f"{left:,.0f} left of the 24-hour budget"
    show.line(f"requests: at least {least:,} · {budget_left}")
    if not_before:
        show.warn(f"Spotify is not asked before {not_before:%Y-%m-%d %H:%M} UTC, as it said")


def _due(here: Project, feed: Feed) -> dict[str, Any]:
    """What a run would do with a feed now; nothing is asked or written."""
    at = schedule.latest(feed, here.pipeline.clock())
    revisions = raw.latest_revisions(here.store, feed.name)
    state, requests = "would be read", Expected(0, 0)
    if slot_at(at) in revisions:
        state = "there already"
    elif tombstones.closed(here.store, feed):
        state = "closed: its source is gone"
    elif here.spotify.lacks_sign_in(feed.name):
        state = "nobody is signed in"
    else:
        previous = raw.last_before(here.store, feed.name, revisions, slot_at(at))
        requests = here.spotify.expected(feed.name, previous)
    return {
        "feed": feed.name,
        "source": feed.source,
        "due_at": at,
        "present": slot_at(at) in revisions,
        "state": state,
        "requests": requests,
    }


def _range(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more"
    return str(least) if least == most else f"{least} to {most}"
