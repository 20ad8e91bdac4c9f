"""From settings to a project that can be run: the one place where parts are chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Self
from urllib.parse import urlsplit

import httpx2

from chartlake.extract.spotify.auth import (
    ClientCredentials,
    GivenToken,
    NoCredentials,
    TokenSource,
)
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.playlist import read_playlist
from chartlake.extract.spotify.retry import Retry
from chartlake.lake.store import Store, open_store
from chartlake.model import Feed
from chartlake.pipeline import Pipeline
from chartlake.settings import FeedSettings, Settings, SpotifySettings
from chartlake.transform.engine import LocalEngine
from chartlake.warehouse.duckdb import DuckDBWarehouse

__all__ = ["Project", "open_project", "system_clock"]

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def system_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Project:
    """Everything that a command needs, wired; ``with`` closes what it opened."""

    settings: Settings
    feeds: tuple[Feed, ...]
    store: Store
    warehouse: DuckDBWarehouse
    spotify: SpotifyClient
    pipeline: Pipeline

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Close the connections to Spotify; a project that asked nothing has none."""
        self.spotify.close()


def open_project(
    settings: Settings,
    clock: Callable[[], datetime] = system_clock,
    retry: Retry | None = None,
) -> Project:
    """Wire a project; nothing is asked of the network yet."""
    store = open_store(settings.lake_url)
    warehouse = DuckDBWarehouse(settings.warehouse_path)
    spotify = _spotify(settings.spotify, clock, retry or Retry())
    pipeline = Pipeline(
        store=store,
        sources={"playlist": partial(read_playlist, spotify)},
        engine=LocalEngine(),
        warehouse=warehouse,
        clock=clock,
    )
    feeds = tuple(_feed(name, feed) for name, feed in settings.feeds.items())
    return Project(settings, feeds, store, warehouse, spotify, pipeline)


def _feed(name: str, feed: FeedSettings) -> Feed:
    return Feed(
        name=name,
        source=feed.source,
        source_id=feed.playlist,
        schedule=feed.schedule,
        timezone=feed.timezone,
        cadence=feed.cadence,
    )


def _spotify(
    spotify: SpotifySettings, clock: Callable[[], datetime], retry: Retry
) -> SpotifyClient:
    # a proxy of the environment has no business with a server on this machine
    local = urlsplit(spotify.api_url).hostname in _LOOPBACK
    http = httpx2.Client(
        timeout=httpx2.Timeout(30.0, connect=10.0),
        headers={"User-Agent": f"chartlake/{version('chartlake')}"},
        trust_env=not local,
    )
    return SpotifyClient(http, spotify.api_url, _tokens(http, spotify, clock, retry), clock, retry)


def _tokens(
    http: httpx2.Client, spotify: SpotifySettings, clock: Callable[[], datetime], retry: Retry
) -> TokenSource:
    if spotify.access_token:
        return GivenToken(spotify.access_token.get_secret_value())
    if spotify.client_id and spotify.client_secret:
        secret = spotify.client_secret.get_secret_value()
        return ClientCredentials(http, spotify.token_url, spotify.client_id, secret, clock, retry)
    if spotify.client_id or spotify.client_secret:
        missing = "secret" if spotify.client_id else "id"
        return NoCredentials(f"the Spotify client {missing} is not configured")
    if urlsplit(spotify.api_url).hostname in _LOOPBACK:
        return NoCredentials(
            f"no credentials for the Spotify at {spotify.api_url}, which is on this machine",
            "if it was a demo's: it ended with it, and chartlake demo makes another",
        )
    return NoCredentials()
