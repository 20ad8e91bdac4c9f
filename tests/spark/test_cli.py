"""`chartlake run|rebuild --engine spark`, as a person calls it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyspark
import pytest
from pyspark.sql import SparkSession

from chartlake import pipeline as pipeline_module
from chartlake.lake import builds, raw
from chartlake.lake.store import open_store
from chartlake.model import Build
from chartlake.simulator import Mixtape, Simulator, World
from chartlake.transform import build as build_module
from tests.charts import write_chart
from tests.cli.spotify import MINE, now, playlist, write_project
from tests.commands import Command, run_program
from tests.conftest import ROOT
from tests.spark.marks import ON_SPARK
from tests.spark.world import DAYS
from tests.transform.slots import playlist_snapshot

pytestmark = ON_SPARK

KEPT = "select * exclude (attempt_id) from entries order by all"


def rows(chartlake: Command, sql: str = KEPT) -> Any:
    return chartlake("query", sql, "--json").json()["rows"]


def bring(chartlake: Command, folder: Path, *days: str) -> None:
    for day in days:
        names = "abcdefgh"[int(day[-2:]) % 5 :] + day[5:7]
        assert chartlake("import", write_chart(folder, day, names)).code == 0


def raise_version(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (build_module, pipeline_module):
        monkeypatch.setattr(module, "TRANSFORM_VERSION", build_module.TRANSFORM_VERSION + 1)


def versions(folder: Path) -> list[int]:
    store = open_store(str(folder / "chartlake-data" / "lake"))
    found = builds.read_builds(store, builds.list_builds(store))
    return sorted(build.transform_version for _, build in found if isinstance(build, Build))


def test_a_run_on_spark(chartlake: Command, spark: SparkSession, tmp_path: Path) -> None:
    world = World(7, now().date())
    world.mixtapes[MINE] = Mixtape(MINE, world.users[0].user_id, world.tracks[:30])
    with Simulator(world, now) as spotify:
        write_project(tmp_path, spotify, playlist("mine", MINE))
        before = data_sets(spark)
        said = chartlake("run", "--engine", "spark")
    assert said.code == 0, said.err
    assert len(rows(chartlake)) == 30
    assert data_sets(spark) > before + 1


def data_sets(spark: SparkSession) -> int:
    """How many data sets this Spark has made by now, with this one."""
    return spark.sparkContext.emptyRDD().id()


def test_a_rebuild_on_spark(
    chartlake: Command, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(chartlake, tmp_path, "2026-01-31", "2026-02-01")
    before = rows(chartlake)
    raise_version(monkeypatch)
    known = data_sets(spark)
    said = chartlake("rebuild", "--engine", "spark", "--json")
    assert data_sets(spark) > known + 1
    assert said.code == 0, said.err
    assert said.json()["months"] == ["2026-01", "2026-02"]
    assert versions(tmp_path) == [1, 1, 2, 2]
    assert rows(chartlake) == before


def test_spark_by_the_settings_and_a_terminal_that_stays_clean(
    chartlake: Command, tmp_path: Path
) -> None:
    """As a program of its own, which starts a Spark of its own."""
    (tmp_path / "chartlake.toml").write_text(
        '[transform]\nengine = "spark"\nspark_master = "local[1]"\n'
    )
    file = write_chart(tmp_path, "2026-02-01", "abcdefgh")
    said = run_program("import", file, cwd=tmp_path)
    assert (said.code, said.err) == (0, "")
    assert len(rows(chartlake)) == 8
    assert [line.split()[0] for line in said.out.splitlines()][:4] == [
        *("import", "lake", "transform", "load")
    ]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("chartlake.toml", "chartlake-data", file.name)
    }


def test_a_master_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "chartlake.toml").write_text(
        '[transform]\nengine = "spark"\nspark_master = "nonsense"\n'
    )
    said = run_program("import", write_chart(tmp_path, "2026-02-01", "abcdefgh"), cwd=tmp_path)
    assert said.code == 2
    assert said.err.startswith(
        "error: Spark does not start with the master 'nonsense'\n  why   Mas"
    )
    assert len(said.err.splitlines()) == 3


def test_the_script_of_the_docs_under_spark_submit(chartlake: Command, tmp_path: Path) -> None:
    """As Glue and clusters start it: Spark is there before chartlake is."""
    for slot in DAYS[:8]:
        day = date(int(slot[:4]), int(slot[4:6]), int(slot[6:8]))
        edition = playlist_snapshot([None] * 3, slot=slot)
        edition = msgspec.structs.replace(edition, chart_date=day)
        raw.commit(open_store(str(tmp_path / "lake")), edition)
    page = (ROOT / "docs" / "spark.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "job.py").write_text(script)
    done = subprocess.run(
        [Path(pyspark.__file__).parent / "bin" / "spark-submit", "--master", "local[2]", "job.py"],
        cwd=tmp_path,
        env=os.environ
        | {"CHARTLAKE_LAKE__URL": "lake", "CHARTLAKE_WAREHOUSE__PATH": "w.duckdb"}
        | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "24 entries" in done.stdout
    (tmp_path / "chartlake.toml").write_text(
        'lake = {url = "lake"}\nwarehouse = {path = "w.duckdb"}\n'
    )
    assert len(rows(chartlake)) == 24
