"""Metrics: all of them in every run, in the form of which CloudWatch makes metrics."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from chartlake.aws import metrics
from chartlake.errors import DataError, Deferred
from chartlake.model import Slot
from chartlake.pipeline import Extracted
from chartlake.transform.build import Failed, Place, Transformed
from chartlake.warehouse.port import CheckResult, Result

DAY = date(2026, 3, 1)


def told(measures: metrics.Measures, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    metrics.emit(measures, "mine")
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_one_document_with_one_dimension(capsys: pytest.CaptureFixture[str]) -> None:
    document = told({"Requests": 0, "BudgetUsed": 12.5, "SignInDays": None}, capsys)
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "chartlake"
    assert directive["Dimensions"] == [["service"]]
    assert directive["Metrics"] == [
        {"Name": "Requests", "Unit": "Count"},
        {"Name": "BudgetUsed", "Unit": "Percent"},
    ]
    assert document["service"] == "mine"
    assert (document["Requests"], document["BudgetUsed"]) == ([0], [12.5])
    assert "SignInDays" not in document


def test_runs_do_not_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    told({"Entries": 5}, capsys)
    assert told({"Entries": 2}, capsys)["Entries"] == [2]


def test_of_reading() -> None:
    results = [
        Extracted("a", DAY, "new", 50),
        Extracted("b", DAY, "new", 60, unchanged=True),
        Extracted("c", DAY, "present", 70),
        Extracted("d", DAY, "failed", error=DataError("no")),
        Extracted("e", DAY, "deferred", error=Deferred("later")),
        Extracted("f", DAY, "late"),
    ]
    measured = metrics.of_extract(results, requests=7, missed=2, budget_used=None, sign_in_days=0)
    assert measured == {
        "Requests": 7,
        "Records": 50,
        "FeedsFailed": 1,
        "FeedsDeferred": 1,
        "SlotsMissed": 2,
        "BudgetUsed": None,
        "SignInDays": 0,
    }


def test_of_building_nothing() -> None:
    failed = Failed(Place("a", Slot("20260301T000000Z"), 1), DataError("no"))
    assert metrics.of_transform(Transformed(None, (failed,))) == {
        "Entries": 0,
        "Rejects": 0,
        "SlotsFailed": 1,
    }


def test_of_publishing() -> None:
    def check(severity: Any, failures: int) -> CheckResult:
        return CheckResult("one", severity, "a rule", failures, Result((), []))

    checks = [check("error", 3), check("error", 0), check("warning", 5)]
    lag, early = timedelta(hours=1), timedelta(seconds=-5)
    assert metrics.of_publish(checks, lag, early) == {
        "Lag": 3600,
        "Duration": 0,
        "ChecksFailed": 1,
    }


def test_each_has_a_unit() -> None:
    units = {*metrics.UNITS.values()}
    assert units == {"Count", "Percent", "Seconds"}
    measured = metrics.of_extract([], requests=0, missed=0, budget_used=None, sign_in_days=None)
    assert measured.keys() <= metrics.UNITS.keys()
