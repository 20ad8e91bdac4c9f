"""What of Amazon States Language is interpreted here: all else is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["OPERATORS", "NotInterpreted", "check", "steps"]

_COMMON = {"Type", "Comment", "InputPath", "OutputPath"}
_GOES_ON = {"Next", "End"}
_RESULT = {"Parameters", "ResultSelector", "ResultPath"}
_FIELDS = {
    "Task": _COMMON | _GOES_ON | _RESULT | {"Resource", "Retry", "Catch", "TimeoutSeconds"},
    "Choice": _COMMON | {"Choices", "Default"},
    "Wait": _COMMON | _GOES_ON | {"Seconds", "TimestampPath"},
    "Pass": _COMMON | _GOES_ON | {"Result", "Parameters", "ResultPath"},
    "Succeed": _COMMON,
    "Fail": {"Type", "Comment", "Error", "Cause"},
}
_MACHINE = {"Comment", "StartAt", "States", "TimeoutSeconds"}
_RETRY = {"ErrorEquals", "IntervalSeconds", "BackoffRate", "MaxAttempts"}
_CATCH = {"ErrorEquals", "Next", "ResultPath"}
_STEP = re.compile(r"\.(\w+)|\['([^']+)'\]|\[(\d+)\]")
_RESOURCE = re.compile(r"arn:aws:(?:lambda:[^:]+:\d+:function:.+|states:::[\w:.]+)")
_RESOURCES = {"arn:aws:states:::lambda:invoke", "arn:aws:states:::glue:startJobRun.sync"}
OPERATORS = {
    "IsPresent",
    "IsNull",
    "IsString",
    "IsNumeric",
    "IsBoolean",
    "BooleanEquals",
    "StringEquals",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
}

Json = Any


class NotInterpreted(Exception):
    """The definition uses what is not interpreted here, or is wrong."""


def steps(path: str) -> list[str | int]:
    steps = list(_STEP.finditer(path[1:]))
    if not path.startswith("$") or "".join(step[0] for step in steps) != path[1:]:
        raise NotInterpreted(f"the path {path}")
    return [int(step[3]) if step[3] else step[1] or step[2] for step in steps]


def check(definition: Mapping[str, Any]) -> None:
    """NotInterpreted where a machine uses anything that is not."""
    _only(definition, _MACHINE, "the machine")
    states = definition["States"]
    for name, state in states.items():
        kind = state.get("Type")
        if kind not in _FIELDS:
            raise NotInterpreted(f"{name}: the type {kind}")
        _only(state, _FIELDS[kind], name)
        _check_parts(name, state)
        ends = kind in ("Succeed", "Fail", "Choice") or state.get("End") is True
        if ends == ("Next" in state):
            raise NotInterpreted(f"{name}: goes on nowhere, or twice")
    for name in (definition["StartAt"], *(n for s in states.values() for n in _following(s))):
        if name not in states:
            raise NotInterpreted(f"there is no state {name}")


def _check_parts(name: str, state: Mapping[str, Any]) -> None:
    for each in state.get("Retry", ()):
        _only(each, _RETRY, f"{name}: Retry")
    for each in state.get("Catch", ()):
        _only(each, _CATCH, f"{name}: Catch")
    for each in state.get("Choices", ()):
        _check_rule(name, each, outermost=True)
    if state["Type"] == "Wait" and len(state.keys() & {"Seconds", "TimestampPath"}) != 1:
        raise NotInterpreted(f"{name}: waits for nothing")
    resource = state.get("Resource", "arn:aws:lambda:r:1:function:f")
    if not _RESOURCE.fullmatch(resource) or (
        ":states:::" in resource and resource not in _RESOURCES
    ):
        raise NotInterpreted(f"{name}: the resource {resource}")
    for template in (state.get("Parameters"), state.get("ResultSelector")):
        _check_template(name, template)


def _check_rule(name: str, rule: Mapping[str, Any], *, outermost: bool = False) -> None:
    _only(
        rule, {"And", "Or", "Not", "Variable", *OPERATORS, *({"Next"} if outermost else ())}, name
    )
    if inner := rule.keys() & {"And", "Or"}:
        for each in rule[inner.pop()]:
            _check_rule(name, each)
    elif "Not" in rule:
        _check_rule(name, rule["Not"])
    elif "Variable" not in rule or len(rule.keys() & OPERATORS) != 1:
        raise NotInterpreted(f"{name}: the rule {rule}")
    if outermost and "Next" not in rule:
        raise NotInterpreted(f"{name}: a choice that leads nowhere")


def _check_template(name: str, template: Json) -> None:
    if isinstance(template, list):
        for each in template:
            _check_template(name, each)
    elif isinstance(template, Mapping):
        for key, value in template.items():
            if not key.endswith(".$"):
                _check_template(name, value)
            elif not isinstance(value, str) or not value.startswith("$"):
                raise NotInterpreted(f"{name}: {key} is {value!r}")
            else:
                steps(value.removeprefix("$") if value.startswith("$$") else value)


def _following(state: Mapping[str, Any]) -> list[str]:
    rules = [*state.get("Choices", ()), *state.get("Catch", ())]
    found = [state.get("Next"), state.get("Default"), *(rule["Next"] for rule in rules)]
    return [name for name in found if name]


def _only(found: Mapping[str, Any], known: set[str], where: str) -> None:
    if odd := sorted(found.keys() - known):
        raise NotInterpreted(f"{where}: {', '.join(odd)}")
