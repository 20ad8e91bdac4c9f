"""One Spark for all tests of a worker; they are marked so that one worker has them all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark import SparkContext
from pyspark.sql import SparkSession

from chartlake.lake.store import Store, open_store
from chartlake.spark.engine import SparkEngine
from chartlake.spark.session import open_session
from tests.conftest import ROOT
from tests.spark.world import fill

MASTER = "local[2,2]"
"""Two tasks at the same time, and a task that is lost is tried a second time."""


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """A session as chartlake makes it; its executors have the tests' modules and S3 credentials."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        session = open_session(MASTER)
    yield session
    session.stop()
    gateway = SparkContext._gateway
    assert gateway
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(60)
    SparkContext._gateway = SparkContext._jvm = None


@pytest.fixture
def engine(spark: SparkSession) -> SparkEngine:
    return SparkEngine("local[2]")


@pytest.fixture
def lake(tmp_path: Path) -> Store:
    """A lake on this disk with slots of every source."""
    store = open_store(str(tmp_path / "a lake"))
    fill(store)
    return store
