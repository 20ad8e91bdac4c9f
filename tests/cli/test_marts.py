"""`chartlake marts`, as a person calls it, without Spark."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chartlake.cli import remove
from chartlake.lake import keys, marts
from chartlake.lake.curated import read_table
from chartlake.lake.store import Store, open_store
from chartlake.warehouse import export
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.sql import MARTS
from tests.charts import write_chart
from tests.commands import Command
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "marts-as-parquet.md"
FEED = "regional-is-daily"
PURGED = "2020-03-02"
LEFT = {"2020-03-01", "2020-03-04"}
NAMES = [file.name for file in MARTS if file.kind == "table"]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project that the first test made, for the others."""
    return tmp_path_factory.mktemp("imported") / "project"


@pytest.fixture
def lake(chartlake: Command, tmp_path: Path, imported: Path) -> Store:
    """Three days of a chart, in the warehouse too."""
    if imported.exists():
        shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
    else:
        days = {"2020-03-01": "abc", PURGED: "bcd", "2020-03-04": "cde"}
        files = [write_chart(tmp_path, day, names) for day, names in days.items()]
        assert chartlake("import", *files).code == 0
        shutil.copytree(tmp_path, imported)
    return open_store(str(tmp_path / "chartlake-data" / "lake"))


def parquet(tmp_path: Path, facts: dict[str, Any], mart: str) -> str:
    (found,) = [each for each in facts["marts"] if each["mart"] == mart]
    files = [str(tmp_path / "chartlake-data" / "lake" / key) for key in found["files"]]
    return f"read_parquet({files})"


