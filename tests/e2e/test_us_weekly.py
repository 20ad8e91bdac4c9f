"""The main job on real input: 102 weeks of the US top 200, by the commands of the README."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.commands import run_here
from tests.oracle.charts import read_chart_csv
from tests.oracle.movements import OracleEdition
from tests.warehouse.compare import assert_marts_equal_oracle

pytestmark = [pytest.mark.needs("real-data"), pytest.mark.xdist_group("us-weekly")]

FEED = "regional-us-weekly"


@pytest.fixture(scope="module")
def files(real_data: Path) -> list[Path]:
    return sorted((real_data / "charts" / "us-weekly").glob("*.csv"))


@pytest.fixture(scope="module")
def world(files: list[Path]) -> list[OracleEdition]:
    return [read_chart_csv(file) for file in files]


@pytest.fixture(scope="module")
def project(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weeks")
    done = run_here("import", "--json", *files, "--project", folder)
    assert done.code == 0, done.err
    facts = done.json()
    assert (facts["new_slots"], facts["entries"], facts["rejects"]) == (102, 20_400, 0)
    return folder


def test_all_movements_and_exits_equal_the_oracle(
    project: Path, world: list[OracleEdition]
) -> None:
    warehouse = DuckDBWarehouse(project / "chartlake-data" / "warehouse.duckdb")
    assert_marts_equal_oracle(warehouse, world, lambda feed, after, before: 0)


def test_the_two_weeks_that_the_archive_holds_twice_are_told(
    project: Path, files: list[Path]
) -> None:
    twice = [late for early, late in pairwise(files) if early.read_bytes() == late.read_bytes()]
    assert len(twice) == 2
    checks = {
        c["name"]: c for c in run_here("check", "--json", "--project", project).json()["checks"]
    }
    repeats = checks["editions_do_not_repeat"]["rows"]
    assert [row["chart_date"] for row in repeats] == ["2020-09-10", "2020-10-29"]


def test_again_nothing_changes(project: Path, files: list[Path]) -> None:
    before = _files(project)
    again = run_here("import", *files, "--project", project)
    assert again.code == 0
    assert "102 files" in again.out
    assert "102 there already" in again.out
    assert "Nothing changed" in again.out
    assert _files(project) == before


def test_movers_of_the_last_week(project: Path, world: list[OracleEdition]) -> None:
    last, before = _week(world, "2020-12-17"), _week(world, "2020-12-10")
    changes = {key: before[key] - place for key, place in last.items() if key in before}
    rows = _rows(project, "trends", "movers", "--date", "2020-12-17", "--limit", 5)
    climbs = sorted((change for change in changes.values() if change > 0), reverse=True)[:5]
    falls = sorted(change for change in changes.values() if change < 0)[:5]
    assert [row["change"] for row in rows] == [*climbs, *falls]
    assert all(changes[str(row["item_key"])] == row["change"] for row in rows)


def test_new_and_exits_of_the_last_week(project: Path, world: list[OracleEdition]) -> None:
    last, before = _week(world, "2020-12-17"), _week(world, "2020-12-10")
    new = _rows(project, "trends", "new", "--date", "2020-12-17", "--limit", 200)
    assert {row["item_key"] for row in new} == set(last) - set(before)
    assert new[0]["item_name"] == "willow"
    earlier = {key for edition in world[:-1] for key in _places(edition)}
    debuts = {row["item_key"] for row in new if row["movement"] == "new"}
    assert debuts == set(last) - earlier
    exits = _rows(project, "trends", "exits", "--date", "2020-12-17", "--limit", 200)
    assert {row["item_key"] for row in exits} == set(before) - set(last)


def test_streaks_and_one_track(project: Path, world: list[OracleEdition]) -> None:
    streaks = _rows(project, "trends", "streaks", "--date", "2020-12-17", "--limit", 3)
    assert [row["streak"] for row in streaks] == [102, 102, 102]
    carol = _rows(project, "trends", "track", "0bYg9bo50gSsH3LtXe2SQn")
    weeks = [e for e in sorted(world, key=lambda e: e.chart_date) if _has(e, carol[0]["item_key"])]
    assert [row["chart_date"] for row in carol] == [str(week.chart_date) for week in weeks]
    assert len(_rows(project, "trends", "track", "willow")) == 1


def test_health_and_checks_are_clean(project: Path) -> None:
    done = run_here("status", "--json", "--project", project)
    (row,) = done.json()["feeds"]
    assert (row["feed"], row["editions"], row["missing"], row["rejects"]) == (FEED, 102, 0, 0)
    assert run_here("check", "--project", project).code == 0


def test_the_bytes_come_back_as_they_went_in(project: Path, files: list[Path]) -> None:
    # the last week's file is named by the Friday after its closing Thursday
    said = run_here("lake", "cat", FEED, "2020-12-17", "--project", project)
    assert said.out.rstrip("\n") == files[-1].read_text(encoding="utf-8").rstrip("\n")


def _rows(project: Path, *words: object) -> list[dict[str, object]]:
    done = run_here(*words, "--feed", FEED, "--json", "--project", project)
    assert done.code == 0, done.err
    return list(done.json()["rows"])


def _week(world: list[OracleEdition], day: str) -> dict[str, int]:
    (edition,) = [edition for edition in world if str(edition.chart_date) == day]
    return _places(edition)


def _places(edition: OracleEdition) -> dict[str, int]:
    return {str(entry.item_key): entry.position for entry in edition.entries}


def _has(edition: OracleEdition, key: object) -> bool:
    return any(entry.item_key == key for entry in edition.entries)


def _files(project: Path) -> dict[str, bytes]:
    lake = project / "chartlake-data" / "lake"
    return {str(file): file.read_bytes() for file in lake.rglob("*") if file.is_file()}


def test_commands_also_work_with_the_project_named_first(project: Path) -> None:
    assert run_here("--project", project, "trends", "movers").out.startswith(FEED)
