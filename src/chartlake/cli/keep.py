"""chartlake verify and gc: whether the lake is whole, and what it need not keep."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Annotated, Any

import typer

from chartlake.cli import show
from chartlake.cli.options import AsJson, ProjectDir, open_here
from chartlake.cli.remove import (
    alone,
    check_known,
    facts_of,
    finish_removals,
    print_removed,
)
from chartlake.errors import ChartlakeError, CorruptObject
from chartlake.lake import retention
from chartlake.lake.garbage import GRACE, Collected, collect
from chartlake.lake.purge import Removed
from chartlake.lake.retention import Expiry
from chartlake.lake.verify import Finding, Findings
from chartlake.lake.verify import verify as verify_lake

__all__ = ["gc", "verify"]

_SHOWN = 20
GraceDays = Annotated[
    float,
    typer.Option("--grace-days", min=0, help="What is younger stays: it may be under way."),
]


def verify(
    feed: Annotated[
        str | None, typer.Option("--feed", metavar="NAME", help="Only this feed (default: all).")
    ] = None,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Read the whole lake and compare it with its commits: hashes, counts, what is due."""
    here = open_here(project)
    if feed:
        check_known(here.store, feed)
    findings = verify_lake(here.store, here.pipeline.clock(), GRACE, feed, here.feeds)
    if as_json:
        found = [finding._asdict() for finding in findings.found]
        show.json({"counts": findings.counts, "findings": found, "sound": findings.is_sound})
    else:
        _print_findings(findings)
    if not findings.is_sound:
        raise typer.Exit(1)


def gc(
    grace_days: GraceDays = GRACE / timedelta(days=1),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be removed; change nothing.")
    ] = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Remove what no commit refers to, and raw answers that are older than retention.raw_days."""
    here = open_here(project)
    store, now = here.store, here.pipeline.clock()
    removed = Removed(Counter())
    problems: list[CorruptObject] = []
    with alone(store, "keep"):
        if not dry_run:
            try:
                removed = finish_removals(here, everywhere=False)
            except CorruptObject as error:
                problems.append(error)
        raw_days = here.settings.retention.raw_days
        expiries = retention.expire(store, raw_days, now, dry_run=dry_run)
        collected = collect(store, now, timedelta(days=grace_days), dry_run=dry_run)
    if as_json:
        show.json(_facts(removed, expiries, collected))
    else:
        _print_collected(removed, expiries, collected, dry_run)
    problems += [*collected.problems, *(e.problem for e in expiries if e.problem)]
    for problem in problems:
        show.error(problem)
    if problems:
        raise typer.Exit(1)


def _print_findings(findings: Findings) -> None:
    for zone, counts in findings.counts.items():
        told = ", ".join(f"{number:,} {name}" for name, number in counts.items())
        show.line(f"{zone:<10} {told}")
    alike: dict[Finding, list[str]] = {}
    for finding in findings.found:
        alike.setdefault(finding._replace(where=""), []).append(finding.where)
    for (severity, zone, what, _, fix), places in sorted(alike.items(), key=lambda a: a[0][:3]):
        tell = show.warn if severity == "note" else _tell_damage
        tell(f"{zone}: {what} ({len(places):,})")
        for place in places[:_SHOWN]:
            show.note(f"           {place}")
        if len(places) > _SHOWN:
            show.note(f"           and {len(places) - _SHOWN:,} more: see them with --json")
        if fix:
            show.note(f"   fix     {fix}")
    if findings.is_sound:
        show.line("All that is committed is there and unharmed.")


def _tell_damage(what: str) -> None:
    show.error(ChartlakeError(what))


def _print_collected(
    removed: Removed, expiries: list[Expiry], collected: Collected, dry_run: bool
) -> None:
    verb = "would remove" if dry_run else "removed"
    print_removed(removed)
    for expiry in expiries:
        if expiry.objects:
            size = show.size(sum(listed.size for listed in expiry.objects))
            show.line(
                f"{verb} the raw pages of {len(expiry.slots):,} old slots of {expiry.feed} ({size})"
            )
    for kind, count in sorted(Counter(piece.kind for piece in collected.pieces).items()):
        size = show.size(sum(piece.size for piece in collected.pieces if piece.kind == kind))
        show.line(f"{verb} {count:,} {kind} {'object' if count == 1 else 'objects'} ({size})")
    if not (removed.anything or expiries or collected.pieces):
        show.line("No garbage: everything is referred to, or too young to tell.")


def _facts(removed: Removed, expiries: list[Expiry], collected: Collected) -> dict[str, Any]:
    return {
        **facts_of(removed),
        "expired": [
            {"feed": e.feed, "slots": e.slots, "objects": len(e.objects)} for e in expiries
        ],
        "garbage": [piece._asdict() for piece in collected.pieces],
        "garbage_bytes": collected.size,
    }
