"""What an app may do, found out by asking: a request for each thing."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from chartlake.errors import SignInError, Unavailable
from chartlake.extract.spotify.auth import NoCredentials
from chartlake.extract.spotify.capabilities import BATCH, MODE, playlist_fact
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.probing import (
    LISTENER_PATHS,
    Seen,
    probe_app,
    probe_listener,
    probe_playlist,
)
from chartlake.simulator import Mixtape, Mode, Shape, World
from tests.extract.server import Server, answer, error
from tests.extract.spotify.api import Time, open_api
from tests.extract.spotify.simulated import As, Spotify, simulated

MINE, THEIRS, SPOTIFYS = "2nWxVs7sKLqP7tqTZQv0Fa", "5nWxVs7sKLqP7tqTZQv0Fb", f"37i9{'x' * 18}"


@pytest.fixture
def tapes(world: World) -> World:
    """A world with a playlist of the user's own, a stranger's, and one of Spotify's."""
    tracks = [t for t in world.tracks if t.album.release_date <= world.first_date][:3]
    owners = {MINE: world.users[0].user_id, THEIRS: world.users[1].user_id, SPOTIFYS: "spotify"}
    for playlist_id, owner in owners.items():
        world.mixtapes[playlist_id] = Mixtape(playlist_id, owner, tracks)
    return world


@pytest.fixture
def development(tapes: World, today: Time) -> Iterator[Spotify]:
    with simulated(tapes, today, mode="development") as spotify:
        yield spotify


def client_of(http: httpx2.Client, url: str, time: Time, who: As | None = None) -> SpotifyClient:
    return SpotifyClient(open_api(http, url, time, time.retry(max_attempts=1)), who or As(None))


def user_of(world: World) -> As:
    return As(world.users[0].user_id)


# The mode -----------------------------------------------------------------------------------------


def test_extended_mode(http: httpx2.Client, tapes: World, today: Time) -> None:
    with simulated(tapes, today) as spotify:
        client = client_of(http, spotify.url, today)
        assert list(probe_app(client)) == [
            Seen("ok", "mode", "extended quota"),
            Seen("ok", "batch reads", "allowed: 50 ids with one request"),
        ]
        assert spotify.paths() == ["/tracks"]
        list(probe_app(client))
        assert spotify.paths() == ["/tracks"]  # asked anew: it may have changed
    assert client.capabilities.value(MODE) == "extended"


def test_development_mode(http: httpx2.Client, development: Spotify, today: Time) -> None:
    client = client_of(http, development.url, today)
    mode, batch = probe_app(client)
    assert (mode.level, mode.what) == ("ok", "mode")
    assert mode.state.startswith("development: owned playlists only")
    assert "docs/spotify-account.md" in str(mode.fix)
    assert batch.state == "not allowed: one request for each id"
    assert client.capabilities.value(BATCH) == "no"


# Playlists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["2026", "2024", "both"])
@pytest.mark.parametrize(
    ("mode", "playlist_id"),
    [("development", MINE), ("extended", MINE), ("extended", THEIRS), ("extended", SPOTIFYS)],
)
def test_a_playlist_that_can_be_read(
    http: httpx2.Client, tapes: World, today: Time, mode: Mode, playlist_id: str, shape: Shape
) -> None:
    with simulated(tapes, today, mode=mode, shape=shape) as spotify:
        client = client_of(http, spotify.url, today, user_of(tapes))
        seen = probe_playlist(client, playlist_id)
        assert seen == Seen("ok", f"playlist {playlist_id}", "readable")
        assert spotify.paths() == [f"/playlists/{playlist_id}"]
    assert client.capabilities.value(playlist_fact(playlist_id)) == "readable"


