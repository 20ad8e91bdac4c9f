"""What an app in development mode gets, and what one with extended quota gets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chartlake.simulator import Shape, World
from chartlake.simulator.mixtapes import Mixtape
from tests.simulator.service import NOW, Service, refused, serving

SHAPES: tuple[Shape, ...] = ("2026", "2024", "both")


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def development(world: World) -> Iterator[Service]:
    with serving(world, mode="development") as service:
        yield service


@pytest.fixture
def extended(world: World) -> Iterator[Service]:
    with serving(world, mode="extended") as service:
        yield service


def named(world: World, name: str) -> Mixtape:
    return next(tape for tape in world.mixtapes.values() if tape.name == name)


def removed(world: World) -> dict[str, bool]:
    """The paths that were taken away, and whether the simulator has them otherwise."""
    track = world.chart("Global", NOW.date())[0]
    artist_id = track.artists[0].artist_id
    return {
        f"/tracks?ids={track.track_id}": True,
        f"/albums?ids={track.album.album_id}": True,
        f"/artists?ids={artist_id}": True,
        f"/artists/{artist_id}/top-tracks": True,
        f"/artists/{artist_id}/related-artists": False,
        "/browse/new-releases": True,
        "/browse/categories": False,
        "/browse/categories/party/playlists": False,
        "/markets": True,
        f"/users/{world.users[0].user_id}": True,
        f"/users/{world.users[0].user_id}/playlists": True,
        f"/audio-features/{track.track_id}": False,
        "/recommendations?seed_tracks=x": False,
    }


def test_removed_paths(development: Service, extended: Service, world: World) -> None:
    for path, is_there in removed(world).items():
        for user in (None, world.users[0].user_id):
            assert refused(development.ask(path, user)) == (403, "Forbidden"), path
            assert extended.ask(path, user).status_code == (200 if is_there else 404), path


@pytest.mark.parametrize("shape", SHAPES)
def test_the_old_path_of_a_playlist_went_with_the_mode(world: World, shape: Shape) -> None:
    playlist, owner = world.playlists[0], world.users[0].user_id
    path = f"/playlists/{playlist.playlist_id}"
    chart = [track.track_id for track in world.chart("Global", NOW.date())]
    with serving(world, shape, "development") as service:
        assert refused(service.ask(f"{path}/tracks", owner)) == (403, "Forbidden")
        key, item_key = ("tracks", "track") if shape == "2024" else ("items", "item")
        first = service.get(path, owner)[key]
        items = service.all_items(first, owner)  # the links lead to where there is something
        assert [item[item_key]["id"] for item in items] == chart
    with serving(world, shape, "extended") as service:
        status = service.ask(f"{path}/tracks").status_code
        assert status == (404 if shape == "2026" else 200)


@pytest.mark.parametrize("shape", SHAPES)
def test_only_who_owns_or_works_on_a_playlist_gets_its_items(world: World, shape: Shape) -> None:
    owner, stranger, friend = (user.user_id for user in world.users)
    chart = f"/playlists/{world.playlists[0].playlist_id}"
    shared = f"/playlists/{named(world, 'Road to the Coast').playlist_id}"
    with serving(world, shape, "development") as service:
        for path, user in ((chart, owner), (shared, owner), (shared, friend)):
            assert {"items", "tracks"} & service.get(path, user).keys()
            assert service.get(f"{path}/items", user)["items"]
        for caller in (None, stranger, friend):
            playlist = service.ask(chart, caller).json()
            assert playlist["name"] == "Top 60 Global"
            assert not {"items", "tracks"} & playlist.keys()
            assert refused(service.ask(f"{chart}/items", caller)) == (403, "Forbidden")
            version = service.ask(chart, caller, fields="snapshot_id").json()
            assert version == {"snapshot_id": playlist["snapshot_id"]}
        assert service.get(chart, owner)["items" if shape != "2024" else "tracks"]


def test_with_extended_quota_everybody_reads_what_is_public(
    extended: Service, world: World
) -> None:
    paths = [f"/playlists/{one.playlist_id}" for one in world.playlists]
    paths += [f"/playlists/{t.playlist_id}" for t in world.mixtapes.values() if t.public]
    for path in paths:
        for caller in (None, world.users[1].user_id):
            assert extended.get(path, caller)["items"]["items"]
            assert extended.get(f"{path}/items", caller)["items"]


def test_a_reading_without_items_is_no_reading(development: Service, world: World) -> None:
    tape = named(world, "Rain on the Tram")
    before = tape.reads
    development.get(f"/playlists/{tape.playlist_id}", world.users[0].user_id)
    assert tape.reads == before


def test_spotifys_own_playlists(development: Service, extended: Service, world: World) -> None:
    own = named(world, "Invented Hits")
    follower = world.users[1].user_id
    assert own.playlist_id.startswith("37i9")
    for path in (f"/playlists/{own.playlist_id}", f"/playlists/{own.playlist_id}/items"):
        assert refused(development.ask(path, follower)) == (404, "Resource not found")
        assert extended.ask(path).status_code == 200
    assert development.get("/me/playlists", follower)["items"][-1] is None
    assert extended.get("/me/playlists", follower)["items"][-1]["name"] == "Invented Hits"


def test_pages_are_smaller(development: Service, extended: Service, world: World) -> None:
    artist = world.chart("Global", NOW.date())[0].artists[0]
    albums, hits = f"/artists/{artist.artist_id}/albums?x=1", "/search?q=a&type=track"
    for path in (albums, hits):
        for service, default, largest in ((development, 5, 10), (extended, 20, 50)):
            answer = service.get(path)
            page = answer.get("tracks", answer)
            assert page["limit"] == default
            assert service.ask(f"{path}&limit={largest}").status_code == 200
            assert refused(service.ask(f"{path}&limit={largest + 1}")) == (400, "Invalid limit")


def test_what_works_for_an_app_on_its_own(development: Service, world: World) -> None:
    track = world.chart("Global", NOW.date())[0]
    for path in (
        f"/tracks/{track.track_id}",
        f"/albums/{track.album.album_id}",
        f"/albums/{track.album.album_id}/tracks",
        f"/artists/{track.artists[0].artist_id}",
        f"/artists/{track.artists[0].artist_id}/albums",
        "/search?q=a&type=artist",
    ):
        assert development.ask(path).status_code == 200
