"""Publishing by Athena: people ask there for the rows that DuckDB's warehouse has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chartlake.lake.store import Store
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.engine import LocalEngine
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.sql import STEPS, VIEWS
from tests.aws.fake_aws import Aws
from tests.aws.stack import NAME, lake_of, open_stack, warehouse_of
from tests.spark.world import NOW, fill

CHOSEN = Choices(
    roster=(("name", " ÉLAN Σ "), ("artist", "A" * 22)),
    excluded=(("name", "Nobody"), ("kind", "episode")),
    markets=(("afters", "evening", "is"),),
    recordings="as-one",
)


@pytest.fixture(scope="module")
def published() -> Iterator[tuple[Aws, Store]]:
    """A world of all sources, built in one go, published by Athena."""
    with pytest.MonkeyPatch.context() as patch, open_stack(patch) as aws:
        store = lake_of()
        fill(store)
        build_slots(store, LocalEngine(), unbuilt(store), NOW)
        loaded = warehouse_of(aws, store, CHOSEN).load(store, NOW)
        assert loaded.slots > 100
        yield aws, store


@pytest.fixture(scope="module")
def here(published: tuple[Aws, Store], tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    _, store = published
    warehouse = DuckDBWarehouse(tmp_path_factory.mktemp("here") / "w.duckdb", choices=CHOSEN)
    warehouse.load(store, NOW)
    return warehouse


def asked(aws: Aws, statement: str) -> list[dict[str, Any]]:
    client = aws.client("athena", "SOMEBODY")
    started = client.start_query_execution(
        QueryString=statement, QueryExecutionContext={"Database": NAME}, WorkGroup=NAME
    )
    query = started["QueryExecutionId"]
    told = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
    assert told["State"] == "SUCCEEDED", told
    pages = client.get_paginator("get_query_results").paginate(QueryExecutionId=query)
    lines = [
        tuple(cell.get("VarCharValue") for cell in row["Data"])
        for page in pages
        for row in page["ResultSet"]["Rows"]
    ]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def test_it_counts(published: tuple[Aws, Store], here: DuckDBWarehouse) -> None:
    aws, _ = published
    for file in (*VIEWS, *STEPS):
        if file.kind != "state":
            (row,) = asked(aws, f"select count(*) as n from {file.name}")
            assert int(row["n"]) == here.query(f"select count(*) from {file.name}").rows[0][0], (
                file.name
            )
