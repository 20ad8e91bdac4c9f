"""Every check finds the damage that it is there for, and nothing in a sound warehouse."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from chartlake.schema import TABLES
from chartlake.warehouse.sql import checks
from tests.warehouse.test_load import chart
from tests.warehouse.worlds import WorldPipeline

# for each check, what would have to happen for it to speak
DAMAGE = {
    "editions_are_not_missing": "update timeline set missing_before = 1 where ordinal = 2",
    "editions_are_not_short": "update chart_editions set entry_count = 1 where ordinal = 2",
    "editions_do_not_repeat": "update chart_movements set streams = 7 where position < 99",
    "entries_have_an_edition": "delete from editions",
    "exits_balance": "update chart_turnover set exits = 5",
    "live_slots_are_loaded": "delete from editions",
    "movements_are_complete": "delete from chart_movements where position = 1",
    "nothing_from_the_future": "update editions set observed_at = timestamp '1999-01-01'",
    "plays_may_be_missing": "update readings set joins_previous = false",
    "positions_have_no_holes": "update entries set position = 30 where position = 3",
    "records_add_up": "update editions set item_count = item_count + 1",
    "records_are_usable": (
        "insert into rejects select feed, slot, attempt_id, 0, 0, 'why', '{}' from editions limit 1"
    ),
}
for _table in TABLES:
    DAMAGE[f"{_table}_are_unique"] = f"insert into {_table} select * from {_table} limit 1"
    DAMAGE[f"{_table}_are_live"] = f"update {_table} set attempt_id = 'another'"
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
        db.execute(ROWS)
        if name.startswith("rejects"):
            db.execute(A_REJECT)
        db.execute(DAMAGE[name])
    (result,) = [result for result in here.warehouse.check() if result.name == name]
    assert result.failures > 0
    assert result.rows.rows
    assert result.severity in ("error", "warning")
    assert result.statement
