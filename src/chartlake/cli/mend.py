"""chartlake reconcile, rebuild, compact and backfill: make what should be there be there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from chartlake import schedule
from chartlake.cli import show
from chartlake.cli.options import AsJson, EngineOption, From, ProjectDir, To, open_here
from chartlake.cli.show import Col
from chartlake.cli.stages import Stages
from chartlake.errors import UsageError
from chartlake.lake import raw, tombstones
from chartlake.lake.references import last_feed
from chartlake.model import Slot, slot_at, slot_month, slot_time
from chartlake.pipeline import exit_code
from chartlake.reconcile import FeedPlan, Plan
from chartlake.transform.build import Place
from chartlake.wiring.project import Project

__all__ = ["backfill", "compact", "rebuild", "reconcile"]

_PLAN = [
    Col("feed", "feed", wide=True),
    Col("since", "since"),
    Col("due", "due"),
    Col("committed", "committed"),
    Col("missed now", "to_mark"),
    Col("waiting", "waiting"),
    Col("to build", "to_build"),
    Col("to load", "to_load"),
]
FeedName = Annotated[
    str | None, typer.Option("--feed", metavar="NAME", help="Only this feed (default: all).")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan; change nothing.")]


def reconcile(
    whole: Annotated[
        bool, typer.Option("--all", help="Look at all months, not only those since the last time.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Compare what is due, committed, built and loaded, by feed; then mend it.

    Slots that nobody can read any more are marked as missed. No source is asked:
    that is chartlake run, which begins with this.
    """
    here = open_here(project)
    plan = here.pipeline.plan(here.feeds, whole=whole)
    if not as_json:
        _print(plan)
    if dry_run:
        if as_json:
            show.json({"feeds": [_facts(found) for found in plan.feeds]})
        return
    stages = Stages(here, quiet=as_json)
    stages.mark_missed(plan)
    stages.settle()
    code = stages.close("chartlake status")
    if as_json:
        show.json({"feeds": [_facts(found) for found in plan.feeds], **stages.facts})
    raise typer.Exit(code)


