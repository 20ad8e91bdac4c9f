"""verify, gc and purge, as a person runs them."""

from __future__ import annotations

import io
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chartlake.cli import remove
from chartlake.lake.store import Store, open_store
from tests.charts import write_chart
from tests.commands import Command, run_here
from tests.lake.kept import all_keys

FEED = "regional-is-daily"
DAYS = ("2020-03-01", "2020-03-02", "2020-03-03")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of a chart, in one build, and another chart. Nobody changes it."""
    folder = tmp_path_factory.mktemp("project")
    files = [write_chart(folder, day, names) for day, names in zip(DAYS, _NAMES, strict=True)]
    other = write_chart(folder, DAYS[0], "xyz", chart="regional-fi")
    assert run_here("import", *files, other, "--project", folder).code == 0
    return folder


@pytest.fixture
def lake(chartlake: Command, project: Path, tmp_path: Path) -> Store:
    """That of a copy of the project, in which ``chartlake`` runs."""
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    return open_store(str(tmp_path / "chartlake-data" / "lake"))


_NAMES = ("abc", "bcd", "cde")


def rows(chartlake: Command, sql: str) -> list[dict[str, Any]]:
    done = chartlake("query", sql, "--json")
    assert done.code == 0, done.err
    return list(done.json()["rows"])


def entries(chartlake: Command) -> list[tuple[str, str, str]]:
    sql = "select feed, slot, item_name from entries order by feed, slot, position"
    return [tuple(row.values()) for row in rows(chartlake, sql)]


def grown_old(folder: Path) -> None:
    """As if everything in the lake had been written a month ago."""
    then = time.time() - 30 * 24 * 3600
    for file in folder.rglob("*"):
        os.utime(file, (then, then))


@pytest.mark.parametrize("turn", ["keep", "extract", "marts"])
@pytest.mark.parametrize("words", [["purge", FEED, "--all", "--yes"], ["gc"]])
def test_nothing_is_removed_while_another_run_goes_on(
    chartlake: Command,
    lake: Store,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    turn: str,
) -> None:
    before = all_keys(lake)
    monkeypatch.setattr(remove, "_TURN_SECONDS", 0.0)
    with lake.alone(turn, 0):
        done = chartlake(*words)
    if words == ["gc"] and turn != "keep":  # neither readings nor marts do harm to it
        assert done.code == 0
        return
    assert done.code == 4
    assert "another run goes on at the same time, and nothing was removed" in done.err
    assert all_keys(lake) == before


# verify -----------------------------------------------------------------------------------------


def test_a_sound_lake_exits_0(chartlake: Command, lake: Store) -> None:
    done = chartlake("verify")
    assert done.code == 0, done.err
    assert "All that is committed is there and unharmed." in done.out
    answer = chartlake("verify", "--json").json()
    assert answer["sound"] is True
    assert answer["findings"] == []
    assert answer["counts"]["slots"]["built"] == 4
    assert chartlake("verify", "--feed", FEED, "--json").json()["counts"]["slots"]["built"] == 3


def test_damage_exits_1_and_says_what_where_and_what_to_do(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    damaged = next(lake.keys("raw/"))
    lost = next(lake.keys("curated/"))
    file = tmp_path / "chartlake-data" / "lake" / damaged
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    lake.delete(lost)
    done = chartlake("verify")
    assert done.code == 1
    assert "unharmed" not in done.out
    assert damaged in done.err
    assert lost in done.err
    assert "restore it from a backup" in done.err
    found = chartlake("verify", "--json")
    assert found.code == 1
    assert {f["zone"] for f in found.json()["findings"]} == {"raw", "curated"}


def test_an_unknown_feed(chartlake: Command, lake: Store) -> None:
    for words in (["verify", "--feed"], ["purge", "--all", "--yes"]):
        done = chartlake(*words, "nobody")
        assert done.code == 2
        assert "nothing of a feed 'nobody'" in done.err


# gc ---------------------------------------------------------------------------------------------


def test_gc_says_what_it_removes_and_how_much(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    lake.create("raw/regional-is-daily/2020-03/20200301T000000Z/dead.csv.zst", b"x" * 1500)
    grown_old(tmp_path / "chartlake-data")
    before = all_keys(lake)
    would = chartlake("gc", "--dry-run")
    assert would.out.strip() == "would remove 1 raw object (1.5 kB)"
    assert all_keys(lake) == before
    done = chartlake("gc", "--json")
    assert done.code == 0
    assert [piece["size"] for piece in done.json()["garbage"]] == [1500]
    assert done.json()["garbage_bytes"] == 1500
    assert len(all_keys(lake)) == len(before) - 1
    assert "No garbage" in chartlake("gc").out
    assert chartlake("verify").code == 0


def test_what_is_young_stays_unless_told(chartlake: Command, lake: Store) -> None:
    lake.create("raw/regional-is-daily/2020-03/20200301T000000Z/dead.csv.zst", b"x")
    assert "No garbage" in chartlake("gc").out
    time.sleep(0.01)
    assert "removed 1 raw object" in chartlake("gc", "--grace-days", "0").out


def test_gc_tells_what_kept_it_from_looking(chartlake: Command, lake: Store) -> None:
    lake.create("builds/2020-03/what.json", b"{")
    done = chartlake("gc")
    assert done.code == 1
    assert "builds/2020-03/what.json is not a build" in done.err


def test_files_that_a_person_brought_do_not_expire(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    (tmp_path / "chartlake.toml").write_text("[retention]\nraw_days = 1\n")
    before = set(lake.keys("raw/"))
    assert "No garbage" in chartlake("gc").out
    assert set(lake.keys("raw/")) == before


def test_a_build_that_is_the_last_trace_of_a_slot_is_told(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    for key in [*lake.keys("raw/"), *lake.keys("curated/")]:
        lake.delete(key)
    done = chartlake("purge", FEED, "--date", DAYS[1], "--yes")
    assert done.code == 1
    assert "20200302T000000Z" not in {slot for _, slot, _ in entries(chartlake)}
    assert "all there is of other slots" in done.err
    assert "restore the file from a backup" in done.err
    assert len(list(lake.keys("builds/"))) == 1
    assert chartlake("purge", FEED, "--all", "--yes").code == 1  # another feed is in it
    assert chartlake("purge", "regional-fi-daily", "--all", "--yes").code == 0
    assert chartlake("gc").code == 0
    assert list(lake.keys("builds/")) == []


def test_slots_that_lost_rows_are_told(chartlake: Command, lake: Store) -> None:
    for key in [*lake.keys("raw/"), *lake.keys("curated/editions/")]:
        lake.delete(key)
    done = chartlake("purge", FEED, "--date", DAYS[1], "--yes")
    assert done.code == 0
    assert "3 other slots have lost rows" in done.err
    assert f"{FEED} 20200301T000000Z" in done.err


# purge ------------------------------------------------------------------------------------------


def test_a_date_is_gone_everywhere_and_the_rest_is_as_it_was(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    before = entries(chartlake)
    done = chartlake("purge", FEED, "--date", DAYS[1], "--yes")
    assert done.code == 0, done.err
    assert "Removed 1 slot of regional-is-daily (20200302T000000Z)." in done.out
    slot = "20200302T000000Z"
    assert entries(chartlake) == [row for row in before if row[:2] != (FEED, slot)]
    assert [key for key in lake.keys("") if slot in key] == [f"tombstones/{FEED}/{slot}.json"]
    (edition,) = rows(
        chartlake, f"select * from chart_editions where feed = '{FEED}' and ordinal = 2"
    )
    assert (edition["chart_date"], edition["missing_before"]) == (DAYS[2], 1)
    assert chartlake("check").code == 0
    assert chartlake("verify").code == 0
    again = chartlake("purge", FEED, "--date", DAYS[1], "--yes")
    assert again.code == 0
    assert "has nothing there" in again.out


def test_a_span_and_all(chartlake: Command, lake: Store) -> None:
    done = chartlake("purge", FEED, "--from", DAYS[0], "--to", DAYS[1], "--yes", "--json")
    assert done.json()["slots"] == ["20200301T000000Z", "20200302T000000Z"]
    assert {row[1] for row in entries(chartlake) if row[0] == FEED} == {"20200303T000000Z"}
    assert chartlake("purge", FEED, "--all", "--yes").code == 0
    assert {row[0] for row in entries(chartlake)} == {"regional-fi-daily"}
    assert not [key for key in lake.keys("") if FEED in key and not key.startswith("tombstones/")]
    listed = chartlake("lake", "ls", "--json").json()["rows"]
    assert [row["feed"] for row in listed] == ["regional-fi-daily"]
    assert chartlake("verify").code == 0


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--all", "--date", DAYS[0]],
        ["--date", DAYS[0], "--to", DAYS[1]],
        ["--from", DAYS[1]],  # where it would end has to be said
        ["--to", DAYS[1]],
    ],
)
def test_what_to_remove_has_to_be_told(chartlake: Command, lake: Store, words: list[str]) -> None:
    done = chartlake("purge", FEED, *words, "--yes")
    assert done.code == 2
    assert len(entries(chartlake)) == 12


def test_nobody_is_asked_and_nothing_is_removed(chartlake: Command, lake: Store) -> None:
    before = all_keys(lake)
    done = chartlake("purge", FEED, "--all")
    assert done.code == 2
    assert "add --yes" in done.err
    assert all_keys(lake) == before


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "left"), [("yes\n", 3), ("no\n", 12), ("", 12)])
def test_on_a_terminal_a_person_is_asked(
    chartlake: Command,
    lake: Store,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    left: int,
) -> None:
    from chartlake.cli.remove import check_sure
    from chartlake.errors import UsageError

    monkeypatch.setattr(sys, "stdin", _Terminal(typed))
    if left == 3:
        check_sure("remove it", yes=False)
    else:
        with pytest.raises(UsageError, match="nothing was removed"):
            check_sure("remove it", yes=False)


def test_what_was_purged_comes_back_only_when_told(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    file = tmp_path / f"{FEED}-{DAYS[1]}.csv"
    before = entries(chartlake)
    chartlake("purge", FEED, "--date", DAYS[1], "--yes")
    refused = chartlake("import", file)
    assert refused.code == 1
    assert f"{FEED} {DAYS[1]} was purged" in refused.err
    assert "--replace" in refused.err
    assert list(lake.keys("quarantine/")) == []
    assert chartlake("import", "--replace", file).code == 0
    assert entries(chartlake) == before
    assert f"manifests/{FEED}/2020-03/20200302T000000Z.r2.json" in all_keys(lake)
    assert "there already" in chartlake("import", file).out
    # neither a purge of another date nor gc takes it for what was purged
    chartlake("purge", FEED, "--date", DAYS[0], "--yes")
    chartlake("gc", "--grace-days", "0")
    assert entries(chartlake) == [row for row in before if row[:2] != (FEED, "20200301T000000Z")]
    assert chartlake("verify").code == 0


def test_a_warehouse_made_anew_is_the_same(chartlake: Command, lake: Store, tmp_path: Path) -> None:
    chartlake("purge", FEED, "--date", DAYS[1], "--yes")
    before = entries(chartlake)
    (tmp_path / "chartlake-data" / "warehouse.duckdb").unlink()
    assert chartlake("reconcile").code == 0
    assert entries(chartlake) == before


def test_gc_completes_a_purge_that_was_interrupted(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    from datetime import UTC, datetime

    from chartlake.lake import tombstones
    from chartlake.model import Slot

    slot = Slot("20200302T000000Z")
    tombstones.bury(lake, FEED, {slot: 1}, "it was purged", datetime.now(UTC))
    found = chartlake("verify")
    assert found.code == 1
    assert "chartlake gc" in found.err
    assert "removed 1 manifests, 1 builds" in chartlake("gc").out
    assert not [row for row in entries(chartlake) if row[1] == slot]
    assert chartlake("verify").code == 0
    warehouse = tmp_path / "chartlake-data" / "warehouse.duckdb"
    before = warehouse.stat().st_ino
    assert chartlake("gc").code == 0
    assert warehouse.stat().st_ino == before  # nothing to do: it is not written again


def test_no_byte_of_it_stays_in_the_warehouse(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    file = tmp_path / f"{FEED}-2020-03-04.csv"
    text = write_chart(tmp_path, "2020-03-04", "q").read_text()
    file.write_text(text.replace("Song q", "A Planted Title"))
    assert chartlake("import", file).code == 0
    warehouse = tmp_path / "chartlake-data" / "warehouse.duckdb"
    assert b"A Planted Title" in warehouse.read_bytes()
    chartlake("purge", FEED, "--date", "2020-03-04", "--yes")
    for left in warehouse.parent.glob("*duckdb*"):
        assert b"A Planted Title" not in left.read_bytes(), left
    with duckdb.connect(str(warehouse), read_only=True) as db:
        assert db.execute("select count(*) from entries").fetchone() == (12,)


def test_who_may_read_the_warehouse_stays(chartlake: Command, lake: Store, tmp_path: Path) -> None:
    warehouse = tmp_path / "chartlake-data" / "warehouse.duckdb"
    warehouse.chmod(0o600)
    chartlake("purge", FEED, "--date", DAYS[1], "--yes")
    assert warehouse.stat().st_mode & 0o777 == 0o600
