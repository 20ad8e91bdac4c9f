"""chartlake status, query and check: look at what is there."""

from __future__ import annotations

from typing import Annotated

import typer

from chartlake.cli import show
from chartlake.cli.options import AsJson, ProjectDir, open_here
from chartlake.cli.show import Col
from chartlake.lake import aside, raw
from chartlake.report.status import feed_health
from chartlake.transform.build import unbuilt

__all__ = ["check", "query", "status"]

_HEALTH = [
    Col("feed", "feed"),
    Col("schedule", "schedule"),
    Col("first", "first_chart_date"),
    Col("last", "last_chart_date"),
    Col("editions", "editions"),
    Col("missing", "missing"),
    Col("overdue", "overdue"),
    Col("entries", "entries"),
    Col("rejects", "rejects"),
    Col("last read (UTC)", "last_observed_at"),
]


def status(as_json: AsJson = False, project: ProjectDir = None) -> None:
    """What is there and what is missing, by feed."""
    here = open_here(project)
    health = feed_health(here.warehouse) if here.warehouse.path.exists() else []
    known = {row["feed"] for row in health}
    not_loaded = sorted(set(raw.feeds(here.store)) - known)
    waiting = [
        {"feed": feed.name, "schedule": feed.schedule}
        for feed in here.feeds
        if feed.name not in known
    ]
    pending = [f"{place.feed} {place.slot}" for place in unbuilt(here.store)]
    kept_aside = list(aside.list_quarantined(here.store))
    if as_json:
        show.json(
            {
                "lake": here.store.url,
                "warehouse": str(here.warehouse.path),
                "feeds": health + waiting,
                "not_built": pending,
                "not_loaded": not_loaded,
                "quarantine": kept_aside,
            }
        )
        return
    show.line(f"lake       {here.store.url}")
    show.line(f"warehouse  {here.warehouse.path}")
    if health or waiting:
        show.table(_HEALTH, health + waiting)
    elif not not_loaded:
        show.line("Nothing there yet: chartlake import FILES, or name a feed in chartlake.toml")
    if pending:
        show.warn(f"{len(pending)} committed slots are not built: the next run or import does it")
    if not_loaded:
        show.warn(f"in the lake, not in the warehouse: {', '.join(not_loaded)}: chartlake run")
    for file in kept_aside:
        show.warn(f"in quarantine: {file.name}: {file.reason}")


def query(
    sql: Annotated[str, typer.Argument(help="One statement; it can only read.")],
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Ask the warehouse in SQL (tables and marts: docs/data-dictionary.md)."""
    answer = open_here(project).warehouse.query(sql)
    if as_json:
        show.json({"columns": answer.columns, "rows": answer.records()})
        return
    names = [str(place) for place in range(len(answer.columns))]
    rows = [dict(zip(names, row, strict=True)) for row in answer.rows]
    if rows:
        columns = [Col(title, name) for title, name in zip(answer.columns, names, strict=True)]
        show.table(columns, rows, keep_empty=True)
    show.note("1 row" if len(rows) == 1 else f"{len(rows):,} rows")


def check(as_json: AsJson = False, project: ProjectDir = None) -> None:
    """Check the data: each check is SQL that must return no rows."""
    results = open_here(project).warehouse.check()
    if as_json:
        show.json({"checks": [{**r._asdict(), "rows": r.rows.records()} for r in results]})
    else:
        for result in results:
            mark = "ok" if not result.failures else result.severity
            count = f" ({result.failures})" if result.failures else ""
            show.line(f"{mark:<8} {result.statement}{count}")
            for row in result.rows.records():
                shown = ", ".join(f"{key} {value}" for key, value in row.items())
                show.line(f"           {show.plain(shown)}")
            if result.failures > len(result.rows.rows):
                show.line("           …")
    if any(result.failures and result.severity == "error" for result in results):
        raise typer.Exit(1)
