"""Walks a state machine of Amazon States Language, as far as ours speaks it.

    Machine(definition, call, time).run({"scheduled_at": …})

`call` does what a Task's resource does. A field or operator that is not interpreted here is an
error when the machine is made: so a template cannot use what the rehearsal would pass over.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from tests.aws.rehearsal.asl_check import NotInterpreted, check, steps

__all__ = ["ExecutionFailed", "Machine", "NotInterpreted", "TaskFailed"]

Json = Any


class TaskFailed(Exception):
    """A task failed, by the name of its error."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


class ExecutionFailed(TaskFailed):
    """The execution ended so."""


class Time(Protocol):
    """The time, which waiting moves."""

    def __call__(self) -> datetime: ...
    def wait(self, seconds: float) -> None: ...


class Machine:
    """One machine. ``visited`` names the states of the last execution, in order."""

    def __init__(
        self,
        definition: Mapping[str, Any],
        call: Callable[[str, Json], Json],
        time: Time,
    ) -> None:
        check(definition)
        self._definition, self._call, self._time = definition, call, time
        self.visited: list[str] = []

    def run(self, given: Json, name: str = "run") -> Json:
        """The output; ExecutionFailed where the execution fails or takes too long."""
        self.visited = []
        self._context = {"Execution": {"Id": name, "Input": given}, "State": {}}
        self._begun = self._time()
        data, state = copy.deepcopy(given), self._definition["StartAt"]
        while state:
            self.visited.append(state)
            self._context["State"] = {"Name": state}
            self._check_time()
            try:
                data, state = self._step(self._definition["States"][state], data)
            except TaskFailed as error:
                raise ExecutionFailed(error.error, error.cause) from error
        return data

    def _check_time(self) -> None:
        limit = self._definition.get("TimeoutSeconds", float("inf"))
        if (self._time() - self._begun).total_seconds() > limit:
            raise ExecutionFailed("States.Timeout")

    def _step(self, state: Mapping[str, Any], data: Json) -> tuple[Json, str | None]:
        kind = state["Type"]
        given = self._at(state.get("InputPath", "$"), data)
        if kind == "Fail":
            raise TaskFailed(state.get("Error", ""), state.get("Cause", ""))
        following = state.get("Next")
        if kind == "Choice":
            chosen = (c["Next"] for c in state["Choices"] if self._holds(c, given))
            following = next(chosen, state.get("Default"))
            if following is None:
                raise TaskFailed("States.NoChoiceMatched")
        elif kind == "Wait":
            self._wait(state, given)
        elif kind == "Pass":
            result = state.get("Result", self._filled(state.get("Parameters"), given, given))
            data = _placed(state.get("ResultPath", "$"), data, result)
        elif kind == "Task":
            try:
                result = self._task(state, given)
                result = self._filled(state.get("ResultSelector"), result, result)
                data = _placed(state.get("ResultPath", "$"), data, result)
            except TaskFailed as error:
                catch = _matching(state.get("Catch", ()), error)
                if catch is None:
                    raise
                told = {"Error": error.error, "Cause": error.cause}
                return _placed(catch.get("ResultPath", "$"), data, told), catch["Next"]
        return self._at(state.get("OutputPath", "$"), data), following

    def _task(self, state: Mapping[str, Any], given: Json) -> Json:
        asked = self._filled(state.get("Parameters"), given, given)
        tried = [0] * len(state.get("Retry", ()))
        while True:
            try:
                return copy.deepcopy(self._call(state["Resource"], asked))
            except TaskFailed as error:
                retry = _matching(state.get("Retry", ()), error)
                if retry is None:
                    raise
                number = state["Retry"].index(retry)
                if tried[number] >= retry.get("MaxAttempts", 3):
                    raise
                backoff = retry.get("BackoffRate", 2.0) ** tried[number]
                tried[number] += 1
                self._time.wait(retry.get("IntervalSeconds", 1) * backoff)
                self._check_time()

    def _wait(self, state: Mapping[str, Any], given: Json) -> None:
        if "Seconds" in state:
            self._time.wait(state["Seconds"])
            return
        until = _timestamp(self._at(state["TimestampPath"], given))
        if (left := (until - self._time()).total_seconds()) > 0:
            self._time.wait(left)

    def _filled(self, template: Json, given: Json, otherwise: Json) -> Json:
        """A payload template with its paths replaced by what lies there."""
        if template is None:
            return otherwise
        if isinstance(template, list):
            return [self._filled(each, given, None) for each in template]
        if not isinstance(template, Mapping):
            return template
        return {
            name.removesuffix(".$"): self._at(value, given)
            if name.endswith(".$")
            else self._filled(value, given, None)
            for name, value in template.items()
        }

    def _at(self, path: str, data: Json) -> Json:
        if path.startswith("$$"):
            return _look_up(path[1:], self._context)
        return _look_up(path, data)

    def _holds(self, rule: Mapping[str, Any], data: Json) -> bool:
        if "And" in rule:
            return all(self._holds(each, data) for each in rule["And"])
        if "Or" in rule:
            return any(self._holds(each, data) for each in rule["Or"])
        if "Not" in rule:
            return not self._holds(rule["Not"], data)
        (name,) = rule.keys() & _OPERATORS.keys()
        wanted = rule[name]
        try:
            value = self._at(rule["Variable"], data)
        except TaskFailed:
            if name == "IsPresent":
                return not wanted
            raise
        return bool(_OPERATORS[name](value, wanted))


