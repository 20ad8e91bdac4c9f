"""What CloudWatch would make of an alarm, given what was measured in each of its periods.

    state_of(stack["StaleAlarm"]["Properties"], [period, …]) -> "ALARM" or "OK"

A period has the values of each metric in it; one without values is missing. What an alarm uses
that is not interpreted here is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["Metric", "Period", "state_of"]


class Metric(NamedTuple):
    """One metric, by all that tells it from others."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]


Period = Mapping[Metric, Sequence[float]]

_FIELDS = {
    *("AlarmName", "AlarmDescription", "AlarmActions", "OKActions", "Namespace", "MetricName"),
    *("Dimensions", "Statistic", "Period", "EvaluationPeriods", "ComparisonOperator", "Threshold"),
    *("TreatMissingData", "Metrics"),
}
_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
}
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, limit: value >= limit,
    "GreaterThanThreshold": lambda value, limit: value > limit,
    "LessThanOrEqualToThreshold": lambda value, limit: value <= limit,
    "LessThanThreshold": lambda value, limit: value < limit,
}
_DIVISION = re.compile(r"(\w+) / (\d+)")


def state_of(alarm: Mapping[str, Any], periods: Sequence[Period]) -> str:
    """Its state after these periods, the last of them now; before them it was OK."""
    if odd := alarm.keys() - _FIELDS:
        raise ValueError(f"not interpreted: {', '.join(sorted(odd))}")
    count, compare = int(alarm["EvaluationPeriods"]), _COMPARISONS[alarm["ComparisonOperator"]]
    missing = alarm["TreatMissingData"]
    state = "OK"
    for end in range(count, len(periods) + 1):
        values = [_value(alarm, period) for period in periods[end - count : end]]
        if missing == "ignore" and None in values:
            continue
        breaching = [
            missing == "breaching" if value is None else compare(value, float(alarm["Threshold"]))
            for value in values
        ]
        state = "ALARM" if all(breaching) else "OK"
    if missing not in ("breaching", "notBreaching", "ignore"):
        raise ValueError(f"not interpreted: TreatMissingData: {missing}")
    return state


def _value(alarm: Mapping[str, Any], period: Period) -> float | None:
    if "Metrics" not in alarm:
        return _statistic(alarm, alarm["Statistic"], period)
    (shown,) = [each for each in alarm["Metrics"] if each.get("ReturnData", True)]
    match = _DIVISION.fullmatch(shown["Expression"])
    if not match:
        raise ValueError(f"not interpreted: {shown['Expression']}")
    (of,) = [each["MetricStat"] for each in alarm["Metrics"] if each["Id"] == match[1]]
    value = _statistic(of["Metric"], of["Stat"], period)
    return None if value is None else value / int(match[2])


def _statistic(about: Mapping[str, Any], statistic: str, period: Period) -> float | None:
    dimensions = frozenset((each["Name"], each["Value"]) for each in about["Dimensions"])
    values = period.get(Metric(about["Namespace"], about["MetricName"], dimensions), ())
    return _STATISTICS[statistic](values) if values else None
