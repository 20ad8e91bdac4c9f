"""The interpreter of state machines: what it walks, and what it refuses to pass over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.aws.rehearsal.asl import ExecutionFailed, Machine, NotInterpreted, TaskFailed
from tests.e2e.projects import SimulatedTime

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:one"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": FUNCTION, "End": True, **fields}


def machine(states: dict[str, Any], answers: Any = None, **fields: Any) -> Machine:
    """Tasks give these answers, one after the other; an error is raised. The first state starts."""
    left = list(answers or ())

    def call(resource: str, asked: Any) -> Any:
        answer = left.pop(0) if left else asked
        if isinstance(answer, Exception):
            raise answer
        return answer

    made = {"StartAt": next(iter(states)), "States": states, **fields}
    return Machine(made, call, SimulatedTime(NOON))


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, {"a": {"b": [1, 2]}}),
        (
            {"Parameters": {"x.$": "$.a.b[1]", "y": {"z.$": "$.a", "n": 3}}},
            {"x": 2, "y": {"z": {"b": [1, 2]}, "n": 3}},
        ),
        (
            {"Parameters": {"id.$": "$$.Execution.Id", "in.$": "$$.Execution.Input.a.b[0]"}},
            {"id": "run", "in": 1},
        ),
        ({"InputPath": "$.a", "Parameters": {"x.$": "$.b"}}, {"x": [1, 2]}),
        ({"ResultPath": None}, {"a": {"b": [1, 2]}}),
        (
            {"Parameters": {"n": 1}, "ResultPath": "$.r.s"},
            {"a": {"b": [1, 2]}, "r": {"s": {"n": 1}}},
        ),
        (
            {"ResultSelector": {"k.$": "$.a['b']"}, "ResultPath": "$.r"},
            {"a": {"b": [1, 2]}, "r": {"k": [1, 2]}},
        ),
        ({"OutputPath": "$.a.b"}, [1, 2]),
    ],
)
def test_paths(fields: dict[str, Any], output: Any) -> None:
    assert machine({"A": task(**fields)}).run({"a": {"b": [1, 2]}}) == output


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ({"Variable": "$.n", "NumericGreaterThan": 0}, True),
        ({"Variable": "$.n", "NumericGreaterThan": 1}, False),
        ({"Variable": "$.n", "NumericLessThanEquals": 1}, True),
        ({"Variable": "$.s", "NumericEquals": 1}, False),
        ({"Variable": "$.s", "StringEquals": "x"}, True),
        ({"Variable": "$.yes", "BooleanEquals": True}, True),
        ({"Variable": "$.none", "IsNull": True}, True),
        ({"Variable": "$.other", "IsPresent": True}, False),
        ({"Variable": "$.other", "IsPresent": False}, True),
        ({"Not": {"Variable": "$.n", "IsString": True}}, True),
        (
            {
                "And": [
                    {"Variable": "$.n", "IsNumeric": True},
                    {"Variable": "$.s", "IsNumeric": True},
                ]
            },
            False,
        ),
        (
            {
                "Or": [
                    {"Variable": "$.n", "IsNumeric": True},
                    {"Variable": "$.s", "IsNumeric": True},
                ]
            },
            True,
        ),
    ],
)
def test_choices(rule: dict[str, Any], holds: bool) -> None:
    made = machine(
        {
            "A": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
            "Yes": {"Type": "Succeed"},
            "No": {"Type": "Succeed"},
        }
    )
    made.run({"n": 1, "s": "x", "yes": True, "none": None})
    assert made.visited == ["A", "Yes" if holds else "No"]


def test_no_choice_holds() -> None:
    rule = {"Variable": "$.n", "NumericEquals": 2, "Next": "B"}
    made = machine({"A": {"Type": "Choice", "Choices": [rule]}, "B": {"Type": "Succeed"}})
    with pytest.raises(ExecutionFailed, match=r"States\.NoChoiceMatched"):
        made.run({"n": 1})


@pytest.mark.parametrize(
    ("until", "after"),
    [
        ("2026-03-01T13:30:00Z", 5400),
        ("2026-03-01T13:30:00+01:00", 1800),
        ("2026-03-01T11:00:00Z", 0),
    ],
)
def test_it_waits_until_a_time(until: str, after: int) -> None:
    made = machine({"A": {"Type": "Wait", "TimestampPath": "$.t", "End": True}})
    made.run({"t": until})
    assert (made._time() - NOON).total_seconds() == pytest.approx(after, abs=0.01)


def test_it_retries_what_a_rule_names_and_waits_longer_each_time() -> None:
    busy = TaskFailed("Lambda.ServiceException")
    rule = {"ErrorEquals": [busy.error], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 2}
    made = machine({"A": task(Retry=[rule])}, [busy, busy, "done"])
    assert made.run({}) == "done"
    assert (made._time() - NOON).total_seconds() == pytest.approx(2 + 6, abs=0.01)
    with pytest.raises(ExecutionFailed, match=busy.error):
        machine({"A": task(Retry=[rule])}, [busy] * 3).run({})


def test_the_first_rule_that_names_an_error_counts_by_itself() -> None:
    rules = [
        {"ErrorEquals": ["One"], "MaxAttempts": 1},
        {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1},
    ]
    one, other = TaskFailed("One"), TaskFailed("Other")
    assert machine({"A": task(Retry=rules)}, [one, other, "done"]).run({}) == "done"
    with pytest.raises(ExecutionFailed, match="One"):
        machine({"A": task(Retry=rules)}, [one, one]).run({})
    with pytest.raises(ExecutionFailed, match=r"States\.Timeout"):
        machine({"A": task(Retry=rules[1:])}, [TaskFailed("States.Timeout")]).run({})


def test_it_catches() -> None:
    catch = {"ErrorEquals": ["States.ALL"], "Next": "B", "ResultPath": "$.error"}
    made = machine({"A": task(Catch=[catch]), "B": {"Type": "Succeed"}}, [TaskFailed("E", "why")])
    assert made.run({"x": 1}) == {"x": 1, "error": {"Error": "E", "Cause": "why"}}


def test_it_fails_and_takes_no_longer_than_it_may() -> None:
    with pytest.raises(ExecutionFailed, match="E: why"):
        machine({"A": {"Type": "Fail", "Error": "E", "Cause": "why"}}).run({})
    waits = {"Type": "Wait", "Seconds": 100, "Next": "A"}
    with pytest.raises(ExecutionFailed, match=r"States\.Timeout"):
        machine({"A": waits}, TimeoutSeconds=1000).run({})
    with pytest.raises(ExecutionFailed, match=r"States\.Runtime"):
        machine({"A": task(Parameters={"x.$": "$.nowhere"})}).run({})


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (task(HeartbeatSeconds=1), "HeartbeatSeconds"),
        (task(Arguments={}), "Arguments"),
        (task(Parameters={"x.$": "States.Format('{}', $.a)"}), r"States\.Format"),
        (task(Parameters={"x.$": "$..a"}), r"the path"),
        (task(Resource="arn:aws:states:::sqs:sendMessage"), "sqs:sendMessage"),
        (task(Retry=[{"ErrorEquals": ["A"], "JitterStrategy": "FULL"}]), "JitterStrategy"),
        ({"Type": "Map", "End": True}, "Map"),
        ({"Type": "Wait", "SecondsPath": "$.n", "End": True}, "SecondsPath"),
        ({"Type": "Wait", "End": True}, "waits for nothing"),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringMatches": "*", "Next": "A"}]},
            "StringMatches",
        ),
        ({"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True}]}, "leads nowhere"),
        (task(Next="B"), "twice"),
        ({"Type": "Pass"}, "nowhere"),
        ({"Type": "Pass", "Next": "B"}, "no state B"),
    ],
)
def test_what_is_not_interpreted_is_an_error(state: dict[str, Any], said: str) -> None:
    with pytest.raises(NotInterpreted, match=said):
        machine({"A": state})
