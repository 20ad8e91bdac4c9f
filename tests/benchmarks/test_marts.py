"""The benchmark of the marts runs, at a size that tells nothing but that."""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT

BENCHMARKS = ROOT / "benchmarks"
CORE = {"chart_editions", "chart_movements", "chart_exits", "chart_turnover", "item_profiles"}


def benchmark(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / "marts.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def make_world(folder: Path) -> Path:
    made = benchmark("world", folder, "--entries", 4000)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a world in which ours and pandas have competed."""
    folder = make_world(tmp_path_factory.mktemp("marts") / "world")
    ran = benchmark("run", folder, "--rivals", "pandas", "--rounds", 1, "--json", folder / "told")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


def test_pandas_makes_the_same_core(run: Path) -> None:
    found: dict[str, Any] = json.loads((run / "told").read_text())
    ours, pandas = found["results"]
    assert ours["name"] == "DuckDB"
    assert {*ours["parts"]} > CORE | {"commit", "chart_records"}
    assert {*pandas["rows"]} == CORE
    assert pandas["rows"]["chart_movements"] == found["world"]["entries"] == 4000
    assert min(each["seconds"] for each in found["results"]) > 0


@pytest.mark.parametrize("column", ["streak", "movement", "chart_points"])
def test_another_value_in_one_row_is_a_difference(run: Path, tmp_path: Path, column: str) -> None:
    file = tmp_path / "chart_movements.parquet"
    rows = pq.read_table(run / "work" / "pandas" / file.name)
    values = rows[column].to_pylist()
    values[7] = "back" if column == "movement" else values[7] + 0.5
    place = rows.schema.get_field_index(column)
    changed = rows.set_column(place, column, pa.array(values, rows[column].type))
    pq.write_table(changed, file)
    compared = compare(run, tmp_path)
    assert f"chart_movements differs: {column}:" in compared.stderr


def test_two_rows_that_have_each_others_values_are_a_difference(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "chart_exits.parquet"
    rows = pq.read_table(run / "work" / "pandas" / file.name)
    place = rows.schema.get_field_index("last_position")
    turned = pc.take(rows["last_position"], pa.array(range(len(rows) - 1, -1, -1)))
    pq.write_table(rows.set_column(place, "last_position", turned), file)
    assert "chart_exits differs: last_position:" in compare(run, tmp_path).stderr


def compare(run: Path, marts: Path) -> subprocess.CompletedProcess[str]:
    words = [str(run / "work" / "made.duckdb"), str(marts)]
    code = (
        "import sys; from pathlib import Path; from contest.marts_parity import rows_if_equal; "
        "print(rows_if_equal(*map(Path, sys.argv[1:])))"
    )
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, timeout=60)


def test_a_world_is_the_same_whenever_it_is_made(run: Path, tmp_path: Path) -> None:
    again = make_world(tmp_path / "again")
    files = [file.relative_to(run) for file in (run / "curated").rglob("*.parquet")]
    assert len(files) == 4  # two tables, two markets, one year
    assert all(pq.read_table(run / file) == pq.read_table(again / file) for file in files)


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    assert "holds something else" in benchmark("world", tmp_path, "--entries", 4000).stderr
    assert "has no world" in " ".join(benchmark("run", tmp_path).stderr.split())
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.long
@pytest.mark.needs("java")
@pytest.mark.skipif(not find_spec("pyspark"), reason="needs PySpark: make setup")
@pytest.mark.skipif(not find_spec("sqlglot"), reason="needs sqlglot, which no group installs")
def test_spark_makes_the_same_marts(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "world"
    shutil.copytree(run, folder, ignore=shutil.ignore_patterns("work", "told"))
    told = tmp_path / "told"
    few = ("--rivals", "Spark", "--rounds", 1, "--memory", "1GB")
    ran = benchmark("run", folder, *few, "--json", told)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    ours, spark = json.loads(told.read_text())["results"]
    assert spark["told"]["failed"] == {}
    assert {*spark["rows"]} == {*ours["parts"]} - {"commit", "other"}
