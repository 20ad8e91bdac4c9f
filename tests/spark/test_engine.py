"""Spark builds what this process builds, and tells what went wrong as this process would."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import PythonException
from pyspark.sql import SparkSession

from chartlake.errors import ConfigError, StorageError
from chartlake.lake import keys
from chartlake.lake.store import Store, open_store
from chartlake.model import BuiltFile, BuiltSlot
from chartlake.spark.engine import SparkEngine, mapped
from chartlake.spark.executor import batch_of
from chartlake.spark.jobs import check_reach
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.engine import Engine, LocalEngine
from chartlake.transform.piece import Built, Piece
from tests.spark.harm import LostOnce, harmful
from tests.spark.marks import ON_SPARK
from tests.spark.world import NOW, fill, pieces_of, tables_in

pytestmark = ON_SPARK

ATTEMPT = "a" * 16


def silent(_: int) -> None:
    pass


def built(engine: Engine, store: Store, pieces: Sequence[Piece], attempt: str = ATTEMPT) -> Any:
    """What became of the pieces together: slots, files, failures by place."""
    found = sorted(engine.build(store, attempt, pieces, silent), key=lambda each: each.number or 0)
    slots = [slot for each in found for slot in each.slots]
    files = tuple(file for each in found for file in each.files)
    failed = {f.place: (type(f.error), str(f.error), f.error.why) for e in found for f in e.failed}
    return slots, files, failed


def of(engine: SparkEngine, store: Store, piece: Piece) -> list[Built]:
    return list(engine.build(store, ATTEMPT, [piece], silent))


# The same as on one machine ---------------------------------------------------------


@pytest.mark.parametrize("processes", [1, 2])
def test_all_tables_are_those_of_the_local_engine(
    engine: SparkEngine, lake: Store, processes: int
) -> None:
    pieces = pieces_of(lake, 25)
    assert len(pieces) > 4
    slots, files, failed = built(engine, lake, pieces)
    here = built(LocalEngine(processes), lake, pieces, "b" * 16)
    assert slots == here[0]
    assert failed == here[2]
    mine, theirs = tables_in(lake, files), tables_in(lake, here[1])
    assert sorted(mine) == sorted(theirs)
    assert len(mine) == 11, "all tables have rows"
    for name, table in mine.items():
        assert table.schema.equals(theirs[name].schema), name
        assert table.equals(theirs[name]), name


def test_a_build_is_committed_with_what_failed_left_out(
    engine: SparkEngine, lake: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalEngine, "smallest_piece", 16)
    monkeypatch.setattr(SparkEngine, "smallest_piece", 16)
    places = unbuilt(lake)
    done = build_slots(lake, engine, places, NOW)
    assert done.build
    assert len({file.key.rpartition("-")[2] for file in done.build.files}) == 4, "parts"
    failed = {each.place.feed for each in done.failed}
    assert failed == {"lost", "miscounted", "regional-us-weekly", "torn"}
    assert len(done.build.slots) == len(places) - 4
    assert unbuilt(lake) == sorted(each.place for each in done.failed)


def test_a_lake_on_s3(engine: SparkEngine, s3_url: str) -> None:
    store = open_store(s3_url)
    fill(store)
    pieces = pieces_of(store, 60)
    slots, files, failed = built(engine, store, pieces)
    here = built(LocalEngine(), store, pieces, "b" * 16)
    assert (slots, failed) == (here[0], here[2])
    assert tables_in(store, files) == tables_in(store, here[1])


def test_as_many_at_the_same_time_as_spark_has_cores(engine: SparkEngine) -> None:
    assert engine.width == 2


def test_progress_ends_with_all_slots(engine: SparkEngine, lake: Store) -> None:
    told: list[int] = []
    pieces = pieces_of(lake, 30)
    list(engine.build(lake, ATTEMPT, pieces, told.append))
    assert told == sorted(told)
    assert told[-1] == sum(len(piece.places) for piece in pieces)


def test_nothing_to_build_needs_no_spark(lake: Store) -> None:
    assert list(SparkEngine("spark://nowhere:7077").build(lake, ATTEMPT, [], silent)) == []


# What runs --------------------------------------------------------------------------


def test_one_task_a_piece_and_nothing_is_shuffled(spark: SparkSession, lake: Store) -> None:
    pieces = pieces_of(lake, 7)
    frame = mapped(spark, batch_of(lake.url, ATTEMPT), pieces)
    plan = frame._jdf.queryExecution().executedPlan().toString()
    assert "MapInArrow" in plan
    assert "Exchange" not in plan
    assert frame.rdd.getNumPartitions() == len(pieces)


def test_the_settings_of_the_session_stay_as_they_were(spark: SparkSession, lake: Store) -> None:
    name = "spark.sql.execution.arrow.localRelationThreshold"
    before = spark.conf.get(name)
    mapped(spark, batch_of(lake.url, ATTEMPT), pieces_of(lake, 100))
    assert spark.conf.get(name) == before


def test_ctrl_c_ends_the_tasks(engine: SparkEngine, spark: SparkSession, lake: Store) -> None:
    def interrupt(_: int) -> None:
        signal.raise_signal(signal.SIGINT)

    sleeping = [harmful("import time; time.sleep(600)")]
    with pytest.raises(KeyboardInterrupt):
        engine.build(lake, ATTEMPT, sleeping, interrupt)
    assert list(spark.sparkContext.statusTracker().getActiveJobsIds()) == []


# Tasks that run twice ---------------------------------------------------------------


def test_a_task_that_was_lost_after_it_wrote_counts_once(engine: SparkEngine, lake: Store) -> None:
    first, *others = pieces_of(lake, 60)
    pieces = [first._replace(number=LostOnce(first.number or 0)), *others]
    slots, files, failed = built(engine, lake, pieces)
    here = built(LocalEngine(), lake, pieces_of(lake, 60), "b" * 16)
    assert (slots, failed) == (here[0], here[2])
    assert tables_in(lake, files) == tables_in(lake, here[1])
    mine = [key for key in lake.keys(keys.CURATED) if ATTEMPT in key]
    assert mine == sorted(file.key for file in files), "the second try wrote nothing again"


def test_a_try_that_finds_other_bytes_leaves_them_alone(engine: SparkEngine, lake: Store) -> None:
    """As another version of the Parquet library would have written them."""
    pieces = pieces_of(lake, 200)
    _, first, _ = built(engine, lake, pieces)
    key = first[0].key
    lake.delete(key)
    lake.create(key, b"what another executor wrote")
    _, second, _ = built(engine, lake, pieces)
    assert lake.get(key) == b"what another executor wrote"
    assert [f.key for f in second if f.key == key] == []
    assert _contents(second) == _contents(first)
    assert tables_in(lake, second)


def _contents(files: Sequence[BuiltFile]) -> list[tuple[str, str]]:
    return [(file.table, file.sha256) for file in files]


# What goes wrong --------------------------------------------------------------------


def test_an_error_of_the_store_comes_back_as_itself(engine: SparkEngine, lake: Store) -> None:
    Path(lake.url, "curated").write_text("in the way")
    pieces = pieces_of(lake, 200)
    with pytest.raises(StorageError) as here:
        built(LocalEngine(), lake, pieces)
    with pytest.raises(StorageError) as there:
        built(engine, lake, pieces)
    assert (there.value.what, there.value.why) == (here.value.what, here.value.why)
    assert there.value.fix == here.value.fix


def test_a_lost_executor_is_told_in_peoples_words(engine: SparkEngine, lake: Store) -> None:
    with pytest.raises(StorageError) as error:
        of(engine, lake, harmful("from tests.spark.harm import die; die()"))
    assert error.value.what == "Spark gave the build up"
    assert "ended from outside, mostly because memory ran out" in str(error.value.why)
    assert "\n" not in str(error.value.why)


def test_executors_without_chartlake_are_told_of(engine: SparkEngine, lake: Store) -> None:
    missing = "raise ModuleNotFoundError(\"No module named 'chartlake'\")"
    with pytest.raises(ConfigError) as error:
        of(engine, lake, harmful(missing))
    assert error.value.what == "the executors cannot run chartlake"
    assert error.value.why == "ModuleNotFoundError: No module named 'chartlake'"
    assert "chartlake[spark]" in str(error.value.fix)


def test_a_fault_of_ours_stays_one(engine: SparkEngine, lake: Store) -> None:
    with pytest.raises(PythonException, match="a fault of ours"):
        of(engine, lake, harmful("raise RuntimeError('a fault of ours')"))


def test_a_lake_in_memory_is_out_of_reach(engine: SparkEngine) -> None:
    store = open_store("memory://")
    fill(store)
    with pytest.raises(ConfigError, match="cannot reach a lake in memory"):
        built(engine, store, pieces_of(store, 200))


@pytest.mark.parametrize("master", ["spark://host:7077", "yarn", "k8s://https://host:6443"])
def test_a_folder_is_out_of_reach_for_a_cluster(lake: Store, master: str) -> None:
    with pytest.raises(ConfigError, match="cannot reach the folder"):
        check_reach(lake, master)
    check_reach(open_store("s3://bucket/lake"), master)
    for here in ("local", "local[*]", "local[2]", "local[4,2]"):
        check_reach(lake, here)


def test_slots_are_those_of_the_pieces(engine: SparkEngine, lake: Store) -> None:
    (piece, *_) = pieces_of(lake, 5)
    (one,) = of(engine, lake, piece)
    assert all(isinstance(slot, BuiltSlot) for slot in one.slots)
    assert [slot.slot for slot in one.slots] == [place.slot for place in piece.places]
