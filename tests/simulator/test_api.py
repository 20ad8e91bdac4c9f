"""What the Web API serves to a user and to an app: records, searches, libraries, plays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from chartlake.simulator import Shape, World
from chartlake.simulator.listening import Play
from chartlake.simulator.mixtapes import Mixtape
from chartlake.simulator.records import Track
from tests.simulator.service import NOW, SCOPES, Json, Service, refused, serving

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def service(world: World) -> Iterator[Service]:
    with serving(world) as service:
        yield service


def ids(items: list[Json]) -> list[str]:
    return [item["id"] for item in items]


def milliseconds(play: Play) -> int:
    return round(play.played_at.timestamp() * 1000)


# Records ---------------------------------------------------------------------


def test_the_albums_of_an_artist(service: Service, world: World) -> None:
    guest = next(t for t in world.chart("Global", NOW.date()) if len(t.artists) > 1).artists[1]
    path = f"/artists/{guest.artist_id}/albums"
    albums = service.all_items(service.get(path, limit=2))
    truth = world.artist_albums(guest, NOW.date())
    assert ids(albums) == [album.album_id for _, album in truth]
    assert len(truth) > 2
    only = service.all_items(service.get(path, limit=2, include_groups="appears_on"))
    assert ids(only) == [album.album_id for group, album in truth if group == "appears_on"]
    assert only
    for album in only:
        assert guest.artist_id not in ids(album["artists"])
    both = service.get(path, limit=50, include_groups="appears_on,album")
    assert set(ids(only)) <= set(ids(both["items"]))
    wrong = service.ask(path, include_groups="album,mixtape")
    assert refused(wrong) == (400, "Invalid include_groups")
    assert service.ask(f"/artists/{'0' * 22}/albums").status_code == 404


def test_an_album_to_come_is_in_no_list(service: Service, world: World) -> None:
    coming = max(world.albums, key=lambda album: album.release_date)
    assert coming.release_date > NOW.date()
    path = f"/artists/{coming.artists[0].artist_id}/albums"
    assert coming.album_id not in ids(service.all_items(service.get(path)))
    assert service.ask(f"/albums/{coming.album_id}/tracks").status_code == 404
    service.now = datetime.combine(coming.release_date, NOW.timetz())
    assert coming.album_id in ids(service.all_items(service.get(path)))


def test_the_tracks_of_an_album(service: Service, world: World) -> None:
    album = next(a for a in world.albums if a.total_tracks > 7 and a.release_date <= NOW.date())
    found = world.find_album(album.album_id, NOW.date())
    assert found is not None
    page = service.get(f"/albums/{album.album_id}/tracks", limit=3)
    tracks = service.all_items(page)
    assert ids(tracks) == [track.track_id for track in found[1]]
    assert page["total"] == album.total_tracks
    assert "album" not in tracks[0]


@pytest.mark.parametrize(("kind", "most"), [("tracks", 50), ("albums", 20), ("artists", 50)])
def test_many_at_once(service: Service, world: World, kind: str, most: int) -> None:
    track = world.chart("Global", NOW.date())[0]
    good = {
        "tracks": track.track_id,
        "albums": track.album.album_id,
        "artists": track.artists[0].artist_id,
    }[kind]
    wanted = [good, "0" * 22, *[good] * (most - 2)]
    found = service.get(f"/{kind}", ids=",".join(wanted))[kind]
    assert [one and one["id"] for one in found] == [good, None, *[good] * (most - 2)]
    assert found[0] == service.get(f"/{kind}/{good}")
    too_many = service.ask(f"/{kind}", ids=",".join([*wanted, good]))
    assert refused(too_many) == (400, "Too many ids requested")
    for malformed in ("", "x", f"{good},"):
        assert refused(service.ask(f"/{kind}", ids=malformed)) == (400, "Invalid base62 id")


def test_the_search(service: Service, world: World) -> None:
    track = world.chart("Japan", NOW.date())[0]
    artist = track.artists[0].name
    found = service.get("/search", q=f"{track.name} {artist}".upper(), type="track,artist")
    assert found.keys() == {"tracks", "artists"}
    assert track.track_id in ids(found["tracks"]["items"])
    by_field = service.get("/search", q=f'track:"{track.name}" artist:{artist}', type="track")
    assert track.track_id in ids(by_field["tracks"]["items"])
    by_code = service.get("/search", q=f"isrc:{track.isrc}", type="track")["tracks"]
    assert {item["external_ids"]["isrc"] for item in by_code["items"]} == {track.isrc}
    by_code = service.get("/search", q=f"upc:{track.album.upc}", type="album")["albums"]
    assert ids(by_code["items"]) == [track.album.album_id]
    nothing = service.get("/search", q="no song is called so", type="album")["albums"]
    assert (nothing["items"], nothing["total"], nothing["next"]) == ([], 0, None)


def test_the_search_goes_on(service: Service, world: World) -> None:
    page = service.get("/search", q="the & x=1", type="track", limit=1)["tracks"]
    assert "q=the+%26+x%3D1" in page["href"]
    page = service.get("/search", q="the", type="artist", limit=2)["artists"]
    names = [item["name"] for item in page["items"]]
    while page["next"]:
        page = service.get(page["next"])["artists"]
        names += [item["name"] for item in page["items"]]
    assert names == [a.name for a in world.artists if "the" in a.name.casefold()]
    assert len(names) > 3
    assert refused(service.ask("/search", q="x")) == (400, "Invalid type")
    assert refused(service.ask("/search", type="track")) == (400, "No search query")


def test_new_releases_are_new(service: Service) -> None:
    page = service.get("/browse/new-releases", limit=50)["albums"]
    dates = [album["release_date"] for album in page["items"]]
    assert dates == sorted(dates, reverse=True)
    assert (dates[0], len(dates), page["total"]) == ("2026-11-20", 50, 100)


def test_top_tracks_of_an_artist(service: Service, world: World) -> None:
    artist = max(world.artists, key=lambda artist: artist.star)
    found = service.get(f"/artists/{artist.artist_id}/top-tracks")["tracks"]
    assert 1 < len(found) <= 10
    levels = [
        world.popularity(track, NOW.date())
        for one in found
        if (track := world.find_track(one["id"], NOW.date()))
    ]
    assert levels == sorted(levels, reverse=True)
    assert all(artist.artist_id in ids(one["artists"]) for one in found)


# Users -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/me/playlists", "playlist-read-private"),
        ("/me/tracks", "user-library-read"),
        ("/me/albums", "user-library-read"),
        ("/me/top/tracks", "user-top-read"),
        ("/me/top/artists", "user-top-read"),
        ("/me/player/recently-played", "user-read-recently-played"),
        ("/me/following?type=artist", "user-follow-read"),
    ],
)
def test_scopes(service: Service, world: World, path: str, scope: str) -> None:
    user = world.users[0].user_id
    assert service.ask(path, user, {scope}).status_code == 200
    for caller, scopes in ((user, SCOPES - {scope}), (None, frozenset[str]())):
        answer = service.ask(path, caller, scopes)
        assert refused(answer) == (403, "Insufficient client scope")


def test_me(service: Service, world: World) -> None:
    for user in world.users:
        me = service.get("/me", user.user_id)
        assert (me["id"], me["display_name"]) == (user.user_id, user.display_name)
        assert me["href"].endswith("/users/" + quote(user.user_id, safe=""))
        assert service.get(f"/users/{quote(user.user_id, safe='')}")["id"] == user.user_id
    assert refused(service.ask("/me")) == (401, "This request requires user authentication.")
    assert refused(service.ask("/me", "nobody"))[0] == 403
    assert service.ask("/users/nobody").status_code == 404


@pytest.mark.parametrize(("shape", "has_it"), [("2026", False), ("2024", True), ("both", True)])
def test_the_profile_as_far_as_the_scopes_go(world: World, shape: Shape, has_it: bool) -> None:
    private = {"country", "product", "explicit_content"}
    user = world.users[0].user_id
    with serving(world, shape) as service:
        assert (private | {"email", "followers"} <= service.get("/me", user).keys()) is has_it
        bare = service.ask("/me", user, {"user-read-email"}).json()
        assert not private & bare.keys()
        assert ("email" in bare) is has_it


def test_saved_tracks_are_newest_first(service: Service, world: World) -> None:
    for user in world.users:
        saved = service.all_items(service.get("/me/tracks", user.user_id, limit=50), user.user_id)
        assert len(saved) > 50
        assert all(one.keys() == {"added_at", "track"} for one in saved)
        times = [one["added_at"] for one in saved]
        assert times == sorted(times, reverse=True)
        assert len({one["track"]["id"] for one in saved}) == len(saved)
        for one in saved:
            album = one["track"]["album"]
            assert album["release_date"] <= one["added_at"]


def test_a_library_grows(service: Service, world: World) -> None:
    user = world.users[2].user_id
    now = service.get("/me/tracks", user)
    service.now = NOW - 20 * DAY
    before = service.get("/me/tracks", user)
    assert before["total"] < now["total"]
    assert before["items"][0]["added_at"] <= "2026-10-31T04:00:00Z"
    assert service.get("/me/albums", user)["total"] >= 1


def test_followed_artists_go_on_by_cursor(service: Service, world: World) -> None:
    user = world.users[0]
    page = service.get("/me/following", user.user_id, type="artist", limit=4)["artists"]
    found = ids(page["items"])
    while page["next"]:
        page = service.get(page["next"], user.user_id)["artists"]
        found += ids(page["items"])
    assert found == [artist.artist_id for artist in world.library.followed(user)]
    assert len(found) == page["total"] > 8
    assert refused(service.ask("/me/following", user.user_id)) == (400, "Invalid type")


# Playlists of users ----------------------------------------------------------


def test_playlists_are_those_one_has_to_do_with(service: Service, world: World) -> None:
    owner, stranger, friend = (user.user_id for user in world.users)
    names = {
        user: [one["name"] for one in service.get("/me/playlists", user, limit=50)["items"]]
        for user in (owner, stranger, friend)
    }
    charts = [playlist.name for playlist in world.playlists]
    assert names[owner] == [*charts, "Kitchen, Late", "Road to the Coast"]
    assert names[stranger] == ["Rain on the Tram", "Invented Hits"]
    assert names[friend] == ["Road to the Coast"]
    alone = service.ask("/me/playlists", owner, {"playlist-read-private"}).json()["items"]
    assert "Road to the Coast" not in [one["name"] for one in alone]
    public = service.get(f"/users/{owner}/playlists", limit=50)["items"]
    assert [one["name"] for one in public] == charts


@pytest.mark.parametrize(
    ("shape", "keys"), [("2026", {"items"}), ("2024", {"tracks"}), ("both", {"items", "tracks"})]
)
def test_playlists_only_count_their_items(world: World, shape: Shape, keys: set[str]) -> None:
    with serving(world, shape) as service:
        user = world.users[0].user_id
        for one in service.get("/me/playlists", user, limit=50)["items"]:
            assert {"items", "tracks"} & one.keys() == keys
            for key in keys:
                assert service.get(one[key]["href"], user)["total"] == one[key]["total"] > 20
            snapshot = service.get(f"/playlists/{one['id']}", user, fields="snapshot_id")
            assert snapshot == {"snapshot_id": one["snapshot_id"]}


def test_a_playlist_that_is_gone_leaves_a_hole() -> None:
    world = World(days=10)
    user = world.users[1].user_id
    tape = next(tape for tape in world.mixtapes.values() if tape.owner_id == user)
    tape.gone = True
    with serving(world) as service:
        page = service.get("/me/playlists", user)
        assert page["items"][0] is None
        assert (page["total"], len(page["items"])) == (2, 2)
        assert service.ask(f"/playlists/{tape.playlist_id}", user).status_code == 404


def test_private_playlists(service: Service, world: World) -> None:
    owner, stranger, friend = (user.user_id for user in world.users)
    by_name = {tape.name: f"/playlists/{tape.playlist_id}" for tape in world.mixtapes.values()}
    kitchen, road = by_name["Kitchen, Late"], by_name["Road to the Coast"]
    for path in (kitchen, f"{kitchen}/items"):
        assert service.ask(path, owner, {"playlist-read-private"}).status_code == 200
        assert refused(service.ask(path, owner, set()))[0] == 403
        assert refused(service.ask(path, stranger))[0] == 404
        assert refused(service.ask(path))[0] == 404
    assert service.ask(road, friend, {"playlist-read-private"}).status_code == 200
    assert service.ask(road, owner, {"playlist-read-collaborative"}).status_code == 200
    assert service.ask(road, owner, {"playlist-read-private"}).status_code == 403


# Listening -------------------------------------------------------------------


def test_recently_played_is_the_last_of_the_truth(service: Service, world: World) -> None:
    for user in world.users:
        truth = world.plays(user, NOW)[-50:][::-1]
        answer = service.get("/me/player/recently-played", user.user_id, limit=50)
        assert [one["track"]["id"] for one in answer["items"]] == [
            play.track.track_id for play in truth
        ]
        for one, play in zip(answer["items"], truth, strict=True):
            assert datetime.fromisoformat(one["played_at"]) == play.played_at
            assert one["played_at"].endswith("Z")
        assert answer["cursors"] == {
            "after": str(milliseconds(truth[0])),
            "before": str(milliseconds(truth[-1])),
        }
        assert answer.keys() == {"items", "next", "cursors", "limit", "href"}


def test_plays_have_their_context(service: Service, world: World) -> None:
    charts = {playlist.playlist_id for playlist in world.playlists}
    seen = Counter[str]()
    for days in range(0, 30, 5):
        service.now = NOW - days * DAY
        page = service.get("/me/player/recently-played", world.users[0].user_id, limit=50)
        for play in page["items"]:
            context = play["context"]
            seen["none" if context is None else context["type"]] += 1
            assert context is None or context["uri"].rpartition(":")[2] in charts
    assert seen.keys() == {"none", "playlist"}


def test_the_past_goes_fifty_plays_back(service: Service, world: World) -> None:
    user, path = world.users[0], "/me/player/recently-played"
    page = service.get(path, user.user_id, limit=20)
    found = list(page["items"])
    while page["next"]:
        page = service.get(page["next"], user.user_id)
        found += page["items"]
    assert len(found) == 50
    assert (page["items"], page["cursors"]) == ([], None)
    older = milliseconds(world.plays(user, NOW)[-51])
    assert service.get(path, user.user_id, before=older)["items"] == []


def test_what_is_new_since_a_time(service: Service, world: World) -> None:
    user, path = world.users[0], "/me/player/recently-played"
    truth = world.plays(user, NOW)
    after = milliseconds(truth[-8])
    page = service.get(path, user.user_id, after=after, limit=5)
    first = [one["played_at"] for one in page["items"]]
    page = service.get(page["next"], user.user_id)
    second = [one["played_at"] for one in page["items"]]
    # newest first on each page, and the pages go on towards now
    assert [datetime.fromisoformat(one) for one in (*second, *first)] == [
        play.played_at for play in reversed(truth[-7:])
    ]
    latest = milliseconds(truth[-1])
    nothing = service.get(path, user.user_id, after=latest)
    assert (nothing["items"], nothing["next"], nothing["cursors"]) == ([], None, None)


@pytest.mark.parametrize("query", [{"after": 1, "before": 2}, {"after": "now"}, {"limit": 51}])
def test_cursors_that_cannot_be(service: Service, world: World, query: Json) -> None:
    answer = service.ask("/me/player/recently-played", world.users[0].user_id, **query)
    assert refused(answer)[0] == 400


@pytest.mark.parametrize(
    ("time_range", "days"), [("short_term", 28), ("medium_term", 182), ("long_term", 365)]
)
def test_top_tracks_are_counted(service: Service, world: World, time_range: str, days: int) -> None:
    for user in world.users:
        page = service.get("/me/top/tracks", user.user_id, limit=50, time_range=time_range)
        found = service.all_items(page, user.user_id)
        midnight = datetime(2026, 11, 20, tzinfo=UTC)
        heard = [
            play.track.track_id
            for play in world.plays(user, midnight)
            if midnight - days * DAY <= play.played_at < midnight
        ]
        counts = Counter(heard)
        assert len(found) == page["total"] == min(99, len(counts))
        ranked = [counts[one["id"]] for one in found]
        assert ranked == sorted(counts.values(), reverse=True)[:99]


def test_top_artists_and_ranges(service: Service, world: World) -> None:
    user = world.users[0].user_id
    found = {
        name: ids(service.get("/me/top/artists", user, limit=50, time_range=name)["items"])
        for name in ("short_term", "medium_term")
    }
    assert found["short_term"] != found["medium_term"]
    assert (
        service.get("/me/top/artists", user, limit=50)["items"][0]["id"]
        == (found["medium_term"][0])
    )
    mine = service.get("/me/top/tracks", user)["items"]
    theirs = service.get("/me/top/tracks", world.users[1].user_id)["items"]
    assert ids(mine) != ids(theirs)
    wrong = service.ask("/me/top/tracks", user, time_range="always")
    assert refused(wrong) == (400, "Invalid time range")


# Mixtapes --------------------------------------------------------------------


@pytest.fixture
def tape(world: World) -> Iterator[Mixtape]:
    """A list of 430 tracks by the first user."""
    tracks = [track for track in world.tracks if track.album.release_date <= NOW.date()]
    tape = Mixtape("7" * 22, world.users[0].user_id, tracks[:430])
    world.mixtapes[tape.playlist_id] = tape
    yield tape
    del world.mixtapes[tape.playlist_id]


def path_of(tape: Mixtape) -> str:
    return f"/playlists/{tape.playlist_id}"


def test_a_large_playlist(service: Service, tape: Mixtape) -> None:
    playlist = service.get(path_of(tape))
    assert (len(playlist["items"]["items"]), playlist["items"]["total"]) == (50, 430)
    items = service.all_items(playlist["items"])
    expected = [entry.track_id for entry in tape.items if isinstance(entry, Track)]
    assert [item["item"]["id"] for item in items] == expected
    assert tape.reads == 9


def test_an_edit_between_two_pages(service: Service, tape: Mixtape) -> None:
    tape.on_read = lambda tape: tape.edit(tape.items[1:]) if tape.reads == 2 else None
    playlist = service.get(path_of(tape))
    version = service.get(path_of(tape), fields="snapshot_id")
    assert version == {"snapshot_id": playlist["snapshot_id"]}
    second = service.get(playlist["items"]["next"])
    assert second["total"] == 430  # the page that was read before the edit
    third = service.get(second["next"])
    assert third["total"] == 429
    assert service.get(path_of(tape), fields="snapshot_id") != version
    # torn: a track that moved up is missing between the pages
    shown = [second["items"][-1]["item"]["id"], third["items"][0]["item"]["id"]]
    assert shown == [entry.track_id for entry in tape.items[98:101:2] if isinstance(entry, Track)]


def test_a_version_changes_by_edits_and_not_by_days(service: Service, tape: Mixtape) -> None:
    before = service.get(path_of(tape))
    service.now += 30 * DAY
    later = service.get(path_of(tape))
    assert later["snapshot_id"] == before["snapshot_id"]
    tape.touch()
    touched = service.get(path_of(tape))
    assert touched["snapshot_id"] != before["snapshot_id"]
    assert touched["items"] == later["items"]


def test_items_of_any_shape(service: Service, tape: Mixtape) -> None:
    def spoil(position: int, item: Json) -> object:
        return None if position == 1 else item | {"added_at": None, "brand_new": position}

    tape.spoil = spoil
    items = service.get(f"{path_of(tape)}/items", offset=1, limit=2)["items"]
    assert items[0] is None
    assert (items[1]["added_at"], items[1]["brand_new"]) == (None, 2)