def test_the_files_hold_what_the_warehouse_has(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    facts = chartlake("marts", "--json").json()
    assert [each["mart"] for each in facts["marts"]] == NAMES
    warehouse = tmp_path / "chartlake-data" / "warehouse.duckdb"
    with duckdb.connect(str(warehouse), read_only=True) as db:
        for mart in NAMES:
            ours, theirs = db.sql(f"from {mart}"), db.sql(f"from {parquet(tmp_path, facts, mart)}")
            assert theirs.columns == ours.columns
            assert theirs.types == ours.types, mart
            assert theirs.fetchall() == ours.fetchall(), mart
    assert sum(each["rows"] for each in facts["marts"]) > 20


def test_long_marts_are_cut_into_files_in_their_order(
    chartlake: Command, lake: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = chartlake("marts", "--json").json()
    monkeypatch.setattr(export, "_ROWS_OF_A_BATCH", 2)
    monkeypatch.setattr(export, "_BATCHES_OF_A_FILE", 2)
    facts = chartlake("marts", "--json").json()
    (found,) = [each for each in facts["marts"] if each["mart"] == "chart_movements"]
    assert [key[-7:] for key in found["files"]] == [f"{n}.parquet"[-7:] for n in range(3)]
    with duckdb.connect() as db:
        rows = [db.sql(f"from {parquet(tmp_path, f, 'chart_movements')}") for f in (facts, whole)]
        assert rows[0].fetchall() == rows[1].fetchall()


def test_what_is_new_is_in_them_and_the_last_two_are_kept(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    runs = [chartlake("marts", "--json").json()["run"] for _ in range(3)]
    there = {keys.run_of(key) for key in lake.keys(keys.MARTS)}
    assert len(there) == 2
    assert there < set(runs)
    assert chartlake("import", write_chart(tmp_path, "2020-03-05", "def")).code == 0
    said = chartlake("marts")
    assert said.code == 0
    now = marts.published(lake)
    assert now
    assert now.rows["chart_movements"] == 12
    assert f"marts with {sum(now.rows.values()):,} rows, by duckdb" in said.out
    assert f"{lake.url}/{keys.marts_of(now.run)}" in said.out


def days(lake: Store) -> set[str]:
    """The chart dates in the marts that count; each file is read."""
    run = marts.published(lake)
    assert run
    tables = {file.table: read_table(lake, file) for file in run.files}
    return {str(day) for day in tables["chart_editions"]["chart_date"].to_pylist()}


def test_what_is_purged_is_in_no_marts_either(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    chartlake("marts")
    files = len([*lake.keys(keys.MARTS)])
    done = chartlake("purge", FEED, "--date", PURGED, "--yes", "--json").json()
    assert done["removed"]["marts"] == files
    assert marts.published(lake) is None
    assert chartlake("marts", "--json").json()
    assert chartlake("gc", "--json").json()["removed"] == {}
    assert days(lake) == LEFT


def test_a_purge_of_nothing_leaves_the_marts(chartlake: Command, lake: Store) -> None:
    chartlake("purge", FEED, "--date", PURGED, "--yes")
    run = chartlake("marts", "--json").json()["run"]
    done = chartlake("purge", FEED, "--date", PURGED, "--yes", "--json").json()
    assert done["slots"] == []
    assert done["removed"] == {}
    now = marts.published(lake)
    assert now
    assert now.run == run


def before(
    monkeypatch: pytest.MonkeyPatch, words: str, act: Callable[[], object], *, after: bool = False
) -> None:
    """Do something before, or just after, the first object whose key has these words is there.

    The lake has no locks, as on S3.
    """
    create, done = Store.create, list[str]()

    def creating(self: Store, key: str, content: bytes) -> bool:
        is_it = words in key and not done
        if is_it:
            done.append(key)
        if is_it and not after:
            act()
        won = create(self, key, content)
        if is_it and after:
            act()
        return won

    @contextmanager
    def alone(self: Store, name: str, seconds: float) -> Iterator[bool]:
        yield True

    monkeypatch.setattr(Store, "create", creating)
    monkeypatch.setattr(Store, "alone", alone)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("words", ["/slots.parquet", "/chart_movements/", ".json"])
def test_marts_of_what_is_purged_meanwhile_do_not_count(
    chartlake: Command, lake: Store, monkeypatch: pytest.MonkeyPatch, words: str, after: bool
) -> None:
    chartlake("marts")

    def purge() -> None:
        assert chartlake("purge", FEED, "--date", PURGED, "--yes").code == 0

    with monkeypatch.context() as patch:
        before(patch, words, purge, after=after)
        said = chartlake("marts")
    assert said.code == 1
    assert (
        said.err.splitlines()[0] == "error: the marts hold what was removed, so they do not count"
    )
    assert [*lake.keys(keys.MARTS)] == []
    assert chartlake("verify").code == 0
    assert "No garbage" in chartlake("gc").out
    assert chartlake("marts").code == 0
    assert days(lake) == LEFT


def test_a_warehouse_that_was_not_told_gives_no_marts(
    chartlake: Command, lake: Store, tmp_path: Path
) -> None:
    """Such as that of another machine: it keeps what was purged until gc runs there."""
    warehouse = tmp_path / "chartlake-data" / "warehouse.duckdb"
    theirs = warehouse.read_bytes()
    chartlake("purge", FEED, "--date", PURGED, "--yes")
    warehouse.write_bytes(theirs)
    said = chartlake("marts")
    assert said.code == 1
    assert f"{FEED} 20200302T000000Z" in said.err
    assert "chartlake gc, which completes the removal" in said.err
    assert [*lake.keys(keys.MARTS)] == []
    assert chartlake("gc").code == 0
    assert chartlake("marts").code == 0
    assert days(lake) == LEFT


@pytest.mark.parametrize(
    ("zone", "has_warehouse"),
    [("marts/", False), ("manifests/", True), ("builds/", False), ("", True)],
)
def test_gc_completes_a_purge_that_was_interrupted(
    chartlake: Command,
    lake: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    has_warehouse: bool,
) -> None:
    """Before the first object of a zone was deleted, or after all of the lake was done."""
    chartlake("marts")
    if not has_warehouse:
        (tmp_path / "chartlake-data" / "warehouse.duckdb").unlink()

    def killed(self: Store | DuckDBWarehouse, *what: object) -> None:
        if not zone or str(what[0]).startswith(zone):
            raise SystemExit(9)
        delete(self, *what)  # type: ignore[arg-type]

    delete = Store.delete
    with monkeypatch.context() as patch:
        owner = Store if zone else DuckDBWarehouse
        patch.setattr(owner, "delete" if zone else "remove", killed)
        assert chartlake("purge", FEED, "--date", PURGED, "--yes").code == 9
    assert chartlake("verify").code == (1 if zone else 0)
    assert chartlake("gc").code == 0
    assert [*lake.keys(keys.MARTS)] == []
    assert chartlake("verify").code == 0
    assert chartlake("marts").code == 0
    assert days(lake) == LEFT


@pytest.mark.parametrize("words", [["purge", FEED, "--all", "--yes"], ["marts"]])
def test_marts_and_removals_take_turns(
    chartlake: Command, lake: Store, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setattr(remove, "_TURN_SECONDS", 0.0)
    with lake.alone("marts", 0):
        said = chartlake(*words)
    what = "no marts were made" if words == ["marts"] else "nothing was removed"
    assert said.code == 4
    assert f"another run goes on at the same time, and {what}" in said.err


def test_marts_keep_no_run_waiting(chartlake: Command, lake: Store, tmp_path: Path) -> None:
    """However long Spark takes for them: builds and gc go on, and the marts while those do."""
    with lake.alone("marts", 0):
        assert chartlake("import", write_chart(tmp_path, "2020-03-05", "def")).code == 0
        assert chartlake("gc").code == 0
    with lake.alone("keep", 0):
        assert chartlake("marts").code == 0


def test_what_the_page_says_reads_them(
    chartlake: Command, lake: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):  # the run before the last one is there too, and does not count
        assert chartlake("marts").code == 0
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    found: dict[str, Any] = {}
    exec(code, found)
    rows = chartlake("query", "select count(*) as n from chart_movements", "--json").json()["rows"]
    assert len(found["moves"]) == rows[0]["n"] > 0
    assert FEED in capsys.readouterr().out


def test_a_lake_without_builds_has_no_marts(chartlake: Command, tmp_path: Path) -> None:
    """As in a folder that is not the project."""
    said = chartlake("marts")
    assert said.code == 2
    assert "nothing was built yet in" in said.err
    assert "fill it first: chartlake import" in said.err
    assert list(tmp_path.iterdir()) == []


def test_spark_that_is_not_installed_is_told(
    chartlake: Command, lake: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "chartlake.spark.marts", None)
    said = chartlake("marts", "--engine", "spark")
    assert said.code == 2
    assert said.err.startswith('error: engine = "spark" needs a package that is not installed')