def test_somebody_elses_playlist(
    http: httpx2.Client, development: Spotify, tapes: World, today: Time
) -> None:
    client = client_of(http, development.url, today, user_of(tapes))
    seen = probe_playlist(client, THEIRS)
    assert (seen.level, seen.state) == ("fail", "refused (403): Forbidden")
    assert "sign in as its owner (chartlake login)" in str(seen.fix)
    assert development.paths() == [f"/playlists/{THEIRS}", f"/playlists/{THEIRS}/items"]
    value = client.capabilities.value(playlist_fact(THEIRS))
    assert value == "its items are not shown to this app"


@pytest.mark.parametrize("playlist_id", [SPOTIFYS, "0" * 22])
def test_a_playlist_that_is_not_shown(
    http: httpx2.Client, development: Spotify, tapes: World, today: Time, playlist_id: str
) -> None:
    client = client_of(http, development.url, today, user_of(tapes))
    seen = probe_playlist(client, playlist_id)
    assert seen.level == "fail"
    assert "not shown to this app (404)" in seen.state
    assert "import the chart's CSV" in str(seen.fix)
    assert client.capabilities.value(playlist_fact(playlist_id)) == "not shown to this app"


def test_a_playlist_whose_items_are_a_page_of_their_own(
    server: Server, http: httpx2.Client
) -> None:
    server.script(f"/v1/playlists/{MINE}", answer({"name": "x", "items": None}))
    server.script(f"/v1/playlists/{MINE}/items", answer({"items": []}))
    client = client_of(http, f"{server.url}/v1", Time())
    assert probe_playlist(client, MINE).level == "ok"
    assert [request.query for request in server.requests] == [{}, {"limit": "1"}]


@pytest.mark.parametrize("content", [[], None, 5])
def test_a_playlist_of_another_shape(server: Server, http: httpx2.Client, content: object) -> None:
    server.script(f"/v1/playlists/{MINE}", answer(content))
    with pytest.raises(Unavailable, match="has another shape than a playlist"):
        probe_playlist(client_of(http, f"{server.url}/v1", Time()), MINE)


# Listeners ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", LISTENER_PATHS)
def test_what_a_listener_shows(
    http: httpx2.Client, development: Spotify, tapes: World, today: Time, source: str
) -> None:
    client = client_of(http, development.url, today, user_of(tapes))
    assert probe_listener(client, source) == Seen("ok", source, "readable")
    assert len(development.asked) == 1


@pytest.mark.parametrize("source", LISTENER_PATHS)
def test_a_scope_that_was_not_given(
    http: httpx2.Client, development: Spotify, tapes: World, today: Time, source: str
) -> None:
    who = As(tapes.users[0].user_id, frozenset())
    seen = probe_listener(client_of(http, development.url, today, who), source)
    assert (seen.level, seen.state) == ("fail", "refused (403): Insufficient client scope")
    assert "chartlake login" in str(seen.fix)


def test_nobody_is_signed_in(server: Server, http: httpx2.Client) -> None:
    api = open_api(http, f"{server.url}/v1", Time())
    nobody = NoCredentials("nobody is signed in as account default", "chartlake login")
    seen = probe_listener(SpotifyClient(api, nobody), "saved-tracks")
    assert seen == Seen(
        "fail", "saved-tracks", "nobody is signed in as account default", "chartlake login"
    )
    assert server.requests == []


def test_an_outage_is_no_finding(server: Server, http: httpx2.Client) -> None:
    server.script("/v1/me/tracks", error(503))
    with pytest.raises(Unavailable):
        probe_listener(client_of(http, f"{server.url}/v1", Time()), "saved-tracks")


def test_a_sign_in_that_has_ended(server: Server, http: httpx2.Client) -> None:
    class Ended(As):
        def renew(self, refused: str) -> str:
            raise SignInError("the sign-in has ended", fix="chartlake login")

    server.script("/v1/me/tracks", error(401))
    api = open_api(http, f"{server.url}/v1", Time())
    seen = probe_listener(SpotifyClient(api, Ended(None)), "saved-tracks")
    assert (seen.level, seen.state, seen.fix) == (
        "fail",
        "the sign-in has ended",
        "chartlake login",
    )
