"""The state machine of a run, walked: what fails, and what is done all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws.rehearsal.asl import ExecutionFailed, Machine, TaskFailed
from tests.aws.template_values import definition, resolve
from tests.e2e.projects import SimulatedTime

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAILED, REFUSED = TaskFailed("Failed", "why"), TaskFailed("Refused", "why")
WELL: dict[str, list[Any]] = {
    "extract": [{"new": 1}],
    "hydrate": [{"new": 0}],
    "transform": [{"built": 1, "left": 0}],
    "backlog": [{}],
    "publish": [{"run": "1"}],
}


class Run:
    """One execution. ``answers`` are those of each stage in turn; the last is given for ever."""

    def __init__(self, **answers: list[Any]) -> None:
        self._answers = {stage: list(each) for stage, each in {**WELL, **answers}.items()}
        self.called: list[str] = []
        self.time = SimulatedTime(NOON)
        self.machine = Machine(definition(resolve()), self._call, self.time)

    def run(self) -> Any:
        return self.machine.run({"scheduled_at": "2026-03-01T12:00:00Z"})

    def _call(self, resource: str, asked: Any) -> Any:
        function = "backlog" if "glue" in resource else resource.rpartition("-")[2]
        stage = asked.get("stage", function)
        self.called.append(stage)
        left = self._answers[stage]
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, TaskFailed):
            raise answer
        return answer


def until(**after: float) -> dict[str, Any]:
    return {"not_before": f"{NOON + timedelta(**after):%Y-%m-%dT%H:%M:%SZ}"}


def test_all_is_well() -> None:
    run = Run()
    assert run.run()["publish"] == {"run": "1"}
    assert run.called == ["extract", "hydrate", "transform", "publish"]
    assert run.machine.visited[-1] == "Done"


@pytest.mark.parametrize(
    ("stage", "called"),
    [
        ("extract", ["extract", "transform", "publish"]),
        ("hydrate", ["extract", "hydrate", "transform", "publish"]),
        ("transform", ["extract", "hydrate", "transform", "publish"]),
        ("publish", ["extract", "hydrate", "transform", "publish"]),
    ],
)
def test_what_fails_keeps_nothing_else_from_its_work(stage: str, called: list[str]) -> None:
    run = Run(**{stage: [REFUSED]})
    with pytest.raises(ExecutionFailed, match="Incomplete"):
        run.run()
    assert run.called == called


def test_a_failed_job_is_followed_by_publish() -> None:
    run = Run(transform=[{"built": 0, "left": 600}], backlog=[TaskFailed("States.TaskFailed")])
    with pytest.raises(ExecutionFailed, match="Incomplete"):
        run.run()
    assert run.called[-2:] == ["backlog", "publish"]


def test_a_job_that_takes_too_long_is_followed_by_publish() -> None:
    run = Run(transform=[TaskFailed("States.Timeout")])
    with pytest.raises(ExecutionFailed, match="Incomplete"):
        run.run()
    assert run.called == ["extract", "hydrate", "transform", "publish"]


@pytest.mark.parametrize("stage", ["hydrate", "transform", "publish"])
def test_what_waits_is_read_though_a_stage_failed(stage: str) -> None:
    """Once read it may well be; the run that has failed once has failed."""
    run = Run(
        extract=[until(hours=2), {"new": 1}],
        **{stage: [REFUSED, *WELL[stage]]},
    )
    with pytest.raises(ExecutionFailed, match="Incomplete"):
        run.run()
    assert run.called.count("extract") == 2
    assert run.called[-1] == "publish"
    assert run.time() - NOON >= timedelta(hours=2)


@pytest.mark.parametrize("stage", ["extract", "hydrate"])
def test_a_time_is_waited_for_once(stage: str) -> None:
    run = Run(**{stage: [until(hours=2), REFUSED]})
    with pytest.raises(ExecutionFailed, match="Incomplete"):
        run.run()
    assert run.called.count(stage) == 2
    assert [each for each in run.machine.visited if each.startswith("Wait")] == [
        "WaitForLists" if stage == "extract" else "WaitForRecords"
    ]


def test_a_deferral_without_a_problem_ends_well() -> None:
    run = Run(extract=[until(hours=2), {}], hydrate=[{}, until(hours=5), {}])
    run.run()
    assert run.called.count("publish") == 3
    assert run.machine.visited[-1] == "Done"


def test_what_is_refused_is_not_asked_twice_and_what_failed_is() -> None:
    run = Run(publish=[FAILED, {"run": "1"}])
    run.run()
    assert run.called.count("publish") == 2
    assert run.time() - NOON >= timedelta(seconds=60)
    run = Run(publish=[REFUSED, {"run": "1"}])
    with pytest.raises(ExecutionFailed, match="Incomplete"):
        run.run()
    assert run.called.count("publish") == 1
