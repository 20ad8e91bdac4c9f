"""The engine that maps the pieces of a batch over Spark: one task a piece, nothing shuffled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import accumulate
from uuid import uuid4

from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.errors import PySparkException, PythonException
from pyspark.sql import DataFrame, SparkSession

from chartlake.errors import ConfigError, StorageError
from chartlake.lake.store import Store
from chartlake.spark.executor import RESULT, Batch, batch_of, builder, outcome_of, pieces_table
from chartlake.spark.session import is_local, open_session, reason
from chartlake.transform.engine import Count
from chartlake.transform.piece import Built, Piece

__all__ = ["SparkEngine", "check_reach", "mapped"]

_WATCH_SECONDS = 0.5
_TOLD_LENGTH = 400
_PARTITION_FROM = "spark.sql.execution.arrow.localRelationThreshold"
_NOT_SET_UP = (
    "ImportError",
    "ModuleNotFoundError",
    "PackageNotFoundError",
    "PYTHON_VERSION_MISMATCH",
)
"""What stands in the words of an executor that could not begin."""


class SparkEngine:
    """Builds in the executors of a Spark cluster, or of this machine.

    The session is asked for when there is something to build. What an executor
    writes is seen by nobody until the driver commits it, as with any engine; a task
    that Spark runs twice counts once.
    """

    smallest_piece = 64  # so that a month of a few feeds keeps several machines busy

    def __init__(self, master: str | None = None) -> None:
        self._master = master

    @property
    def width(self) -> int:
        """How many tasks Spark runs at the same time; it is started for the answer."""
        return open_session(self._master).sparkContext.defaultParallelism

    def build(
        self, store: Store, attempt: str, pieces: Sequence[Piece], progress: Count
    ) -> Iterator[Built]:
        """One result for each piece, when all are there: Spark hands out none before."""
        if not pieces:
            return iter(())
        session = open_session(self._master)
        check_reach(store, str(session.sparkContext.master))
        slots = [0, *accumulate(len(piece.places) for piece in pieces)]

        def watch(tasks: int) -> None:
            progress(slots[min(tasks, len(pieces))])  # one that ran twice may count twice

        with _in_peoples_words():
            frame = mapped(session, batch_of(store.url, attempt), pieces)
            found = _collected(frame, watch)
        watch(len(pieces))
        return map(outcome_of, found)


def mapped(session: SparkSession, batch: Batch, pieces: Sequence[Piece]) -> DataFrame:
    """What is to become of the pieces, one partition each; nothing runs yet."""
    with _a_partition_for_each(session):
        frame = session.createDataFrame(pieces_table(pieces))
    return frame.mapInArrow(builder(batch), RESULT)


@contextmanager
def _a_partition_for_each(session: SparkSession) -> Iterator[None]:
    """Small Arrow tables would become a list of rows that Spark cuts as it likes."""
    before = str(session.conf.get(_PARTITION_FROM))
    session.conf.set(_PARTITION_FROM, "0b")
    try:
        yield
    finally:
        session.conf.set(_PARTITION_FROM, before)


def check_reach(store: Store, master: str) -> None:
    """ConfigError where an executor would open another lake than this one, or none."""
    if store.url.startswith("memory:"):
        raise ConfigError(
            f"Spark's executors cannot reach a lake in memory ({store.url})",
            fix='give the lake a folder or s3://bucket/prefix, or use engine = "local"',
        )
    if "://" not in store.url and not is_local(master):
        raise ConfigError(
            f"the executors of {master} cannot reach the folder {store.url} of this machine",
            fix='give the lake s3://bucket/prefix, or run with spark_master = "local[*]"',
        )


def _collected(frame: DataFrame, watch: Callable[[int], None]) -> list[bytes]:
    """The rows of all tasks; ``watch`` is told how many have ended.

    In a thread of its own: this one watches, and can be interrupted.
    """
    context, group = frame.sparkSession.sparkContext, f"chartlake-{uuid4().hex}"

    def collect() -> list[bytes]:
        context.setJobGroup(group, "chartlake: transform", interruptOnCancel=True)
        return [bytes(row.built) for row in frame.collect()]

    with ThreadPoolExecutor(1, thread_name_prefix="spark") as pool:
        found = pool.submit(collect)
        try:
            while not wait([found], _WATCH_SECONDS).done:
                watch(_tasks_done(context, group))
        except BaseException:
            context.cancelJobGroup(group)
            raise
    return found.result()


def _tasks_done(context: SparkContext, group: str) -> int:
    tracker = context.statusTracker()
    jobs = filter(None, map(tracker.getJobInfo, tracker.getJobIdsForGroup(group)))
    stages = (tracker.getStageInfo(stage) for job in jobs for stage in job.stageIds)
    return sum(stage.numCompletedTasks for stage in stages if stage)


@contextmanager
def _in_peoples_words() -> Iterator[None]:
    """What went wrong in Spark, for people; a fault of ours in an executor stays as it is."""
    try:
        yield
    except PythonException as error:
        if not any(word in str(error) for word in _NOT_SET_UP):
            raise
        raise ConfigError(
            "the executors cannot run chartlake",
            why=_last_of(str(error)),
            fix="install the same Python and the same chartlake[spark] on all machines",
        ) from error
    except (Py4JError, PySparkException) as error:
        raise StorageError(
            "Spark gave the build up",
            why=reason(error)[:_TOLD_LENGTH],
            fix="an executor that is lost mostly ran out of memory (spark.executor.memoryOverhead);"
            " run again: nothing is lost",
        ) from error


def _last_of(trace: str) -> str:
    """The error itself, in the last line of a trace."""
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if "Error: " in line), lines[-1])
