"""Asking Athena: what is full, what fails for no reason of its own, and when the time is up."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chartlake.aws.athena import Athena
from chartlake.errors import Deferred, StorageError


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "StartQueryExecution")


class Scripted:
    """A client whose queries end as they are told to; ``calls`` has what was asked of it."""

    def __init__(self, *ends: dict[str, Any] | ClientError) -> None:
        self._ends = list(ends)
        self._started: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []

    def start_query_execution(self, **asked: Any) -> dict[str, str]:
        self.calls.append("start")
        end = self._ends.pop(0)
        if isinstance(end, ClientError):
            raise end
        name = f"q{len(self._started)}"
        self._started[name] = end
        return {"QueryExecutionId": name}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:
        return {"QueryExecution": {"Status": self._started[QueryExecutionId]}}

    def stop_query_execution(self, QueryExecutionId: str) -> None:
        self.calls.append(f"stop {QueryExecutionId}")


def failed(**error: Any) -> dict[str, Any]:
    return {"State": "FAILED", "StateChangeReason": "it broke", "AthenaError": error}


DONE: dict[str, Any] = {"State": "SUCCEEDED"}
FULL = _error("TooManyRequestsException")


@pytest.fixture
def waits() -> list[float]:
    return []


def ask(client: Scripted, waits: list[float], **more: Any) -> str:
    return Athena(client, "group", waits.append, **more).run("select 1", "db", "the mart x")


def test_where_too_many_run_it_waits_for_a_place(waits: list[float]) -> None:
    assert ask(Scripted(FULL, FULL, DONE), waits) == "q0"
    assert len(waits) == 2


def test_another_refusal_is_one(waits: list[float]) -> None:
    with pytest.raises(ClientError, match="InvalidRequestException"):
        ask(Scripted(_error("InvalidRequestException")), waits)
    assert waits == []


def test_what_failed_for_no_reason_of_its_own_runs_again_in_an_empty_place() -> None:
    cleared: list[int] = []
    client = Scripted(failed(Retryable=True), failed(Retryable=True), DONE)
    athena = Athena(client, "group", lambda seconds: None)
    assert athena.run("unload", "db", "the mart x", lambda: cleared.append(1)) == "q2"
    assert len(cleared) == 2


@pytest.mark.parametrize("ends", [[failed()], [failed(Retryable=True)] * 3], ids=["ours", "thrice"])
def test_what_fails_is_told(ends: list[dict[str, Any]], waits: list[float]) -> None:
    with pytest.raises(StorageError, match="the mart x") as error:
        ask(Scripted(*ends, DONE), waits)
    assert "it broke" in str(error.value.why)


def test_when_the_time_is_up_the_query_is_stopped(waits: list[float]) -> None:
    client = Scripted({"State": "RUNNING"})
    with pytest.raises(Deferred, match="before Athena made the mart x"):
        ask(client, waits, seconds_left=lambda: 1.0 - sum(waits))
    assert client.calls == ["start", "stop q0"]
    assert sum(waits) >= 1.0


def test_when_another_one_failed_it_is_stopped_too(waits: list[float]) -> None:
    client = Scripted({"State": "RUNNING"})
    athena = Athena(client, "group", lambda seconds: athena.end())
    with pytest.raises(Deferred):
        athena.run("select 1", "db", "the mart x")
    assert client.calls == ["start", "stop q0"]


def test_nothing_is_begun_when_the_time_is_up(waits: list[float]) -> None:
    client = Scripted(DONE)
    with pytest.raises(Deferred):
        ask(client, waits, seconds_left=lambda: 0.0)
    assert client.calls == []
