"""Publishing by Athena: people ask there for the rows that DuckDB's warehouse has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from chartlake.lake.store import Store
from chartlake.schema import TABLES
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.engine import LocalEngine
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.shapes import shapes
from chartlake.warehouse.sql import STEPS, VIEWS
from tests.aws.fake_aws import Aws
from tests.aws.stack import NAME, lake_of, open_stack, warehouse_of
from tests.oracle.facts import Row
from tests.spark.world import NOW, fill
from tests.warehouse.compare import assert_rows

_OF_A_LOAD = {"loaded_at"}

CHOSEN = Choices(
    roster=(("name", " ÉLAN Σ "), ("artist", "A" * 22)),
    excluded=(("name", "Nobody"), ("kind", "episode")),
    markets=(("afters", "evening", "is"),),
    recordings="as-one",
    # all of this world was read at one time
    as_warnings=frozenset({"nothing_from_the_future"}),
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


def records(aws: Aws, ask: str) -> list[Row]:
    """What Athena answers, in Python's types."""
    client = aws.client("athena", "SOMEBODY")
    started = client.start_query_execution(
        QueryString=ask, QueryExecutionContext={"Database": NAME}, WorkGroup=NAME
    )
    query = started["QueryExecutionId"]
    told = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
    assert told["State"] == "SUCCEEDED", told
    pages = list(client.get_paginator("get_query_results").paginate(QueryExecutionId=query))
    kinds = [
        (column["Name"], _READ.get(column["Type"], str))
        for column in pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    ]
    lines = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
    return [
        {
            name: read(cell["VarCharValue"]) if "VarCharValue" in cell else None
            for (name, read), cell in zip(kinds, line, strict=True)
        }
        for line in lines[1:]
    ]


_READ: dict[str, Any] = {
    "bigint": int,
    "integer": int,
    "double": float,
    "boolean": "true".__eq__,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
}


def to_the_millisecond(rows: list[Row]) -> list[Row]:
    """Athena keeps no more of a time."""
    return [
        {
            name: value.replace(microsecond=value.microsecond // 1000 * 1000)
            if isinstance(value, datetime)
            else value
            for name, value in row.items()
        }
        for row in rows
    ]


# What people see --------------------------------------------------------------


@pytest.mark.parametrize("name", [file.name for file in (*VIEWS, *STEPS) if file.kind != "state"])
def test_a_relation_has_the_rows_of_duckdb(
    published: tuple[Aws, Store], here: DuckDBWarehouse, name: str
) -> None:
    columns = [column for column in shapes()[name].columns if column not in _OF_A_LOAD]
    ask = f"select {', '.join(columns)} from {name}"
    ours = to_the_millisecond(here.query(ask).records())
    assert_rows(name, records(published[0], ask), ours)


@pytest.mark.parametrize("name", list(TABLES))
def test_of_a_curated_table_the_live_rows_are_seen(
    published: tuple[Aws, Store], here: DuckDBWarehouse, name: str
) -> None:
    ask = f"select {', '.join(column.name for column in TABLES[name].columns)} from {name}"
    ours = to_the_millisecond(here.query(ask).records())
    assert_rows(name, records(published[0], ask), ours)
    assert ours or name == "missed_slots"


@pytest.mark.parametrize("name", ["due_editions", "roster_terms", "excluded_terms", "feed_markets"])
def test_what_no_select_makes_is_as_a_load_writes_it(
    published: tuple[Aws, Store], here: DuckDBWarehouse, name: str
) -> None:
    ours = here.query(f"from {name}").records()
    assert_rows(name, records(published[0], f"select * from {name}"), ours)
    assert ours
