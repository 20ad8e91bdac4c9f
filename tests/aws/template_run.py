"""What must be so in the state machine of a run: a function for each property.

What the machine then does is tried in test_template_run.py.
"""

from __future__ import annotations

from itertools import pairwise

from tests.aws.template_values import Resources, definition


def the_run_has_its_stages(resources: Resources) -> None:
    machine = definition(resources)
    states = machine["States"]
    order = ["Extract", "Hydrate", "Transform", "TooMuch"]
    assert machine["StartAt"] == order[0]
    for state, following in pairwise(order):
        assert states[state]["Next"] == following
    (left,) = states["TooMuch"]["Choices"]
    assert left["Next"] == "Backlog"
    assert left["And"] == [
        {"Variable": "$.transform.left", "IsPresent": True},
        {"Variable": "$.transform.left", "NumericGreaterThan": 0},
    ]
    assert states["TooMuch"]["Default"] == states["Backlog"]["Next"] == "Publish"
    assert states["Publish"]["Next"] == "Deferred"


def what_waits_is_read_then(resources: Resources) -> None:
    """And its time is forgotten: it would be waited for again where extract fails."""
    states = definition(resources)["States"]
    waits = {each["Variable"]: each["Next"] for each in states["Deferred"]["Choices"]}
    assert set(waits) == {"$.extract.not_before", "$.hydrate.not_before"}
    for variable, wait in waits.items():
        assert states[wait] == {"Type": "Wait", "TimestampPath": variable, "Next": "ForgetLists"}
    forget = {"Type": "Pass", "Result": {}}
    lists, records = "ForgetLists", "ForgetRecords"
    assert states[lists] == {**forget, "ResultPath": "$.extract", "Next": records}
    assert states[records] == {**forget, "ResultPath": "$.hydrate", "Next": "Extract"}
    assert states["Deferred"]["Default"] == "Ended"


def what_fails_keeps_nothing_else_waiting(resources: Resources) -> None:
    after = {
        "Extract": "Transform",
        "Hydrate": "Transform",
        "Transform": "Publish",
        "Backlog": "Publish",
        "Publish": "Deferred",
    }
    states = definition(resources)["States"]
    assert {name for name, each in states.items() if each["Type"] == "Task"} == set(after)
    for name, following in after.items():
        (catch,) = states[name]["Catch"]
        assert catch == {
            "ErrorEquals": ["States.ALL"],
            "ResultPath": "$.problem",
            "Next": following,
        }


def a_failure_is_one_at_the_end(resources: Resources) -> None:
    states = definition(resources)["States"]
    assert states["Ended"]["Choices"] == [
        {"Variable": "$.problem", "IsPresent": True, "Next": "Failed"}
    ]
    assert states["Ended"]["Default"] == "Done"
    assert states["Failed"]["Type"] == "Fail"


def errors_are_tried_again(resources: Resources) -> None:
    for name, state in definition(resources)["States"].items():
        if state["Type"] == "Task" and name != "Backlog":
            refused, of_aws, ours = state["Retry"]
            assert refused == {"ErrorEquals": ["Refused"], "MaxAttempts": 0}
            assert "Lambda.ServiceException" in of_aws["ErrorEquals"]
            assert ours == {
                "ErrorEquals": ["States.TaskFailed"],
                "IntervalSeconds": 60,
                "MaxAttempts": 1,
            }
