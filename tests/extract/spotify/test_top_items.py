"""A listener's top items: as many pages as there are, and one request where nothing moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import httpx2
import msgspec
import pytest

from chartlake.errors import Unavailable
from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.top_items import read_top_items
from chartlake.model import Feed, Slot, Snapshot
from chartlake.simulator import World
from tests.extract.server import Server, answer, error
from tests.extract.spotify.api import Time, open_api
from tests.extract.spotify.simulated import As, Reader, Runs, simulated

FEED = Feed(name="top", source="top-items", source_id="default/tracks/short_term", schedule="daily")
HERE = "/v1/me/top/tracks"
DUE = DueSlot(FEED, Slot("20260301T000000Z"), date(2026, 3, 1))


def reader(items: str = "tracks", time_range: str = "short_term", length: int = 50) -> Reader:
    return lambda client, due: read_top_items(client, items, time_range, length, due)


@pytest.fixture
def read(server: Server, http: httpx2.Client) -> Callable[..., Snapshot]:
    api = open_api(http, f"{server.url}/v1", Time(), Time().retry(max_attempts=2))
    return lambda **how: reader(**how)(SpotifyClient(api, As(None)), DUE)


def page(count: int, total: Any) -> dict[str, Any]:
    return {"items": [{"id": str(number)} for number in range(count)], "total": total}


# Pages ----------------------------------------------------------------------------------------


def test_one_page_is_the_usual(server: Server, read: Callable[..., Snapshot]) -> None:
    server.script(HERE, answer(page(50, 99)))
    snapshot = read()
    assert (snapshot.item_count, len(snapshot.bodies)) == (50, 1)
    assert snapshot.bodies[0].resource == "top_tracks"
    (asked,) = server.requests
    assert asked.query == {"time_range": "short_term", "limit": "50", "offset": "0"}


@pytest.mark.parametrize(
    ("length", "slices"),
    [(1, ["0+1"]), (50, ["0+50"]), (70, ["0+50", "50+20"]), (99, ["0+50", "50+49"])],
)
def test_no_more_is_asked_for_than_is_wanted(
    server: Server, read: Callable[..., Snapshot], length: int, slices: list[str]
) -> None:
    for slice_ in slices:
        server.script(HERE, answer(page(int(slice_.split("+")[1]), 1000)))
    assert read(length=length).item_count == length
    assert [f"{r.query['offset']}+{r.query['limit']}" for r in server.requests] == slices


def test_a_list_that_is_shorter(server: Server, read: Callable[..., Snapshot]) -> None:
    server.script(HERE, answer(page(12, 12)))
    assert read().item_count == 12
    assert len(server.requests) == 1


def test_an_empty_list_is_a_snapshot(server: Server, read: Callable[..., Snapshot]) -> None:
    server.script(HERE, answer(page(0, 0)))
    snapshot = read()
    assert (snapshot.item_count, len(snapshot.bodies)) == (0, 1)


def test_without_a_total_pages_are_read_until_one_is_empty(
    server: Server, read: Callable[..., Snapshot]
) -> None:
    server.script(HERE, answer(page(50, None)), answer(page(7, None)), answer(page(0, None)))
    snapshot = read(length=99)
    assert snapshot.item_count == 57
    assert [r.query["offset"] for r in server.requests] == ["0", "50", "57"]


def test_pages_shorter_than_asked(server: Server, read: Callable[..., Snapshot]) -> None:
    server.script(HERE, answer(page(20, 30)), answer(page(10, 30)))
    snapshot = read()
    assert snapshot.item_count == 30
    assert [body.first_item for body in snapshot.bodies] == [0, 20]


def test_artists_over_a_year(server: Server, read: Callable[..., Snapshot]) -> None:
    server.script("/v1/me/top/artists", answer(page(3, 3)))
    snapshot = read(items="artists", time_range="long_term")
    assert snapshot.bodies[0].resource == "top_artists"
    assert server.requests[0].query["time_range"] == "long_term"


# Not whole ------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [0, 20])
def test_fewer_than_the_total_is_no_list(
    server: Server, read: Callable[..., Snapshot], first: int
) -> None:
    """An outage must not look like a listener without favourites."""
    server.script(HERE, *[answer(page(first, 40))] * (first > 0), answer(page(0, 40)))
    with pytest.raises(Unavailable, match=f"the list of top tracks gave {first} of 40 items"):
        read()


@pytest.mark.parametrize("content", [[], None, {}, {"items": None}, {"items": [], "total": "two"}])
def test_another_shape(server: Server, read: Callable[..., Snapshot], content: Any) -> None:
    server.script(HERE, answer(content))
    with pytest.raises(Unavailable, match="has another shape than a top_tracks"):
        read()


def test_an_outage_is_no_empty_list(server: Server, read: Callable[..., Snapshot]) -> None:
    server.script(HERE, answer(page(50, 99)), error(503))
    with pytest.raises(Unavailable, match="outage"):
        read(length=99)


# On the simulated Spotify -----------------------------------------------------------------------


@pytest.mark.parametrize("items", ["tracks", "artists"])
def test_the_ranking_of_a_listener(
    http: httpx2.Client, world: World, today: Time, items: str
) -> None:
    user = world.users[0]
    with simulated(world, today) as spotify:
        runs = Runs(http, spotify.url, today, FEED, reader(items, length=99), As(user.user_id))
        manifest = runs.run_well()
    day = today.now().date()
    if items == "tracks":
        expected = [t.track_id for t in world.listening.top_tracks(user, "short_term", day)]
    else:
        expected = [a.artist_id for a in world.listening.top_artists(user, "short_term", day)]
    pages = map(msgspec.json.decode, runs.contents())
    assert [item["id"] for page in pages for item in page["items"]] == expected
    assert manifest.item_count == len(expected) > 0
    assert {page.resource for page in manifest.pages} == {f"top_{items}"}


def test_a_ranking_that_did_not_move_is_kept(
    http: httpx2.Client, world: World, today: Time
) -> None:
    hourly = msgspec.structs.replace(FEED, schedule="hourly")
    with simulated(world, today) as spotify:
        runs = Runs(http, spotify.url, today, hourly, reader(), As(world.users[0].user_id))
        first = runs.run_well()
        before = runs.contents()
        for number in (1, 2):
            runs.later(1 / 24)  # Spotify makes it anew once a day
            spotify.paths()
            again = runs.run_well()
            assert spotify.paths() == ["/me/top/tracks offset=0"]
            assert (again.unchanged_from, again.unchanged_count) == (first.slot, number)
            assert runs.contents() == before
        runs.later(1)
        moved = runs.run_well()
        assert moved.unchanged_from is None
        assert runs.contents() != before


def test_a_ranking_of_two_pages_is_read_each_time(
    http: httpx2.Client, world: World, today: Time
) -> None:
    """The second page may move without the first."""
    hourly = msgspec.structs.replace(FEED, schedule="hourly")
    with simulated(world, today) as spotify:
        read = reader(time_range="long_term", length=99)
        runs = Runs(http, spotify.url, today, hourly, read, As(world.users[0].user_id))
        assert len(runs.run_well().pages) == 2
        runs.later(1 / 24)
        again = runs.run_well()
        assert again.unchanged_from is None
        assert [request.status for request in again.requests] == [200, 200]


def test_another_length_is_another_question(server: Server, http: httpx2.Client) -> None:
    """Its answer must not be taken for the one that is known."""
    server.script(HERE, answer(page(20, 99), ETag='"a"'), answer(page(30, 99), ETag='"a"'))
    runs = Runs(http, f"{server.url}/v1", Time(), FEED, reader(length=20))
    runs.run_well()
    runs.later(1)
    longer = Runs(http, f"{server.url}/v1", runs.time, FEED, reader(length=30))
    longer.store = runs.store
    assert longer.run_well().item_count == 30
    runs.later(1)
    longer.run_well()
    tags = [request.headers.get("If-None-Match") for request in server.requests]
    assert tags == [None, None, '"a"']
