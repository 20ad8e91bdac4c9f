"""chartlake trends compare: two editions, however far apart."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from chartlake.cli import show
from chartlake.cli.options import AsJson, FeedOption, ProjectDir, RosterOnly, open_here
from chartlake.cli.trends import columns
from chartlake.cli.trends.answers import counted, section
from chartlake.report import trends
from chartlake.report.trends import Comparison

__all__ = ["compare"]


def compare(
    from_date: Annotated[
        datetime,
        typer.Option(
            "--from", metavar="YYYY-MM-DD", formats=["%Y-%m-%d"], help="The earlier chart date."
        ),
    ],
    to_date: Annotated[
        datetime | None,
        typer.Option(
            "--to",
            metavar="YYYY-MM-DD",
            formats=["%Y-%m-%d"],
            help="The later chart date (default: the latest).",
        ),
    ] = None,
    feed: FeedOption = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="How many climbs, falls, entries, exits.")
    ] = 10,
    roster: RosterOnly = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Two editions: what climbed, fell, entered, left and stayed."""
    with open_here(project).warehouse.session() as warehouse:
        found = trends.compare(
            warehouse,
            feed,
            from_date.date(),
            to_date.date() if to_date else None,
            limit,
            roster=roster,
        )
    if as_json:
        document = found._asdict()
        show.json(document | {side: document[side]._asdict() for side in ("then", "now")})
        return
    show.line(_which(found))
    show.line(show.plain(_number_ones(found)))
    show.line(_counts(found, roster))
    for title, table, kind in (
        ("Climbs", columns.MOVED, "climbs"),
        ("Falls", columns.MOVED, "falls"),
        ("Entered", columns.ENTERED, "entered"),
        ("Left", columns.LEFT, "left"),
        ("Where they were", columns.STAYED, "stayed"),
    ):
        shown, count = getattr(found, kind), found.counts[kind]
        some = f" ({len(shown)} of {count:,})" if len(shown) < count else ""
        section(title + some, table, shown)


def _which(found: Comparison) -> str:
    """The two editions, and what lies between them."""
    between = f"{counted(found.between, 'edition')} between"
    if found.missing:
        between += f", {counted(found.missing, 'due edition')} missing"
    return (
        f"{found.now.feed} · {found.then.chart_date} (edition {found.then.ordinal}) → "
        f"{found.now.chart_date} (edition {found.now.ordinal}) · {between}"
    )


def _number_ones(found: Comparison) -> str:
    then, now = found.number_one_then, found.number_one_now
    if then and now and then["item_key"] == now["item_key"]:
        return f"#1 then and now  {show.named(now)}"
    parts = []
    if then:
        parts.append(f"#1 then  {show.named(then)} ({_elsewhere(then['position_now'], 'now')})")
    if now:
        parts.append(f"#1 now  {show.named(now)} ({_elsewhere(now['position_then'], 'then')})")
    return "   ".join(parts) or "No number one, then or now"


def _elsewhere(position: int | None, when: str) -> str:
    return f"#{position:,} {when}" if position else f"not there {when}"


def _counts(found: Comparison, roster: bool) -> str:
    counts: dict[str, Any] = found.counts
    kept = counts["then"] - counts["left"]
    share = "" if found.overlap is None else f" ({found.overlap:.0%})"
    whose = " of the roster" if roster else ""
    return (
        f"{kept:,} of {counts['then']:,}{whose} are still there{share}: "
        f"{counts['climbs']:,} climbed, {counts['falls']:,} fell, "
        f"{counts['stayed']:,} {_stayed(counts['stayed'])}; "
        f"{counts['entered']:,} entered, {counts['left']:,} left"
    )


def _stayed(count: int) -> str:
    return "stands where it was" if count == 1 else "stand where they were"
