"""The Web API on a real socket, behind a door that believes whoever says who they are."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread
from typing import Any
from urllib.parse import quote, unquote

import httpx2

from chartlake.simulator import Shape, World
from chartlake.simulator.access import Caller, Window
from chartlake.simulator.answers import Request
from chartlake.simulator.api import Api
from chartlake.simulator.listener import Listener
from chartlake.simulator.modes import Mode

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
SCOPES = frozenset(
    {
        "playlist-read-private",
        "playlist-read-collaborative",
        "user-follow-read",
        "user-library-read",
        "user-read-email",
        "user-read-private",
        "user-read-recently-played",
        "user-top-read",
    }
)
Json = dict[str, Any]


class OpenDoor:
    """Stands in for the tokens: the bearer token is a user's id and the scopes."""

    def check(self, request: Request) -> Caller:
        _, user_id, *scopes = request.headers["authorization"].split(" ")
        return Caller(unquote(user_id) if user_id != "-" else None, frozenset(scopes))


class Service:
    """Asks an API over HTTP, as any user and with any scopes."""

    def __init__(self, http: httpx2.Client, api: Api, url: str) -> None:
        self.http, self.api, self.url = http, api, url
        self.now = NOW

    def ask(
        self,
        path: str,
        user_id: str | None = None,
        scopes: Collection[str] = SCOPES,
        headers: dict[str, str] | None = None,
        **query: str | int,
    ) -> httpx2.Response:
        """One answer; ``user_id`` None asks as an app on its own, which has no scopes."""
        who = "-" if user_id is None else " ".join([quote(user_id, safe=""), *scopes])
        url = path if path.startswith("http") else f"{self.url}/v1{path}"
        sent = {"Authorization": f"Bearer {who}", **(headers or {})}
        return self.http.get(url, params=query or None, headers=sent)

    def get(self, path: str, user_id: str | None = None, **query: str | int) -> Json:
        """The JSON of an answer that has to be good."""
        answer = self.ask(path, user_id, SCOPES, None, **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def all_items(self, page: Json, user_id: str | None = None) -> list[Any]:
        """The items of a page and all after it."""
        items = list(page["items"])
        while page["next"]:
            page = self.get(page["next"], user_id)
            items += page["items"]
        return items


@contextmanager
def serving(
    world: World, shape: Shape = "2026", mode: Mode = "extended", *, etags: bool = True
) -> Iterator[Service]:
    """A service from its start to its end; its ``now`` can be moved."""
    listener = Listener(0, lambda request: service.api.answer(request), lambda: service.now)
    url = f"http://127.0.0.1:{listener.server_port}"
    window = Window(30, 100_000, time.monotonic)
    api = Api(world, shape, url, OpenDoor(), window, mode=mode, etags=etags)
    with httpx2.Client(trust_env=False) as http:
        service = Service(http, api, url)
        Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield service
        finally:
            listener.shutdown()
            listener.server_close()
            listener.cut_connections()


def refused(answer: httpx2.Response) -> tuple[int, str]:
    """Status and message of a refusal."""
    error = answer.json()["error"]
    assert error["status"] == answer.status_code
    return answer.status_code, error["message"]
