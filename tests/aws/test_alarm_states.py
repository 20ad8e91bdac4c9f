"""The states of alarms: thresholds, statistics, and metrics that are missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.alarm_states import Metric, Period, state_of

LAG = Metric("chartlake", "Lag", frozenset({("service", "mine")}))


def alarm(**other: Any) -> dict[str, Any]:
    return {
        "Namespace": "chartlake",
        "MetricName": "Lag",
        "Dimensions": [{"Name": "service", "Value": "mine"}],
        "Statistic": "Sum",
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 5,
        "TreatMissingData": "notBreaching",
        **other,
    }


def of(*periods: list[float]) -> list[Period]:
    return [{LAG: values} for values in periods]


@pytest.mark.parametrize(
    ("about", "periods", "state"),
    [
        ({}, of([2, 3]), "ALARM"),
        ({}, of([2, 2]), "OK"),
        ({}, of([5], [0]), "OK"),
        ({"Statistic": "Maximum"}, of([2, 3]), "OK"),
        ({"Statistic": "Minimum", "ComparisonOperator": "LessThanThreshold"}, of([9, 4]), "ALARM"),
        ({"ComparisonOperator": "GreaterThanThreshold"}, of([5]), "OK"),
        ({}, of([]), "OK"),
        ({"TreatMissingData": "breaching"}, of([]), "ALARM"),
        ({"TreatMissingData": "ignore"}, of([9], []), "ALARM"),
        ({"TreatMissingData": "ignore"}, of([]), "OK"),
        ({"EvaluationPeriods": 2}, of([9], [9]), "ALARM"),
        ({"EvaluationPeriods": 2}, of([9], [1]), "OK"),
        ({"EvaluationPeriods": 2}, of([9]), "OK"),
        ({"Dimensions": []}, of([9]), "OK"),
        ({"Namespace": "other"}, of([9]), "OK"),
    ],
)
def test_states(about: dict[str, Any], periods: list[Period], state: str) -> None:
    assert state_of(alarm(**about), periods) == state


def test_a_metric_that_is_computed() -> None:
    plain = alarm()
    stat = {name: plain.pop(name) for name in ("Namespace", "MetricName", "Dimensions")}
    plain.pop("Statistic")
    plain["Metrics"] = [
        {"Id": "hours", "Expression": "lag / 3600"},
        {"Id": "lag", "ReturnData": False, "MetricStat": {"Metric": stat, "Stat": "Maximum"}},
    ]
    assert state_of(plain, of([5 * 3600])) == "ALARM"
    assert state_of(plain, of([5 * 3600 - 1])) == "OK"


@pytest.mark.parametrize(
    "about", [{"DatapointsToAlarm": 1}, {"TreatMissingData": "missing"}, {"Unit": "Count"}]
)
def test_what_is_not_interpreted_is_an_error(about: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not interpreted"):
        state_of(alarm(**about), of([1]))
