"""Every check finds the damage that it is there for, and nothing in a sound warehouse."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from chartlake.warehouse.sql import checks
from tests.warehouse.test_load import chart
from tests.warehouse.worlds import WorldPipeline

# for each check, what would have to happen for it to speak
DAMAGE = {
    "edition_keys_are_unique": "insert into editions select * from editions limit 1",
    "editions_are_not_missing": "update chart_editions set missing_before = 1 where ordinal = 2",
    "editions_are_not_short": "update chart_editions set entry_count = 1 where ordinal = 2",
    "editions_do_not_repeat": "update chart_movements set streams = 7 where position < 99",
    "entries_have_an_edition": "delete from editions",
    "entry_keys_are_unique": "insert into entries select * from entries limit 1",
    "exits_balance": "update chart_turnover set exits = 5",
    "live_slots_are_loaded": "delete from editions",
    "movements_are_complete": "delete from chart_movements where position = 1",
    "nothing_from_the_future": "update editions set observed_at = timestamp '1999-01-01'",
    "only_live_rows": "update editions set attempt_id = 'another'",
    "positions_have_no_holes": "update entries set position = 30 where position = 3",
    "records_add_up": "update editions set item_count = item_count + 1",
    "records_are_usable": (
        "insert into rejects select feed, slot, attempt_id, 0, 0, 'why', '{}' from editions limit 1"
    ),
}


@pytest.fixture
def here(tmp_path: Path) -> WorldPipeline:
    pipeline = WorldPipeline(tmp_path)
    pipeline.deliver([chart(1, "a", "b", "c"), chart(2, "a", "b", "c")])
    return pipeline


def test_every_check_is_tried() -> None:
    assert sorted(DAMAGE) == [check.name for check in checks()]


def test_a_sound_warehouse_passes(here: WorldPipeline) -> None:
    assert [result.name for result in here.warehouse.check() if result.failures] == []


@pytest.mark.parametrize("name", sorted(DAMAGE))
def test_a_check_finds_its_damage(here: WorldPipeline, name: str) -> None:
    with duckdb.connect(str(here.warehouse.path)) as db:
        db.execute(DAMAGE[name])
    (result,) = [result for result in here.warehouse.check() if result.name == name]
    assert result.failures > 0
    assert result.rows.rows
    assert result.severity in ("error", "warning")
    assert result.statement
