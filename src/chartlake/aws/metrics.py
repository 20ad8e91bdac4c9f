"""What a run of a function measured, as a line of its log of which CloudWatch makes metrics (EMF).

Each is told in every run, zeros too: a metric that is missing means that nothing ran. The one
dimension is the stack's name, since CloudWatch bills every combination.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)

from chartlake.pipeline import Extracted
from chartlake.transform.build import Transformed
from chartlake.warehouse.port import CheckResult

__all__ = ["NAMESPACE", "UNITS", "Measures", "emit", "of_extract", "of_publish", "of_transform"]

NAMESPACE = "chartlake"
UNITS = {
    "Requests": "Count",
    "Records": "Count",
    "FeedsFailed": "Count",
    "FeedsDeferred": "Count",
    "SlotsMissed": "Count",
    "BudgetUsed": "Percent",
    "SignInDays": "Count",
    "Entries": "Count",
    "Rejects": "Count",
    "SlotsFailed": "Count",
    "Lag": "Seconds",
    "Duration": "Seconds",
    "ChecksFailed": "Count",
}
"""Every metric and its unit."""

Measures = Mapping[str, float | None]
"""Metrics by name; None is not told."""


def of_extract(
    results: Collection[Extracted],
    *,
    requests: int,
    missed: int,
    budget_used: float | None,
    sign_in_days: int | None,
) -> Measures:
    """What reading the sources took and gave; None is not told: no budget, nobody signed in."""
    fresh = [each for each in results if each.status == "new" and not each.unchanged]
    return {
        "Requests": requests,
        "Records": sum(each.records for each in fresh),
        "FeedsFailed": sum(each.status == "failed" for each in results),
        "FeedsDeferred": sum(each.status == "deferred" for each in results),
        "SlotsMissed": missed,
        "BudgetUsed": budget_used,
        "SignInDays": sign_in_days,
    }


def of_transform(transformed: Transformed) -> Measures:
    """What was parsed."""
    built = transformed.build.slots if transformed.build else ()
    return {
        "Entries": sum(slot.entries for slot in built),
        "Rejects": sum(slot.rejects for slot in built),
        "SlotsFailed": len(transformed.failed),
    }


def of_publish(
    checks: Iterable[CheckResult], lag: timedelta | None, duration: timedelta
) -> Measures:
    """How late what people see is, and how many checks of severity error found something."""
    failed = sum(bool(each.failures) and each.severity == "error" for each in checks)
    return {
        "Lag": lag.total_seconds() if lag is not None else None,
        "Duration": max(0.0, duration.total_seconds()),
        "ChecksFailed": failed,
    }


def emit(measures: Measures, service: str) -> None:
    """Print them; ``service`` is the stack's name."""
    document = AmazonCloudWatchEMFProvider(namespace=NAMESPACE, service=service)
    for name, value in measures.items():
        if value is not None:
            document.add_metric(name, UNITS[name], value)
    document.flush_metrics()
