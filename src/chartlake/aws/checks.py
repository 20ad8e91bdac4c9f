"""The checks by Athena: no marts are published to which one of severity error objects."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from chartlake.aws.athena import Athena
from chartlake.aws.relations import bare
from chartlake.warehouse.dialects import check_text
from chartlake.warehouse.gate import ROWS_SHOWN, failed_of, refused
from chartlake.warehouse.port import CheckResult, Result
from chartlake.warehouse.sql import Check, checks

__all__ = ["pass_or_refuse", "run_checks"]

_FIX = (
    "give a right file (chartlake import --replace), build the slot again (chartlake rebuild), or "
    "remove it (chartlake purge), over the same lake; or name the check under [checks] as_warnings "
    "in chartlake.toml and deploy again. The next run tries again"
)
_TOGETHER = 6
"""Checks in one query: each query takes a second or more, and one of all has too many stages."""
_AT_ONCE = 5


def pass_or_refuse(
    athena: Athena, database: str, as_warnings: Collection[str]
) -> list[CheckResult]:
    """NotPublished where a check of severity error finds something; those named only warn."""
    results = run_checks(athena, database, as_warnings)
    if failed_of(results):
        raise refused(results, _FIX)
    return results


def run_checks(
    athena: Athena, database: str, as_warnings: Collection[str] = ()
) -> list[CheckResult]:
    """Run all checks over a database, errors first; those that are named only warn."""
    every = checks()
    groups = [every[start : start + _TOGETHER] for start in range(0, len(every), _TOGETHER)]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="checks") as pool:
        counted = list(pool.map(partial(_counted, athena, database), groups))
    failures = {name: count for some in counted for name, count in some.items()}
    results = [_result(athena, database, c, failures[c.name], as_warnings) for c in every]
    return sorted(results, key=lambda result: result.severity)


def _counted(athena: Athena, database: str, some: Sequence[Check]) -> dict[str, int]:
    """How many rows each of these checks finds."""
    counts = (
        f"SELECT '{check.name}' AS name, count(*) AS failures FROM (\n"
        f"{bare(check_text(check, 'athena'))}\n) AS found"
        for check in some
    )
    names = ", ".join(check.name for check in some)
    rows = athena.rows("\nUNION ALL\n".join(counts), database, f"the checks {names}")
    return {str(row["name"]): int(row["failures"] or 0) for row in rows}


def _result(
    athena: Athena, database: str, check: Check, failures: int, as_warnings: Collection[str]
) -> CheckResult:
    severity = "warning" if check.name in as_warnings else check.severity
    answer = Result((), [])
    if failures:
        text = (
            f"SELECT * FROM (\n{bare(check_text(check, 'athena'))}\n) AS found LIMIT {ROWS_SHOWN}"
        )
        rows = athena.rows(text, database, f"the rows of the check {check.name}")
        answer = Result(tuple(rows[0]) if rows else (), [tuple(row.values()) for row in rows])
    return CheckResult(check.name, severity, check.statement, failures, answer)
