"""Statements that Athena runs: started, waited for, and their answers as text."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event
from typing import Any

from botocore.exceptions import ClientError

from chartlake.aws.session import code_of
from chartlake.errors import Deferred, StorageError

__all__ = ["Athena"]

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 2.0
_RUNNING = {"QUEUED", "RUNNING"}
_TIMES = 3
_FULL = "TooManyRequestsException"  # so many queries may run in an account, waiting ones included


def _without_end() -> float:
    return math.inf


class Athena:
    """Asks in one workgroup, which says where answers go and how much a query may read.

    ``seconds_left`` tells how long it may take: what is not done by then is stopped, and Deferred.
    """

    def __init__(
        self,
        client: Any,
        workgroup: str,
        sleep: Callable[[float], None] = time.sleep,
        seconds_left: Callable[[], float] = _without_end,
    ) -> None:
        self._client = client
        self._workgroup = workgroup
        self._sleep = sleep
        self._seconds_left = seconds_left
        self._ended = Event()

    def end(self) -> None:
        """Let whatever runs be stopped: nobody waits for it any more."""
        self._ended.set()

    def run(
        self,
        statement: str,
        database: str,
        what: str,
        clear: Callable[[], None] | None = None,
    ) -> str:
        """Run a statement to its end, and return its id; StorageError, naming ``what``.

        One that failed for no reason of its own is run again, after ``clear``.
        """
        for times in range(1, _TIMES + 1):
            query = self._start(statement, database, what)
            status = self._status_at_end(query, what)
            if status["State"] == "SUCCEEDED":
                return query
            if times == _TIMES or not status.get("AthenaError", {}).get("Retryable"):
                raise _failed(what, query, status)
            if clear:
                clear()
        raise AssertionError("the last time returns or raises")

    def rows(self, statement: str, database: str, what: str) -> list[dict[str, str | None]]:
        """The rows of an answer, by column, each value as Athena writes it."""
        query = self.run(statement, database, what)
        pages = self._client.get_paginator("get_query_results").paginate(QueryExecutionId=query)
        lines = [
            [cell.get("VarCharValue") for cell in row["Data"]]
            for page in pages
            for row in page["ResultSet"]["Rows"]
        ]
        return list(_by_column(lines))

    def _start(self, statement: str, database: str, what: str) -> str:
        wait = _FIRST_WAIT
        while True:
            self._check_time(what)
            try:
                started = self._client.start_query_execution(
                    QueryString=statement,
                    QueryExecutionContext={"Database": database, "Catalog": "AwsDataCatalog"},
                    WorkGroup=self._workgroup,
                )
                return str(started["QueryExecutionId"])
            except ClientError as error:
                if code_of(error) != _FULL:
                    raise
            wait = self._waited(wait)

    def _status_at_end(self, query: str, what: str) -> dict[str, Any]:
        wait = _FIRST_WAIT
        while True:
            told = self._client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            status: dict[str, Any] = told["Status"]
            if status["State"] not in _RUNNING:
                return status
            try:
                self._check_time(what)
            except Deferred:
                with suppress(ClientError):
                    self._client.stop_query_execution(QueryExecutionId=query)
                raise
            wait = self._waited(wait)

    def _check_time(self, what: str) -> None:
        if self._ended.is_set() or self._seconds_left() <= 0:
            raise Deferred(
                f"the time is up before Athena made {what}",
                fix="the next run begins anew; for very long histories let the Glue job make the "
                "marts (docs/aws.md)",
            )

    def _waited(self, wait: float) -> float:
        self._sleep(wait)
        return min(wait * 1.5, _LONGEST_WAIT)


def _by_column(lines: list[list[str | None]]) -> Iterator[dict[str, str | None]]:
    """The first line of an answer has the names."""
    header = [name or "" for name in lines[0]] if lines else []
    return (dict(zip(header, line, strict=True)) for line in lines[1:])


def _failed(what: str, query: str, status: dict[str, Any]) -> StorageError:
    why = status.get("StateChangeReason") or "it was cancelled"
    return StorageError(
        f"Athena could not make {what}",
        why=f"{why} (query {query})",
        fix="look the query up in the Athena console; where a query reads more than the workgroup "
        "allows, raise scan_limit_gb under [aws] and deploy again",
    )
