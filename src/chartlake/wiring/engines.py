"""Where the transform runs, and what makes marts for the lake: this machine, or Spark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from chartlake.errors import ConfigError
from chartlake.lake.marts import MartsRun
from chartlake.lake.store import Store
from chartlake.settings import TransformSettings
from chartlake.transform.engine import Engine, LocalEngine, processes_here
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.export import DuckDBMarts

__all__ = ["MakesMarts", "marts_from", "marts_on_spark", "open_engine"]


class MakesMarts(Protocol):
    """Makes all marts as Parquet in the lake."""

    def make(self, store: Store, now: datetime, tell: Callable[[int, int], None]) -> MartsRun:
        """Make them; ``tell`` counts how many of how many are done.

        What was made before counts until all of them are there.
        """
        ...


def open_engine(settings: TransformSettings) -> Engine:
    """The engine of these settings; ConfigError where Spark is asked for and not installed."""
    if settings.engine == "local":
        return LocalEngine(settings.processes or processes_here())
    try:
        from chartlake.spark.engine import SparkEngine
    except ModuleNotFoundError as error:
        raise _not_installed(error) from error
    return SparkEngine(settings.spark_master)


def marts_from(warehouse: DuckDBWarehouse) -> MakesMarts:
    """Those that a warehouse has published."""
    return DuckDBMarts(warehouse)


def marts_on_spark(master: str | None, chosen: Choices) -> MakesMarts:
    """Spark, which needs no warehouse; ConfigError where it is not installed."""
    try:
        from chartlake.spark.marts import SparkMarts
    except ModuleNotFoundError as error:
        raise _not_installed(error) from error
    return SparkMarts(master, chosen)


def _not_installed(error: ModuleNotFoundError) -> ConfigError:
    return ConfigError(
        'engine = "spark" needs a package that is not installed',
        why=str(error),
        fix="pip install 'chartlake[spark]'; Spark needs Java 17 or later too",
    )