def rebuild(
    feed: FeedName = None,
    first: From = None,
    last: To = None,
    dry_run: DryRun = False,
    engine: EngineOption = None,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Build again what an older transform built, or what has no build, month by month.

    The old build stays readable until the new one is whole; what was done when
    this was interrupted is done. Slots whose raw pages expired stay as they are.
    """
    here = open_here(project, engine)
    places = [p for p in here.pipeline.outdated() if _is_in(p, feed, first, last)]
    expired = [p for p in here.pipeline.outdated(expired=True) if _is_in(p, feed, first, last)]
    if expired and not as_json:
        many = f"{len(expired):,} slots stay as they are: their"
        one = "1 slot stays as it is: its"
        show.line(f"{one if len(expired) == 1 else many} raw pages expired")
    months = sorted({slot_month(place.slot) for place in places})
    if dry_run:
        if as_json:
            show.json({"slots": len(places), "months": months, "expired": len(expired)})
        else:
            show.line(f"{len(places):,} slots in {len(months)} months would be built again")
        return
    stages = Stages(here, quiet=as_json)
    for month in months:
        clock = time.perf_counter()
        some = [place for place in places if slot_month(place.slot) == month]
        with show.progress(f"transform {month}", quiet=as_json) as progress:
            transformed = here.pipeline.build(some, progress)
        stages.built(transformed, since=clock)
    stages.settle()
    code = stages.close("chartlake status")
    if as_json:
        counts = {"slots": len(places), "months": months, "expired": len(expired)}
        show.json({**counts, **stages.facts})
    raise typer.Exit(code)


def compact(dry_run: DryRun = False, as_json: AsJson = False, project: ProjectDir = None) -> None:
    """Put the many small builds of each closed month into one by feed, so that reading is quick."""
    here = open_here(project)
    done, errors = [], []
    for found in here.pipeline.compact(dry_run=dry_run):
        if found.error:
            show.error(found.error, f"{found.feed} {found.month}")
            errors.append(found.error)
            continue
        done.append({k: v for k, v in found._asdict().items() if k != "error"})
        if not as_json:
            verb = "would be put" if dry_run else "put"
            show.line(
                f"{found.feed} {found.month}: {found.slots:,} slots in {found.builds:,} builds "
                f"{verb} into one"
            )
    if as_json:
        show.json({"months": done})
    elif not done and not errors:
        show.line("Nothing to compact: no month before this one would get fewer builds.")
    if done and not dry_run:
        errors += here.pipeline.load().left_out
    raise typer.Exit(exit_code(errors))


def backfill(
    feed: Annotated[str, typer.Option("--feed", metavar="NAME", help="The feed.")],
    first: From = None,
    last: To = None,
    files: Annotated[
        Path | None,
        typer.Option("--files", metavar="DIR", help="Where the downloaded files are."),
    ] = None,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Fill gaps of a feed whose source keeps its past: charts files, by their names.

    Gaps are what is missing between the files that are there, and in the dates that are given.
    """
    if files and not files.is_dir():
        raise UsageError(f"there is no folder {files}", fix="name the folder with the files")
    if first and last and last < first:
        raise UsageError("--to is before --from", fix="give the first date, then the last one")
    here = open_here(project)
    found = next(
        (f for f in here.pipeline.plan(here.feeds, whole=True).feeds if f.feed == feed), None
    )
    if found is None:
        raise UsageError(
            f"there is no feed {feed!r}", fix="chartlake lake ls shows those there are"
        )
    if not here.pipeline.keeps_its_past(feed):
        raise UsageError(
            f"feed {feed!r} can't be filled: its source keeps no past",
            why="Spotify shows a list only as it is now; a slot that nobody read stays missed",
            fix="if the same chart has files, import them: chartlake import FILES",
        )
    gaps = sorted({*found.waiting, *_outside(here, feed, first, last)})
    wanted = [slot for slot in gaps if _is_in(Place(feed, slot, 1), feed, first, last)]
    names = [f"{feed}-{_day(slot)}.csv" for slot in wanted]
    there = [files / name for name in names if files and (files / name).is_file()]
    stages = Stages(here, quiet=as_json)
    if there:
        stages.imported(here.pipeline.import_files(there), time.perf_counter())
        stages.settle()
    missing = [name for name in names if not files or not (files / name).is_file()]
    code = stages.close()
    if as_json:
        show.json({"missing": missing, "imported": [str(path) for path in there], **stages.facts})
    else:
        for name in missing:
            show.line(f"missing: {name}")
        show.line(f"{len(there)} imported, {len(missing)} still missing")
        if missing:
            show.line(
                "download them from charts.spotify.com, "
                f"then: chartlake backfill --feed {feed} --files DIR"
            )
    raise typer.Exit(code)


def _outside(
    here: Project, name: str, first: datetime | None, last: datetime | None
) -> Iterator[Slot]:
    """What was due by now in the dates that are given, before or after all files of a feed."""
    there = raw.latest_revisions(here.store, name)
    times = sorted(filter(None, map(slot_time, there)))
    feed = last_feed(here.store, name)
    if not feed or not times:
        return
    begin = first.replace(tzinfo=UTC) if first else times[0]
    end = last.replace(hour=23, minute=59, tzinfo=UTC) if last else times[-1]
    buried = tombstones.buried(here.store, name)
    for at in schedule.due(feed, begin, min(end, here.pipeline.clock())):
        if not times[0] <= at <= times[-1] and slot_at(at) not in buried:
            yield slot_at(at)


def _print(plan: Plan) -> None:
    if plan.feeds:
        show.table(_PLAN, [_counts(found) for found in plan.feeds])
    if plan.is_done:
        show.line("Nothing to mend.")


def _counts(found: FeedPlan) -> dict[str, object]:
    return {
        **found._asdict(),
        "to_mark": len(found.to_mark),
        "waiting": len(found.waiting),
        "feed": f"{found.feed} (closed)" if found.closed else found.feed,
    }


def _facts(found: FeedPlan) -> dict[str, object]:
    return found._asdict()


def _is_in(place: Place, feed: str | None, first: datetime | None, last: datetime | None) -> bool:
    if feed and place.feed != feed:
        return False
    if not first and not last:
        return True
    day = _day(place.slot)
    if day is None:
        return False
    return (not first or day >= first.date()) and (not last or day <= last.date())


def _day(slot: Slot) -> date | None:
    at = slot_time(slot)
    return at.date() if at else None
