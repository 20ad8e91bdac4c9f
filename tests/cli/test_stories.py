"""chartlake stories, as a person and as a program read it."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from textwrap import dedent

import pytest

from tests.charts import old_chart
from tests.commands import Command

FEED = "regional-is-daily"
CLIMB = "Biggest climb in all 5 days: Song e · Artist e ▲4 (5 → 1)"


@pytest.fixture
def filled(chartlake: Command, tmp_path: Path) -> Command:
    """Six days; nothing happens until the last."""
    return fill(chartlake, tmp_path, "Song e")


def fill(chartlake: Command, folder: Path, name: str) -> Command:
    """The days, in which e has this name; streams get fewer, so that no day is as another."""
    for day, names in enumerate(["abcde"] * 5 + ["eabcd"], start=1):
        text = old_chart(names, streams=1_000_000 - day).replace("Song e", name)
        file = folder / f"{FEED}-2020-03-0{day}.csv"
        file.write_text(text, encoding="utf-8")
    done = chartlake("import", *sorted(folder.glob("*.csv")))
    assert done.code == 0, done.err
    return chartlake


def test_the_stories_of_the_day(filled: Command) -> None:
    lines = filled("stories").out.splitlines()
    assert lines[0] == f"{FEED} · 2020-03-06 · edition 6 of 6 · against 2020-03-05"
    assert lines[1].split() == ["headline", "seen", "in"]
    assert any(line.startswith(CLIMB) and line.split()[-3:] == ["1", "of", "5"] for line in lines)
    assert len(filled("stories", "--limit", 1).out.splitlines()) < len(lines)


def test_the_stories_for_programs(filled: Command) -> None:
    document = filled("stories", "--json").json()
    assert (document["feed"], document["ordinal"]) == (FEED, 6)
    (climb,) = [story for story in document["stories"] if story["kind"] == "biggest_climb"]
    assert climb["headline"] == CLIMB
    assert {key: climb[key] for key in ("rarity", "value", "since", "editions_compared")} == {
        "rarity": 0.2,
        "value": 4,
        "since": None,
        "editions_compared": 4,
    }
    assert (climb["item_key"], climb["artist_key"], climb["on_roster"]) == ("e" * 22, None, False)


def test_the_proof_runs_as_it_is_printed(filled: Command) -> None:
    said = filled("stories", "--sql").out
    _, _, after = said.partition(f"{CLIMB}\n")
    indented = list(takewhile(lambda line: not line or line[0] == " ", after.split("\n")))
    sql = dedent("\n".join(indented)).strip()
    assert sql.startswith("with calendar as (")
    (row,) = filled("query", sql, "--json").json()["rows"]
    assert (row["value"], row["editions_compared"], row["times_reached"]) == (4, 4, 0)
    stories = filled("stories", "--json").json()["stories"]
    assert [story["sql"] for story in stories if story["kind"] == "biggest_climb"] == [sql]


def test_no_story_is_told_calmly(filled: Command) -> None:
    first = filled("stories", "--date", "2020-03-01")
    assert first.code == 0
    assert "there is no history yet" in first.out
    young = filled("stories", "--date", "2020-03-03").out
    assert "Too short a history: 2 editions before this one, and a story needs 4." in young
    calm = filled("stories", "--date", "2020-03-05").out
    assert "Nothing rare" in calm
    assert filled("stories", "--date", "2020-03-05", "--json").json()["stories"] == []


def test_the_roster_is_marked(filled: Command, tmp_path: Path) -> None:
    (tmp_path / "chartlake.toml").write_text('[roster]\nnames = ["Artist e"]\n')
    said = filled("stories").out
    assert any(line.startswith("●") and "Song e" in line for line in said.splitlines())
    only = filled("stories", "--roster", "--json").json()["stories"]
    assert only
    assert all(story["on_roster"] for story in only)
    assert "● " in filled("stories", "--sql").out
    nothing = tmp_path / "chartlake.toml"
    nothing.write_text('[roster]\nnames = ["Nobody"]\n')
    assert "On the roster: nothing to tell." in filled("stories", "--roster").out


def test_headlines_cannot_steer_the_terminal(chartlake: Command, tmp_path: Path) -> None:
    fill(chartlake, tmp_path, "\x1b[31mred[bold]\u202e'")
    for words in (("stories",), ("stories", "--sql"), ("stories", "--json")):
        said = chartlake(*words).out
        assert "\x1b" not in said
        assert "\u202e" not in said
        assert "red[bold]" in said
