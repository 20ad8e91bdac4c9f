"""Spark's tables are those that the oracle of the transform has."""

from __future__ import annotations

from pathlib import Path

import pytest

from chartlake.lake.store import open_store
from chartlake.spark.engine import SparkEngine
from tests.spark.marks import ON_SPARK
from tests.transform.parity import check
from tests.transform.worlds import World

pytestmark = ON_SPARK


@pytest.mark.parametrize("odd", range(4))
def test_worlds_on_spark(
    engine: SparkEngine, odd: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SparkEngine, "smallest_piece", 16)
    store = open_store(str(tmp_path / "lake"))
    done = check(store, World(seed=odd, feeds=9, days=9, odd=odd).commit(store), engine)
    assert done.build
    assert len({file.key.rpartition("-")[2] for file in done.build.files}) >= 4
