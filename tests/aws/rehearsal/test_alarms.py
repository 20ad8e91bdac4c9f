"""Each alarm of the template against what the rehearsal measured.

It is raised in its misfortune, and is quiet in the good days. Metrics of our own are those of the
EMF documents that the handlers printed; those of AWS are made of what the rehearsal saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.aws.alarm_states import Metric, Period, state_of
from tests.aws.rehearsal.functions import Ran
from tests.aws.rehearsal.play import Played, Scene
from tests.aws.template_values import resolve

pytestmark = pytest.mark.xdist_group("rehearsal")

STACK = resolve()
ALARMS = {
    name: each["Properties"]
    for name, each in STACK.items()
    if each["Type"] == "AWS::CloudWatch::Alarm"
}
GOOD = ("good", "import", "next day")
RAISED_IN = {
    "TransformErrorsAlarm": "lost and killed",
    "PublishErrorsAlarm": "before its time",
    "ExtractErrorsAlarm": "denied",
    "RunFailedAlarm": "denied",
    "TransformDeadLettersAlarm": "poison",
    "StaleAlarm": "stale",
    "FeedsFailedAlarm": "refused",
    "SlotsFailedAlarm": "spoilt",
    "DeferredAlarm": "deferred",
    "BudgetUsedAlarm": "budget",
    "SignInAlarm": "sign-in",
    "ChecksFailedAlarm": "before its time",
}
"""In which scene each is raised."""

BY_HAND = {
    **{
        f"{name}ThrottlesAlarm": Metric(
            "AWS/Lambda", "Throttles", frozenset({("FunctionName", f"chartlake-{name.lower()}")})
        )
        for name in ("Extract", "Transform", "Publish")
    },
    "RunTimedOutAlarm": Metric(
        "AWS/States",
        "ExecutionsTimedOut",
        frozenset({("StateMachineArn", ALARMS["RunFailedAlarm"]["Dimensions"][0]["Value"])}),
    ),
    "JobFailedAlarm": Metric(
        "AWS/Events", "TriggeredRules", frozenset({("RuleName", "chartlake-job-failed")})
    ),
    **{
        f"{name}DeadLettersAlarm": Metric(
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            frozenset({("QueueName", f"chartlake-{name.lower()}-dead-letters")}),
        )
        for name in ("Schedule", "Publish")
    },
}
"""What AWS alone could make happen: such an alarm is given its metric by hand."""


def measured(scene: Scene) -> dict[Metric, list[float]]:
    """All that was measured in a scene, as if in one period."""
    found: dict[Metric, list[float]] = {}
    for ran in scene.ran:
        for metric, value in (*_of_emf(ran), *_of_lambda(ran)):
            found.setdefault(metric, []).append(value)
    seen = scene.seen
    queue = frozenset({("QueueName", "chartlake-transform-dead-letters")})
    letters = Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue)
    found[letters] = [seen.get("dead letters", 0)]
    machine = frozenset({("StateMachineArn", ALARMS["RunFailedAlarm"]["Dimensions"][0]["Value"])})
    found[Metric("AWS/States", "ExecutionsFailed", machine)] = [seen.get("executions failed", 0)]
    return found


def _of_emf(ran: Ran) -> list[tuple[Metric, float]]:
    return [
        (
            Metric(
                told["Namespace"],
                metric["Name"],
                frozenset((name, document[name]) for name in dimensions),
            ),
            value,
        )
        for document in ran.printed
        if "_aws" in document
        for told in document["_aws"]["CloudWatchMetrics"]
        for dimensions in told["Dimensions"]
        for metric in told["Metrics"]
        for value in document[metric["Name"]]
    ]


def _of_lambda(ran: Ran) -> list[tuple[Metric, float]]:
    function = frozenset({("FunctionName", ran.function)})
    return [
        (Metric("AWS/Lambda", "Errors", function), float(ran.error is not None)),
        (Metric("AWS/Lambda", "Throttles", function), 0.0),
    ]


def state(alarm: str, *periods: Period) -> str:
    about = ALARMS[alarm]
    before: Sequence[Period] = [GOOD_PERIOD] * (int(about["EvaluationPeriods"]) - 1)
    return state_of(about, [*before, *periods])


GOOD_PERIOD: dict[Metric, list[float]] = {
    Metric("chartlake", "Lag", frozenset({("service", "chartlake")})): [0.0]
}


def test_each_alarm_has_its_misfortune() -> None:
    assert {*RAISED_IN, *BY_HAND, "SilentAlarm"} == ALARMS.keys()


@pytest.mark.parametrize("alarm", ALARMS)
@pytest.mark.parametrize("scene", GOOD)
def test_it_is_quiet_when_all_goes_well(played: Played, alarm: str, scene: str) -> None:
    assert state(alarm, measured(played.scenes[scene])) == "OK"


@pytest.mark.parametrize("alarm", RAISED_IN)
def test_it_is_raised_in_its_misfortune(played: Played, alarm: str) -> None:
    assert state(alarm, measured(played.scenes[RAISED_IN[alarm]])) == "ALARM"


@pytest.mark.parametrize("alarm", BY_HAND)
def test_it_is_raised_by_its_metric(alarm: str) -> None:
    assert state(alarm, {BY_HAND[alarm]: [1.0]}) == "ALARM"
    assert state(alarm, {BY_HAND[alarm]: [0.0]}) == "OK"


def test_it_is_raised_where_nothing_runs(played: Played) -> None:
    count = int(ALARMS["SilentAlarm"]["EvaluationPeriods"])
    good: Any = measured(played.scenes["good"])
    assert state_of(ALARMS["SilentAlarm"], [good, *[{}] * (count - 1)]) == "OK"
    assert state_of(ALARMS["SilentAlarm"], [good, *[{}] * count]) == "ALARM"
    assert state_of(ALARMS["SilentAlarm"], [{}] * count + [good]) == "OK"


def test_each_metric_is_told_in_every_run(played: Played) -> None:
    """So a metric that is missing means that nothing ran."""
    told = {
        "extract": {"Requests", "Records", "FeedsFailed", "FeedsDeferred", "SlotsMissed"},
        "transform": {"Entries", "Rejects", "SlotsFailed"},
        "publish": {"Lag", "Duration", "ChecksFailed"},
    }
    for ran in played.account.ran_in_order:
        if ran.error is None:
            assert told[ran.function.rpartition("-")[2]] <= ran.metrics.keys()
