"""Marts are the same however they are cut: by feeds, or from a state on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from chartlake.warehouse import migrations, refresh
from chartlake.warehouse.sql import ITEM_STATES, MARTS

FEEDS = ("a", "b", "c")
EDITIONS = 24
_ENTRIES = f"""
insert into entries by name
    select f.feed, strftime(date '2026-01-01' + d.day::integer, '%Y%m%dT000000Z') as slot,
        'x' as attempt_id,
        row_number() over (partition by f.feed, d.day order by score) as position,
        'track' as item_kind, item as item_key, item as track_id, 'song ' || item as item_name,
        'artist ' || right(item, 1) as artist_names,
        case when f.feed <> 'b' or d.day % 7 <> 0 then 1000 - score end as streams,
        0 as page, 0 as item
    from (values ('a'), ('b'), ('c')) f(feed), range({EDITIONS}) d(day),
        lateral (
            select 'i' || n as item, hash(n, d.day // 3, f.feed) % 800 as score from range(14) r(n)
            where hash(n, d.day, f.feed) % 3 > 0 and not (d.day = 11 and f.feed = 'a')
        );
insert into editions by name
    select f.feed, strftime(date '2026-01-01' + d.day::integer, '%Y%m%dT000000Z') as slot,
        'x' as attempt_id, (date '2026-01-01' + d.day::integer)::timestamp as scheduled_at,
        date '2026-01-01' + d.day::integer as chart_date, timestamp '2026-03-01' as observed_at,
        'playlist' as source, f.feed as source_id, 'daily' as schedule, 'UTC' as timezone,
        'edition' as cadence, 0 as item_count
    from (values ('a'), ('b'), ('c')) f(feed), range({EDITIONS}) d(day);
"""


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as connection:
        migrations.prepare(connection, Path("memory"), datetime(2026, 3, 1, tzinfo=UTC))
        connection.execute(_ENTRIES)
        yield connection


def _contents(db: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    return {mart.name: db.execute(f"select * from {mart.name}").fetchall() for mart in MARTS}


def test_feeds_may_be_computed_some_at_a_time(
    db: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh.refresh_marts(db)
    whole = _contents(db)
    assert len(whole["chart_movements"]) > 300
    entries = len(whole["chart_movements"]) // len(FEEDS)
    for at_once in (1, 2 * entries + entries // 2):
        monkeypatch.setattr(refresh, "ENTRIES_AT_ONCE", at_once)
        refresh.refresh_marts(db)
        found = _contents(db)
        # also in the same order, by which they are found without a scan; views have none
        for mart in MARTS:
            if mart.kind == "table":
                assert found[mart.name] == whole[mart.name], mart.name
            else:
                assert sorted(found[mart.name], key=repr) == sorted(whole[mart.name], key=repr)


def test_an_empty_warehouse_has_all_marts() -> None:
    with closing(duckdb.connect()) as db:
        migrations.prepare(db, Path("memory"), datetime(2026, 3, 1, tzinfo=UTC))
        refresh.refresh_marts(db)
        assert all(rows == [] for rows in _contents(db).values())


@pytest.mark.parametrize("first", [2, 7, 12, EDITIONS])
def test_movements_go_on_from_the_state_before_them(
    db: duckdb.DuckDBPyConnection, first: int
) -> None:
    """The form that lets a new edition be added without looking at all that were before."""
    refresh.refresh_marts(db)
    db.execute("create table whole as from chart_movements")
    movements = next(mart for mart in MARTS if mart.name == "chart_movements")
    db.execute("delete from scope")
    columns = "unnest(['a', 'b', 'c']), $first, timestamp '2026-01-01', date '2026-01-01'"
    db.execute(f"insert into scope select {columns}", {"first": first})
    db.execute(f"insert into item_states by name {ITEM_STATES.text}")
    # what was before is not needed
    db.execute("delete from entries where slot < $before", {"before": _slot(first - 1)})
    found = db.execute(movements.text).fetchall()
    expected = db.execute("from whole where ordinal >= $first", {"first": first}).fetchall()
    assert found == expected


def _slot(number: int) -> str:
    return f"{datetime(2026, 1, 1) + timedelta(days=number):%Y%m%dT000000Z}"


def test_every_mart_tells_its_grain_its_key_and_its_order(db: duckdb.DuckDBPyConnection) -> None:
    refresh.refresh_marts(db)
    for mart in MARTS:
        if mart.kind == "table":
            rows = db.execute(f"from {mart.name}").fetchall()
            assert db.execute(f"from {mart.name} order by {mart.order}").fetchall() == rows
        assert mart.grain.startswith("one row per "), mart.name
        columns = {name for name, *_ in db.execute(f"describe {mart.name}").fetchall()}
        assert columns >= set(mart.key), mart.name
