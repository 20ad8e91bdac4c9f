"""chartlake trends, as a person and as a program read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.charts import write_chart
from tests.commands import Command

FEED = "regional-is-daily"
HEAD = f"{FEED} · 2020-03-05 · edition 4 of 4 · against 2020-03-04"


@pytest.fixture
def filled(chartlake: Command, tmp_path: Path) -> Command:
    """Four days, of which one is missing between the first two."""
    days = {"01": "abcde", "03": "badxc", "04": "bacde", "05": "cabed"}
    files = [write_chart(tmp_path, f"2020-03-{day}", names) for day, names in days.items()]
    done = chartlake("import", *files)
    assert done.code == 0, done.err
    return chartlake


def follow(folder: Path, line: str) -> None:
    (folder / "chartlake.toml").write_text(f"[roster]\n{line}\n")


def test_the_chart(filled: Command) -> None:
    lines = filled("trends", "chart").out.splitlines()
    assert lines[0] == HEAD
    headings = " ".join(lines[1].split())
    assert headings == "# move was title artist peak on chart streak streams streams +/- share"
    assert lines[3].split()[:9] == ["1", "▲2", "3", "Song", "c", "Artist", "c", "1★", "4"]
    assert lines[4].split()[:3] == ["2", "=", "2"]
    assert "1★" not in lines[4]
    rows = filled("trends", "chart", "--json").json()["rows"]
    assert [row["at_peak"] for row in rows] == [True, False, False, True, False]
    assert rows[0]["on_roster"] is False


def test_what_is_on_the_roster_has_a_mark(filled: Command, tmp_path: Path) -> None:
    assert "●" not in filled("trends", "chart").out
    follow(tmp_path, 'names = ["Artist C"]')
    marked = [line for line in filled("trends", "chart").out.splitlines() if "●" in line]
    assert len(marked) == 1
    assert "Song c" in marked[0]
    only = filled("trends", "chart", "--roster", "--json").json()["rows"]
    assert [(row["item_name"], row["on_roster"]) for row in only] == [("Song c", True)]
    nothing = filled("trends", "new", "--roster").out
    assert "On the roster: no new entry and no re-entry." in nothing


@pytest.mark.parametrize(
    "words",
    [
        ("trends", "movers", "--roster"),
        ("trends", "roster"),
        ("trends", "records", "--roster"),
        ("trends", "compare", "--from", "2020-03-01", "--to", "2020-03-05", "--roster"),
        ("stories", "--roster"),
    ],
)
def test_without_a_roster_it_is_told_how_to_have_one(
    filled: Command, words: tuple[str, ...]
) -> None:
    said = filled(*words)
    assert said.code == 2
    assert "what was published last follows nobody" in said.err
    assert "[roster]" in said.err


def test_the_roster(filled: Command, tmp_path: Path) -> None:
    follow(tmp_path, 'names = ["Artist x", "artist b"]')
    said = filled("trends", "roster", "--date", "2020-03-04").out
    assert "name" in said
    assert said.splitlines()[-1].split()[:4] == ["●", "4", "Song", "x"]
    follow(tmp_path, 'names = ["Nobody"]')
    said = filled("trends", "roster").out
    assert "Nothing of the roster is in this edition." in said
    assert filled("trends", "roster", "--json").json()["left"] == []


def test_two_dates(filled: Command) -> None:
    said = filled("trends", "compare", "--from", "2020-03-01", "--to", "2020-03-05").out
    lines = said.splitlines()
    assert lines[:3] == [
        f"{FEED} · 2020-03-01 (edition 1) → 2020-03-05 (edition 4) "
        "· 2 editions between, 1 due edition missing",
        "#1 then  Song a · Artist a (#2 now)   #1 now  Song c · Artist c (#3 then)",
        "5 of 5 are still there (100%): 2 climbed, 3 fell, 0 stand where they were; "
        "0 entered, 0 left",
    ]
    assert [line for line in lines if line in ("Climbs", "Falls", "Entered", "Left")] == [
        "Climbs",
        "Falls",
    ]
    cut = filled(
        "trends", "compare", "--from", "2020-03-01", "--to", "2020-03-05", "--limit", 1
    ).out
    assert "Falls (1 of 3)" in cut


def test_two_dates_for_programs(filled: Command) -> None:
    said = filled("trends", "compare", "--from", "2020-03-03", "--to", "2020-03-04", "--json")
    document = said.json()
    assert document["then"]["chart_date"] == "2020-03-03"
    assert document["counts"]["entered"] == 1
    assert [row["item_name"] for row in document["left"]] == ["Song x"]
    assert document["entered"][0]["was_there_before"] is True
    assert document["number_one_now"]["on_roster"] is False


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2020-03-02", "2020-03-05", "the nearest there are: 2020-03-01, 2020-03-03"),
        ("2020-03-05", "2020-03-01", "--from 2020-03-05 is after --to 2020-03-01"),
        ("2020-03-05", "2020-03-05", "both dates are the same edition"),
    ],
)
def test_dates_that_cannot_be_compared(
    filled: Command, first: str, last: str, expected: str
) -> None:
    said = filled("trends", "compare", "--from", first, "--to", last)
    assert said.code == 2
    assert expected in said.err


def test_an_exit_that_came_back(filled: Command) -> None:
    said = filled("trends", "exits", "--date", "2020-03-03").out
    assert "came back" in said
    assert said.splitlines()[-1].split()[-2:] == ["2020-03-04", "5"]
    rows = filled("trends", "exits", "--date", "2020-03-03", "--json").json()["rows"]
    assert [(row["item_name"], row["editions_away"]) for row in rows] == [("Song e", 1)]


def test_a_track_with_its_profile(filled: Command) -> None:
    lines = filled("trends", "track", "song e").out.splitlines()
    assert lines[1] == "Song e · Artist e"
    assert lines[2] == (
        "there from the first edition, 2020-03-01 · peak #4 on 2020-03-05 (1 edition there) "
        "· 3 editions in 2 runs, the longest 2 · 999,996 streams at best"
    )
    assert filled("trends", "track", "song e", "--json").json()["profile"]["runs"] == 2
    gone = filled("trends", "track", "song x").out
    assert "came in at #4 on 2020-03-03" in gone
    assert "last there on 2020-03-03, at #4" in gone
    earlier = filled("trends", "track", "song e", "--date", "2020-03-04", "--json").json()
    assert earlier["profile"] is None


def test_an_artist(filled: Command) -> None:
    lines = filled("trends", "artist", "artist b").out.splitlines()
    assert lines[1] == "Artist b"
    assert lines[2] == (
        "1 item since 2020-03-01 · 4 editions with one or more · 1 at once on 2020-03-01 "
        "· best #1 on 2020-03-03 · #1 in 2 editions with 1 item"
    )
    gone = filled("trends", "artist", "Artist x")
    assert "Has nothing in this edition." in gone.out
    assert "last there on 2020-03-03" in gone.out
    document = filled("trends", "artist", "artist b", "--json").json()
    assert (document["chart_date"], document["artist_key"]) == ("2020-03-05", "Artist b")
    assert filled("trends", "artist", "nobody").code == 2


def test_records(filled: Command) -> None:
    said = filled("trends", "records").out
    assert said.splitlines()[0] == f"{FEED} · 4 editions"
    for title in ("Longest in a row", "Biggest climbs", "Most items of one artist at once"):
        assert title in said
    one = filled("trends", "records", "--record", "biggest_climb", "--json").json()["rows"]
    assert {row["record"] for row in one} == {"biggest_climb"}
    assert one[0]["value"] == 2
    assert filled("trends", "records", "--record", "nope").code == 2


def test_markets(filled: Command, tmp_path: Path) -> None:
    other = write_chart(tmp_path, "2020-03-05", "dca", chart="regional-fo")
    assert filled("import", other).code == 0
    lines = filled("trends", "markets", "--feed", FEED).out.splitlines()
    assert lines[0] == f"{HEAD} · regional-daily"
    assert lines[1].split() == ["title", "artist", "is", "fo", "first", "in", "days", "until"]
    assert lines[3].split() == ["Song", "c", "Artist", "c", "1", "2", "is", "fo", "4"]
    item = filled("trends", "markets", "song c", "--feed", FEED).out.splitlines()
    assert item[0] == "Song c · Artist c · in the markets of regional-daily"
    assert [line.split()[0] for line in item[3:]] == ["is", "fo"]
    document = filled("trends", "markets", "--feed", FEED, "--json").json()
    assert document["rows"][0]["positions"] == {"is": 1, "fo": 2}
    only = filled("trends", "markets", "song c", "--feed", FEED, "--json").json()["rows"]
    assert [row["days_after_first"] for row in only] == [0, 4]


def test_an_edition_says_what_to_know_before_reading_it(chartlake: Command, tmp_path: Path) -> None:
    files = [write_chart(tmp_path, f"2026-01-0{day}", "ABC") for day in (1, 2, 3)]
    # A file that equals another, byte for byte, is refused: these tell the same otherwise.
    files[1].write_text(files[1].read_text().replace("Song A", "A Song"))
    files[2].write_text(files[2].read_text().replace("999998", "many"))
    other = write_chart(tmp_path, "2026-01-02", "BCA", "regional-no")
    chartlake("import", *files, other)
    feed = ("--feed", "regional-is-daily")
    copied = chartlake("trends", "chart", *feed, "--date", "2026-01-02")
    assert "its streams are those of the edition before" in copied.out
    assert copied.out.splitlines()[0].endswith("against 2026-01-01")
    short = chartlake("trends", "chart", *feed, "--json").json()
    assert (short["rejects"], short["repeats_previous"]) == (1, True)
    lines = chartlake("trends", "markets", *feed).out.splitlines()
    assert lines[0].endswith("against 2026-01-02 · regional-daily")
    assert lines[1].startswith("1 record of it could not be used")
    calm = chartlake("trends", "new", *feed, "--date", "2026-01-01").out
    assert "could not be used" not in calm
    assert "edition before" not in calm
