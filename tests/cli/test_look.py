"""Looking at what is there: status, query, check, lake and trends."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from chartlake.lake import raw
from chartlake.lake.store import open_store
from chartlake.model import Feed, Slot, slot_at
from tests.charts import write_chart
from tests.commands import Command, run_program

FEED = "regional-is-daily"


@pytest.fixture
def filled(chartlake: Command, tmp_path: Path) -> Command:
    """Three days, the second of which is missing; a track leaves and one comes back."""
    for day, names in (("01", "abc"), ("03", "bad"), ("04", "bca")):
        done = chartlake("import", write_chart(tmp_path, f"2020-03-{day}", names))
        assert done.code == 0, done.err
    return chartlake


def test_status(filled: Command) -> None:
    said = filled("status")
    assert FEED in said.out
    assert "2020-03-04" in said.out
    (row,) = filled("status", "--json").json()["feeds"]
    assert (row["editions"], row["missing"], row["entries"]) == (3, 1, 9)
    assert row["overdue"] > 2000


def test_status_where_nothing_is(chartlake: Command, tmp_path: Path) -> None:
    said = chartlake("status")
    assert said.code == 0
    assert "Nothing there yet" in said.out
    assert list(tmp_path.iterdir()) == []


def test_status_names_what_is_not_built(filled: Command, tmp_path: Path) -> None:
    for build in (tmp_path / "chartlake-data" / "lake" / "builds").rglob("*.json"):
        build.unlink()
    said = filled("status")
    assert "3 committed slots are not built" in said.err


def test_status_names_what_is_not_loaded(filled: Command, tmp_path: Path) -> None:
    data = tmp_path / "chartlake-data"
    next((data / "lake" / "curated" / "entries").rglob("*.parquet")).write_bytes(b"damaged")
    (data / "warehouse.duckdb").unlink()
    assert filled("reconcile").code == 1
    said = filled("status")
    assert f"in the lake, not all in the warehouse: {FEED}" in said.err
    assert filled("status", "--json").json()["not_loaded"] == [FEED]


def test_query_prints_a_table_or_json(filled: Command) -> None:
    sql = "select chart_date, entry_count, null as nothing from chart_editions order by 1 limit 1"
    said = filled("query", sql)
    assert said.out.split() == ["chart_date", "entry_count", "nothing", *said.out.split()[3:]]
    assert "2020-03-01" in said.out
    assert said.err.strip() == "1 row"
    assert filled("query", sql, "--json").json() == {
        "columns": ["chart_date", "entry_count", "nothing"],
        "rows": [{"chart_date": "2020-03-01", "entry_count": 3, "nothing": None}],
    }


def test_a_query_that_is_wrong_exits_2(filled: Command) -> None:
    said = filled("query", "select nope from entries")
    assert said.code == 2
    assert "nope" in said.err


def test_check_passes_and_warns(filled: Command) -> None:
    said = filled("check")
    assert said.code == 0
    assert "warning  no due edition is missing between two that are there (1)" in said.out


def test_check_exits_1_on_an_error(filled: Command, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "chartlake-data" / "warehouse.duckdb")) as db:
        db.execute("insert into entries select * from entries limit 1")
    said = filled("check")
    assert said.code == 1
    assert "error    entries: each feed, slot, position is there once (1)" in said.out
    results = {c["name"]: c for c in filled("check", "--json").json()["checks"]}
    assert results["entries_are_unique"]["failures"] == 1


def test_lake_ls_and_cat(filled: Command, tmp_path: Path) -> None:
    assert FEED in filled("lake", "ls").out
    rows = filled("lake", "ls", FEED, "--json").json()["rows"]
    assert [row["chart_date"] for row in rows] == ["2020-03-04", "2020-03-03", "2020-03-01"]
    assert filled("lake", "ls", FEED, "--limit", 1).out.count("2020-03") == 1
    file = tmp_path / f"{FEED}-2020-03-03.csv"
    for day in ("2020-03-03", "20200303T000000Z"):
        assert filled("lake", "cat", FEED, day).out == file.read_text()


@pytest.mark.parametrize("day", ["2020-03-02", "yesterday", "20200302T000000Z"])
def test_lake_cat_of_nothing(filled: Command, day: str) -> None:
    said = filled("lake", "cat", FEED, day)
    assert said.code == 2
    assert f"chartlake lake ls {FEED}" in said.err


def test_what_was_missed_is_told_apart(chartlake: Command, tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "chartlake-data" / "lake"))
    feed = Feed(name="finds", source="playlist", source_id="f" * 22, schedule="daily")
    for day in (1, 2):
        at = datetime(2020, 3, day, tzinfo=UTC)
        why = f"an outage on day {day}"
        assert raw.mark_missed(store, feed, slot_at(at), at.date(), why, at)
    chartlake("import", write_chart(tmp_path, "2020-03-01", "abc"))
    rows = {row["feed"]: row for row in chartlake("lake", "ls", "--json").json()["rows"]}
    assert (rows["finds"]["slots"], rows["finds"]["missed"]) == (0, 2)
    assert (rows[FEED]["slots"], rows[FEED]["missed"]) == (1, 0)
    assert (rows["finds"]["first"], rows[FEED]["first"]) == (None, "20200301T000000Z")

    assert "an outage on day 2" in chartlake("lake", "ls", "finds").out
    (last, _) = chartlake("lake", "ls", "finds", "--json").json()["rows"]
    assert (last["missed"], last["pages"], last["items"]) == ("an outage on day 2", None, None)

    for place in ("2020-03-02", "20200302T000000Z"):
        said = chartlake("lake", "cat", "finds", place)
        assert (said.code, said.out) == (2, "")
        assert "finds 2020-03-02 was missed" in said.err
        assert "an outage on day 2" in said.err
    said = chartlake("explain", "finds", "2020-03-02", "1")
    assert (said.code, "an outage on day 2" in said.err) == (2, True)


def test_lake_cat_takes_the_slot_that_was_read(filled: Command, tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "chartlake-data" / "lake"))
    feed = raw.read_standing(store, FEED, Slot("20200301T000000Z")).feed
    later = datetime(2020, 3, 1, 12, tzinfo=UTC)
    assert raw.mark_missed(store, feed, slot_at(later), later.date(), "nobody was there", later)
    assert "Song a" in filled("lake", "cat", FEED, "2020-03-01").out
    assert filled("lake", "cat", FEED, "20200301T120000Z").code == 2


def test_lake_cat_of_what_was_purged(filled: Command) -> None:
    assert filled("purge", FEED, "--date", "2020-03-03", "--yes").code == 0
    assert f"{FEED} 2020-03-03 was purged" in filled("lake", "cat", FEED, "2020-03-03").err


def test_lake_ls_where_nothing_is(chartlake: Command) -> None:
    assert "The lake is empty" in chartlake("lake", "ls").out
    assert chartlake("lake", "ls", "nothing").code == 2


def test_trends_say_the_edition_and_the_gap(filled: Command) -> None:
    said = filled("trends", "movers", "--date", "2020-03-03")
    assert said.out.splitlines()[0] == (
        f"{FEED} · 2020-03-03 · edition 2 of 3 · against 2020-03-01, the edition before "
        "(1 due edition missing between)"
    )


def test_trends_new_and_re_entries(filled: Command) -> None:
    rows = filled("trends", "new", "--json").json()["rows"]
    assert [(row["item_name"], row["movement"]) for row in rows] == [("Song c", "re_entry")]
    assert "RE" in filled("trends", "new").out


def test_trends_of_a_first_edition(filled: Command) -> None:
    for what in ("movers", "new", "exits"):
        said = filled("trends", what, "--date", "2020-03-01")
        assert "The first edition: there is none before to compare with." in said.out
        assert filled("trends", what, "--date", "2020-03-01", "--json").json()["rows"] == []


def test_trends_streaks_and_artists(filled: Command) -> None:
    rows = filled("trends", "streaks", "--json").json()["rows"]
    streaks = {row["item_name"]: row["streak"] for row in rows}
    assert streaks == {"Song a": 3, "Song b": 3, "Song c": 1}
    artists = filled("trends", "artists", "--json").json()["rows"]
    # the week to Thursday 2020-03-05 holds the editions of Sunday 1st, Tuesday 3rd, Wednesday 4th
    points = {row["artist_name"]: row["chart_points"] for row in artists}
    assert points["Artist a"] == pytest.approx(1 + 2 / 3 + 1 / 3, abs=1e-6)
    assert points["Artist d"] == pytest.approx(1 / 3, abs=1e-6)
    assert sum(row["share"] for row in artists) == pytest.approx(1, abs=1e-5)


def test_trends_track_by_name_id_and_link(filled: Command) -> None:
    for item in ("song C", "c" * 22, f"https://open.spotify.com/track/{'c' * 22}?si=1"):
        rows = filled("trends", "track", item, "--json").json()["rows"]
        assert [(r["chart_date"], r["position"], r["movement"]) for r in rows] == [
            ("2020-03-01", 3, "first"),
            ("2020-03-04", 2, "re_entry"),
        ]
    assert "Song c · Artist c" in filled("trends", "track", "song c").out


def test_trends_track_that_is_many_or_none(filled: Command) -> None:
    many = filled("trends", "track", "song")
    assert many.code == 2
    assert "'song' can be 4 items" in many.err
    assert f"{'a' * 22}  Song a · Artist a" in many.err
    assert filled("trends", "track", "nope").code == 2


def test_several_feeds_need_one_to_be_named(filled: Command, tmp_path: Path) -> None:
    other = write_chart(tmp_path, "2020-03-01", "xy", chart="regional-fo")
    assert filled("import", other).code == 0
    said = filled("trends", "movers")
    assert said.code == 2
    assert "regional-fo-daily, regional-is-daily" in said.err
    assert filled("trends", "streaks", "--feed", "regional-fo-daily").code == 0
    assert filled("trends", "streaks", "--feed", "nope").code == 2


def test_names_cannot_steer_the_terminal(chartlake: Command, tmp_path: Path) -> None:
    file = write_chart(tmp_path, "2020-03-01", "ab")
    text = file.read_text(encoding="utf-8").replace("Song a", "\x1b[31mred[bold]\u202e")
    file.write_text(text, encoding="utf-8")
    assert chartlake("import", file).code == 0
    shown = chartlake("trends", "streaks").out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "red[bold]" in shown


def test_nothing_yet_is_told_with_the_way_to_begin(chartlake: Command) -> None:
    for words in (["trends", "movers"], ["query", "select 1"], ["check"]):
        said = chartlake(*words)
        assert said.code == 2
        assert "chartlake demo" in said.err


def test_columns_of_one_name_are_all_shown(filled: Command) -> None:
    said = filled("query", "select 1 as a, 2 as a, 2020 as year", "--json").json()
    assert said["rows"] == [{"a": 1, "a_2": 2, "year": 2020}]
    assert "2020" in filled("query", "select 2020 as year").out


def test_what_is_overdue_is_counted_now_not_at_the_last_load(
    chartlake: Command, tmp_path: Path
) -> None:
    chartlake("import", write_chart(tmp_path, "2020-03-01", "abc"))
    with duckdb.connect(str(tmp_path / "chartlake-data" / "warehouse.duckdb")) as db:
        db.execute("update data_health set overdue = 0")
    (row,) = chartlake("status", "--json").json()["feeds"]
    assert row["overdue"] > 2000


def test_a_page_that_is_not_there(filled: Command) -> None:
    said = filled("lake", "cat", FEED, "2020-03-01", "--page", 7)
    assert said.code == 2
    assert "pages are 0 to 0" in said.err
    whole = filled("lake", "cat", FEED, "2020-03-01").out
    assert filled("lake", "cat", FEED, "2020-03-01", "--page", 0).out == whole


def test_json_is_utf8_whatever_the_terminal_is(tmp_path: Path) -> None:
    file = write_chart(tmp_path, "2020-03-01", "ab")
    file.write_text(file.read_text().replace("Artist a", "Beyoncé"), encoding="utf-8")
    assert run_program("import", file, cwd=tmp_path).code == 0
    ascii_terminal = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    words = ("query", "select artist_names from entries order by position limit 1", "--json")
    said = run_program(*words, cwd=tmp_path, **ascii_terminal)
    assert said.json()["rows"] == [{"artist_names": "Beyoncé"}]
