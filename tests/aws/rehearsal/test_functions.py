"""The stand-in for Lambda itself: answers, errors, the time limit, a killed process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from tests.aws.rehearsal.asl import TaskFailed
from tests.aws.rehearsal.functions import Function


@pytest.fixture
def function(tmp_path: Path) -> Iterator[Function]:
    here = "tests.aws.rehearsal.probe.handler"
    variables = {"PATH": os.environ["PATH"], "LAMBDA_TASK_ROOT": str(tmp_path)}
    with Function("probe", here, variables, tmp_path) as made:
        yield made


def test_it_answers_and_prints_and_stays(function: Function) -> None:
    first = function.invoke({"say": {"a": "ä"}}, seconds=60)
    assert first["event"] == {"say": {"a": "ä"}}
    assert 58_000 < first["left"] <= 60_000
    assert first["request"] != function.invoke({})["request"]
    assert [ran.printed for ran in function.ran] == [[{"told": 1}], [{"told": 2}]]
    function.kill()
    assert 5 < function.peak_mb < 300
    assert function.invoke({})["count"] == 1  # another process


def test_an_error_has_its_name_and_words(function: Function) -> None:
    with pytest.raises(TaskFailed, match="KeyError: 'this is missing'"):
        function.invoke({"fail": "this is missing"})
    assert function.invoke({})["count"] == 2


def test_its_time_runs_out(function: Function) -> None:
    function.invoke({})
    with pytest.raises(TaskFailed, match=r"Sandbox\.Timedout"):
        function.invoke({"sleep": 30}, seconds=0.5)
    assert function.invoke({})["count"] == 1


def test_it_is_killed(function: Function) -> None:
    function.invoke({})
    killer = Timer(0.3, function.kill)
    killer.start()
    with pytest.raises(TaskFailed, match=r"Runtime\.ExitError"):
        function.invoke({"sleep": 30})
    killer.join()
