"""`chartlake marts --engine spark` over a lake: the marts that the warehouse has, or none."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from chartlake.errors import ConfigError, CorruptObject, DataError
from chartlake.lake import builds, keys, marts, purge, tombstones
from chartlake.lake.curated import read_table
from chartlake.lake.marts import MartsRun
from chartlake.lake.store import Store, open_store
from chartlake.model import Build, Slot
from chartlake.spark import gate
from chartlake.spark import marts as on_spark
from chartlake.spark.marts import SparkMarts
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.port import NotPublished
from chartlake.warehouse.sql import STEPS, Check
from tests.charts import write_chart
from tests.commands import Command, run_here
from tests.spark.marks import ON_SPARK
from tests.spark.two_engines import TABLES_MADE, difference

pytestmark = ON_SPARK

NOW = datetime(2020, 3, 9, 5, tzinfo=UTC)
FEED = "regional-is-daily"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(on_spark.MEANING, "spark.sql.shuffle.partitions", "2")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what chart_movements needs, unchecked: for tests of what has to do with all marts."""
    names = [file.name for file in STEPS]
    monkeypatch.setattr(on_spark, "STEPS", STEPS[: names.index("chart_movements") + 1])
    monkeypatch.setattr(gate, "checks", list)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month in one build, of which a day has got another file since then, and a day more."""
    folder = tmp_path_factory.mktemp("project")
    here = ("--project", folder)
    days = {"2020-03-01": "abc", "2020-03-02": "bcd", "2020-03-04": "cde", "2020-03-05": "cab"}
    files = [write_chart(folder, day, names) for day, names in days.items()]
    assert run_here("import", *files, *here).code == 0
    again = write_chart(folder, "2020-03-02", "bda")
    assert run_here("import", again, "--replace", *here).code == 0
    assert run_here("import", write_chart(folder, "2020-03-06", "dbf"), *here).code == 0
    return folder


@pytest.fixture
def lake(chartlake: Command, project: Path, tmp_path: Path) -> Store:
    """That of a copy of the project, in which ``chartlake`` runs."""
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    return open_store(str(tmp_path / "chartlake-data" / "lake"))


def make(store: Store) -> MartsRun:
    return SparkMarts(None, Choices()).make(store, NOW, lambda done, of: None)


def assert_same(store: Store, one: MartsRun, other: MartsRun) -> None:
    for mart in other.rows:
        first, second = (
            [read_table(store, file) for file in run.files if file.table == mart]
            for run in (one, other)
        )
        assert len(first) == len(second) == 1
        assert difference(mart, first[0], second[0], in_order=True) == ""


def run_of(chartlake: Command, store: Store, *words: str) -> MartsRun:
    said = chartlake("marts", *words)
    assert said.code == 0, said.err
    run = marts.published(store)
    assert run
    assert f"by {run.engine}" in said.out
    return run


def test_both_engines_write_the_same(chartlake: Command, spark: SparkSession, lake: Store) -> None:
    found = [build for _, build in builds.read_builds(lake, builds.list_builds(lake))]
    assert sum(isinstance(build, Build) for build in found) == 3
    here = run_of(chartlake, lake)
    there = run_of(chartlake, lake, "--engine", "spark")
    assert (here.engine, there.engine) == ("duckdb", "spark")
    assert here.rows["chart_movements"] == 15
    assert [*here.rows] == [*there.rows] == TABLES_MADE
    assert read_table(lake, here.slots).equals(read_table(lake, there.slots))
    assert here.slots.rows == 5
    assert_same(lake, here, there)


@pytest.mark.usefixtures("few")
def test_both_engines_write_the_same_on_s3(
    chartlake: Command,
    spark: SparkSession,
    tmp_path: Path,
    s3_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHARTLAKE_LAKE__URL", s3_url)
    files = [write_chart(tmp_path, f"2020-03-0{day}", "abcd"[day:]) for day in (1, 2, 3)]
    assert chartlake("import", *files).code == 0
    store = open_store(s3_url)
    assert_same(store, run_of(chartlake, store), run_of(chartlake, store, "--engine", "spark"))


@pytest.mark.usefixtures("few")
def test_the_session_that_was_there_is_as_it_was(spark: SparkSession, lake: Store) -> None:
    spark.createDataFrame([(1,)], "one int").createOrReplaceTempView("tracks")
    before = dict(spark.conf.getAll)
    make(lake)
    active = SparkSession.getActiveSession()
    assert active
    assert active.table("tracks").columns == ["one"]
    assert dict(spark.conf.getAll) == before
    assert spark.table("tracks").columns == ["one"]
    assert spark.sparkContext._jsc.getPersistentRDDs().size() == 0
    spark.catalog.dropTempView("tracks")


@pytest.mark.usefixtures("few")
def test_many_files_follow_each_other_in_order(
    spark: SparkSession, lake: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make(lake)
    monkeypatch.setitem(on_spark.MEANING, "spark.sql.shuffle.partitions", "3")
    monkeypatch.setitem(on_spark.MEANING, "spark.sql.adaptive.enabled", "false")
    cut = make(lake)
    (one,) = [file for file in whole.files if file.table == "chart_movements"]
    files = [file for file in cut.files if file.table == "chart_movements"]
    assert len(files) == 3
    rows = [row for file in files for row in read_table(lake, file).to_pylist()]
    assert rows == read_table(lake, one).to_pylist()


def test_a_damaged_file_of_the_lake_is_told_and_nothing_is_published(
    chartlake: Command, spark: SparkSession, lake: Store
) -> None:
    before = run_of(chartlake, lake)
    key = next(key for key in lake.keys(keys.CURATED) if "/entries/" in key)
    content = bytearray(lake.get(key))
    content[-1] ^= 1
    lake.delete(key)
    lake.create(key, bytes(content))
    said = chartlake("marts", "--engine", "spark")
    assert said.code == CorruptObject.exit_code
    assert said.err.splitlines()[0] == f"error: {key} does not match its hash"
    assert marts.published(lake) == before


@pytest.mark.usefixtures("few")
def test_marts_that_a_check_objects_to_are_not_published(
    spark: SparkSession, lake: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "select feed, count(*) as times from chart_editions group by feed"
    wrong = Check("a_check", "error", "there is no edition", text)
    monkeypatch.setattr(gate, "checks", lambda: [wrong])
    with pytest.raises(NotPublished) as error:
        make(lake)
    assert error.value.failed == ("a_check",)
    assert f"there is no edition; but:\n  feed {FEED}, times 5" in str(error.value.why)
    assert marts.published(lake) is None
    allowed = SparkMarts(None, Choices(as_warnings=frozenset({"a_check"})))
    assert allowed.make(lake, NOW, lambda done, of: None) == marts.published(lake)


@pytest.mark.usefixtures("few")
def test_marts_of_what_is_purged_meanwhile_do_not_count(spark: SparkSession, lake: Store) -> None:
    before = make(lake)
    slot = Slot("20200304T000000Z")

    def tell(done: int, of: int) -> None:
        if done == of:  # all are written
            tombstones.bury(lake, FEED, {slot: 1}, "it was purged", NOW)
            purge.finish(lake, [FEED])

    with pytest.raises(DataError, match="the marts hold what was removed"):
        SparkMarts(None, Choices()).make(lake, NOW, tell)
    assert [*lake.keys(keys.MARTS)] == []
    after = make(lake)
    assert after.slots.rows == before.slots.rows - 1
    assert after.rows["chart_movements"] == before.rows["chart_movements"] - 3


def test_a_lake_in_memory_is_out_of_reach(spark: SparkSession) -> None:
    with pytest.raises(ConfigError, match="cannot reach a lake in memory"):
        make(open_store("memory://"))
