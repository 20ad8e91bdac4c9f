"""The kept inputs of the fuzzer, and what it begins with, replayed; with --long, some fuzzing."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fuzz.mutate import cells_changed, changed
from tests.fuzz.seeds import seeds_of_all
from tests.fuzz.targets import BETWEEN, TARGETS

CORPUS = Path(__file__).parent / "corpus"
SECONDS_FOR_ONE = 2.0
MOST_BYTES_KEPT = 300_000


@pytest.fixture(scope="module")
def seeds() -> dict[str, list[bytes]]:
    return seeds_of_all()


def test_every_target_has_seeds_and_a_corpus(seeds: dict[str, list[bytes]]) -> None:
    assert set(seeds) == set(TARGETS)
    assert {folder.name for folder in CORPUS.iterdir()} == set(TARGETS)
    kept = sum(file.stat().st_size for file in CORPUS.rglob("*") if file.is_file())
    assert kept < MOST_BYTES_KEPT


@pytest.mark.parametrize("target", TARGETS)
def test_the_kept_inputs(target: str) -> None:
    files = sorted((CORPUS / target).iterdir())
    assert files
    for file in files:
        replay(target, file.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_seeds_cut_at_many_places(target: str, seeds: dict[str, list[bytes]]) -> None:
    for seed in seeds[target]:
        for end in range(0, len(seed), max(1, len(seed) // 60)):
            replay(target, seed[:end])


@pytest.mark.parametrize("target", TARGETS)
def test_seeds_changed(target: str, seeds: dict[str, list[bytes]]) -> None:
    """The fuzzer's own changes, without its guidance: it is not there on every machine."""
    chance = random.Random(1)
    for seed in seeds[target]:
        for _ in range(60):
            by_cells = target == "charts_csv"
            new = cells_changed(seed, chance) if by_cells else changed(seed, chance)
            replay(target, new or seed + BETWEEN)


def replay(target: str, data: bytes) -> None:
    started = time.monotonic()
    TARGETS[target](data)
    assert time.monotonic() - started < SECONDS_FOR_ONE


@pytest.mark.long
def test_some_minutes_of_fuzzing(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris, which fuzzes, is for Linux and some Pythons")
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "fuzz" / "run.py", "--seconds", "30"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    assert done.stderr.count("DONE") == len(TARGETS)  # each was really run to its end
