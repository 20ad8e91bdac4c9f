"""Five real days, months apart: gaps are told from absences."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.commands import Command
from tests.oracle.charts import read_chart_csv
from tests.warehouse.compare import assert_marts_equal_oracle

pytestmark = pytest.mark.needs("real-data")


def test_gaps_show_and_movements_say_against_what(
    chartlake: Command, real_data: Path, tmp_path: Path
) -> None:
    files = sorted((real_data / "charts" / "global-daily").glob("*.csv"))
    done = chartlake("import", *files)
    assert done.code == 0, done.err

    (health,) = chartlake("status", "--json").json()["feeds"]
    first, last = date(2020, 1, 1), date(2020, 5, 1)
    assert health["editions"] == 5
    assert health["missing"] == (last - first).days - 4
    assert health["longest_gap"] == 30

    sql = "select chart_date, missing_before from chart_editions order by 1"
    gaps = chartlake("query", sql, "--json").json()["rows"]
    assert [row["missing_before"] for row in gaps] == [0, 30, 28, 30, 29]

    movers = chartlake("trends", "movers", "--date", "2020-03-01")
    assert "against 2020-02-01, the edition before (28 due editions missing between)" in movers.out
    missing = chartlake("trends", "movers", "--date", "2020-03-02")
    assert missing.code == 2
    assert "no edition of 2020-03-02" in missing.err
    assert "2020-03-01, 2020-04-01" in missing.err

    assert_marts_equal_oracle(
        DuckDBWarehouse(tmp_path / "chartlake-data" / "warehouse.duckdb"),
        [read_chart_csv(file) for file in files],
        _days_between,
    )


def _days_between(feed: str, after: datetime, before: datetime) -> int:
    return (before - after).days - 1
