"""chartlake explain, as a person and as a program read it."""

from __future__ import annotations

import base64
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from chartlake.simulator import Simulator, World
from tests.charts import OLD_HEADER, old_chart, track_id, write_chart
from tests.commands import Command, Said, run_here
from tests.e2e.projects import write_project

FEED = "regional-is-daily"
US = "regional-us-weekly"


def fill(folder: Path) -> None:
    """Two days: c leaves, d is new."""
    for day, names in (("01", "abc"), ("02", "bda")):
        file = write_chart(folder, f"2020-03-{day}", names)
        done = run_here("import", file, "--project", folder)
        assert done.code == 0, done.err


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project to look at."""
    folder = tmp_path_factory.mktemp("filled")
    fill(folder)
    return folder


@pytest.fixture
def harmed(tmp_path: Path) -> Path:
    """A project of its own, to break something in."""
    fill(tmp_path)
    return tmp_path


def explain(project: Path, *words: object) -> Said:
    return run_here("explain", "--project", project, FEED, *words)


def test_the_chain_for_people(filled: Path) -> None:
    said = explain(filled, "2020-03-02", "song b")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0] == f"{FEED} · 2020-03-02 · edition 2 of 2"
    assert lines[1] == "Song b · Artist b"
    assert lines[3] == "  position  #1  ▲1 from #2 on 2020-03-01"
    labels = [line[2:12].strip() for line in lines[3:] if line[:12].strip()]
    assert [label for label in labels if label.islower() and " " not in label][:6] == [
        "position",
        "entry",
        "build",
        "manifest",
        "page",
        "record",
    ]
    assert "raw/regional-is-daily/2020-03/20200302T000000Z/" in said.out
    row = old_chart("bda").splitlines()[1]
    assert [line.strip() for line in lines[-4:-2]] == [OLD_HEADER, row]
    assert lines[-1].startswith("verified: ")
    assert len(lines) < 30
    assert max(map(cell_len, lines)) <= 120


def test_the_chain_for_programs(filled: Path) -> None:
    answer = explain(filled, "2020-03-02", "2", "--json").json()
    assert (answer["verified"], answer["problems"]) == (True, [])
    assert answer["item_key"] == track_id("d")
    assert answer["number"]["row"]["movement"] == "new"
    record = answer["chain"]["record"]
    file = (filled / f"{FEED}-2020-03-02.csv").read_bytes()
    assert file[record["start"] : record["end"]].decode() == record["text"]
    assert record["text"].startswith('2,"Song d"')
    assert record["header"] == OLD_HEADER


def test_an_exit(filled: Path) -> None:
    said = explain(filled, "2020-03-02", "song c")
    assert said.code == 0, said.err
    assert "left: it was last #3 on 2020-03-01" in said.out
    assert '3,"Song c"' in said.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("2020-03-02", "song z"), "never had an item 'song z'"),
        (("2020-03-02", "song"), "can be 4 items"),
        (("2020-03-01", "song d"), "it was there after, on 2020-03-02"),
        (("2020-03-03", "1"), "no edition of regional-is-daily of 2020-03-03 was collected"),
        (("2020-03-02", "#4"), "its positions are 1 to 3"),
        (("2020-03-02", "77"), "its positions are 1 to 3"),
        (("2020-03-02", "0"), "nothing stands at #0"),
        (("2020-03-02", ""), "no item to explain"),
        (("2020-03-02", "  "), "no item to explain"),
        (("0001-01-01", "1"), "was collected"),
        (("9999-12-31", "1"), "was collected"),
        (("yesterday", "1"), "yesterday"),
        (("2020-03-02", "1", "--slot", "x"), "20200302T000000Z"),
    ],
)
def test_what_cannot_be_explained_exits_2(filled: Path, words: Any, told: str) -> None:
    said = explain(filled, *words)
    assert said.code == 2
    assert told in said.err
    assert said.out == ""


def test_a_flipped_byte_exits_1_and_shows_what_holds(harmed: Path) -> None:
    (file,) = (harmed / "chartlake-data" / "lake" / "raw" / FEED).rglob("*02T*/*.zst")
    whole = file.read_bytes()
    file.write_bytes(whole[:-9] + bytes([whole[-9] ^ 4]) + whole[-8:])
    said = explain(harmed, "2020-03-02", "1")
    assert said.code == 1
    last = said.out.splitlines()[-1]
    assert last.startswith(f"does not hold: the page at 0 of raw/{FEED}/")
    assert "verified: " not in said.out
    assert "not verified" in said.out
    assert "← manifest" in said.out

    told = explain(harmed, "2020-03-02", "1", "--json")
    assert told.code == 1
    assert (told.json()["verified"], len(told.json()["problems"])) == (False, 1)
    assert told.json()["chain"]["record"] is None

    assert explain(harmed, "2020-03-01", "1").code == 0


def test_a_build_that_is_gone_exits_1(harmed: Path) -> None:
    for build in (harmed / "chartlake-data" / "lake" / "builds").rglob("*.json"):
        build.unlink()
    said = explain(harmed, "2020-03-02", "1")
    assert said.code == 1
    assert "is gone, which committed the row" in said.out
    assert '1,"Song b"' in said.out


def test_names_cannot_steer_the_terminal(chartlake: Command, tmp_path: Path) -> None:
    file = write_chart(tmp_path, "2020-03-01", "ab")
    file.write_text(file.read_text().replace("Song a", "So\x1b[31mng\n\u202ea"))
    assert chartlake("import", file).code == 0
    said = chartlake("explain", FEED, "2020-03-01", "1")
    assert said.code == 0
    assert not {"\x1b", "\u202e"} & set(said.out)
    answer = chartlake("explain", FEED, "2020-03-01", "1", "--json").json()
    assert "So\x1b[31mng\n\u202ea" in answer["chain"]["record"]["text"]


def test_every_position_of_playlists_on_s3(
    chartlake: Command, s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(seed=5, last_date=datetime.now(UTC).date())
    with Simulator(world, lambda: datetime.now(UTC)) as spotify:
        write_project(tmp_path / "s3", spotify, world.playlists[:1], s3_url)
        monkeypatch.chdir(tmp_path / "s3")
        done = chartlake("run")
        assert done.code == 0, done.err
    feed = world.playlists[0].slug
    sql = "select position, item_name, chart_date from entries join editions using (feed, slot)"
    rows = chartlake("query", sql, "--json").json()["rows"]
    assert len(rows) > 50  # more than one page
    pages = set()
    for row in [*random.Random(1).sample(rows, 5), rows[0], rows[-1]]:
        answer = chartlake("explain", feed, row["chart_date"], row["position"], "--json").json()
        assert answer["problems"] == []
        listed = json.loads(_bytes(answer))
        item = listed.get("item") or listed.get("track") or {}
        assert item.get("name") == row["item_name"]
        pages.add(answer["chain"]["page"]["number"])
    assert pages == {0, 1}


@pytest.mark.needs("real-data")
def test_items_of_two_years_of_us_charts(
    chartlake: Command, real_data: Path, tmp_path: Path
) -> None:
    files = sorted((real_data / "charts" / "us-weekly").glob("*.csv"))
    assert chartlake("import", *files).code in (0, 1)
    sql = "select chart_date, item_key, item_name, position from chart_movements"
    rows = chartlake("query", sql, "--json").json()["rows"]
    assert len(rows) > 20_000
    for row in random.Random(2020).sample(rows, 12):
        said = run_here("explain", US, row["chart_date"], row["item_key"], "--json")
        assert said.code == 0, (row, said.err)
        answer = said.json()
        record, page = answer["chain"]["record"], answer["chain"]["page"]
        assert row["item_name"].replace('"', '""') in record["text"]
        assert record["text"].startswith(f"{row['position']},")
        content = (real_data / "charts" / "us-weekly" / page["url"]).read_bytes()
        assert content[record["start"] : record["end"]].decode() == record["text"]


def _bytes(answer: Any) -> bytes:
    record = answer["chain"]["record"]
    return (
        record["text"].encode()
        if record["text"] is not None
        else base64.b64decode(record["base64"])
    )
