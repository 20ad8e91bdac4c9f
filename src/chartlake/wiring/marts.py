"""What makes marts for the lake: what a warehouse has published, or Spark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from chartlake.lake.marts import MartsRun
from chartlake.lake.store import Store
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.export import DuckDBMarts
from chartlake.wiring.engines import not_installed

__all__ = ["MakesMarts", "marts_from", "marts_on_spark"]


class MakesMarts(Protocol):
    """Makes all marts as Parquet in the lake."""

    def make(self, store: Store, now: datetime, tell: Callable[[int, int], None]) -> MartsRun:
        """Make them; ``tell`` counts how many of how many are done.

        What was made before counts until all of them are there.
        """
        ...


def marts_from(warehouse: DuckDBWarehouse) -> MakesMarts:
    """Those that a warehouse has published."""
    return DuckDBMarts(warehouse)


def marts_on_spark(master: str | None, chosen: Choices) -> MakesMarts:
    """Spark, which needs no warehouse; ConfigError where it is not installed."""
    try:
        from chartlake.spark.marts import SparkMarts
    except ModuleNotFoundError as error:
        raise not_installed(error) from error
    return SparkMarts(master, chosen)
