"""The requests of a day that one feed may make."""

from __future__ import annotations

import httpx2
import pytest

from chartlake.extract.spotify.allowance import Allowance
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.lake.state import FeedState, change_state, feed_state, read_state
from chartlake.lake.store import Store, open_store
from tests.extract.server import Server, answer
from tests.extract.spotify.api import Time, open_api
from tests.extract.spotify.simulated import As

HOUR = 3600


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store() -> Store:
    return open_store("memory://")


class Readings:
    """Makes a client for each reading, which asks a few times."""

    def __init__(self, server: Server, http: httpx2.Client, time: Time, budget: int | None) -> None:
        server.script("/v1/x", answer({}))
        self._api = open_api(http, f"{server.url}/v1", time, budget=lambda: budget)

    def client(self, requests: int = 0) -> SpotifyClient:
        client = SpotifyClient(self._api, As(None))
        for _ in range(requests):
            client.get("/x", "thing")
        return client


def test_what_is_left_falls_with_each_request(
    server: Server, http: httpx2.Client, time: Time, store: Store
) -> None:
    allowance, readings = Allowance(store, "fill", 10), Readings(server, http, time, None)
    client = readings.client()
    assert allowance.left(client) == 10
    client.get("/x", "thing")
    assert allowance.left(client) == 9
    allowance.spend(client)
    assert allowance.left(readings.client()) == 9
    assert allowance.left(readings.client(12)) == 0


def test_the_readings_of_a_day_add_up(
    server: Server, http: httpx2.Client, time: Time, store: Store
) -> None:
    readings = Readings(server, http, time, None)
    for hour in (0, 5):
        time.passed = hour * HOUR
        Allowance(store, "fill", 10).spend(readings.client(4))
    left = {}
    for hour in (5, 23, 24, 28, 29):
        time.passed = hour * HOUR
        left[hour] = Allowance(store, "fill", 10).left(readings.client())
    assert left == {5: 2, 23: 2, 24: 6, 28: 6, 29: 10}


def test_what_the_app_has_left_bounds_it(
    server: Server, http: httpx2.Client, time: Time, store: Store
) -> None:
    readings = Readings(server, http, time, 6)
    assert Allowance(store, "fill", 10).left(readings.client()) == 6
    readings.client(4)  # another feed
    assert Allowance(store, "fill", 10).left(readings.client()) == 2


def test_each_feed_has_its_own_and_the_rest_of_its_state_stays(
    server: Server, http: httpx2.Client, time: Time, store: Store
) -> None:
    albums = FeedState(albums={"a": 3})
    change_state(store, feed_state("fill"), FeedState, lambda _: albums)
    readings = Readings(server, http, time, None)
    Allowance(store, "fill", 10).spend(readings.client(4))
    assert Allowance(store, "other", 10).left(readings.client()) == 10
    state = read_state(store, feed_state("fill"), FeedState)
    assert state == FeedState(albums={"a": 3}, spent={"2026-03-01T04": 4})


def test_nothing_is_written_where_nothing_was_asked(
    server: Server, http: httpx2.Client, time: Time, store: Store
) -> None:
    Allowance(store, "fill", 10).spend(Readings(server, http, time, None).client())
    assert list(store.keys("")) == []
