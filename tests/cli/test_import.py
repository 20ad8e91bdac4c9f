"""chartlake import: what is taken in, what is refused and why, and that the rest goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.charts import old_chart, write_chart
from tests.commands import Command


def test_a_file_goes_all_the_way_to_what_moved(chartlake: Command, tmp_path: Path) -> None:
    first = write_chart(tmp_path, "2020-03-01", "abc")
    second = write_chart(tmp_path, "2020-03-02", "bad")
    done = chartlake("import", first, second)
    assert done.code == 0, done.err
    assert "2 files" in done.out
    assert "6 records" in done.out
    assert "#1 Song b · Artist b (1 day)" in done.out
    movers = chartlake("trends", "movers", "--json").json()
    assert movers["feed"] == "regional-is-daily"
    assert movers["chart_date"] == "2020-03-02"
    assert movers["previous_chart_date"] == "2020-03-01"
    assert [(r["item_name"], r["change"]) for r in movers["rows"]] == [
        ("Song b", 1),
        ("Song a", -1),
    ]
    new = chartlake("trends", "new", "--json").json()["rows"]
    assert [(row["position"], row["item_name"], row["movement"]) for row in new] == [
        (3, "Song d", "new")
    ]
    exits = chartlake("trends", "exits", "--json").json()["rows"]
    assert [(row["last_position"], row["item_name"]) for row in exits] == [(3, "Song c")]


def test_again_nothing_changes_and_it_says_so(chartlake: Command, tmp_path: Path) -> None:
    file = write_chart(tmp_path, "2020-03-01", "abc")
    chartlake("import", file)
    before = _objects(tmp_path)
    again = chartlake("import", file)
    assert again.code == 0
    assert "Nothing changed" in again.out
    assert "nothing new" in again.out
    assert _objects(tmp_path) == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (b"\x00\x01\x02", "binary"),
        ("Position,Track".encode("utf-16"), "binary"),
        (b"caf\xe9,1,2\n", "not UTF-8"),
        (b"<html><body>Log in</body></html>\n", "no header of a Spotify chart"),
        (old_chart("abc").splitlines()[0].encode(), "no rows"),
        (old_chart("abc").encode()[:-6], "cut off in row 3"),
        (old_chart("abc").replace("\n3,", "\n2,").encode(), "position 2 stands in the file 2"),
        (old_chart("abcd").replace("https://open", "ftp://closed", 2).encode(), "2 of 4 rows"),
    ],
)
def test_a_bad_file_is_refused_and_the_rest_goes_on(
    chartlake: Command, tmp_path: Path, content: bytes, words: str
) -> None:
    bad = tmp_path / "regional-is-daily-2020-03-02.csv"
    bad.write_bytes(content)
    good = write_chart(tmp_path, "2020-03-01", "abc")
    done = chartlake("import", bad, good)
    assert done.code == 1
    assert f"error: {bad.name}: " in done.err
    assert words in done.err
    assert _editions(chartlake) == ["2020-03-01"]
    status = chartlake("status", "--json").json()
    assert status["not_built"] == []
    kept = [file["name"] for file in status["quarantine"]]
    assert kept == ([bad.name] if content else [])


def test_a_missing_file_and_an_unknown_name_are_refused(chartlake: Command, tmp_path: Path) -> None:
    unnamed = tmp_path / "charts.csv"
    unnamed.write_text(old_chart("ab"))
    gone = tmp_path / "regional-is-daily-2020-03-09.csv"
    done = chartlake("import", gone, unnamed)
    assert done.code == 1
    assert "regional-is-daily-2020-03-09.csv: it cannot be read" in done.err
    assert "its name does not tell which chart and date it is" in done.err
    assert "--feed NAME --date YYYY-MM-DD" in done.err


def test_feed_and_date_can_be_given(chartlake: Command, tmp_path: Path) -> None:
    unnamed = tmp_path / "charts.csv"
    unnamed.write_text(old_chart("ab"))
    done = chartlake("import", unnamed, "--feed", "my-chart", "--date", "2020-03-01")
    assert done.code == 0, done.err
    row = chartlake("status", "--json").json()["feeds"][0]
    assert (row["feed"], row["schedule"], row["last_chart_date"]) == (
        "my-chart",
        None,
        "2020-03-01",
    )


def test_the_same_bytes_at_another_date_are_refused_unless_forced(
    chartlake: Command, tmp_path: Path
) -> None:
    chartlake("import", write_chart(tmp_path, "2020-03-01", "abc"))
    other = write_chart(tmp_path, "2020-03-02", "abc")
    refused = chartlake("import", other)
    assert refused.code == 1
    assert "already there as its edition of 2020-03-01" in refused.err
    assert "--force" in refused.err
    assert _editions(chartlake) == ["2020-03-01"]
    forced = chartlake("import", "--force", other)
    assert forced.code == 0, forced.err
    assert _editions(chartlake) == ["2020-03-01", "2020-03-02"]


def test_within_one_import_too(chartlake: Command, tmp_path: Path) -> None:
    files = [write_chart(tmp_path, f"2020-03-0{day}", "abc") for day in (1, 2)]
    done = chartlake("import", *files)
    assert done.code == 1
    assert _editions(chartlake) == ["2020-03-01"]


def test_an_archive_may_repeat_a_neighbour_which_is_said(
    chartlake: Command, tmp_path: Path
) -> None:
    days = [f"2020-03-{day:02}" for day in range(1, 15)]
    names = {day: f"abc{chr(100 + place)}" for place, day in enumerate(days)}
    names["2020-03-05"] = names["2020-03-04"]
    names["2020-03-12"] = names["2020-03-02"]
    done = chartlake("import", *(write_chart(tmp_path, day, names[day]) for day in days))
    assert done.code == 1
    assert "warning: regional-is-daily-2020-03-05.csv: its bytes are those of 2020-03-04" in (
        done.err
    )
    assert "2020-03-12: these bytes are already there as its edition of 2020-03-02" in done.err
    assert _editions(chartlake) == [day for day in days if day != "2020-03-12"]
    repeats = chartlake("check", "--json").json()["checks"]
    (found,) = [check for check in repeats if check["name"] == "editions_do_not_repeat"]
    assert [row["chart_date"] for row in found["rows"]] == ["2020-03-05"]


def test_other_bytes_for_a_date_are_a_conflict_until_replaced(
    chartlake: Command, tmp_path: Path
) -> None:
    file = write_chart(tmp_path, "2020-03-01", "abc")
    chartlake("import", file)
    corrected = write_chart(tmp_path, "2020-03-01", "cba")
    conflict = chartlake("import", corrected)
    assert conflict.code == 1
    assert "the lake already holds other bytes for it" in conflict.err
    assert _names(chartlake) == ["Song a", "Song b", "Song c"]
    assert len(chartlake("status", "--json").json()["quarantine"]) == 1
    replaced = chartlake("import", "--replace", corrected)
    assert replaced.code == 0, replaced.err
    assert _names(chartlake) == ["Song c", "Song b", "Song a"]
    slots = chartlake("lake", "ls", "regional-is-daily", "--json").json()["rows"]
    assert [(slot["slot"], slot["revision"]) for slot in slots] == [("20200301T000000Z", 2)]
    # the earlier file comes again: still a conflict, with the revision that stands
    assert chartlake("import", write_chart(tmp_path, "2020-03-01", "abc")).code == 1


def test_one_bad_row_is_rejected_with_its_reason(chartlake: Command, tmp_path: Path) -> None:
    file = write_chart(tmp_path, "2020-03-01", "abcdefghijklmnopqrst")
    file.write_text(file.read_text().replace("\n7,", "\nseven,"))
    done = chartlake("import", file)
    assert done.code == 0, done.err
    assert "1 rejected" in done.out
    rows = chartlake("query", "select page, item, reason from rejects", "--json").json()["rows"]
    assert rows == [{"page": 0, "item": 6, "reason": "position 'seven' is not a whole number"}]
    assert chartlake("check").code == 0


def test_an_import_can_answer_in_json(chartlake: Command, tmp_path: Path) -> None:
    done = chartlake("import", "--json", write_chart(tmp_path, "2020-03-01", "ab"))
    facts = done.json()
    assert facts["entries"] == 2
    assert facts["import"][0]["status"] == "new"
    assert facts["import"][0]["chart_date"] == "2020-03-01"


def _editions(chartlake: Command) -> list[str]:
    rows = chartlake("query", "select chart_date from editions order by 1", "--json").json()["rows"]
    return [row["chart_date"] for row in rows]


def _names(chartlake: Command) -> list[str]:
    sql = "select item_name from chart_movements order by position"
    return [row["item_name"] for row in chartlake("query", sql, "--json").json()["rows"]]


def _objects(folder: Path) -> dict[str, bytes]:
    lake = folder / "chartlake-data" / "lake"
    return {str(file): file.read_bytes() for file in lake.rglob("*") if file.is_file()}


def test_one_date_is_for_one_file(chartlake: Command, tmp_path: Path) -> None:
    files = [write_chart(tmp_path, f"2020-03-0{day}", f"ab{day}") for day in (1, 2)]
    done = chartlake("import", *files, "--date", "2020-03-03")
    assert done.code == 2
    assert "is one date, and there are 2 files" in done.err


def test_a_repeat_that_is_there_is_nothing_to_do(chartlake: Command, tmp_path: Path) -> None:
    chartlake("import", write_chart(tmp_path, "2020-03-01", "abc"))
    other = write_chart(tmp_path, "2020-03-02", "abc")
    chartlake("import", "--force", other)
    again = chartlake("import", other)
    assert again.code == 0, again.err
    assert chartlake("status", "--json").json()["quarantine"] == []


def test_what_finds_its_place_leaves_the_quarantine(chartlake: Command, tmp_path: Path) -> None:
    unnamed = tmp_path / "charts.csv"
    unnamed.write_text(old_chart("ab"))
    assert chartlake("import", unnamed).code == 1
    assert len(chartlake("status", "--json").json()["quarantine"]) == 1
    assert chartlake("import", unnamed, "--feed", "mine", "--date", "2020-03-01").code == 0
    assert chartlake("status", "--json").json()["quarantine"] == []


def test_a_name_that_is_no_text_stops_no_other(chartlake: Command, tmp_path: Path) -> None:
    odd = Path(b"caf\xe9.csv".decode("utf-8", "surrogateescape"))
    (tmp_path / odd).write_text(old_chart("ab"))
    good = write_chart(tmp_path, "2020-03-01", "abc")
    done = chartlake("import", odd, good, "--json")
    assert done.code == 1
    assert [one["status"] for one in done.json()["import"]] == ["refused", "new"]


def test_a_failing_load_hides_no_other_problem(chartlake: Command, tmp_path: Path) -> None:
    chartlake("import", write_chart(tmp_path, "2020-03-01", "abc"))
    lake = tmp_path / "chartlake-data" / "lake"
    (tmp_path / "chartlake-data" / "warehouse.duckdb").unlink()
    next((lake / "curated" / "entries").rglob("*.parquet")).unlink()
    empty = tmp_path / "regional-is-daily-2020-03-02.csv"
    empty.touch()
    done = chartlake("import", empty, write_chart(tmp_path, "2020-03-03", "bac"))
    assert done.code == 1
    assert "is gone" in done.err
    assert "the file is empty" in done.err
    assert _editions(chartlake) == ["2020-03-03"]


@pytest.mark.parametrize("harm", ["gone", "flipped", "cut"])
def test_a_file_that_is_brought_again_heals_its_raw_object(
    chartlake: Command, tmp_path: Path, harm: str
) -> None:
    file = write_chart(tmp_path, "2020-03-01", "abc")
    assert chartlake("import", file).code == 0
    lake = tmp_path / "chartlake-data" / "lake"
    (stored,) = (lake / "raw").rglob("*.zst")
    before = stored.read_bytes()
    harmed = {"gone": None, "flipped": before[:-1] + b"?", "cut": before[:9]}[harm]
    stored.unlink() if harmed is None else stored.write_bytes(harmed)
    assert chartlake("verify").code == 1
    again = chartlake("import", file)
    assert again.code == 0, again.err
    assert "its raw object was lost or damaged, and is there again" in again.err
    assert stored.read_bytes() == before
    assert chartlake("verify").code == 0
    assert "there again" not in chartlake("import", file).err
