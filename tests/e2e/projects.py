"""Projects over the simulated Spotify, as a person would write them, and the time they live at."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.request import ProxyHandler, build_opener

from chartlake.extract.spotify.retry import Retry
from chartlake.lake import builds, curated
from chartlake.lake.state import FeedState, Held, feed_state, read_state
from chartlake.lake.store import Store, open_store
from chartlake.simulator import Mixtape, Playlist, Simulator, World
from chartlake.simulator.entries import Entry
from chartlake.warehouse.duckdb import DuckDBWarehouse

SECRET = "simulated-secret"
START = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)

Feeds = Mapping[str, Mapping[str, Any]]


class SimulatedTime:
    """The time of the runs: it moves when one of them waits, or by hand; nobody really waits."""

    def __init__(self, start: datetime = START) -> None:
        self._now = self._start = start
        self._lock = Lock()

    def __call__(self) -> datetime:
        return self._now

    def move(self, **parts: float) -> None:
        with self._lock:
            self._now += timedelta(**parts)

    def wait(self, seconds: float) -> None:
        # no sleep is exact, and one that is too short for this clock must not be none
        self.move(seconds=seconds, milliseconds=1)

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    def retry(self, **other: Any) -> Retry:
        """The patience that the program has, by this time."""
        return Retry(**{"run_seconds": 1800, **other}, sleep=self.wait, monotonic=self.monotonic)


class FakeBrowser:
    """Follows where it is sent; whoever sits before it agrees. It logs nothing of its own."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def open(self, url: str) -> bool:
        self.opened.append(url)
        with build_opener(ProxyHandler({})).open(url) as page:
            page.read()
        return True


def write_project(
    folder: Path, spotify: Simulator, playlists: Iterable[Playlist], lake: str | None = None
) -> None:
    """chartlake.toml and .env for some playlists, read daily by the app itself."""
    feeds = {playlist.slug: playlist_feed(playlist.playlist_id) for playlist in playlists}
    write_feeds(folder, spotify, feeds, lake)
    (folder / ".env").write_text(
        f"CHARTLAKE_SPOTIFY__CLIENT_ID=simulated-client\nCHARTLAKE_SPOTIFY__CLIENT_SECRET={SECRET}\n"
    )


def write_feeds(
    folder: Path, spotify: Simulator, feeds: Feeds, lake: str | None = None, **settings: Any
) -> None:
    """chartlake.toml for feeds of any source; ``settings`` are more of [spotify]."""
    folder.mkdir(parents=True, exist_ok=True)
    sections: dict[str, Mapping[str, Any]] = {
        "lake": {"url": lake} if lake else {},
        "spotify": {
            "api_url": spotify.api_url,
            "token_url": spotify.token_url,
            "authorize_url": spotify.authorize_url,
            **settings,
        },
        "auth": {"store": "file", "folder": "accounts"},
        **{f"feeds.{name}": feed for name, feed in feeds.items()},
    }
    text = "\n".join(f"[{name}]\n{_lines(values)}" for name, values in sections.items())
    (folder / "chartlake.toml").write_text(text)


def playlist_feed(playlist_id: str, **settings: Any) -> dict[str, Any]:
    """A playlist, read daily."""
    return {"source": "playlist", "playlist": playlist_id, "schedule": "daily", **settings}


def give_token(folder: Path, spotify: Simulator, user_id: str) -> str:
    """A user's access token in .env, as somebody may have pasted it."""
    token = spotify.issue_token(user_id)
    (folder / ".env").write_text(f"CHARTLAKE_SPOTIFY__ACCESS_TOKEN={token}\n")
    return token


def make_tape(world: World, playlist_id: str, items: Sequence[Entry], **about: Any) -> Mixtape:
    """A playlist of the first user."""
    owner = world.users[0].user_id
    tape = Mixtape(playlist_id, items=items, **{"owner_id": owner, **about})
    world.mixtapes[playlist_id] = tape
    return tape


def warehouse_of(folder: Path) -> DuckDBWarehouse:
    """The warehouse of a project."""
    return DuckDBWarehouse(folder / "chartlake-data" / "warehouse.duckdb")


def lake_of(folder: Path) -> Store:
    """The lake of a project."""
    return open_store(str(folder / "chartlake-data" / "lake"))


def curated_of(store: Store) -> dict[str, list[dict[str, Any]]]:
    """All curated rows, by table."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for key in builds.list_builds(store):
        for file in builds.read_build(store, key).files:
            rows.setdefault(file.table, []).extend(curated.read_table(store, file).to_pylist())
    return rows


def held_of(store: Store, feed: str) -> Held | None:
    """What a broken-off reading left behind."""
    state = read_state(store, feed_state(feed), FeedState)
    return state.held if state else None


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    found = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return {str(file): file.read_bytes() for file in found}


def _lines(values: Mapping[str, Any]) -> str:
    # texts, numbers and lists of them look the same in TOML and in JSON
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
