"""The simulated Spotify with a door that believes everybody, and runs of one feed against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import httpx2

from chartlake import schedule
from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.capabilities import Capabilities
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.lake import raw
from chartlake.lake.state import FeedState, feed_state, read_state
from chartlake.lake.store import Store, open_store
from chartlake.model import Feed, Manifest, Snapshot, slot_at
from chartlake.pipeline import Extracted, Pipeline
from chartlake.simulator import Mode, Shape, World
from chartlake.simulator.access import Window
from chartlake.simulator.answers import Answer, Request
from chartlake.simulator.api import Api
from chartlake.simulator.faults import Fault, Faults
from chartlake.simulator.listener import Listener
from chartlake.transform.engine import LocalEngine
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.extract.spotify.api import Time, open_api
from tests.simulator.service import SCOPES, OpenDoor

Reader = Callable[[SpotifyClient, DueSlot], Snapshot]


class As:
    """Tokens of a user with all scopes, as the door takes them; None: of an app on its own."""

    def __init__(self, user_id: str | None, scopes: frozenset[str] = SCOPES) -> None:
        who = "-" if user_id is None else quote(user_id, safe="")
        self._token = " ".join([who, *sorted(scopes)])

    def token(self) -> str:
        return self._token

    def renew(self, refused: str) -> str:
        raise AssertionError("the door never refuses a token")


class Spotify:
    """What a test may change while it runs, and what was asked."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults = Faults()
        self.asked: list[Request] = []
        self.url = ""

    def paths(self) -> list[str]:
        """What was asked since the last call: path below /v1 with offset or filter, if any."""
        found = [_short(request) for request in self.asked]
        self.asked.clear()
        return found

    def fail(self, fault: Fault) -> None:
        """Only this goes wrong from now on."""
        self.faults.clear()
        self.faults.add(fault)


def _short(request: Request) -> str:
    given = [
        f"{name}={request.query[name]}" for name in ("fields", "offset") if name in request.query
    ]
    return " ".join([request.path.removeprefix("/v1"), *given])


@contextmanager
def simulated(
    world: World,
    time: Time,
    *,
    mode: Mode = "extended",
    shape: Shape = "2026",
    etags: bool = True,
) -> Iterator[Spotify]:
    """The service from its start to its end, in the time of the test."""
    spotify = Spotify(world)

    def respond(request: Request) -> Answer:
        spotify.asked.append(request)
        return spotify.faults.answer(request, lambda: api.answer(request))

    listener = Listener(0, respond, time.now)
    base = f"http://127.0.0.1:{listener.server_port}"
    spotify.url = f"{base}/v1"
    window = Window(30, 100_000, time.monotonic)
    api = Api(world, shape, base, OpenDoor(), window, mode=mode, etags=etags)
    Thread(target=listener.serve_forever, args=(0.005,), daemon=True).start()
    try:
        yield spotify
    finally:
        listener.shutdown()
        listener.server_close()
        listener.cut_connections()


class Runs:
    """Runs of one feed on one lake: what one knows of another is in the lake alone."""

    def __init__(
        self,
        http: httpx2.Client,
        url: str,
        time: Time,
        feed: Feed,
        read: Reader,
        who: As | None = None,
        budget: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._http, self._url = http, url
        self.time, self.feed, self._read = time, feed, read
        self._who = who or As(None)
        self._budget = budget
        self.store: Store = open_store("memory://")

    def run(self) -> Extracted:
        """One run, at the time that it is."""
        retry = self.time.retry(max_attempts=2)
        api = open_api(self._http, self._url, self.time, retry, self.store, self._budget)
        pipeline = Pipeline(
            self.store,
            {self.feed.name: lambda due: self._read(SpotifyClient(api, self._who), due)},
            LocalEngine(),
            DuckDBWarehouse(Path("never opened")),
            self.time.now,
        )
        (result,) = pipeline.extract([self.feed])
        api.governor.save()
        api.capabilities.save()
        return result

    def run_well(self) -> Manifest:
        """A run that has to commit; what it committed."""
        result = self.run()
        assert result.status == "new", result
        return self.manifest()

    def manifest(self) -> Manifest:
        """What the slot that is due now was committed with."""
        slot = slot_at(schedule.latest(self.feed, self.time.now()))
        found = raw.committed(self.store, self.feed.name, slot)
        assert found is not None, f"{slot} is not committed"
        return found

    def contents(self) -> list[bytes]:
        """The pages of that."""
        return list(raw.read_pages(self.store, self.manifest()))

    def state(self) -> FeedState:
        """What the feed remembers."""
        return read_state(self.store, feed_state(self.feed.name), FeedState) or FeedState()

    def seen(self) -> Capabilities:
        """What was seen of the app."""
        return Capabilities(self.time.now, self.store, "app")

    def later(self, days: float) -> None:
        """Let time pass."""
        self.time.passed += days * 86_400
