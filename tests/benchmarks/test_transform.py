"""The benchmark of the transform runs, at a size that tells nothing but that."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

BENCHMARK = ROOT / "benchmarks" / "transform.py"
OURS_AND_DUCKDB = ("ours-1", "duckdb", "duckdb-whole", "read", "items")


def benchmark(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARK), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.long
def test_competes_in_a_small_world_where_all_tables_are_equal(tmp_path: Path) -> None:
    chosen = [word for name in OURS_AND_DUCKDB for word in ("--only", name)]
    told = tmp_path / "told.json"
    small = ("--size", 500, "--rounds", 1, "--no-views", "--variants", "with")
    ran = benchmark("run", *small, *chosen, "--cache", tmp_path, "--json", told)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads(told.read_text())
    assert [each["contestant"] for each in found["results"]] == [*OURS_AND_DUCKDB]
    assert all(each["seconds"] > 0 for each in found["results"])
    assert "image_url" in found["equal columns"]["album_observations"]


@pytest.mark.long
def test_a_world_is_the_same_whenever_it_is_made(tmp_path: Path) -> None:
    for name in ("one", "other"):
        made = benchmark("make", "--variant", "without", "--size", 500, "--lake", tmp_path / name)
        assert made.returncode == 0, made.stderr
    one, other = (hashes_of(tmp_path / name) for name in ("one", "other"))
    assert one
    assert one == other


@pytest.mark.long
def test_who_does_not_compete_is_refused(tmp_path: Path) -> None:
    ran = benchmark("run", "--only", "perl", "--cache", tmp_path)
    assert ran.returncode == 2
    assert "perl" in ran.stderr


def hashes_of(lake: Path) -> dict[str, list[str]]:
    """The hashes of the pages of each slot."""
    return {
        file.relative_to(lake).as_posix(): [
            page["sha256"] for page in json.loads(file.read_bytes())["pages"]
        ]
        for file in lake.glob("manifests/**/*.json")
    }
