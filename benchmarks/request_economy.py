"""How many requests chartlake makes, against the least possible and a plain loop over spotipy.

Run it from the repository: .venv/bin/python benchmarks/request_economy.py

50 playlists of 20 to 440 items on the simulated Spotify, in development mode, read three times:
all of them new, none changed, one changed. Then a steady run against a window of so many requests:
how much of the window is used once its size is known, and how often Spotify had to say 429.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import httpx2
import spotipy
from rich.console import Console
from rich.table import Table

from chartlake.errors import Deferred
from chartlake.extract.spotify.auth import GivenToken
from chartlake.extract.spotify.capabilities import Capabilities
from chartlake.extract.spotify.client import SpotifyApi, SpotifyClient
from chartlake.extract.spotify.governor import Governor
from chartlake.extract.spotify.retry import Retry
from chartlake.settings import read_settings
from chartlake.simulator import Simulator, World
from chartlake.simulator.mixtapes import Mixtape
from chartlake.simulator.users import USERS
from chartlake.wiring.project import open_project

PLAYLISTS = 50
PAGE = 50
CHANGED = 30  # 166 items
START = datetime(2026, 11, 20, 4, tzinfo=UTC)
SCENARIOS = ("first run", "unchanged run", "1 of 50 changed")


class Clock:
    """The time of the simulated world; only this program moves it."""

    now = START

    def __call__(self) -> datetime:
        return self.now


def mixtapes(world: World) -> list[Mixtape]:
    """Playlists of 20 to 440 items, of different lengths."""
    tracks = [*world.tracks] * 2
    owner = USERS[0].user_id
    return [
        Mixtape(f"{number:022d}", owner, tracks[number : number + 20 + (number * 61) % 421])
        for number in range(PLAYLISTS)
    ]


@contextmanager
def spotify(**options: Any) -> Iterator[tuple[Simulator, list[Mixtape], Clock]]:
    """A simulated Spotify with the playlists."""
    clock, world = Clock(), World(1, START.date(), 30)
    tapes = mixtapes(world)
    world.mixtapes.update({tape.playlist_id: tape for tape in tapes})
    with Simulator(world, clock, mode="development", **options) as simulator:
        yield simulator, tapes, clock


def token(simulator: Simulator) -> str:
    """A token of the playlists' owner, good for an hour of the simulated world."""
    return simulator.issue_token(USERS[0].user_id)


def count(simulator: Simulator, run: Callable[[], None]) -> int:
    """The requests of one run, as Spotify counts them."""
    before = simulator.request_count
    run()
    return simulator.request_count - before


def chartlake_runs() -> list[int]:
    """Requests of chartlake in the three scenarios."""
    with spotify() as (simulator, tapes, clock), tempfile.TemporaryDirectory() as folder:
        feeds = "".join(
            f'[feeds.list-{number}]\nsource = "playlist"\nplaylist = "{tape.playlist_id}"\n'
            'schedule = "daily"\n'
            for number, tape in enumerate(tapes)
        )
        (Path(folder) / "chartlake.toml").write_text(
            f'[spotify]\napi_url = "{simulator.api_url}"\ndaily_requests = 100000\n{feeds}'
        )

        def run() -> None:
            given = f"CHARTLAKE_SPOTIFY__ACCESS_TOKEN={token(simulator)}\n"
            (Path(folder) / ".env").write_text(given)
            with open_project(read_settings(Path(folder)), clock, patient(clock)) as project:
                results = project.pipeline.extract(project.feeds)
            assert all(result.status == "new" for result in results), results

        return scenarios(simulator, tapes, clock, run)


def patient(clock: Clock) -> Retry:
    """Waits cost no real time, and the world stands still."""
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    return Retry(sleep=sleep, monotonic=lambda: passed[0])


def spotipy_runs() -> list[int]:
    """Requests of the loop that tutorials show: all pages of every playlist, each time."""
    with spotify() as (simulator, tapes, clock):

        def run() -> None:
            client = spotipy.Spotify(auth=token(simulator))
            client.prefix = f"{simulator.api_url}/"
            for tape in tapes:
                page = client.playlist_items(tape.playlist_id, limit=PAGE)
                while page["next"]:
                    page = client.next(page)

        return scenarios(simulator, tapes, clock, run)


def scenarios(
    simulator: Simulator, tapes: list[Mixtape], clock: Clock, run: Callable[[], None]
) -> list[int]:
    """A run of each of three days; before the last one playlist is edited."""
    counts = []
    for day, _ in enumerate(SCENARIOS):
        clock.now = START + timedelta(days=day)
        if day == 2:
            tapes[CHANGED].edit([*tapes[CHANGED].items[1:], tapes[CHANGED].items[0]])
        counts.append(count(simulator, run))
    return counts


def least() -> list[int]:
    """The fewest requests that could do: a page each, and one to see that nothing changed."""
    tapes = mixtapes(World(1, START.date(), 30))
    pages = [ceil(len(tape.items) / PAGE) for tape in tapes]
    return [sum(pages), PLAYLISTS, PLAYLISTS - 1 + pages[CHANGED]]


def steady(window_requests: int, seconds: float, windows: int) -> tuple[float, int, int]:
    """The part of the window that is used, and the 429s before and after its size is known."""
    with (
        spotify(window_seconds=seconds, window_requests=window_requests) as (
            simulator,
            _,
            clock,
        ),
        httpx2.Client(trust_env=False) as http,
    ):
        governor = Governor(clock, Retry(), window_seconds=seconds, concurrency=4)
        api = SpotifyApi(http, simulator.api_url, clock, governor, Capabilities(clock), Retry())
        given = token(simulator)
        refused: list[float] = []
        answered: list[float] = []

        def read(until: float) -> None:
            client = SpotifyClient(api, GivenToken(given))
            while time.monotonic() < until:
                client.requests.clear()
                try:
                    client.get("/me", "user")
                except Deferred:
                    return
                refused.extend(fact.seconds for fact in client.requests if fact.status == 429)
                answered.append(client.requests[-1].seconds)

        def readers(for_seconds: float) -> None:
            until = time.monotonic() + for_seconds
            threads = [threading.Thread(target=read, args=(until,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        while not refused:
            readers(seconds)
        learning = len(refused)
        readers(2 * seconds)  # let the window settle
        refused.clear()
        answered.clear()
        started = time.monotonic()
        readers(windows * seconds)
        rate = len(answered) / (time.monotonic() - started)
        return rate / (window_requests / seconds), learning, len(refused)


def main() -> None:
    console = Console(width=100)
    logging.getLogger("spotipy").setLevel(logging.ERROR)
    entries = sum(len(tape.items) for tape in mixtapes(World(1, START.date(), 30)))
    table = Table("", *SCENARIOS, title=f"requests: {PLAYLISTS} playlists, {entries:,} entries")
    per = Table("", *SCENARIOS, title="requests per 1,000 entries")
    rows = {
        "least possible": least(),
        "chartlake": chartlake_runs(),
        "spotipy loop": spotipy_runs(),
    }
    for name, counts in rows.items():
        table.add_row(name, *(f"{number:,}" for number in counts))
        per.add_row(name, *(f"{1000 * number / entries:.1f}" for number in counts))
    console.print(table, per)
    rates = Table(
        "window", "of its rate used", "429 while learning", "429 after", title="a steady run"
    )
    for requests in (60, 180):
        used, learning, after = steady(requests, 5.0, 6)
        rates.add_row(f"{requests} in 5 s", f"{used:.1%}", str(learning), str(after))
    console.print(rates)


if __name__ == "__main__":
    main()
