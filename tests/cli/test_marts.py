"""`chartlake marts`, as a person calls it, without Spark."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chartlake.lake import keys, marts
from chartlake.lake.store import Store, open_store
from chartlake.warehouse import export
from chartlake.warehouse.sql import MARTS
from tests.charts import write_chart
from tests.commands import Command

FEED = "regional-is-daily"
NAMES = [file.name for file in MARTS if file.kind == "table"]


@pytest.fixture
def lake(chartlake: Command, tmp_path: Path) -> Store:
    days = {"2020-03-01": "abc", "2020-03-02": "bcd", "2020-03-04": "cde"}
    files = [write_chart(tmp_path, day, names) for day, names in days.items()]
    assert chartlake("import", *files).code == 0
    return open_store(str(tmp_path / "chartlake-data" / "lake"))


def parquet(tmp_path: Path, facts: dict[str, Any], mart: str) -> str:
    (found,) = [each for each in facts["marts"] if each["mart"] == mart]
    files = [str(tmp_path / "chartlake-data" / "lake" / key) for key in found["files"]]
    return f"read_parquet({files})"


def test_the_files_hold_what_the_warehouse_has(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    facts = chartlake("marts", "--json").json()
    assert [each["mart"] for each in facts["marts"]] == NAMES
    warehouse = tmp_path / "chartlake-data" / "warehouse.duckdb"
    with duckdb.connect(str(warehouse), read_only=True) as db:
        for mart in NAMES:
            ours, theirs = db.sql(f"from {mart}"), db.sql(f"from {parquet(tmp_path, facts, mart)}")
            assert theirs.columns == ours.columns
            assert theirs.types == ours.types, mart
            assert theirs.fetchall() == ours.fetchall(), mart
    assert sum(each["rows"] for each in facts["marts"]) > 20


def test_long_marts_are_cut_into_files_in_their_order(
    chartlake: Command, lake: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = chartlake("marts", "--json").json()
    monkeypatch.setattr(export, "_ROWS_OF_A_BATCH", 2)
    monkeypatch.setattr(export, "_BATCHES_OF_A_FILE", 2)
    facts = chartlake("marts", "--json").json()
    (found,) = [each for each in facts["marts"] if each["mart"] == "chart_movements"]
    assert [key[-7:] for key in found["files"]] == [f"{n}.parquet"[-7:] for n in range(3)]
    with duckdb.connect() as db:
        rows = [db.sql(f"from {parquet(tmp_path, f, 'chart_movements')}") for f in (facts, whole)]
        assert rows[0].fetchall() == rows[1].fetchall()


def test_what_is_new_is_in_them_and_the_last_two_are_kept(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    runs = [chartlake("marts", "--json").json()["run"] for _ in range(3)]
    there = {keys.run_of(key) for key in lake.keys(keys.MARTS)}
    assert len(there) == 2
    assert there < set(runs)
    assert chartlake("import", write_chart(tmp_path, "2020-03-05", "def")).code == 0
    said = chartlake("marts")
    assert said.code == 0
    now = marts.published(lake)
    assert now
    assert now.rows["chart_movements"] == 12
    assert f"marts with {sum(now.rows.values()):,} rows, by duckdb" in said.out
    assert f"{lake.url}/{keys.marts_of(now.run)}" in said.out


def test_what_is_purged_is_in_no_marts_either(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    chartlake("marts")
    files = len([*lake.keys(keys.MARTS)])
    done = chartlake("purge", FEED, "--date", "2020-03-02", "--yes", "--json").json()
    assert done["removed"]["marts"] == files
    assert marts.published(lake) is None
    assert chartlake("marts", "--json").json()
    assert chartlake("gc", "--json").json()["removed"] == {}
    again = marts.published(lake)
    assert again
    assert again.rows["chart_editions"] == 2


def test_an_empty_lake_has_empty_marts(chartlake: Command) -> None:
    facts = chartlake("marts", "--json").json()
    assert {each["rows"] for each in facts["marts"]} == {0}


def test_spark_that_is_not_installed_is_told(
    chartlake: Command, lake: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "chartlake.spark.marts", None)
    said = chartlake("marts", "--engine", "spark")
    assert said.code == 2
    assert said.err.startswith('error: engine = "spark" needs a package that is not installed')
