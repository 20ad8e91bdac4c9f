"""chartlake.open(): what notebooks read, and the example of the documentation."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import chartlake
from chartlake.errors import UsageError
from chartlake.notebook import Lake
from tests.charts import write_chart
from tests.commands import run_here

PAGE = Path(__file__).parent.parent / "docs" / "notebooks.md"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Three days of two lists; the last has an item whose name is markup."""
    monkeypatch.chdir(tmp_path)
    files = [
        write_chart(tmp_path, "2026-01-08", "ABCD"),
        write_chart(tmp_path, "2026-01-09", "BACE"),
        write_chart(tmp_path, "2026-01-11", "EBAF"),
        write_chart(tmp_path, "2026-01-11", "AB", "regional-no"),
    ]
    files[2].write_text(files[2].read_text().replace("Song F", EVIL))
    assert run_here("import", *files).code == 0
    return chartlake.open()


def test_the_same_rows_as_arrow_pandas_and_polars(lake: Lake) -> None:
    rows = lake.movements("regional-is-daily")
    table, frame, polars = rows.arrow(), rows.pandas(), rows.polars()
    assert isinstance(table, pa.Table)
    assert isinstance(frame, pd.DataFrame)
    assert isinstance(polars, pl.DataFrame)
    assert len(rows) == table.num_rows == len(frame) == polars.height == 12
    assert table.to_pylist() == polars.to_dicts()
    assert frame["position"].tolist() == table["position"].to_pylist()
    # a null among whole numbers makes no floats of them
    assert str(frame["previous_position"].dtype) == "int64[pyarrow]"
    assert frame["previous_position"].isna().sum() == 6


def test_whatever_reads_arrow_reads_the_rows(lake: Lake) -> None:
    assert pl.DataFrame(lake.exits()).height == 2
    assert pa.table(lake.editions()).num_rows == 4
    arriving = lake.items("regional-is-daily").arrow()
    with duckdb.connect() as db:
        db.register("arriving", arriving)
        assert db.execute("select count(*) from arriving").fetchall() == [(6,)]


def test_feeds_and_dates(lake: Lake) -> None:
    assert lake.feeds == ["regional-is-daily", "regional-no-daily"]
    assert len(lake.movements()) == 14
    one_day = lake.movements("regional-is-daily", "2026-01-09", date(2026, 1, 10)).arrow()
    assert set(one_day["chart_date"].to_pylist()) == {date(2026, 1, 9)}
    assert len(lake.editions(until="2026-01-08")) == 1
    assert len(lake.exits(since="2026-01-10")) == 1
    assert len(lake.artists("regional-no-daily")) == 2
    assert len(lake.plays()) == len(lake.plays("me", since="2026-01-01")) == 0


def test_a_query_has_bound_parameters(lake: Lake) -> None:
    sql = "select position from chart_movements where item_name = $name order by all"
    assert lake.query(sql, name="Song A").arrow()["position"].to_pylist() == [1, 1, 2, 3]
    assert len(lake.query(sql, name="' or true --")) == 0


def test_a_notebook_shows_names_harmlessly(lake: Lake) -> None:
    rows = lake.movements("regional-is-daily", since="2026-01-11")
    shown = rows._repr_html_()
    assert EVIL not in shown
    assert "&lt;script&gt;" in shown
    assert "4 rows" in shown
    assert repr(rows).startswith("<4 rows of feed, scheduled_at, ")


def test_a_new_load_is_seen_by_the_next_call(lake: Lake, tmp_path: Path) -> None:
    before = lake.editions("regional-no-daily")
    assert len(before) == 1
    assert run_here("import", write_chart(tmp_path, "2026-01-12", "BA", "regional-no")).code == 0
    assert len(before) == 1
    assert len(lake.editions("regional-no-daily")) == 2


def test_an_edit_of_the_settings_stays(lake: Lake, tmp_path: Path) -> None:
    assert len(lake.movements("regional-is-daily")) == 12
    (tmp_path / "chartlake.toml").write_text('[exclude]\nnames = ["Artist A"]\n')
    assert run_here("query", "select 1").code == 0
    published = (tmp_path / "chartlake-data" / "warehouse.duckdb").stat()
    assert len(lake.movements("regional-is-daily")) == 9
    assert run_here("query", "select 1").code == 0
    assert (tmp_path / "chartlake-data" / "warehouse.duckdb").stat().st_ino == published.st_ino


def test_errors_say_what_to_do(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no ranked list 'top'") as unknown:
        lake.items("top")
    assert "regional-is-daily" in str(unknown.value.fix)
    with pytest.raises(UsageError, match="is no date"):
        lake.movements(since="yesterday")
    with pytest.raises(UsageError, match="the query failed"):
        lake.query("select nothing").arrow()
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match="polars is not installed") as missing:
        lake.items().polars()
    assert "pip install polars" in str(missing.value.fix)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no warehouse yet"):
        chartlake.open("empty").items().arrow()


def test_the_example_of_the_page_runs(lake: Lake) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    assert len(names["week"]) == 12
    assert names["longest"].height == 6
    assert names["owners"].num_rows == 6
    assert len(names["records"]) > 0


def test_every_call_is_on_the_page() -> None:
    public = {name for name in vars(Lake) if not name.startswith("_")}
    told = set(re.findall(r"`lake\.(\w+)", PAGE.read_text(encoding="utf-8")))
    assert told == public
