"""An Athena that really runs what it is asked: on DuckDB, over Glue's catalog and S3.

It runs SELECT, and UNLOAD of a SELECT to Parquet; any other statement fails. What Athena asks of
Glue and S3 it asks with the key of who started the query, as Athena does. See `fake_aws`.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from botocore.exceptions import ClientError

from tests.aws.athena_tables import Failed, Files, Tables, listed

__all__ = ["Athena", "InvalidRequest"]

_MAX_BYTES = 262_144
_UNLOAD = re.compile(
    r"\s*UNLOAD\s*\((?P<select>.*)\)\s*TO\s*'(?P<to>s3://[^']+)'\s*WITH\s*\((?P<options>.*)\)\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_OPTION = re.compile(r"\s*(\w+)\s*=\s*'([^']*)'\s*")
_CODECS = {"zstd", "gzip", "snappy"}


@dataclass
class _Execution:
    """One query, as GetQueryExecution tells it; and its rows."""

    told: dict[str, Any]
    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)


class InvalidRequest(Exception):
    """What Athena refuses at once."""


class Athena:
    """Queries, by the key of who asks; ``client`` gives a client of a service with a key."""

    def __init__(self, client: Callable[[str, str], Any], own_key: str, folder: Path) -> None:
        self._client, self._own_key = client, own_key
        self._files = Files(folder)
        self._executions: dict[str, _Execution] = {}
        self._lock = Lock()
        self.statements: list[str] = []
        self.actions: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {
            "StartQueryExecution": self._start,
            "GetQueryExecution": lambda asked, key: {"QueryExecution": self._execution(asked).told},
            "GetQueryResults": self._results,
            "StopQueryExecution": self._stop,
        }

    def written(self, service: str, path: str, asked: dict[str, Any]) -> None:
        """Take notice of a request that may change what a table is made of."""
        if service == "s3":
            url = f"s3:/{path}"
            self._files.forget(lambda at: at[0] == "s3" and url.startswith(at[2]))
        elif database := (asked.get("DatabaseName") or asked.get("Name")):
            table = asked.get("TableName") or asked.get("TableInput", {}).get("Name")
            self._files.forget(
                lambda at: at[0] == "glue" and at[2] == database and table in (None, at[3])
            )

    def _start(self, asked: dict[str, Any], key: str) -> dict[str, Any]:
        text = asked["QueryString"]
        if len(text.encode()) > _MAX_BYTES:
            raise InvalidRequest("Member must have length less than or equal to 262144")
        output = self._output(asked)
        name = str(uuid.uuid4())
        told: dict[str, Any] = {
            "QueryExecutionId": name,
            "Query": text,
            "WorkGroup": asked.get("WorkGroup", "primary"),
            "QueryExecutionContext": asked.get("QueryExecutionContext", {}),
            "ResultConfiguration": {"OutputLocation": f"{output}{name}.csv"},
            "Status": {"State": "RUNNING", "SubmissionDateTime": 0},
            "Statistics": {"DataScannedInBytes": 0},
        }
        execution = _Execution(told)
        with self._lock:
            self.statements.append(text)
            self._executions[name] = execution
            try:
                self._run(execution, key, output)
                told["Status"]["State"] = "SUCCEEDED"
            except (Failed, ClientError, duckdb.Error, sqlglot.errors.SqlglotError) as error:
                told["Status"] |= {"State": "FAILED", "StateChangeReason": str(error)}
        return {"QueryExecutionId": name}

    def _results(self, asked: dict[str, Any], key: str) -> dict[str, Any]:
        execution = self._execution(asked)
        state = execution.told["Status"]["State"]
        if state != "SUCCEEDED":
            raise InvalidRequest(f"Query did not finish successfully. Final query state: {state}")
        header: list[str | None] = [name for name, _ in execution.columns]
        rows: list[list[str | None]] = [header, *execution.rows] if header else []
        begin, most = int(asked.get("NextToken", 0)), asked.get("MaxResults", 1000)
        answer: dict[str, Any] = {
            "ResultSet": {
                "Rows": [{"Data": [_datum(v) for v in row]} for row in rows[begin : begin + most]],
                "ResultSetMetadata": {
                    "ColumnInfo": [{"Name": n, "Type": t} for n, t in execution.columns]
                },
            }
        }
        return answer | ({"NextToken": str(begin + most)} if rows[begin + most :] else {})

    def _stop(self, asked: dict[str, Any], key: str) -> dict[str, Any]:
        status = self._execution(asked).told["Status"]
        if status["State"] not in ("SUCCEEDED", "FAILED"):
            status["State"] = "CANCELLED"
        return {}

    def _execution(self, asked: dict[str, Any]) -> _Execution:
        name = asked["QueryExecutionId"]
        if name not in self._executions:
            raise InvalidRequest(f"QueryExecution {name} was not found")
        return self._executions[name]

    def _output(self, asked: dict[str, Any]) -> str:
        name, own = asked.get("WorkGroup", "primary"), self._client("athena", self._own_key)
        groups = {g["Name"] for g in own.list_work_groups()["WorkGroups"]}
        if name not in groups:
            raise InvalidRequest(f"WorkGroup {name} is not found.")
        group = own.get_work_group(WorkGroup=name)["WorkGroup"]
        config = group.get("Configuration", {})
        of_group = config.get("ResultConfiguration", {}).get("OutputLocation")
        of_client = asked.get("ResultConfiguration", {}).get("OutputLocation")
        enforced = config.get("EnforceWorkGroupConfiguration")
        output = of_group if enforced else of_client or of_group
        if not output:
            raise InvalidRequest("No output location provided")
        return str(output).rstrip("/") + "/"

    # Running ------------------------------------------------------------------

    def _run(self, execution: _Execution, key: str, output: str) -> None:
        asked, told = execution.told["Query"], execution.told
        database = told["QueryExecutionContext"].get("Database", "default")
        s3, glue = self._client("s3", key), self._client("glue", key)
        s3.get_bucket_location(Bucket=urlsplit(output).netloc)
        unload = _UNLOAD.fullmatch(asked)
        with closing(duckdb.connect(":memory:")) as db:
            db.execute("set threads = 2")
            tables = Tables(db, glue, s3, self._files, key)
            text = tables.text(unload["select"] if unload else asked, database)
            told["Statistics"]["DataScannedInBytes"] = tables.scanned
            rows = db.sql(f"select {_as_athena_types(db, text)} from ({text})").to_arrow_table()
        name = told["QueryExecutionId"]
        if unload:
            keys = _unload(s3, rows, unload["to"], unload["options"])
            told["Statistics"]["DataManifestLocation"] = f"{output}{name}-manifest.csv"
            _put(s3, f"{output}{name}-manifest.csv", "".join(f"{key}\n" for key in keys).encode())
            return
        execution.columns = [(f.name, _athena_type(f.type)) for f in rows.schema]
        execution.rows = [
            [_shown(value) for value in row] for row in zip(*rows.to_pydict().values(), strict=True)
        ]
        _put(s3, f"{output}{name}.csv", json.dumps(execution.rows).encode())


def _as_athena_types(db: duckdb.DuckDBPyConnection, text: str) -> str:
    """A sum of whole numbers is one of 128 bits in DuckDB alone."""
    kinds = {row[0]: row[1] for row in db.execute(f"describe {text}").fetchall()}
    casts = {"HUGEINT": "::bigint", "TIMESTAMP_NS": "::timestamp"}
    return ", ".join(f'"{name}"{casts.get(kind, "")} as "{name}"' for name, kind in kinds.items())


def _unload(s3: Any, rows: pa.Table, to: str, options: str) -> list[str]:
    """Write the rows in two files, as Athena writes some; nothing where there are none."""
    pairs = [_OPTION.fullmatch(option) for option in options.split(",")]
    chosen = {pair[1].lower(): pair[2].lower() for pair in pairs if pair}
    codec = chosen.pop("compression", "gzip")
    if None in pairs or chosen != {"format": "parquet"} or codec not in _CODECS:
        raise Failed(f"INVALID_PROPERTY: WITH ({options}) (by this stand-in)")
    place = to.rstrip("/") + "/"
    if next(listed(s3, place), None):
        raise Failed(f"HIVE_PATH_ALREADY_EXISTS: Target directory already exists: {to}")
    plain = rows.cast(
        pa.schema([(f.name, pa.timestamp("ms") if _is_time(f) else f.type) for f in rows.schema]),
        safe=False,
    )
    half = (plain.num_rows + 1) // 2
    written: list[str] = []
    for part in (plain.slice(0, half), plain.slice(half)) if half else ():
        if part.num_rows:
            sink = pa.BufferOutputStream()
            pq.write_table(part, sink, compression=codec, use_deprecated_int96_timestamps=True)
            key = f"{place}20261122_120000_{len(written):05d}_abcde_{uuid.uuid4()}"
            _put(s3, key, sink.getvalue().to_pybytes())
            written.append(key)
    return written


def _put(s3: Any, url: str, body: bytes) -> None:
    s3.put_object(Bucket=urlsplit(url).netloc, Key=urlsplit(url).path.lstrip("/"), Body=body)


def _is_time(column: pa.Field) -> bool:
    return bool(pa.types.is_timestamp(column.type))


def _athena_type(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "timestamp"
    names = {"string": "varchar", "int64": "bigint", "int32": "integer", "bool": "boolean"}
    return names.get(str(kind), "date" if pa.types.is_date(kind) else str(kind))


def _shown(value: Any) -> str | None:
    """A value as Athena writes it into an answer."""
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "hour"):
        return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"
    return None if value is None else str(value)


def _datum(value: str | None) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": value}
