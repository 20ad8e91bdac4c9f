"""All marts against the oracle on real charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.oracle.charts import read_chart_csv
from tests.oracle.facts import OracleFeed, World
from tests.warehouse.compare import assert_equals_oracle
from tests.warehouse.straight import Straight

pytestmark = pytest.mark.needs("real-data")

WEEKLY = OracleFeed(
    name="regional-us-weekly",
    first_slot=datetime(2019, 1, 10),
    step=timedelta(weeks=1),
    schedule="weekly",
    source="charts-csv",
    source_id="regional-us-weekly",
    family="regional-weekly",
    market="us",
)
DAILY = OracleFeed(
    name="regional-global-daily",
    first_slot=datetime(2020, 1, 1),
    step=timedelta(days=1),
    schedule="daily",
    source="charts-csv",
    source_id="regional-global-daily",
    family="regional-daily",
    market="global",
)


@pytest.fixture(scope="module")
def straight() -> Iterator[Straight]:
    held = Straight()
    yield held
    held.close()


@pytest.fixture(scope="module")
def weeks(real_data: Path) -> World:
    """102 weeks of the top 200 of the USA, without a gap."""
    return _world(WEEKLY, real_data / "charts" / "us-weekly")


def _world(feed: OracleFeed, folder: Path) -> World:
    editions = tuple(read_chart_csv(file) for file in sorted(folder.glob("*.csv")))
    return World((feed,), editions, now=datetime(2020, 12, 20))


def test_all_marts_equal_the_oracle_on_two_years_of_real_weeks(
    straight: Straight, weeks: World
) -> None:
    straight.hold(weeks)
    assert_equals_oracle(straight.records, weeks)


def test_all_marts_equal_the_oracle_on_real_weeks_with_recordings_as_one(
    straight: Straight, weeks: World
) -> None:
    as_one = replace(weeks, as_one=True)
    straight.hold(as_one)
    assert_equals_oracle(straight.records, as_one)


def test_all_marts_equal_the_oracle_on_real_days_with_gaps(
    straight: Straight, real_data: Path
) -> None:
    days = _world(DAILY, real_data / "charts" / "global-daily")
    straight.hold(days)
    assert_equals_oracle(straight.records, days)


def test_rows_that_lose_their_predecessor_because_an_id_changed(
    straight: Straight, weeks: World
) -> None:
    """A new id for the same recording looks like an exit and a debut, unless they are one."""
    has_previous: dict[bool, set[tuple[object, ...]]] = {}
    for as_one in (False, True):
        straight.hold(replace(weeks, as_one=as_one))
        rows = straight.records("chart_movements", ("chart_date", "position", "previous_position"))
        has_previous[as_one] = {
            (row["chart_date"], row["position"])
            for row in rows
            if row["previous_position"] is not None
        }
    # 2,909 of the 20,200 rows after the first week have no predecessor: 1.3% of all rows lost it
    assert len(has_previous[False]) == 20_200 - 2_909
    assert len(has_previous[True] - has_previous[False]) == 261
    assert has_previous[False] <= has_previous[True] | _twice(straight)


def _twice(straight: Straight) -> set[tuple[object, ...]]:
    """Where a recording stands a second time in a week: as one it counts once."""
    sql = """
        select e.chart_date, n.position
        from editions e
        inner join entries n on n.feed = e.feed and n.slot = e.slot
        anti join chart_movements m on m.chart_date = e.chart_date and m.position = n.position
    """
    found = set(straight.db.execute(sql).fetchall())
    assert len(found) == 2
    return found
