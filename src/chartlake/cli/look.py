"""chartlake status, query and check: look at what is there."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Annotated, Any

import typer

from chartlake import schedule
from chartlake.cli import show
from chartlake.cli.options import AsJson, ProjectDir, open_here
from chartlake.cli.show import Col
from chartlake.lake import aside, raw, tombstones
from chartlake.model import Drift, slot_at
from chartlake.report.status import feed_health
from chartlake.transform import drift
from chartlake.wiring.project import Project

__all__ = ["check", "query", "status"]

_DRIFTS_SHOWN = 3
_FIELDS_SHOWN = 8

_HEALTH = [
    Col("feed", "feed", wide=True),
    Col("last", "last_chart_date"),
    Col("editions", "editions"),
    Col("missing", "missing"),
    Col("overdue", "overdue"),
    Col("entries", "entries"),
    Col("rejects", "rejects"),
    Col("schedule", "schedule"),
    Col("first", "first_chart_date"),
    Col("last read (UTC)", "last_observed_at"),
]


def status(as_json: AsJson = False, project: ProjectDir = None) -> None:
    """What is there and what is missing, by feed."""
    here = open_here(project)
    facts = _facts(here)
    if as_json:
        show.json(facts)
        return
    show.line(f"lake       {here.store.url}")
    show.line(f"warehouse  {here.warehouse.path}")
    if facts["feeds"]:
        show.table(_HEALTH, facts["feeds"])
    elif not facts["not_loaded"]:
        show.line("Nothing there yet: chartlake import FILES, or name a feed in chartlake.toml")
    for closed in facts["closed"]:
        show.warn(f"closed: {closed.feed}: {closed.why} (chartlake lake reopen {closed.feed})")
    for account in facts["sign_in"]:
        show.warn(account)
    if until := facts["not_before"]:
        show.warn(f"Spotify is not asked before {until:%Y-%m-%d %H:%M} UTC, as it said")
    for failure in facts["failures"]:
        show.warn(f"open: {failure.feed} {failure.slot}: {failure.what}")
    if facts["not_built"]:
        count = len(facts["not_built"])
        show.warn(f"{count} committed slots are not built: the next run or import does it")
    if facts["not_loaded"]:
        missing = ", ".join(facts["not_loaded"])
        show.warn(f"in the lake, not all in the warehouse: {missing}: chartlake reconcile")
    for file in facts["quarantine"]:
        show.warn(f"in quarantine: {file.name}: {file.reason}")
    for seen in facts["drift"][:_DRIFTS_SHOWN]:
        show.line(show.plain(f"{seen.at:%Y-%m-%d} {_in_words(seen.drift)}"))


def _in_words(found: Drift) -> str:
    """Which fields came and went, as far as a line holds them."""
    parts = [
        f"{what} {', '.join(fields[:_FIELDS_SHOWN])}"
        + (f" and {len(fields) - _FIELDS_SHOWN} more" if fields[_FIELDS_SHOWN:] else "")
        for what, fields in (("new:", found.new), ("gone:", found.gone))
        if fields
    ]
    return f"fields of {found.resource} changed: " + "; ".join(parts)


def _facts(here: Project) -> dict[str, Any]:
    now = here.pipeline.clock()
    health = feed_health(here.warehouse, now) if here.warehouse.path.exists() else []
    known = {row["feed"] for row in health}
    waiting = [
        {"feed": feed.name, "schedule": feed.schedule}
        for feed in here.feeds
        if feed.name not in known
    ]
    plan = here.pipeline.plan(here.feeds)
    behind = {found.feed for found in plan.feeds if found.to_load}
    due = [(feed.name, slot_at(schedule.latest(feed, now))) for feed in here.feeds]
    still_open = [(place.feed, place.slot) for place in plan.to_build]
    still_open += [place for place in due if not raw.is_committed(here.store, *place)]
    return {
        "lake": here.store.url,
        "warehouse": str(here.warehouse.path),
        "feeds": health + waiting,
        "closed": list(filter(None, (tombstones.closed(here.store, feed) for feed in here.feeds))),
        "sign_in": list(here.spotify.sign_in_warnings()),
        "not_before": here.spotify.governor.not_before,
        "failures": list(aside.list_failures(here.store, still_open)),
        "not_built": [f"{place.feed} {place.slot}" for place in plan.to_build],
        "not_loaded": sorted(behind | (set(raw.feeds(here.store)) - known)),
        "quarantine": list(aside.list_quarantined(here.store)),
        "drift": drift.noted(here.store),
    }


def query(
    sql: Annotated[str, typer.Argument(help="One statement; it can only read.")],
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Ask the warehouse in SQL (tables and marts: docs/data-dictionary.md)."""
    answer = open_here(project).warehouse.query(sql)
    answer = answer._replace(columns=_distinct(answer.columns))
    if as_json:
        show.json({"columns": answer.columns, "rows": answer.records()})
        return
    if answer.rows:
        # numbers as they are, since 2020 may be a year; text gives way where there is no room
        as_it_is = partial(show.words, numbers="d")
        is_text = [
            any(isinstance(v, str) for v in values) for values in zip(*answer.rows, strict=True)
        ]
        columns = [
            Col(name, name, as_it_is, wide=wide)
            for name, wide in zip(answer.columns, is_text, strict=True)
        ]
        show.table(columns, answer.records(), whole=True)
    show.note("1 row" if len(answer.rows) == 1 else f"{len(answer.rows):,} rows")


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """Column names with repeats numbered, so that none hides another: a, a_2."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(found)


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
