"""A disk that fills up: an error that says so, nothing half, and with more space all of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OWN_MOUNTS
from tests.crash.driver import ROOT

pytestmark = pytest.mark.needs("tmpfs")


def fill(project: Path, folder: Path, which: str, *kib_left: int) -> list[dict[str, Any]]:
    """An import with so much space left, each time on a new disk."""
    here = [sys.executable, "-m", "tests.crash.small_disk", project, folder, which, *kib_left]
    done = subprocess.run(
        [*OWN_MOUNTS, *map(str, here)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    for tried in found:
        assert tried["code"] in (0, 4), tried
        assert tried["whole"], tried
        assert (tried["again"], tried["same"]) == (0, True), tried
        if tried["code"]:
            assert "error: cannot" in tried["said"]
            assert "space" in tried["said"]
    return found


def test_the_disk_of_the_lake_fills_up(project: Path, tmp_path: Path) -> None:
    raw, curated = fill(project, tmp_path, "lake", 0, 28)
    assert "cannot write raw/" in raw["said"]
    assert "cannot write curated/" in curated["said"]


def test_the_disk_of_the_warehouse_fills_up(project: Path, tmp_path: Path) -> None:
    (found,) = fill(project, tmp_path, "warehouse", 2_000)
    assert found["code"] == 4
    assert "warehouse" in found["said"]


@pytest.mark.long
def test_a_lake_with_any_space_left(project: Path, tmp_path: Path) -> None:
    found = fill(project, tmp_path, "lake", *range(0, 80, 4))
    zones = ("raw", "manifests", "curated", "builds")
    hit = [zone for tried in found for zone in zones if f"cannot write {zone}/" in tried["said"]]
    print("the lake's disk was full in", hit)
    assert set(hit) == set(zones)
    assert found[-1]["code"] == 0


@pytest.mark.long
def test_a_warehouse_with_any_space_left(project: Path, tmp_path: Path) -> None:
    found = fill(project, tmp_path, "warehouse", *range(0, 12_000, 400))
    codes = [tried["code"] for tried in found]
    print("the warehouse's disk:", codes)
    assert codes == sorted(codes, reverse=True)
    assert set(codes) == {0, 4}
