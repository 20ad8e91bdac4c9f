"""What runs in AWS: the same pipeline, with Athena as its warehouse. DuckDB is not imported."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from chartlake.aws.athena import Athena
from chartlake.aws.session import open_client, open_session
from chartlake.aws.warehouse import AthenaWarehouse
from chartlake.extract.spotify.retry import Retry
from chartlake.lake.store import Store, open_store
from chartlake.model import Feed
from chartlake.pipeline import Pipeline
from chartlake.settings import Settings
from chartlake.wiring.choices import choices_of
from chartlake.wiring.clock import system_clock
from chartlake.wiring.spotify import Spotify, open_spotify
from chartlake.wiring.stages import feeds_of, open_pipeline

__all__ = ["Cloud", "open_cloud"]


@dataclass(frozen=True)
class Cloud:
    """Everything that a function in AWS needs, wired; ``with`` closes what it opened."""

    settings: Settings
    feeds: tuple[Feed, ...]
    store: Store
    spotify: Spotify
    pipeline: Pipeline
    warehouse: AthenaWarehouse
    clients: tuple[Any, ...]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Close the connections to Spotify and AWS."""
        self.spotify.close()
        for client in self.clients:
            client.close()


def open_cloud(
    settings: Settings,
    clock: Callable[[], datetime] = system_clock,
    retry: Retry | None = None,
) -> Cloud:
    """Wire it; nothing is asked of the network yet."""
    store = open_store(settings.lake_url, clock)
    place = settings.aws
    session = open_session(place.region)  # what runs there has a role, and no profile
    ends = time.monotonic() + settings.spotify.longest_run_minutes * 60
    athena, glue = open_client(session, "athena"), open_client(session, "glue")
    warehouse = AthenaWarehouse(
        store,
        Athena(
            athena,
            place.workgroup or place.name,
            seconds_left=lambda: ends - time.monotonic(),
        ),
        glue,
        place.name,
        choices_of(settings),
    )
    spotify = open_spotify(settings, store, clock, retry)
    pipeline = open_pipeline(settings, store, spotify, warehouse, clock)
    feeds = feeds_of(settings)
    return Cloud(settings, feeds, store, spotify, pipeline, warehouse, (athena, glue))
