"""What somebody who asks Athena is told, with the types that it tells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from tests.aws.rehearsal.account import Account
from tests.aws.template_values import NAME

__all__ = ["asked_of"]

_READ: dict[str, Callable[[str], Any]] = {
    "varchar": str,
    "bigint": int,
    "integer": int,
    "double": float,
    "boolean": lambda text: text == "true",
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
}


def asked_of(account: Account, relation: str) -> list[dict[str, Any]]:
    """All rows of a table or view of the database that people ask."""
    client = account.aws.client("athena", "Somebody")
    started = client.start_query_execution(
        QueryString=f"select * from {relation}",
        QueryExecutionContext={"Database": NAME},
        WorkGroup=NAME,
    )
    query = started["QueryExecutionId"]
    told = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
    assert told["State"] == "SUCCEEDED", (relation, told)
    lines: list[list[Any]] = []
    for page in client.get_paginator("get_query_results").paginate(QueryExecutionId=query):
        columns = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        lines += [[d.get("VarCharValue") for d in row["Data"]] for row in page["ResultSet"]["Rows"]]
    reads = [(each["Name"].lower(), _READ[each["Type"]]) for each in columns]
    return [
        {
            name: None if value is None else read(value)
            for (name, read), value in zip(reads, line, strict=True)
        }
        for line in lines[1:]
    ]
