"""Two editions compared, the roster, markets, records and profiles, worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from chartlake.errors import UsageError
from chartlake.report import trends
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.charts import track_id
from tests.report.lists import DAY, charts, follow, world
from tests.warehouse.worlds import WorldPipeline

DAILY = "regional-global-daily"
WEEKS = [date(2020, 1, 2), date(2020, 1, 9), date(2020, 1, 16), date(2020, 1, 23)]


@pytest.fixture
def here(tmp_path: Path) -> WorldPipeline:
    """Four weeks and a fifth after a week that is missing; z comes in between and goes again."""
    return world(tmp_path, charts(["abcde", "abzcd", "xabcz", "bacdx", None, "caexb"]))


def letters(rows: list[dict[str, Any]]) -> str:
    return "".join(row["item_key"][0] for row in rows)


def compare(here: WorldPipeline, first: date, last: date, **options: Any) -> trends.Comparison:
    return trends.compare(here.warehouse, None, first, last, **options)


def test_two_editions_across_a_gap(here: WorldPipeline) -> None:
    found = compare(here, WEEKS[0], date(2020, 2, 6))
    assert (found.then.ordinal, found.now.ordinal, found.between, found.missing) == (1, 5, 3, 1)
    # abcde against caexb: c 3→1, e 5→3, a 1→2, b 2→5, d is gone and x has come
    assert [(row["item_key"][0], row["change"]) for row in found.climbs] == [("c", 2), ("e", 2)]
    assert [(row["item_key"][0], row["change"]) for row in found.falls] == [("b", -3), ("a", -1)]
    assert (letters(found.entered), letters(found.left), letters(found.stayed)) == ("x", "d", "")
    assert found.counts == {
        "climbs": 2,
        "falls": 2,
        "entered": 1,
        "left": 1,
        "stayed": 0,
        "then": 5,
        "now": 5,
    }
    assert found.overlap == pytest.approx(4 / 5)
    assert found.number_one_then is not None
    assert found.number_one_now is not None
    assert found.number_one_then["item_name"] == "Song a"
    assert found.number_one_then["position_now"] == 2
    assert (found.number_one_now["item_name"], found.number_one_now["position_then"]) == (
        "Song c",
        3,
    )


def test_neighbours_and_what_stands_where_it_stood(here: WorldPipeline) -> None:
    found = compare(here, WEEKS[0], WEEKS[1])
    assert (found.between, found.missing) == (0, 0)
    assert (letters(found.stayed), letters(found.falls)) == ("ab", "cd")
    assert letters(found.left) == "e"


def test_who_entered_may_have_been_there_before(here: WorldPipeline) -> None:
    found = compare(here, WEEKS[1], date(2020, 2, 6))
    before = {row["item_key"][0]: row["was_there_before"] for row in found.entered}
    assert before == {"e": True, "x": False}
    assert {row["was_there_before"] for row in found.falls} == {None}


def test_the_limit_cuts_lists_and_no_counts(here: WorldPipeline) -> None:
    found = compare(here, WEEKS[0], date(2020, 2, 6), limit=1)
    assert (letters(found.falls), found.counts["falls"]) == ("b", 2)


def test_both_dates_have_to_be_editions_in_order(here: WorldPipeline) -> None:
    with pytest.raises(UsageError, match="has no edition of 2020-01-30") as told:
        compare(here, WEEKS[0], date(2020, 1, 30))
    assert told.value.fix == "the nearest there are: 2020-01-23, 2020-02-06"
    with pytest.raises(UsageError, match="--from 2020-01-09 is after --to 2020-01-02"):
        compare(here, WEEKS[1], WEEKS[0])
    with pytest.raises(UsageError, match="the same edition"):
        compare(here, WEEKS[0], WEEKS[0])


def test_an_empty_edition_can_be_compared(tmp_path: Path) -> None:
    here = world(tmp_path, charts(["", "ab", ""]))
    assert compare(here, WEEKS[0], WEEKS[1]).overlap is None
    gone = compare(here, WEEKS[1], WEEKS[2])
    assert (letters(gone.left), gone.overlap, gone.number_one_now) == ("ab", 0, None)


def test_of_the_roster_only_its_items_are_compared(here: WorldPipeline) -> None:
    follow(here, ("name", "artist b"), ("track", track_id("d")))
    found = compare(here, WEEKS[0], date(2020, 2, 6), roster=True)
    assert (letters(found.falls), letters(found.left), letters(found.climbs)) == ("b", "d", "")
    assert found.counts["then"] == 2
    assert found.number_one_now is not None
    assert not found.number_one_now["on_roster"]


def test_an_exit_says_when_it_came_back(here: WorldPipeline) -> None:
    about = trends.edition(here.warehouse, None, WEEKS[1])
    (row,) = trends.exits(here.warehouse, about).rows
    assert (row["item_name"], row["returned_date"], row["returned_position"]) == (
        "Song e",
        date(2020, 2, 6),
        3,
    )
    assert row["editions_away"] == 3
    last = trends.edition(here.warehouse, None, None)
    assert {row["returned_date"] for row in trends.exits(here.warehouse, last).rows} == {None}


def test_the_chart_as_a_whole(here: WorldPipeline) -> None:
    about = trends.edition(here.warehouse, None, None)
    rows = trends.chart(here.warehouse, about).rows
    assert letters(rows) == "caexb"
    assert [row["movement"] for row in rows] == ["up", "same", "re_entry", "up", "down"]
    assert [row["at_peak"] for row in rows] == [True, False, True, False, False]
    assert len(trends.chart(here.warehouse, about, 2).rows) == 2


def test_what_is_on_the_roster_is_marked_everywhere(here: WorldPipeline) -> None:
    warehouse = here.warehouse
    about = trends.edition(warehouse, None, WEEKS[3])
    assert {row["on_roster"] for row in trends.chart(warehouse, about).rows} == {False}
    follow(here, ("name", "artist x"))
    warehouse = here.warehouse
    marks = [row["on_roster"] for row in trends.chart(warehouse, about).rows]
    assert marks == [False, False, False, False, True]
    assert letters(trends.movers(warehouse, about, roster=True).rows) == "x"
    assert letters(trends.streaks(warehouse, about, roster=True).rows) == "x"
    assert trends.new(warehouse, about, roster=True).rows == []
    (artist,) = trends.artists(warehouse, about, roster=True).rows
    assert (artist["artist_name"], artist["on_roster"]) == ("Artist x", True)
    records = trends.records(warehouse, about, 10, roster=True).rows
    assert {row["item_key"] or row["artist_key"] for row in records} == {"x" * 22, "Artist x"}


def test_the_roster_of_an_edition(here: WorldPipeline) -> None:
    about = trends.edition(here.warehouse, None, None)
    with pytest.raises(UsageError, match="follows nobody"):
        trends.roster(here.warehouse, about)
    follow(here, ("name", "artist a"), ("track", track_id("d")))
    found = trends.roster(here.warehouse, about)
    assert [(row["item_key"][0], row["because"]) for row in found.rows] == [("a", "name")]
    assert letters(found.left) == "d"


def test_an_artist_text_is_followed_between_its_commas(tmp_path: Path) -> None:
    here = world(tmp_path, charts(["abc"], artists={"a": "X, Y", "b": "Y", "c": "Yes"}))
    follow(here, ("name", "y"))
    about = trends.edition(here.warehouse, None, None)
    rows = trends.artists(here.warehouse, about).rows
    assert {row["artist_name"]: row["on_roster"] for row in rows} == {
        "X, Y": True,
        "Y": True,
        "Yes": False,
    }
    assert letters(trends.roster(here.warehouse, about).rows) == "ab"


def test_a_profile_is_of_the_latest_edition_alone(here: WorldPipeline) -> None:
    about = trends.edition(here.warehouse, None, None)
    found = trends.track(here.warehouse, about, "song e")
    assert found.profile is not None
    assert (found.profile["runs"], found.profile["editions_on_chart"]) == (2, 2)
    earlier = trends.edition(here.warehouse, None, WEEKS[3])
    assert trends.track(here.warehouse, earlier, "song e").profile is None


def test_an_artist_by_name(tmp_path: Path) -> None:
    artists = {"a": "Ann", "b": "Ann", "c": "Annie"}
    here = world(tmp_path, charts(["abc", "acd"], artists=artists))
    about = trends.edition(here.warehouse, None, None)
    ann = trends.artist(here.warehouse, about, "ann")
    assert (ann.artist_key, letters(ann.rows)) == ("Ann", "a")
    assert ann.profile is not None
    assert (ann.profile["items"], ann.profile["most_at_once"]) == (2, 2)
    with pytest.raises(UsageError, match="can be 2 artists"):
        trends.artist(here.warehouse, about, "nn")
    with pytest.raises(UsageError, match="has no artist 'nobody'"):
        trends.artist(here.warehouse, about, "nobody")


def test_records_are_in_order_and_one_can_be_asked_for(here: WorldPipeline) -> None:
    about = trends.edition(here.warehouse, None, None)
    rows = trends.records(here.warehouse, about, 1).rows
    assert [row["record"] for row in rows] == [
        name for name in trends.RECORDS if name != "most_streams"
    ]
    (absence,) = [row for row in rows if row["record"] == "longest_absence"]
    assert (absence["item_name"], absence["value"]) == ("Song e", 3)
    many = trends.records(here.warehouse, about, 10, "most_editions").rows
    assert {row["record"] for row in many} == {"most_editions"}
    with pytest.raises(UsageError, match="there is no record 'most'"):
        trends.records(here.warehouse, about, 1, "most")


def test_markets_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds = ("top-50", "top-50-la", DAILY)
    markets = tuple(("lists", market) for market in ("us", "gb", "de"))
    chosen = Choices(markets=tuple((f, *m) for f, m in zip(feeds, markets, strict=True)))
    here = world(
        tmp_path,
        [
            *charts(["ab", "ba", "ca"], feed="top-50", first=datetime(2020, 1, 1, 4), step=DAY),
            *charts(["cd", "cb", "ac"], feed="top-50-la", first=datetime(2020, 1, 1, 4), step=DAY),
            *charts(["zz"[:1]], feed=DAILY, step=DAY),
        ],
    )
    warehouse = DuckDBWarehouse(here.warehouse.path, choices=chosen)
    about = trends.edition(warehouse, "top-50", None)
    found = trends.markets(warehouse, about)
    assert (found.family, found.markets, found.without) == ("lists", ["us", "gb"], ["de"])
    told = {row["item_key"][0]: row for row in found.rows}
    assert told["c"]["positions"] == {"us": 1, "gb": 2}
    assert (told["c"]["first_markets"], told["c"]["days_after_first"]) == (
        ["gb"],
        {"gb": 0, "us": 2},
    )
    assert told["a"]["positions"] == {"us": 2, "gb": 1}
    history = trends.market_history(warehouse, about, "song c").rows
    assert [(row["market"], row["days_after_first"]) for row in history] == [("gb", 0), ("us", 2)]


def test_a_list_of_no_market(here: WorldPipeline) -> None:
    here.deliver(charts(["ab"], feed="top-50", first=datetime(2020, 1, 1, 4), step=DAY))
    about = trends.edition(here.warehouse, "top-50", None)
    with pytest.raises(UsageError, match="top-50 is a list of no known market"):
        trends.markets(here.warehouse, about)
