"""The Athena of the tests: it runs what Athena would run, and fails where Athena fails."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from tests.aws.fake_aws import Aws, open_aws

SERDE = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    },
}
COLUMNS = [("name", "string"), ("n", "bigint"), ("seen", "timestamp")]
AT = datetime(2026, 3, 1, 4, 5, 6, 789_123)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """A bucket; a table with two partitions of which the catalog knows one; a view over it."""
    with open_aws() as made:
        made.client("s3").create_bucket(Bucket="music")
        put(made, "lake/songs/slot_month=2026-03/a", [("x", 1, AT), ("y", 2, None)])
        put(made, "lake/songs/slot_month=2026-03/b", [("z", 40, AT)])
        put(made, "lake/songs/slot_month=2026-04/c", [("unseen", 7, AT)])
        glue = made.client("glue")
        glue.create_database(DatabaseInput={"Name": "music"})
        table(made, "songs", "s3://music/lake/songs/", partition_keys=["slot_month"])
        glue.create_partition(
            DatabaseName="music",
            TableName="songs",
            PartitionInput={
                "Values": ["2026-03"],
                "StorageDescriptor": stored("s3://music/lake/songs/slot_month=2026-03/"),
            },
        )
        view(made, "sums", "select slot_month, sum(n) as total from songs group by slot_month")
        yield made


def put(aws: Aws, key: str, rows: list[tuple[Any, ...]]) -> None:
    types = {"name": pa.string(), "n": pa.int64(), "seen": pa.timestamp("us")}
    columns = list(zip(*rows, strict=True))
    made = {name: pa.array(columns[i], types[name]) for i, (name, _) in enumerate(COLUMNS)}
    sink = BytesIO()
    pq.write_table(pa.table(made), sink)
    aws.client("s3").put_object(Bucket="music", Key=key, Body=sink.getvalue())


def stored(location: str, columns: list[tuple[str, str]] = COLUMNS) -> dict[str, Any]:
    typed = [{"Name": name, "Type": kind} for name, kind in columns]
    return {"Columns": typed, "Location": location, **SERDE}


def table(
    aws: Aws,
    name: str,
    location: str,
    columns: list[tuple[str, str]] = COLUMNS,
    partition_keys: list[str] | None = None,
) -> None:
    aws.client("glue").create_table(
        DatabaseName="music",
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": stored(location, columns),
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in partition_keys or ()],
        },
    )


def view(aws: Aws, name: str, sql: str, total: str = "bigint") -> None:
    columns = [{"name": "slot_month", "type": "varchar"}, {"name": "total", "type": total}]
    told = {
        "originalSql": sql, "catalog": "awsdatacatalog", "schema": "music", "columns": columns
    }  # fmt: skip
    coded = base64.b64encode(json.dumps(told).encode()).decode()
    named = [{"Name": each["name"], "Type": "string"} for each in columns]
    aws.client("glue").create_table(
        DatabaseName="music",
        TableInput={
            "Name": name,
            "TableType": "VIRTUAL_VIEW",
            "ViewOriginalText": f"/* Presto View: {coded} */",
            "ViewExpandedText": "/* Presto View */",
            "Parameters": {"presto_view": "true"},
            "StorageDescriptor": {"Columns": named, "SerdeInfo": {}},
        },
    )


def start(aws: Aws, sql: str, key: str = "someone", database: str = "music") -> dict[str, Any]:
    """The query as GetQueryExecution tells it."""
    athena = aws.client("athena", key)
    begun = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": database},
        ResultConfiguration={"OutputLocation": "s3://music/results/"},
    )
    found = athena.get_query_execution(QueryExecutionId=begun["QueryExecutionId"])
    told: dict[str, Any] = found["QueryExecution"]
    return told


def rows(aws: Aws, sql: str, database: str = "music") -> list[list[str | None]]:
    told = start(aws, sql, database=database)
    assert told["Status"]["State"] == "SUCCEEDED", told["Status"]
    pages = aws.client("athena", "someone").get_paginator("get_query_results")
    found = pages.paginate(
        QueryExecutionId=told["QueryExecutionId"], PaginationConfig={"PageSize": 2}
    )
    return [
        [datum.get("VarCharValue") for datum in row["Data"]]
        for page in found
        for row in page["ResultSet"]["Rows"]
    ]


def why(aws: Aws, sql: str) -> str:
    status = start(aws, sql)["Status"]
    assert status["State"] == "FAILED"
    return str(status["StateChangeReason"])


def test_a_table_has_the_rows_of_the_partitions_that_were_added(aws: Aws) -> None:
    assert rows(aws, "select name, n, seen, slot_month from songs order by n") == [
        ["name", "n", "seen", "slot_month"],
        ["x", "1", "2026-03-01 04:05:06.789", "2026-03"],
        ["y", "2", None, "2026-03"],
        ["z", "40", "2026-03-01 04:05:06.789", "2026-03"],
    ]


@pytest.mark.parametrize("name", ["sums", "SUMS", '"music"."sums"', "awsdatacatalog.music.sums"])
def test_a_view_by_each_of_its_names(aws: Aws, name: str) -> None:
    database = "music" if "." not in name else "other"
    found = rows(aws, f"with songs as (select * from {name}) select total from songs", database)
    assert found == [["total"], ["43"]]


def test_a_file_s_path(aws: Aws) -> None:
    asked = 'select "$path" as path, count(*) as n from songs group by 1 order by 1'
    assert rows(aws, asked)[1:] == [
        ["s3://music/lake/songs/slot_month=2026-03/a", "2"],
        ["s3://music/lake/songs/slot_month=2026-03/b", "1"],
    ]


def test_unload_writes_files_once_and_a_table_reads_them(aws: Aws) -> None:
    asked = "UNLOAD (select name, n, seen from songs) TO 's3://music/out' WITH (format = 'PARQUET')"
    assert start(aws, asked)["Status"]["State"] == "SUCCEEDED"
    table(aws, "unloaded", "s3://music/out/")
    assert rows(aws, "select count(*), sum(n), max(seen) from unloaded")[1:] == [
        ["3", "43", "2026-03-01 04:05:06.789"]
    ]
    assert "HIVE_PATH_ALREADY_EXISTS" in why(aws, asked)


def test_unload_of_nothing_writes_nothing(aws: Aws) -> None:
    asked = (
        "UNLOAD (select n from songs where n < 0) TO 's3://music/none/' "
        "WITH (format = 'PARQUET', compression = 'ZSTD')"
    )
    assert start(aws, asked)["Status"]["State"] == "SUCCEEDED"
    assert aws.client("s3").list_objects_v2(Bucket="music", Prefix="none/")["KeyCount"] == 0
    table(aws, "empty", "s3://music/none/")
    assert rows(aws, "select n from empty") == [["n"]]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("selekt garbage", "NOT_SUPPORTED"),
        ("drop table songs", "NOT_SUPPORTED"),
        ("create table t as select 1 as n", "NOT_SUPPORTED"),
        ("select 1; select 2", "NOT_SUPPORTED"),
        ("select * from nowhere", "TABLE_NOT_FOUND.*awsdatacatalog.music.nowhere"),
        ("select nothing from songs", "nothing"),
        ("UNLOAD (select 1 as n) TO 's3://music/o/' WITH (format = 'CSV')", "INVALID_PROPERTY"),
    ],
)
def test_what_fails(aws: Aws, sql: str, said: str) -> None:
    assert re.search(said, why(aws, sql))


def test_a_column_of_another_type_than_the_file_s(aws: Aws) -> None:
    table(aws, "wrong", "s3://music/lake/songs/", [("n", "string")])
    assert "HIVE_BAD_DATA: Field n's type int64" in why(aws, "select n from wrong")


def test_a_view_that_gives_other_columns_than_it_tells(aws: Aws) -> None:
    view(aws, "stale", "select slot_month, sum(n) as total from songs group by 1", "double")
    assert "stale" in why(aws, "select * from stale")


def test_what_is_refused_at_once(aws: Aws) -> None:
    athena = aws.client("athena", "someone")
    out = {"OutputLocation": "s3://music/results/"}
    with pytest.raises(ClientError, match="262144"):
        athena.start_query_execution(QueryString="-" * 262_145, ResultConfiguration=out)
    with pytest.raises(ClientError, match="No output location"):
        athena.start_query_execution(QueryString="select 1")
    with pytest.raises(ClientError, match="WorkGroup nobody is not found"):
        athena.start_query_execution(
            QueryString="select 1", WorkGroup="nobody", ResultConfiguration=out
        )


def test_athena_asks_glue_and_s3_with_the_key_of_who_asked(aws: Aws) -> None:
    before = len(aws.requests)
    start(aws, "select 1 as one from songs", key="anybody")
    asked = [(r.key, r.service, r.method) for r in aws.requests[before:]]
    assert {key for key, _, _ in asked} == {"anybody"}
    assert {("anybody", "glue", "POST"), ("anybody", "s3", "PUT")} <= set(asked)
