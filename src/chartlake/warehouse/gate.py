"""What stands between a draft and its publishing: no check of severity error may find anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from chartlake.warehouse.port import CheckResult, NotPublished, Result
from chartlake.warehouse.sql import Check, checks

if TYPE_CHECKING:  # what has no DuckDB tells of refusals too
    import duckdb

    from chartlake.warehouse.scopes import FeedFrom

__all__ = ["ROWS_SHOWN", "failed_of", "look_from", "pass_or_refuse", "refused", "run_checks"]

ROWS_SHOWN = 5
"""How many rows of what a check finds are kept."""

_COUNTED_AT_ONCE = 10_000
_CHECKS_TOLD = 3
_ROWS_TOLD = 3
_WITH_A_FEED = """
select table_name, bool_or(column_name = 'slot'), bool_or(column_name = 'scheduled_at')
from duckdb_columns()
where schema_name = 'main' and not internal and database_name = current_database()
group by table_name
having bool_or(column_name = 'feed')
order by table_name
"""
_CHART_DATE = """
select chart_date from slots
where feed = $feed and (slot = $slot or scheduled_at = $at) and chart_date is not null
limit 1
"""


def run_checks(
    db: duckdb.DuckDBPyConnection, as_warnings: Collection[str] = ()
) -> list[CheckResult]:
    """Run all checks, errors first; those that are named only warn."""
    results = [_result(db, check, as_warnings) for check in checks()]
    return sorted(results, key=lambda result: result.severity)


def look_from(db: duckdb.DuckDBPyConnection, since: Collection[FeedFrom]) -> None:
    """Let this connection see of every relation only the rows of these feeds, from there on.

    So that a load need not look again at what it left as it was. Checks compare rows of a slot
    with each other, or with those of the edition before. What has a feed and no time is seen
    whole of these feeds, and what has no feed is small.
    """
    ((file,),) = db.execute("select current_database()").fetchall()
    db.execute("create temp table looked_at (feed varchar, slot varchar, first_at timestamp)")
    if since:
        db.executemany("insert into looked_at values (?, ?, ?)", list(since))
    feeds = ", ".join(_quoted(found.feed) for found in since) or "null"
    # said twice: what stands in words, DuckDB does not even read the other rows for
    least_slot = _quoted(min((found.slot for found in since), default=""))
    least_time = _quoted(min((found.at for found in since), default=datetime.min).isoformat())
    for name, has_slot, has_time in db.execute(_WITH_A_FEED).fetchall():
        join, where = "l.feed = r.feed", f"r.feed in ({feeds})"
        if has_slot:
            join, where = f"{join} and r.slot >= l.slot", f"{where} and r.slot >= {least_slot}"
        elif has_time:
            join = f"{join} and r.scheduled_at >= l.first_at"
            where = f"{where} and r.scheduled_at >= timestamp {least_time}"
        db.execute(
            f'create temp view {name} as from "{file}".main.{name} r '
            f"semi join looked_at l on {join} where {where}"
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def pass_or_refuse(db: duckdb.DuckDBPyConnection, results: Sequence[CheckResult]) -> None:
    """NotPublished where a check of severity error has found something in this draft."""
    if failed := failed_of(results):
        raise refused(results, _fix(db, failed))


def failed_of(results: Sequence[CheckResult]) -> list[CheckResult]:
    """Those that nothing is published with."""
    return [each for each in results if each.failures and each.severity == "error"]


def refused(results: Sequence[CheckResult], fix: str) -> NotPublished:
    """What is told of the checks that failed."""
    failed = failed_of(results)
    names = ", ".join(each.name for each in failed)
    which = f"check {names} failed" if len(failed) == 1 else f"{len(failed)} checks failed: {names}"
    more = failed[_CHECKS_TOLD:]
    told = [_told(each) for each in failed[:_CHECKS_TOLD]]
    told += [f"and {len(more)} more checks failed"] if more else []
    return NotPublished(
        f"nothing new was published: {which}",
        why="\n".join([*told, "what was published before stays as it is"]),
        fix=fix,
        checks=results,
    )


def _result(
    db: duckdb.DuckDBPyConnection, check: Check, as_warnings: Collection[str]
) -> CheckResult:
    found = db.execute(f"select * from (\n{check.text}\n) found order by all")
    columns = tuple(column[0] for column in found.description or ())
    rows = found.fetchmany(ROWS_SHOWN)
    failures = len(rows)
    while more := found.fetchmany(_COUNTED_AT_ONCE):
        failures += len(more)
    severity = "warning" if check.name in as_warnings else check.severity
    return CheckResult(check.name, severity, check.statement, failures, Result(columns, rows))


def _told(failed: CheckResult) -> str:
    """What must be so, and the first rows that are not."""
    records = failed.rows.records()[:_ROWS_TOLD]
    rows = ["  " + ", ".join(f"{name} {value}" for name, value in r.items()) for r in records]
    if failed.failures > len(rows):
        rows.append(f"  and {failed.failures - len(rows):,} more")
    return "\n".join([f"{failed.statement}; but:", *rows])


def _fix(db: duckdb.DuckDBPyConnection, failed: Sequence[CheckResult]) -> str:
    """With the feed and the chart date of the first row of which both are known."""
    records = (record for each in failed for record in each.rows.records())
    places = (_place(db, record) for record in records)
    feed, day = next(filter(all, places), ("FEED", "DAY"))
    names = ", ".join(f'"{each.name}"' for each in failed)
    return (
        "the lake keeps all of it, and the next run tries again. Give a right file "
        "(chartlake import --replace), build the slot again (chartlake rebuild "
        f"--feed {feed}), or remove it (chartlake purge {feed} --date {day}); or let it pass: "
        f"as_warnings = [{names}] under [checks] in chartlake.toml"
    )


def _place(
    db: duckdb.DuckDBPyConnection, record: Mapping[str, Any]
) -> tuple[str | None, date | None]:
    """The feed and the chart date of a row; a slot's time is UTC, and may be of another day."""
    feed, day = record.get("feed"), record.get("chart_date")
    if feed and not day:
        named = {"feed": feed, "slot": record.get("slot"), "at": record.get("scheduled_at")}
        found = db.execute(_CHART_DATE, named).fetchall()
        day = found[0][0] if found else None
    return feed, day
