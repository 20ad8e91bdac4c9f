"""The marts against the oracle: plain Python from the definitions, apart from the SQL."""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.charts import read_chart_csv
from tests.oracle.movements import OracleEdition, OracleEntry
from tests.oracle.worlds import chart_worlds, due_in_worlds
from tests.warehouse.compare import assert_marts_equal_oracle
from tests.warehouse.worlds import WorldPipeline

SLOW_IO = settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@SLOW_IO
@given(chart_worlds())
def test_marts_equal_the_oracle_on_any_world(world: list[OracleEdition]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = WorldPipeline(Path(folder))
        here.deliver(world)
        assert_marts_equal_oracle(here.warehouse, world, due_in_worlds)
        broken = [c for c in here.warehouse.check() if c.severity == "error" and c.failures]
        assert broken == []


@SLOW_IO
@given(chart_worlds(max_feeds=2, max_editions=6), st.data())
def test_order_and_batches_of_delivery_do_not_matter(
    world: list[OracleEdition], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(world)))
    with tempfile.TemporaryDirectory() as folder:
        here = WorldPipeline(Path(folder))
        here.deliver(world[cut:])
        here.deliver(world[:cut])
        here.deliver([])
        assert_marts_equal_oracle(here.warehouse, world, due_in_worlds)


@pytest.mark.long
@settings(parent=SLOW_IO, max_examples=600)
@given(chart_worlds())
def test_marts_equal_the_oracle_on_many_worlds(world: list[OracleEdition]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = WorldPipeline(Path(folder))
        here.deliver(world)
        assert_marts_equal_oracle(here.warehouse, world, due_in_worlds)


def test_a_wrong_definition_would_be_seen(tmp_path: Path) -> None:
    """The comparison itself: the oracle over another history does not agree."""
    first, second = _chart(date(2020, 2, 20), "a", "b"), _chart(date(2020, 2, 21), "b", "a")
    here = WorldPipeline(tmp_path)
    here.deliver([first, second])
    assert_marts_equal_oracle(here.warehouse, [first, second], due_in_worlds)
    unmoved = _chart(date(2020, 2, 21), "a", "b")
    with pytest.raises(AssertionError):
        assert_marts_equal_oracle(here.warehouse, [first, unmoved], due_in_worlds)


def test_an_hourly_feed_may_rank_the_last_edition_of_each_day(tmp_path: Path) -> None:
    here = WorldPipeline(tmp_path)
    editions = [_chart_at(day, hour) for day in (1, 2, 4) for hour in (1, 13)]
    here.deliver(editions)
    every = here.rows("select chart_date from chart_editions")
    assert len(every) == len(editions)
    with duckdb.connect(str(here.warehouse.path)) as db:
        db.execute("update editions set cadence = 'day', schedule = '0 * * * *'")
        db.execute("delete from seen_builds")
    here.pipeline.load()
    ranked = here.rows(
        "select scheduled_at, previous_chart_date, missing_before from chart_editions order by 1"
    )
    assert ranked == [
        {
            "scheduled_at": datetime(2021, 3, 1, 13),
            "previous_chart_date": None,
            "missing_before": 0,
        },
        {
            "scheduled_at": datetime(2021, 3, 2, 13),
            "previous_chart_date": date(2021, 3, 1),
            "missing_before": 0,
        },
        {
            "scheduled_at": datetime(2021, 3, 4, 13),
            "previous_chart_date": date(2021, 3, 2),
            "missing_before": 1,
        },
    ]


@pytest.mark.needs("real-data")
def test_the_oracle_reads_the_real_weeks_as_we_do(real_data: Path, tmp_path: Path) -> None:
    files = sorted((real_data / "charts" / "us-weekly").glob("*.csv"))
    world = [read_chart_csv(file) for file in files]
    here = WorldPipeline(tmp_path)
    here.deliver(world)
    assert_marts_equal_oracle(here.warehouse, world, lambda feed, after, before: 0)


def _chart(day: date, *names: str) -> OracleEdition:
    entries = tuple(_entry(place, name) for place, name in enumerate(names, start=1))
    at = datetime(day.year, day.month, day.day)
    return OracleEdition("regional-global-daily", at, day, entries)


def _chart_at(day: int, hour: int) -> OracleEdition:
    at = datetime(2021, 3, day, hour)
    return OracleEdition("top-50", at, at.date(), (_entry(1, "a"),))


def _entry(position: int, name: str) -> OracleEntry:
    return OracleEntry(
        position=position,
        item_kind="track",
        item_key=name * 22,
        track_id=name * 22,
        item_name=name,
        artist_names=f"artist of {name}",
        streams=None,
    )


def test_a_schedule_that_changes_does_not_rewrite_what_was_due(tmp_path: Path) -> None:
    """Weekly for three weeks, then daily, then irregular."""
    here = WorldPipeline(tmp_path)
    days = [date(2020, 3, day) for day in (5, 12, 19, 20, 21, 23)]
    here.deliver([_chart(day, "a") for day in days])
    with duckdb.connect(str(here.warehouse.path)) as db:
        db.execute("update editions set schedule = 'weekly' where chart_date <= '2020-03-19'")
        db.execute("update editions set schedule = null where chart_date = '2020-03-23'")
        db.execute("delete from seen_builds")
    here.pipeline.load()
    rows = here.rows("select chart_date, missing_before from chart_editions order by 1")
    assert [row["missing_before"] for row in rows] == [0, 0, 0, 0, 0, None]
    (health,) = here.rows("select schedule, overdue from data_health")
    assert health == {"schedule": None, "overdue": 0}
