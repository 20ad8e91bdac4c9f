"""Tracks, albums and artists by id: many at a time where the app may, else one by one."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import msgspec
import pytest

from chartlake.errors import Refused, Unavailable
from chartlake.extract.spotify.capabilities import BATCH, MODE
from chartlake.extract.spotify.catalogue import BATCH_SIZE, Got, ask_batch_allowed, read_by_id
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.simulator import Mode, World
from chartlake.simulator.faults import status
from tests.extract.server import Server, answer, error
from tests.extract.spotify.api import Time, open_api
from tests.extract.spotify.simulated import As, simulated

NOBODY = "0" * 22


def client_of(http: httpx2.Client, url: str, time: Time) -> SpotifyClient:
    return SpotifyClient(open_api(http, url, time, time.retry(max_attempts=2)), As(None))


def ids_of(world: World, kind: str, count: int) -> list[str]:
    day = world.first_date
    things: dict[str, Callable[[], list[str]]] = {
        "track": lambda: [t.track_id for t in world.tracks if t.album.release_date <= day],
        "album": lambda: [a.album_id for a in world.albums if a.release_date <= day],
        "artist": lambda: [a.artist_id for a in world.artists],
    }
    found = things[kind]()[:count]
    assert len(found) == count
    return found


def records(got: list[Got], kind: str) -> list[str | None]:
    """The ids that came back, in order."""
    found: list[str | None] = []
    for body in (each.body for each in got if each.body):
        content = msgspec.json.decode(body.content)
        items = content[f"{kind}s"] if body.resource == f"{kind}s" else [content]
        found += [item["id"] if item else None for item in items]
    return found


@pytest.mark.parametrize(
    ("kind", "count", "sizes"),
    [("track", 120, [50, 50, 20]), ("album", 45, [20, 20, 5]), ("artist", 30, [30])],
)
def test_many_at_a_time(
    http: httpx2.Client, world: World, today: Time, kind: str, count: int, sizes: list[int]
) -> None:
    ids = ids_of(world, kind, count)
    with simulated(world, today) as spotify:
        client = client_of(http, spotify.url, today)
        got = list(read_by_id(client, kind, ids))
        assert spotify.paths() == [f"/{kind}s"] * len(sizes)
    assert [each.records for each in got] == sizes
    assert records(got, kind) == ids
    assert [each.unknown for each in got] == [()] * len(sizes)
    assert (client.capabilities.value(BATCH), client.capabilities.value(MODE)) == (
        "yes",
        "extended",
    )


@pytest.mark.parametrize("kind", BATCH_SIZE)
def test_one_by_one_where_many_are_not_allowed(
    http: httpx2.Client, world: World, today: Time, kind: str
) -> None:
    ids = ids_of(world, kind, 4)
    with simulated(world, today, mode="development") as spotify:
        client = client_of(http, spotify.url, today)
        got = list(read_by_id(client, kind, ids))
        assert spotify.paths() == [f"/{kind}s", *(f"/{kind}s/{each}" for each in ids)]
        list(read_by_id(client, kind, ids[:1]))
        assert spotify.paths() == [f"/{kind}s/{ids[0]}"]  # it is not tried again
    assert records(got, kind) == ids
    assert {each.body.resource for each in got if each.body} == {kind}
    seen = client.capabilities
    assert (seen.value(BATCH), seen.value(MODE)) == ("no", "development")


@pytest.mark.parametrize("mode", ["extended", "development"])
def test_ids_that_spotify_does_not_know_are_told(
    http: httpx2.Client, world: World, today: Time, mode: Mode
) -> None:
    one, two = ids_of(world, "track", 2)
    with simulated(world, today, mode=mode) as spotify:
        got = list(read_by_id(client_of(http, spotify.url, today), "track", [one, NOBODY, two]))
    assert [unknown for each in got for unknown in each.unknown] == [NOBODY]
    assert [each for each in records(got, "track") if each] == [one, two]


def test_an_id_that_spotify_calls_wrong_is_unknown(server: Server, http: httpx2.Client) -> None:
    server.script("/v1/tracks", error(403))
    server.script(f"/v1/tracks/{NOBODY}", error(400, "Invalid base62 id"))
    client = client_of(http, f"{server.url}/v1", Time())
    assert list(read_by_id(client, "track", [NOBODY])) == [Got(None, 0, (NOBODY,))]


@pytest.mark.parametrize("code", [401, 429, 503])
def test_other_errors_say_nothing_about_the_mode(
    server: Server, http: httpx2.Client, code: int
) -> None:
    server.script("/v1/tracks", error(code if code != 401 else 400, Retry_After="1"))
    client = client_of(http, f"{server.url}/v1", Time())
    with pytest.raises((Refused, Unavailable)):
        list(read_by_id(client, "track", [NOBODY]))
    assert client.capabilities.facts() == {}


def test_a_mode_that_changes_over_night_is_noticed(
    http: httpx2.Client, world: World, today: Time
) -> None:
    """Modes change without notice: what was seen last week is no promise."""
    ids = ids_of(world, "track", 60)
    with simulated(world, today) as spotify:
        client = client_of(http, spotify.url, today)
        spotify.fail(status(403, path="/v1/tracks", nth=2, every=1))
        got = list(read_by_id(client, "track", ids))
        assert spotify.paths() == ["/tracks", "/tracks", *(f"/tracks/{i}" for i in ids[50:])]
    assert records(got, "track") == ids
    assert client.capabilities.value(BATCH) == "no"


def test_one_track_that_is_refused_is_an_error(server: Server, http: httpx2.Client) -> None:
    server.script("/v1/tracks", error(403))
    server.script(f"/v1/tracks/{NOBODY}", error(403, "Premium required"))
    with pytest.raises(Refused) as problem:
        list(read_by_id(client_of(http, f"{server.url}/v1", Time()), "track", [NOBODY]))
    assert problem.value.status == 403


@pytest.mark.parametrize(("mode", "allowed"), [("extended", True), ("development", False)])
def test_whether_batches_are_allowed_costs_one_request_a_week(
    http: httpx2.Client, world: World, today: Time, mode: Mode, allowed: bool
) -> None:
    with simulated(world, today, mode=mode) as spotify:
        client = client_of(http, spotify.url, today)
        for days, requests in ((0, 1), (3, 0), (3.9, 0), (0.2, 1)):
            today.passed += days * 86_400
            spotify.paths()
            assert ask_batch_allowed(client) is allowed
            assert len(spotify.paths()) == requests


def test_a_batch_of_another_shape(server: Server, http: httpx2.Client) -> None:
    server.script("/v1/tracks", answer([]))
    with pytest.raises(Unavailable, match="has another shape than a tracks"):
        list(read_by_id(client_of(http, f"{server.url}/v1", Time()), "track", [NOBODY]))


@pytest.mark.parametrize("content", [{}, {"tracks": None}, {"tracks": []}, {"tracks": [None]}])
def test_a_batch_that_gives_less_than_was_asked(
    server: Server, http: httpx2.Client, content: dict[str, object]
) -> None:
    server.script("/v1/tracks", answer(content))
    (got,) = read_by_id(client_of(http, f"{server.url}/v1", Time()), "track", [NOBODY])
    assert got.records == len(content.get("tracks") or [])  # type: ignore[arg-type]  # a list