def _timestamp(text: Json) -> datetime:
    if not isinstance(text, str) or not re.fullmatch(r".+T.+(Z|[+-]\d\d:\d\d)", text):
        raise TaskFailed("States.Runtime", f"{text!r} is no timestamp")
    return datetime.fromisoformat(text).astimezone(UTC)


def _kind_of(*kinds: type) -> Callable[[Json, bool], bool]:
    return lambda value, wanted: (type(value) in kinds) == wanted


_OPERATORS: dict[str, Callable[[Json, Json], bool]] = {
    "IsPresent": lambda value, wanted: bool(wanted),
    "IsNull": lambda value, wanted: (value is None) == wanted,
    "IsString": _kind_of(str),
    "IsNumeric": _kind_of(int, float),
    "IsBoolean": _kind_of(bool),
    "BooleanEquals": lambda value, wanted: value is wanted,
    "StringEquals": lambda value, wanted: value == wanted,
    "NumericEquals": lambda value, wanted: _is_number(value) and value == wanted,
    "NumericGreaterThan": lambda value, wanted: _is_number(value) and value > wanted,
    "NumericGreaterThanEquals": lambda value, wanted: _is_number(value) and value >= wanted,
    "NumericLessThan": lambda value, wanted: _is_number(value) and value < wanted,
    "NumericLessThanEquals": lambda value, wanted: _is_number(value) and value <= wanted,
}


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _look_up(path: str, data: Json) -> Json:
    """What lies at a path; a part of the language of paths, whole steps only."""
    found = data
    for step in steps(path):
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            raise TaskFailed("States.Runtime", f"there is no {path}") from None
    return found


def _placed(path: str | None, data: Json, result: Json) -> Json:
    """The data with a result put at a path; of it nothing where the path is null."""
    if path is None or path == "$":
        return data if path is None else result
    placed = copy.deepcopy(data)
    *parents, last = steps(path)
    inner = placed
    for step in parents:
        inner = inner.setdefault(step, {})
    inner[last] = result
    return placed


def _matching(rules: Any, error: TaskFailed) -> Any:
    """The first rule that names the error."""
    for rule in rules:
        names = set(rule["ErrorEquals"])
        general = {"States.ALL"} | (
            {"States.TaskFailed"} if error.error != "States.Timeout" else set()
        )
        if error.error in names or (names & general and error.error != "States.Runtime"):
            return rule
    return None
