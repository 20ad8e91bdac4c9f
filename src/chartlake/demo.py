"""The demo: 120 days of 8 invented charts, through the real client and every stage.

Nothing here is a shortcut: a simulated Spotify answers on a socket of this
machine, and the pipeline reads it as it would the real one. Only time is
simulated, so that 120 days pass in seconds.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from pydantic import SecretStr

from chartlake.errors import UsageError
from chartlake.extract.spotify.retry import Retry
from chartlake.lake import raw
from chartlake.lake.store import open_store
from chartlake.pipeline import Extracted
from chartlake.settings import (
    FILE_NAME,
    AuthSettings,
    LakeSettings,
    Settings,
    SpotifySettings,
    WarehouseSettings,
    read_settings,
)
from chartlake.settings.feeds import PlaylistFeed
from chartlake.simulator import Simulator, World
from chartlake.wiring.project import Project, open_project

__all__ = ["DAYS", "LAST_DATE", "Demo", "open_demo"]

LAST_DATE = date(2026, 11, 20)
DAYS = 120
SEED = 1

_MARK = "# made by `chartlake demo`, which makes this folder anew each time"
_TIME_OF_DAY = time(4, 0, tzinfo=UTC)


@dataclass
class Demo:
    """A project whose Spotify and whose clock are simulated."""

    project: Project
    spotify: Simulator
    clock: SimulatedClock

    def pass_days(self) -> Iterator[list[Extracted]]:
        """Extract each day before the last one, as a scheduler would have."""
        for days_before in range(DAYS - 1, 0, -1):
            self.clock.set_day(LAST_DATE - timedelta(days=days_before))
            yield self.project.pipeline.extract(self.project.feeds)
        self.clock.set_day(LAST_DATE)


class SimulatedClock:
    """A clock that stands at four in the morning, UTC, of the day it was set to."""

    def __init__(self, day: date) -> None:
        self._started = datetime.combine(day, _TIME_OF_DAY)
        self.set_day(day)

    def __call__(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        """Seconds since the first day that it was set to."""
        return (self._now - self._started).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Let this much time pass at once."""
        self._now += timedelta(seconds=seconds)

    def set_day(self, day: date) -> None:
        """Let it be another day."""
        self._now = datetime.combine(day, _TIME_OF_DAY)


@contextmanager
def open_demo(folder: Path) -> Iterator[Demo]:
    """A new demo project in ``folder``; UsageError where something else is there."""
    world = World(SEED, LAST_DATE, DAYS)
    _make_empty(folder, world)
    clock = SimulatedClock(LAST_DATE - timedelta(days=DAYS))
    with Simulator(world, clock) as spotify:
        (folder / FILE_NAME).write_text(_toml(world, spotify), encoding="utf-8")
        settings = _settings(folder, world, spotify)
        # the simulated outage lasts all day: waiting for its end must not cost real time
        retry = Retry(sleep=clock.sleep, monotonic=clock.monotonic)
        with open_project(settings, clock, retry) as project:
            yield Demo(project, spotify, clock)


def _make_empty(folder: Path, world: World) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not _is_ours(folder, world):
            raise UsageError(
                f"{folder} holds something that the demo did not make",
                fix="name another folder: chartlake demo --project DIR",
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)


def _is_ours(folder: Path, world: World) -> bool:
    """Whether the demo made all that is there: nothing of anybody else may be lost."""
    toml = folder / FILE_NAME
    if {file.name for file in folder.iterdir()} - {FILE_NAME, "chartlake-data"}:
        return False
    if not toml.exists() or not toml.read_text(encoding="utf-8").startswith(_MARK):
        return False
    slugs = {playlist.slug for playlist in world.playlists}
    return set(raw.feeds(open_store(str(folder / LakeSettings().url)))) <= slugs


def _toml(world: World, spotify: Simulator) -> str:
    """The project as a file, so that every command works on it after the demo."""
    lines = [
        _MARK,
        "",
        "[spotify]",
        "# the simulated one, which ends with the demo: `run` has nothing to ask afterwards",
        f'api_url = "{spotify.api_url}"',
        f'token_url = "{spotify.token_url}"',
    ]
    for playlist in world.playlists:
        lines += [
            "",
            f"[feeds.{playlist.slug}]",
            'source = "playlist"',
            f'playlist = "{playlist.playlist_id}"',
            'schedule = "daily"',
        ]
    return "\n".join(lines) + "\n"


def _settings(folder: Path, world: World, spotify: Simulator) -> Settings:
    """The same, whatever the environment says: a demo touches no other lake and no real app."""
    feeds = {
        playlist.slug: PlaylistFeed(
            source="playlist", playlist=playlist.playlist_id, schedule="daily"
        )
        for playlist in world.playlists
    }
    simulated = SpotifySettings(
        client_id="simulated-client",
        client_secret=SecretStr("simulated-secret"),
        api_url=spotify.api_url,
        token_url=spotify.token_url,
    )
    return read_settings(folder).model_copy(
        update={
            "lake": LakeSettings(),
            "warehouse": WarehouseSettings(),
            "spotify": simulated,
            "auth": AuthSettings(store="file", folder=Path("chartlake-data/accounts")),
            "feeds": feeds,
        }
    )
