"""What stands between a draft and its publishing: no check of severity error may find anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb

from chartlake.model import Slot, slot_time
from chartlake.warehouse.port import CheckResult, NotPublished, Result
from chartlake.warehouse.sql import Check, checks

__all__ = ["pass_or_refuse", "run_checks"]

_ROWS_SHOWN = 5
_COUNTED_AT_ONCE = 10_000
_CHECKS_TOLD = 3
_ROWS_TOLD = 3


def run_checks(
    db: duckdb.DuckDBPyConnection, as_warnings: Collection[str] = ()
) -> list[CheckResult]:
    """Run all checks, errors first; those that are named only warn."""
    results = [_result(db, check, as_warnings) for check in checks()]
    return sorted(results, key=lambda result: result.severity)


def pass_or_refuse(results: Sequence[CheckResult]) -> None:
    """NotPublished where a check of severity error has found something."""
    failed = [each for each in results if each.failures and each.severity == "error"]
    if not failed:
        return
    names = ", ".join(each.name for each in failed)
    which = f"check {names} failed" if len(failed) == 1 else f"{len(failed)} checks failed: {names}"
    more = failed[_CHECKS_TOLD:]
    told = [_told(each) for each in failed[:_CHECKS_TOLD]]
    told += [f"and {len(more)} more checks failed"] if more else []
    raise NotPublished(
        f"nothing new was published: {which}",
        why="\n".join([*told, "what was published before stays as it is"]),
        fix=_fix(failed),
        checks=results,
    )


def _result(
    db: duckdb.DuckDBPyConnection, check: Check, as_warnings: Collection[str]
) -> CheckResult:
    found = db.execute(f"select * from (\n{check.text}\n) found order by all")
    columns = tuple(column[0] for column in found.description or ())
    rows = found.fetchmany(_ROWS_SHOWN)
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


def _fix(failed: Sequence[CheckResult]) -> str:
    """Where the first row tells feed and date, with them."""
    records = (record for each in failed for record in each.rows.records())
    feed, day = next(filter(all, map(_place, records)), ("FEED", "DAY"))
    names = ", ".join(f'"{each.name}"' for each in failed)
    return (
        "the lake keeps all of it, and the next run tries again. Give a right file "
        "(chartlake import --replace), build the slot again (chartlake rebuild "
        f"--feed {feed}), or remove it (chartlake purge {feed} --date {day}); or let it pass: "
        f"as_warnings = [{names}] under [checks] in chartlake.toml"
    )


def _place(record: Mapping[str, Any]) -> tuple[str | None, date | None]:
    """The feed and the chart date of a row, as far as it tells them."""
    slot = record.get("slot")
    times = (record.get("scheduled_at"), slot_time(Slot(slot)) if slot else None)
    days = (at.date() for at in times if isinstance(at, datetime))
    return record.get("feed"), record.get("chart_date") or next(days, None)
