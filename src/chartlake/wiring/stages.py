"""The pipeline of a project, whatever loads its builds: for a laptop and for AWS alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chartlake.lake.store import Store
from chartlake.model import Feed
from chartlake.pipeline import Pipeline
from chartlake.settings import FeedSettings, Settings
from chartlake.warehouse.port import Loads
from chartlake.wiring.engines import open_engine
from chartlake.wiring.spotify import Spotify

__all__ = ["feeds_of", "open_pipeline"]


def open_pipeline(
    settings: Settings,
    store: Store,
    spotify: Spotify,
    warehouse: Loads,
    clock: Callable[[], datetime],
) -> Pipeline:
    """The stages over these parts."""
    return Pipeline(
        store=store,
        readers={name: spotify.reader(name) for name in settings.feeds},
        engine=open_engine(settings.transform),
        warehouse=warehouse,
        clock=clock,
        workers=settings.spotify.workers,
    )


def feeds_of(settings: Settings) -> tuple[Feed, ...]:
    """The feeds that are configured."""
    return tuple(_feed(name, feed) for name, feed in settings.feeds.items())


def _feed(name: str, feed: FeedSettings) -> Feed:
    return Feed(
        name=name,
        source=feed.source,
        source_id=feed.source_id,
        schedule=feed.schedule,
        timezone=feed.timezone,
        cadence=feed.cadence,
    )
