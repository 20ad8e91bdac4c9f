"""Every check finds the damage that it is there for, and nothing in a sound warehouse."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from chartlake.schema import TABLES
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.sql import MARTS, checks
from tests.warehouse.test_load import chart
from tests.warehouse.worlds import WorldPipeline

# for each check, what would have to happen for it to speak
DAMAGE = {
    "credits_have_an_observation": "delete from album_observations",
    "editions_are_not_missing": "update timeline set missing_before = 1 where ordinal = 2",
    "editions_are_not_short": "update chart_editions set entry_count = 1 where ordinal = 2",
    "editions_do_not_repeat": "update chart_movements set streams = 7 where position < 99",
    "entries_have_an_edition": "delete from editions",
    "exits_balance": "update chart_turnover set exits = 5",
    "live_slots_are_loaded": "delete from editions",
    "movements_are_complete": "delete from chart_movements where position = 1",
    "movements_have_an_edition": "delete from chart_editions where ordinal = 1",
    "no_date_from_the_future": "update editions set observed_at = timestamp '1999-01-01'",
    "nothing_from_the_future": (
        "update editions set observed_at = timestamp '1999-01-01', source = 'playlist'"
    ),
    "plays_may_be_missing": "update readings set joins_previous = false",
    "positions_are_numbered": (
        "update editions set source = 'playlist'; "
        "update entries set position = position + 1 where position = 3"
    ),
    "positions_have_no_holes": "update entries set position = 30 where position = 3",
    "records_add_up": "update editions set item_count = item_count + 1",
    "records_are_usable": (
        "insert into rejects select feed, slot, attempt_id, 0, 0, 'why', '{}' from editions limit 1"
    ),
}
for _table in TABLES:
    DAMAGE[f"{_table}_are_unique"] = f"insert into {_table} select * from {_table} limit 1"
    DAMAGE[f"{_table}_are_live"] = f"update {_table} set attempt_id = 'another'"
for _mart in MARTS:
    if _mart.kind == "table":
        DAMAGE[f"{_mart.name}_are_unique"] = (
            f"insert into {_mart.name} ({_mart.key[0]}) values (null), (null)"
        )
# a row in each table, so that there is something to damage
ROWS = """
insert into readings by name
    select * exclude (title, owner, spotify_snapshot_id, unchanged_from) replace ('plays' as feed),
        true as joins_previous
    from editions limit 1;
insert into play_observations by name
    select feed, slot, attempt_id, 1 as position, 'me' as account, observed_at as played_at,
        'track' as item_kind, 0 as page, 0 as item
    from readings;
insert into track_observations by name
    select feed, slot, attempt_id, 't' as track_id, observed_at from editions limit 1;
insert into album_observations by name
    select feed, slot, attempt_id, 'a' as album_id, observed_at from editions limit 1;
insert into artist_observations by name
    select feed, slot, attempt_id, 'x' as artist_id, observed_at from editions limit 1;
insert into missed_slots by name
    select feed, slot, attempt_id, scheduled_at, observed_at as noted_at, source, 'why' as why
    from editions limit 1;
insert into track_artists by name
    select feed, slot, attempt_id, 't' as track_id, 1 as artist_position from editions limit 1;
insert into album_artists by name
    select feed, slot, attempt_id, 'a' as album_id, 1 as artist_position from editions limit 1;
"""
A_REJECT = DAMAGE["records_are_usable"]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a warehouse in which nothing is wrong."""
    pipeline = WorldPipeline(tmp_path_factory.mktemp("sound"))
    pipeline.deliver([chart(1, "a", "b", "c"), chart(2, "a", "b", "c")])
    return pipeline.warehouse.path


@pytest.fixture
def warehouse(sound: Path, tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(Path(shutil.copy(sound, tmp_path)))


def test_every_check_is_tried() -> None:
    assert sorted(DAMAGE) == [check.name for check in checks()]


def test_a_sound_warehouse_passes(warehouse: DuckDBWarehouse) -> None:
    assert [result.name for result in warehouse.check() if result.failures] == []


@pytest.mark.parametrize("name", sorted(DAMAGE))
def test_a_check_finds_its_damage(warehouse: DuckDBWarehouse, name: str) -> None:
    with duckdb.connect(str(warehouse.path)) as db:
        db.execute(ROWS)
        if name.startswith("rejects"):
            db.execute(A_REJECT)
        db.execute(DAMAGE[name])
    (result,) = [result for result in warehouse.check() if result.name == name]
    assert result.failures > 0
    assert result.rows.rows
    assert result.severity in ("error", "warning")
    assert result.statement


@pytest.mark.parametrize(
    ("source", "found"), [("charts-csv", "positions_have_no_holes"), ("playlist", None)]
)
def test_a_hole_is_for_files_alone(
    warehouse: DuckDBWarehouse, source: str, found: str | None
) -> None:
    """A file may lack a row; where we number ourselves, a hole is a record that was rejected."""
    with duckdb.connect(str(warehouse.path)) as db:
        db.execute("delete from entries where position = 2")
        db.execute("insert into rejects select feed, slot, attempt_id, 0, 1, 'x', '' from editions")
        db.execute(f"update editions set source = '{source}', item_count = 4")
    results = warehouse.check()
    names = [result.name for result in results if result.failures and "position" in result.name]
    assert names == ([found] if found else [])


def test_a_charts_file_of_tomorrow_is_no_error(warehouse: DuckDBWarehouse) -> None:
    """It is dated where it is tomorrow already; its slot is that date, at midnight."""
    with duckdb.connect(str(warehouse.path)) as db:
        db.execute("update editions set observed_at = scheduled_at - interval 1 minute")
    assert [r.name for r in warehouse.check() if r.failures and "future" in r.name] == []


def test_a_check_that_is_to_warn_warns(warehouse: DuckDBWarehouse) -> None:
    with duckdb.connect(str(warehouse.path)) as db:
        db.execute(DAMAGE["exits_balance"])
    lenient = DuckDBWarehouse(
        warehouse.path, choices=Choices(as_warnings=frozenset({"exits_balance"}))
    )
    for asked, severity in ((warehouse, "error"), (lenient, "warning")):
        (result,) = [result for result in asked.check() if result.name == "exits_balance"]
        assert (result.severity, result.failures > 0) == (severity, True)


def test_only_the_first_rows_are_shown_and_all_are_counted(warehouse: DuckDBWarehouse) -> None:
    with duckdb.connect(str(warehouse.path)) as db:
        db.execute("insert into entries select * from entries")
    (result,) = [r for r in warehouse.check() if r.name == "entries_are_unique"]
    assert (result.failures, len(result.rows.rows)) == (6, 5)
    assert [row["position"] for row in result.rows.records()] == [1, 2, 3, 1, 2]
