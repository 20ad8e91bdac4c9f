"""The release radar: all albums listed anew, each album's tracks once, the newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import httpx2
import msgspec
import pytest

from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.allowance import Allowance
from chartlake.extract.spotify.artist_catalog import AlbumsRead, read_artist_catalog
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.lake.state import FeedState, change_state, feed_state
from chartlake.lake.store import open_store
from chartlake.model import Feed, Snapshot
from chartlake.simulator import Mode, World
from chartlake.simulator.faults import status, too_many
from chartlake.simulator.records import Album, Artist
from tests.extract.server import Server, answer, error
from tests.extract.spotify.api import Time
from tests.extract.spotify.simulated import As, Runs, simulated
from tests.extract.spotify.test_catalogue import NOBODY

FEED = Feed(name="radar", source="artist-catalog", source_id="artists", schedule="daily")
GROUPS = ("album", "single")


def runs_of(
    http: httpx2.Client, url: str, time: Time, artists: Sequence[str], daily_requests: int = 500
) -> Runs:
    def read(client: SpotifyClient, due: DueSlot) -> Snapshot:
        allowance = Allowance(runs.store, FEED.name, daily_requests)
        known = AlbumsRead(runs.store, FEED.name)
        return read_artist_catalog(client, artists, GROUPS, allowance, known, due)

    runs = Runs(http, url, time, FEED, read, As(None))
    return runs


def busy(world: World, time: Time) -> list[Artist]:
    """Artists in the order of how much they have out."""
    return sorted(world.artists, key=lambda a: -len(albums_of(world, time, [a])))


def albums_of(world: World, time: Time, artists: Sequence[Artist]) -> dict[str, Album]:
    """Their own albums and singles, newest first."""
    day = time.now().date()
    pairs = [pair for artist in artists for pair in world.artist_albums(artist, day)]
    albums = [album for group, album in pairs if group in GROUPS]
    albums.sort(key=lambda album: album.release_date, reverse=True)
    return {album.album_id: album for album in albums}


def tracks_read(runs: Runs) -> dict[str, int]:
    """How many tracks came of each album, by the pages of the slot."""
    found: dict[str, int] = defaultdict(int)
    for page, content in zip(runs.manifest().pages, runs.contents(), strict=True):
        content_ = msgspec.json.decode(content)
        if page.resource == "album_tracks":
            found[str(page.url).split("/albums/")[1].split("/")[0]] += len(content_["items"])
        for album in content_["albums"] if page.resource == "albums" else []:
            found[album["id"]] += len(album["tracks"]["items"])
    return dict(found)


def sizes(world: World, albums: Sequence[str], time: Time) -> dict[str, int]:
    found = {each: world.find_album(each, time.now().date()) for each in albums}
    return {each: len(album[1]) for each, album in found.items() if album}


@pytest.mark.parametrize("mode", ["extended", "development"])
def test_artists_albums_and_tracks(
    http: httpx2.Client, world: World, today: Time, mode: Mode
) -> None:
    artists = busy(world, today)[:3]
    albums = list(albums_of(world, today, artists))
    with simulated(world, today, mode=mode) as spotify:
        runs = runs_of(http, spotify.url, today, [a.artist_id for a in artists])
        manifest = runs.run_well()
        asked = spotify.paths()
    assert tracks_read(runs) == sizes(world, albums, today)
    assert manifest.warning is None
    assert runs.state().albums == sizes(world, albums, today)
    if mode == "extended":
        assert asked[0] == "/artists"
        assert asked.count("/albums") == -(-len(albums) // 20)
        assert not [path for path in asked if path.endswith("/tracks offset=0")]
    else:
        assert asked[:4] == ["/artists", *(f"/artists/{a.artist_id}" for a in artists)]
        tracks = [path for path in asked if "/tracks" in path]
        assert tracks == [f"/albums/{album}/tracks offset=0" for album in albums]
    listed = [str(page.url) for page in manifest.pages if page.resource == "artist_albums"]
    limits = {url.split("limit=")[1][:2] for url in listed}
    assert limits == {"50" if mode == "extended" else "10"}


def test_albums_are_paged(server: Server, http: httpx2.Client) -> None:
    """Ten at a time is the most that development mode allows."""
    artist, albums = "A" * 22, [f"{number:022d}" for number in range(14)]
    listed = [{"id": each, "release_date": "2026", "total_tracks": 1} for each in albums]
    server.script("/v1/artists", error(403))
    server.script(f"/v1/artists/{artist}", answer({"id": artist}))
    here = f"/v1/artists/{artist}/albums"
    server.script(here, *(answer({"items": listed[at : at + 10], "total": 14}) for at in (0, 10)))
    for each in albums:
        server.script(f"/v1/albums/{each}/tracks", answer({"items": [{}], "total": 1}))
    runs = runs_of(http, f"{server.url}/v1", Time(), [artist])
    assert runs.run_well().item_count == 1 + 14 + 14
    assert [request.query for request in server.asked(here)] == [
        {"offset": offset, "limit": "10", "include_groups": "album,single"}
        for offset in ("0", "10")
    ]
    assert list(tracks_read(runs)) == albums


@pytest.mark.parametrize("mode", ["extended", "development"])
def test_an_album_is_read_once(http: httpx2.Client, world: World, today: Time, mode: Mode) -> None:
    artists = busy(world, today)[:2]
    with simulated(world, today, mode=mode) as spotify:
        runs = runs_of(http, spotify.url, today, [a.artist_id for a in artists])
        before = runs.run_well()
        runs.later(0.9)
        spotify.paths()
        again = runs.run_well()
        asked = spotify.paths()
    assert tracks_read(runs) == {}
    listing = [page for page in before.pages if "album_tracks" not in page.resource]
    assert len(asked) == len([p for p in listing if p.resource != "albums"])
    assert again.item_count < before.item_count


def test_a_new_release_is_read_on_its_day(http: httpx2.Client, world: World, today: Time) -> None:
    artist, day = next(
        (album.artists[0], album.release_date)
        for album in sorted(world.albums, key=lambda album: album.release_date, reverse=True)
        if album.release_date <= world.last_date
    )
    today.start = today.start.replace(year=day.year, month=day.month, day=day.day)
    today.passed = -86_400
    old = albums_of(world, today, [artist])
    with simulated(world, today, mode="development") as spotify:
        runs = runs_of(http, spotify.url, today, [artist.artist_id])
        runs.run_well()
        runs.later(1)
        runs.run_well()
    new = albums_of(world, today, [artist]).keys() - old.keys()
    assert new
    assert tracks_read(runs) == sizes(world, list(new), today)


def test_an_album_that_has_grown_is_read_again(
    http: httpx2.Client, world: World, today: Time
) -> None:
    artist = busy(world, today)[0]
    with simulated(world, today, mode="development") as spotify:
        runs = runs_of(http, spotify.url, today, [artist.artist_id])
        runs.run_well()
        album, count = next(iter(runs.state().albums.items()))

        def shrunk(state: FeedState | None) -> FeedState:
            known = state or FeedState()
            return msgspec.structs.replace(known, albums=known.albums | {album: count - 1})

        change_state(runs.store, feed_state("radar"), FeedState, shrunk)
        runs.later(0.9)
        runs.run_well()
    assert tracks_read(runs) == {album: count}


def test_the_newest_first_and_the_rest_in_the_next_slots(
    http: httpx2.Client, world: World, today: Time
) -> None:
    artist = busy(world, today)[0]
    albums = list(albums_of(world, today, [artist]))
    seen: list[str] = []
    with simulated(world, today, mode="development") as spotify:
        warnings = []
        lake = open_store("memory://")
        for daily_requests in (6, 6, 99):
            runs = runs_of(http, spotify.url, today, [artist.artist_id], daily_requests)
            runs.store = lake
            warnings.append(runs.run_well().warning)
            seen += tracks_read(runs)
            runs.later(1)
    assert seen == albums
    # of the first six requests three tell what there is, of the next six two
    assert warnings == [
        f"{len(albums) - 3} albums wait for the next slots",
        f"{len(albums) - 7} albums wait for the next slots",
        None,
    ]


def test_a_break_in_the_middle_keeps_what_there_is(
    http: httpx2.Client, world: World, today: Time
) -> None:
    artist = busy(world, today)[0]
    albums = list(albums_of(world, today, [artist]))
    listing = 2 + -(-len(albums) // 10)  # whether batches are allowed, the artist, the albums
    with simulated(world, today, mode="development") as spotify:
        runs = runs_of(http, spotify.url, today, [artist.artist_id])
        spotify.fail(too_many(20 * 3600, nth=listing + 4))
        result = runs.run()
        assert result.status == "new"
        assert "broken off: Spotify asks to wait 20.0 hours" in str(result.warning)
        assert list(tracks_read(runs)) == albums[:3]
        assert list(runs.state().albums) == albums[:3]
        assert runs.state().spent == {"2026-11-20T04": listing + 4}
        runs.later(1)
        spotify.paths()
        runs.run_well()
        # nothing of the first slot is read again
        assert list(tracks_read(runs)) == albums[3:]


def test_a_break_at_the_beginning_is_no_slot(
    http: httpx2.Client, world: World, today: Time
) -> None:
    with simulated(world, today, mode="development") as spotify:
        runs = runs_of(http, spotify.url, today, [world.artists[0].artist_id])
        spotify.fail(too_many(3600, nth=2))
        assert runs.run().status == "deferred"
    assert list(runs.store.keys("manifests/")) == []


@pytest.mark.parametrize("mode", ["extended", "development"])
def test_an_artist_that_nobody_knows_stops_no_other(
    http: httpx2.Client, world: World, today: Time, mode: Mode
) -> None:
    artist = busy(world, today)[0]
    with simulated(world, today, mode=mode) as spotify:
        runs = runs_of(http, spotify.url, today, [NOBODY, artist.artist_id])
        manifest = runs.run_well()
    assert manifest.warning == f"Spotify knows no artist {NOBODY}"
    assert set(tracks_read(runs)) == set(albums_of(world, today, [artist]))


def test_an_album_that_went_meanwhile_stops_no_other(
    http: httpx2.Client, world: World, today: Time
) -> None:
    artist = busy(world, today)[0]
    albums = list(albums_of(world, today, [artist]))
    with simulated(world, today, mode="development") as spotify:
        runs = runs_of(http, spotify.url, today, [artist.artist_id])
        spotify.fail(status(404, path=f"/v1/albums/{albums[1]}/tracks"))
        manifest = runs.run_well()
    assert manifest.warning == f"albums/{albums[1]}/tracks is gone (404)"
    assert set(tracks_read(runs)) == set(albums) - {albums[1]}


def test_an_outage_is_a_failure(http: httpx2.Client, world: World, today: Time) -> None:
    with simulated(world, today, mode="development") as spotify:
        runs = runs_of(http, spotify.url, today, [busy(world, today)[0].artist_id])
        spotify.fail(status(503, nth=6, every=1))
        assert runs.run().status == "failed"
    assert runs.state().albums == {}


def test_a_long_album_has_further_pages(server: Server, http: httpx2.Client) -> None:
    """A whole album brings its first fifty tracks."""
    artist, album = "A" * 22, "B" * 22
    listed = {"id": album, "release_date": "2026-01-01", "total_tracks": 70}
    server.script("/v1/artists", answer({"artists": [{"id": artist}]}))
    server.script(f"/v1/artists/{artist}/albums", answer({"items": [listed], "total": 1}))
    server.script("/v1/albums", answer({"albums": [{"id": album}]}))
    server.script(f"/v1/albums/{album}/tracks", answer({"items": [{}] * 20, "total": 70}))
    runs = runs_of(http, f"{server.url}/v1", Time(), [artist])
    runs.run_well()
    (asked,) = server.asked(f"/v1/albums/{album}/tracks")
    assert asked.query == {"offset": "50", "limit": "50"}


@pytest.mark.parametrize(
    "item",
    [
        None,
        5,
        {},
        {"id": None},
        {"id": 5},
        {"id": "../../me"},
        {"id": "B" * 21},
        {"id": "B" * 22 + "\n"},
        {"id": "é" * 22},
    ],
)
def test_an_odd_album_is_no_path(server: Server, http: httpx2.Client, item: object) -> None:
    artist = "A" * 22
    server.script("/v1/artists", error(403))
    server.script("/v1/tracks", error(403))
    server.script(f"/v1/artists/{artist}", answer({"id": artist}))
    server.script(f"/v1/artists/{artist}/albums", answer({"items": [item], "total": 1}))
    runs = runs_of(http, f"{server.url}/v1", Time(), [artist])
    assert runs.run_well().item_count == 2
    assert {request.path for request in server.requests} == {
        "/v1/artists",
        f"/v1/artists/{artist}",
        f"/v1/artists/{artist}/albums",
    }


@pytest.mark.parametrize("odd", [None, 5, [], "0000"])
def test_an_album_without_date_or_length_is_read(
    server: Server, http: httpx2.Client, odd: object
) -> None:
    artist, album = "A" * 22, "B" * 22
    listed = {"id": album, "release_date": odd, "total_tracks": odd}
    server.script("/v1/artists", error(403))
    server.script(f"/v1/artists/{artist}", answer({"id": artist}))
    server.script(f"/v1/artists/{artist}/albums", answer({"items": [listed], "total": 1}))
    server.script(f"/v1/albums/{album}/tracks", answer({"items": [{}] * 3, "total": 3}))
    runs = runs_of(http, f"{server.url}/v1", Time(), [artist])
    assert runs.run_well().item_count == 5
