"""The oracle's marts over the example of docs/definitions.md, with its numbers worked by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.oracle.columns import COLUMNS
from tests.oracle.facts import Credit, OracleEdition, OracleEntry, OracleFeed, Row, Seen, World
from tests.oracle.marts import all_marts

FEED = OracleFeed(
    name="regional-xx-weekly",
    first_slot=datetime(2026, 1, 1),
    step=timedelta(weeks=1),
    schedule="weekly",
    source="charts-csv",
    family="regional-weekly",
    market="xx",
)
JANUARY = {1: "ABCD", 8: "BAEC", 15: "BDAE", 29: "ABFE"}  # that of the 22nd was never collected


def _edition(day: int, names: str, feed: str = FEED.name) -> OracleEdition:
    entries = tuple(
        OracleEntry(place, "track", n * 22, n * 22, f"Song {n}", f"Artist {n}", 1000 - 100 * place)
        for place, n in enumerate(names, start=1)
    )
    return OracleEdition(feed, datetime(2026, 1, day), date(2026, 1, day), entries)


WORLD = World((FEED,), tuple(_edition(*one) for one in JANUARY.items()), now=datetime(2026, 2, 6))


def _rows(mart: str, world: World = WORLD, **where: object) -> list[Row]:
    rows = all_marts(world)[mart]
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def test_every_mart_has_its_columns_in_order() -> None:
    for mart, rows in all_marts(WORLD).items():
        assert all(tuple(row) == COLUMNS[mart] for row in rows), mart


def test_momentum_is_per_edition_of_the_four_weeks() -> None:
    (a,) = _rows("artist_momentum", week_ending=date(2026, 1, 29), artist_key="Artist A")
    assert (a["chart_points"], a["share"]) == (1, pytest.approx(0.4))
    assert (a["points_per_edition_4w"], a["points_per_edition_4w_before"]) == (0.75, 1)
    assert a["momentum_4w"] == -0.25
    (b,) = _rows("artist_momentum", week_ending=date(2026, 1, 29), artist_key="Artist B")
    assert b["momentum_4w"] == pytest.approx(2.75 / 3 / 0.75 - 1)
    (f,) = _rows("artist_momentum", week_ending=date(2026, 1, 29), artist_key="Artist F")
    assert f["momentum_4w"] is None


def test_an_items_whole_time() -> None:
    (d,) = _rows("item_profiles", item_key="D" * 22)
    assert (d["runs"], d["longest_streak"], d["streak"], d["is_on_chart"]) == (2, 1, 0, False)
    assert (d["debut_is_known"], d["peak_date"]) == (False, date(2026, 1, 15))
    assert (d["chart_points"], d["streams_total"]) == (1.0, 600 + 800)
    (e,) = _rows("item_profiles", item_key="E" * 22)
    assert (e["debut_is_known"], e["streak"], e["biggest_climb"], e["biggest_fall"]) == (
        True,
        3,
        None,
        1,
    )


def test_exits_and_returns() -> None:
    first, second = _rows("chart_exits", item_key="D" * 22)
    assert (first["chart_date"], first["last_position"]) == (date(2026, 1, 8), 4)
    assert (second["chart_date"], second["editions_on_chart"]) == (date(2026, 1, 29), 2)
    back, gone = _rows("chart_returns", item_key="D" * 22)
    assert (back["returned_date"], back["returned_position"]) == (date(2026, 1, 15), 2)
    assert (back["editions_away"], gone["editions_away"]) == (1, None)


def test_records_share_places() -> None:
    streaks = _rows("chart_records", record="longest_streak")
    assert [(row["item_key"][0], row["place"], row["value"]) for row in streaks[:4]] == [
        ("A", 1, 4),
        ("B", 1, 4),
        ("E", 3, 3),
        ("C", 4, 2),
    ]
    (absence,) = _rows("chart_records", record="longest_absence")
    assert (absence["value"], absence["since_date"]) == (1, date(2026, 1, 1))


def test_missing_editions_are_counted_and_overdue_ones_too() -> None:
    (health,) = _rows("data_health")
    counts = ("due", "present", "missing", "overdue", "longest_gap")
    assert [health[name] for name in counts] == [6, 4, 1, 1, 1]


def test_days_from_the_first_market_to_the_others() -> None:
    other = OracleFeed("yy", datetime(2026, 1, 1), None, None, family="regional-weekly", market="y")
    world = World((FEED, other), (*WORLD.editions, _edition(20, "EG", "yy")), now=WORLD.now)
    (here,) = _rows("market_spread", world, feed="yy", item_key="E" * 22)
    assert (here["is_first_market"], here["days_after_first"], here["markets"]) == (False, 12, 2)
    (alone,) = _rows("market_spread", world, feed="yy", item_key="G" * 22)
    assert (alone["is_first_market"], alone["markets"]) == (True, 1)


def test_what_was_observed() -> None:
    def seen(day: int, name: str | None, isrc: str | None = None) -> Seen:
        at = datetime(2026, 1, day)
        credits = (Credit("x" * 22, "X"), Credit("x" * 22, "x"))
        return Seen(
            "track", FEED.name, at, at, "A" * 22, name, None, None, None, isrc, None, None, credits
        )

    facts = (seen(1, "Song"), seen(8, None, "us-1"), seen(15, "Song"), seen(29, "Tune"))
    world = World(WORLD.feeds, WORLD.editions, WORLD.now, seen=facts)
    song, tune = _rows("attribute_history", world)
    assert (song["observations"], song["valid_to"]) == (2, datetime(2026, 1, 29))
    assert song["last_observed_at"] == datetime(2026, 1, 15)
    assert (tune["value"], tune["valid_to"]) == ("Tune", None)
    (a,) = _rows("recordings", world, track_id="A" * 22)
    assert (a["recording_key"], a["matched_by"]) == ("isrc:US1", "isrc")
    (artist,) = _rows("artist_profiles", world, artist_key="x" * 22)
    assert (artist["items"], artist["most_at_once"], artist["artist_name"]) == (1, 1, "x")
