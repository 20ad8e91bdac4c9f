"""The Spark session: the one that is there, else a new one that leaves the terminal alone."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from chartlake.errors import ConfigError
from chartlake.spark.java import check_java

__all__ = ["is_local", "open_session", "reason", "start_session"]

_CONF = {
    "spark.app.name": "chartlake",
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_HERE = "127.0.0.1"
_OF_THE_TASK = re.compile(r"most recent failure: .*?\): (?:[\w.$]+Exception: )?")
_LOGGED = re.compile(r" ERROR \w+: (.+)")
_RAISED = re.compile(r"(?:Exception|Error): (.+)")
_ENDED = "a Python process of an executor was ended from outside, mostly because memory ran out"
_log = logging.getLogger(__name__)


def is_local(master: str) -> bool:
    """Whether the executors of this master are on this machine."""
    return master.startswith("local")


def open_session(master: str | None) -> SparkSession:
    """The session of a notebook, of Glue or of spark-submit, else one with this master.

    A new one without a master has all CPUs of this machine. ConfigError where none
    can be had.
    """
    if active := SparkSession.getActiveSession():
        return active
    # a private name, but the only question that does not start Spark by being asked
    if SparkContext._active_spark_context or "PYSPARK_GATEWAY_PORT" in os.environ:
        with _kept_signal():
            return SparkSession.builder.getOrCreate()
    return start_session(master or "local[*]")


def start_session(master: str) -> SparkSession:
    """A new session with this master, where there is none yet."""
    if master.startswith("sc:"):
        raise ConfigError(
            f"spark_master {master!r}: chartlake does not speak Spark Connect",
            fix="name the cluster itself (spark://..., yarn, k8s://...), or run there",
        )
    check_java()
    conf = SparkConf(loadDefaults=False)
    for name, value in (_CONF | {"spark.master": master}).items():
        conf.set(name, value)
    with _log_file() as log, _variables(master), _kept_signal():
        try:
            streams = {"stdout": log, "stderr": log} if log else {}
            gateway = launch_gateway(conf, streams)  # type: ignore[no-untyped-call]  # pyspark's
            return SparkSession(SparkContext(conf=conf, gateway=gateway))
        except (Py4JError, PySparkException, OSError) as error:
            raise ConfigError(
                f"Spark does not start with the master {master!r}",
                why=_told_in(log) or reason(error),
                fix="see spark_master under [transform]; chartlake --verbose shows Spark's log",
            ) from error


def reason(error: Exception) -> str:
    """Why something failed in Spark, in one line."""
    java: Any = getattr(error, "java_exception", None)
    line = str(java.getMessage() if java else error).strip().partition("\n")[0]
    line = _OF_THE_TASK.split(line)[-1]
    return _ENDED if line.startswith("Python worker exited") else line


@contextmanager
def _log_file() -> Iterator[IO[str] | None]:
    """Where Spark's log goes: to nobody's terminal, unless asked for."""
    if _log.isEnabledFor(logging.INFO):
        yield None
        return
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        yield log


def _told_in(log: IO[str] | None) -> str:
    """What the log tells first as an error, else last as the cause of one."""
    if not log:
        return ""
    log.seek(0)
    text = log.read()
    found = _LOGGED.findall(text)[:1] or _RAISED.findall(text)[-1:]
    return str(found[0]) if found else ""


@contextmanager
def _variables(master: str) -> Iterator[None]:
    """What Spark reads from the environment as it starts."""
    wanted = {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": _HERE} if is_local(master) else {}
    missing = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(missing)
    try:
        yield
    finally:
        for name in missing:
            del os.environ[name]


@contextmanager
def _kept_signal() -> Iterator[None]:
    """Keep who answers to Ctrl-C: a new SparkContext takes that over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if before is not None:  # else it is none of Python's
            signal.signal(signal.SIGINT, before)
