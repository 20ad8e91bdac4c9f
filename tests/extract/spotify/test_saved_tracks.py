"""Saved tracks: a list without a version, so that one is made of its newest track."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx2
import msgspec
import pytest

from chartlake.errors import Unavailable
from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.saved_tracks import read_saved_tracks
from chartlake.model import Feed, Slot, Snapshot
from chartlake.simulator import World
from chartlake.simulator.faults import too_many
from tests.extract.server import Server, answer
from tests.extract.spotify.api import Time, open_api
from tests.extract.spotify.simulated import As, Runs, Spotify, simulated

FEED = Feed(name="saved", source="saved-tracks", source_id="default", schedule="hourly")
HERE = "/v1/me/tracks"
WHOLE = [f"/me/tracks offset={offset}" for offset in (0, 50, 0)]


def read(client: SpotifyClient, due: DueSlot) -> Snapshot:
    return read_saved_tracks(client, 4, due)


@pytest.fixture
def spotify(world: World, today: Time) -> Iterator[Spotify]:
    with simulated(world, today) as spotify:
        yield spotify


@pytest.fixture
def runs(http: httpx2.Client, spotify: Spotify, today: Time, world: World) -> Runs:
    return Runs(http, spotify.url, today, FEED, read, As(world.users[0].user_id))


@pytest.fixture
def scripted(server: Server, http: httpx2.Client) -> Runs:
    return Runs(http, f"{server.url}/v1", Time(), FEED, read)


def saved(number: int, at: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    return {"added_at": at, "track": {"id": f"{number:022d}"}}


def page(items: list[Any], total: int, start: int = 0) -> dict[str, Any]:
    return {"items": items, "total": total, "offset": start}


# On the simulated Spotify -----------------------------------------------------------------------


def test_all_of_them_newest_first(runs: Runs, spotify: Spotify, world: World, today: Time) -> None:
    manifest = runs.run_well()
    assert spotify.paths() == WHOLE
    expected = [track.track_id for _, track in world.library.tracks(world.users[0], today.now())]
    assert manifest.item_count == len(expected) > 50
    pages = map(msgspec.json.decode, runs.contents())
    assert [item["track"]["id"] for page in pages for item in page["items"]] == expected


def test_unchanged_takes_one_request(runs: Runs, spotify: Spotify) -> None:
    runs.time.start -= timedelta(hours=4)  # in the night nobody saves anything
    first = runs.run_well()
    requests = []
    for _ in range(5):
        runs.time.passed += 3600
        spotify.paths()
        again = runs.run_well()
        requests.append(len(spotify.paths()))
        assert again.item_count == first.item_count
    assert requests == [1, 1, 1, 3, 1]
    assert again.unchanged_from == Slot("20261120T040000Z")


def test_what_was_read_is_picked_up_again(runs: Runs, spotify: Spotify) -> None:
    spotify.fail(too_many(600, nth=3))
    assert runs.run().status == "deferred"
    assert len(runs.state().held.pages) == 2  # type: ignore[union-attr]  # there it is
    runs.time.passed += 600
    spotify.paths()
    runs.run_well()
    assert spotify.paths() == ["/me/tracks offset=0", "/me/tracks offset=0"]


# The version ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "after",
    [
        page([saved(9), saved(1), saved(2)], 3),  # one more
        page([saved(2)], 1),  # the newest is gone
        page([saved(1)], 1),  # another one is gone
        page([saved(9), saved(2)], 2),  # one for another
        page([saved(1, "2026-02-01T00:00:00Z"), saved(2)], 2),  # saved again
    ],
)
def test_a_change_is_seen(server: Server, scripted: Runs, after: dict[str, Any]) -> None:
    server.script(HERE, answer(page([saved(1), saved(2)], 2)), answer(after))
    scripted.run_well()
    scripted.time.passed += 3600
    manifest = scripted.run_well()
    assert manifest.unchanged_from is None
    assert manifest.item_count == after["total"]
    assert len(server.requests) == 2


def test_the_same_is_unchanged(server: Server, scripted: Runs) -> None:
    server.script(HERE, answer(page([saved(1), saved(2)], 2)))
    first = scripted.run_well()
    scripted.time.passed += 3600
    assert scripted.run_well().unchanged_from == first.slot


@pytest.mark.parametrize(
    "item", [None, 5, "x", {}, {"track": None}, {"track": 5}, {"track": {"id": None}}]
)
def test_an_odd_first_item_is_no_crash(server: Server, scripted: Runs, item: Any) -> None:
    server.script(HERE, answer(page([item], 1)))
    assert scripted.run_well().item_count == 1


def test_nothing_saved_is_a_snapshot(server: Server, scripted: Runs) -> None:
    server.script(HERE, answer(page([], 0)))
    assert scripted.run_well().item_count == 0
    scripted.time.passed += 3600
    assert scripted.run_well().unchanged_count == 1


def test_nothing_where_a_total_is_stated_is_none(server: Server, scripted: Runs) -> None:
    server.script(HERE, answer(page([], 40)))
    result = scripted.run()
    assert isinstance(result.error, Unavailable)
    assert result.error.what == ("the list of saved tracks of account default gave 0 of 40 items")


def test_a_track_that_is_saved_between_pages(server: Server, http: httpx2.Client) -> None:
    """It pushes one from the first page to the second, which then stands there twice."""
    newer = saved(99, "2026-03-01T00:00:00Z")
    old = [saved(number) for number in range(60)]
    server.script(
        HERE,
        answer(page(old[:50], 60)),
        answer(page(old[49:], 61, 50)),
        answer(page([newer], 61)),
        answer(page([newer, *old[:49]], 61)),
        answer(page(old[49:], 61, 50)),
        answer(page([newer], 61)),
    )
    api = open_api(http, f"{server.url}/v1", Time())
    due = DueSlot(FEED, Slot("20260301T040000Z"), date(2026, 3, 1))
    snapshot = read(SpotifyClient(api, As(None)), due)
    assert snapshot.item_count == 61
    ids = [
        item["track"]["id"]
        for body in snapshot.bodies
        for item in msgspec.json.decode(body.content)["items"]
    ]
    assert len(set(ids)) == 61
    assert [r.query["limit"] for r in server.requests] == ["50", "50", "1"] * 2
