"""Running a job of ours on Spark: its partitions, its end, Ctrl-C, and its errors for people."""

from __future__ import annotations

import base64
import pickle
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from uuid import uuid4

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.errors import PySparkException, PythonException
from pyspark.sql import DataFrame, SparkSession

from chartlake.errors import ChartlakeError, ConfigError, StorageError
from chartlake.lake.store import Store
from chartlake.spark.executor import TOLD
from chartlake.spark.session import is_local, reason

__all__ = ["check_reach", "collected", "in_peoples_words", "partitions"]

_WATCH_SECONDS = 0.5
_TOLD_LENGTH = 400
_PARTITION_FROM = "spark.sql.execution.arrow.localRelationThreshold"
_TOLD = re.compile(re.escape(TOLD) + r"([A-Za-z0-9+/=]+)")
_NOT_SET_UP = (
    "ImportError",
    "ModuleNotFoundError",
    "PackageNotFoundError",
    "PYTHON_VERSION_MISMATCH",
)
"""What stands in the words of an executor that could not begin."""


def partitions(session: SparkSession, table: pa.Table) -> DataFrame:
    """A frame with a partition for each record batch of a table.

    Small Arrow tables would become a list of rows that Spark cuts as it likes.
    """
    before = str(session.conf.get(_PARTITION_FROM))
    session.conf.set(_PARTITION_FROM, "0b")
    try:
        return session.createDataFrame(table)
    finally:
        session.conf.set(_PARTITION_FROM, before)


def collected(
    frame: DataFrame, what: str, watch: Callable[[int], None] = lambda tasks: None
) -> list[bytes]:
    """The first column of all rows; ``watch`` is told how many tasks have ended.

    In a thread of its own: this one watches, and can be interrupted.
    """
    context, group = frame.sparkSession.sparkContext, f"chartlake-{uuid4().hex}"

    def collect() -> list[bytes]:
        context.setJobGroup(group, f"chartlake: {what}", interruptOnCancel=True)
        return [bytes(row[0]) for row in frame.collect()]

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


@contextmanager
def in_peoples_words(what: str) -> Iterator[None]:
    """What went wrong in Spark, for people; a fault of ours in an executor stays as it is.

    An error that an executor has told is raised here as it was there.
    """
    try:
        yield
    except PythonException as error:
        if told := _TOLD.search(str(error)):
            raise _as_told(told[1]) from error
        if not any(word in str(error) for word in _NOT_SET_UP):
            raise
        raise ConfigError(
            "the executors cannot run chartlake",
            why=_last_of(str(error)),
            fix="install the same Python and the same chartlake[spark] on all machines",
        ) from error
    except (Py4JError, PySparkException) as error:
        raise StorageError(
            f"Spark gave the {what} up",
            why=reason(error)[:_TOLD_LENGTH],
            fix="an executor that is lost mostly ran out of memory (spark.executor.memoryOverhead);"
            " run again: nothing is lost",
        ) from error


def _as_told(text: str) -> ChartlakeError:
    error: ChartlakeError = pickle.loads(base64.b64decode(text))
    return error


def _last_of(trace: str) -> str:
    """The error itself, in the last line of a trace."""
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if "Error: " in line), lines[-1])
