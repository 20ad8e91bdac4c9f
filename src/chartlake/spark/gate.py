"""The checks of the data on Spark: no marts are published that one of severity error objects to."""

from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import SparkSession

from chartlake.warehouse.dialects import check_text
from chartlake.warehouse.gate import ROWS_SHOWN, failed_of, refused
from chartlake.warehouse.port import CheckResult, Result
from chartlake.warehouse.sql import Check, checks

__all__ = ["pass_or_refuse", "run_check"]

_FIX = (
    "chartlake reconcile loads the same into the warehouse of this project, and says there which "
    "editions these are and what can be done"
)


def pass_or_refuse(session: SparkSession, as_warnings: Collection[str]) -> None:
    """NotPublished where a check of severity error finds something; those named only warn."""
    errors = [c for c in checks() if c.severity == "error" and c.name not in as_warnings]
    results = [run_check(session, check) for check in errors]
    if failed_of(results):
        raise refused(results, _FIX)


def run_check(session: SparkSession, check: Check) -> CheckResult:
    """One check; of what it finds the first rows in no order."""
    found = session.sql(check_text(check, "spark"))
    rows = [tuple(row) for row in found.head(ROWS_SHOWN)]
    failures = found.count() if len(rows) == ROWS_SHOWN else len(rows)
    answer = Result(tuple(found.columns), rows)
    return CheckResult(check.name, check.severity, check.statement, failures, answer)
