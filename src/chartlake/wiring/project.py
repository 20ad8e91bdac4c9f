"""All of a project on this machine, for commands, the demo and notebooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from chartlake.extract.spotify.retry import Retry
from chartlake.lake.store import Store, open_store
from chartlake.model import Feed
from chartlake.pipeline import Pipeline
from chartlake.settings import Engine, Settings
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.wiring.account_of_aws import mean_account
from chartlake.wiring.choices import choices_of, limits_of
from chartlake.wiring.clock import system_clock
from chartlake.wiring.marts import MakesMarts, marts_from, marts_on_spark
from chartlake.wiring.spotify import Spotify, open_spotify
from chartlake.wiring.stages import feeds_of, open_pipeline

__all__ = ["Project", "open_project"]


@dataclass(frozen=True)
class Project:
    """Everything that a command needs, wired; ``with`` closes what it opened."""

    settings: Settings
    feeds: tuple[Feed, ...]
    store: Store
    warehouse: DuckDBWarehouse
    spotify: Spotify
    pipeline: Pipeline

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Close the connections to Spotify; a project that asked nothing has none."""
        self.spotify.close()

    def marts(self, engine: Engine) -> MakesMarts:
        """What makes the marts for the lake: the warehouse's own, or Spark from the builds."""
        if engine == "local":
            return marts_from(self.warehouse)
        return marts_on_spark(self.settings.transform.spark_master, choices_of(self.settings))


def open_project(
    settings: Settings,
    clock: Callable[[], datetime] = system_clock,
    retry: Retry | None = None,
    *,
    takes_up_choices: bool = True,
) -> Project:
    """Wire a project; nothing is asked of the network yet.

    ``takes_up_choices``: whether reads bring the warehouse up to these settings.
    """
    mean_account(settings.aws)
    store = open_store(settings.lake_url, clock)
    warehouse = DuckDBWarehouse(
        settings.warehouse_path,
        clock=clock,
        choices=choices_of(settings),
        limits=limits_of(settings.warehouse),
        takes_up_choices=takes_up_choices,
    )
    spotify = open_spotify(settings, store, clock, retry)
    pipeline = open_pipeline(settings, store, spotify, warehouse, clock)
    return Project(settings, feeds_of(settings), store, warehouse, spotify, pipeline)
