"""Statements that Athena runs: started, waited for, and their answers as text."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from chartlake.errors import StorageError

__all__ = ["Athena"]

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 2.0
_RUNNING = {"QUEUED", "RUNNING"}


class Athena(NamedTuple):
    """Asks in one workgroup, which says where answers go and how much a query may read."""

    client: Any
    workgroup: str
    sleep: Callable[[float], None] = time.sleep

    def run(self, statement: str, database: str, what: str) -> str:
        """Run a statement to its end, and return its id; StorageError, naming ``what``."""
        started = self.client.start_query_execution(
            QueryString=statement,
            QueryExecutionContext={"Database": database, "Catalog": "AwsDataCatalog"},
            WorkGroup=self.workgroup,
        )
        query, wait = started["QueryExecutionId"], _FIRST_WAIT
        while True:
            told = self.client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            status = told["Status"]
            if status["State"] == "SUCCEEDED":
                return str(query)
            if status["State"] not in _RUNNING:
                raise _failed(what, query, status)
            self.sleep(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT)

    def rows(self, statement: str, database: str, what: str) -> list[dict[str, str | None]]:
        """The rows of an answer, by column, each value as Athena writes it."""
        query = self.run(statement, database, what)
        pages = self.client.get_paginator("get_query_results").paginate(QueryExecutionId=query)
        lines = [
            [cell.get("VarCharValue") for cell in row["Data"]]
            for page in pages
            for row in page["ResultSet"]["Rows"]
        ]
        return list(_by_column(lines))


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
