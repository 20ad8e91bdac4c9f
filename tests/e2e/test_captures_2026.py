"""Real answers of 2026 (development mode), as a release radar gets them, up to the warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Command
from tests.e2e.projects import SimulatedTime, warehouse_of
from tests.extract.server import Server, answer, error

pytestmark = pytest.mark.needs("real-data")

Json = dict[str, Any]


@pytest.fixture
def captures(real_data: Path) -> dict[str, Json]:
    """By the names of the files."""
    files = sorted((real_data / "api" / "2026").glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


@pytest.fixture
def spotify() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def listed(captures: dict[str, Json]) -> list[Json]:
    """The album pages that were captured, the same albums once each."""
    pages = [page for name, page in captures.items() if name.startswith("album") and _albums(page)]
    return list({album["id"]: album for page in pages for album in page["items"]}.values())


def _albums(page: Json) -> bool:
    return bool(page["items"]) and page["items"][0]["type"] == "album"


def tracks_by_album(captures: dict[str, Json]) -> dict[str, Json]:
    """The pages of albums' tracks that were captured."""
    prefix = "album_tracks_"
    return {
        name.removeprefix(prefix): page
        for name, page in captures.items()
        if name.startswith(prefix)
    }


def serve(spotify: Server, artist: Json, page: Json, tracks: dict[str, Json]) -> None:
    """As an app in development mode is served: one id at a time; what was not captured is gone.

    After a page that is not all, there is an empty one.
    """
    nothing = error(404, "Resource not found")
    path = f"/v1/artists/{artist['id']}"
    spotify.script("/v1/tracks", error(403, "Forbidden"))
    spotify.script("/v1/artists", error(403, "Forbidden"))
    spotify.script(path, answer(artist))
    is_all = page["total"] == len(page["items"])
    after_it = [] if is_all else [answer(_nothing_after(page))]
    spotify.script(f"{path}/albums", answer(page), *after_it)
    for album in page["items"]:
        found = tracks.get(album["id"])
        its = [answer(found), answer(_nothing_after(found))] if found else [nothing]
        spotify.script(f"/v1/albums/{album['id']}/tracks", *its)


def _nothing_after(page: Json) -> Json:
    return page | {"items": [], "offset": len(page["items"])}


def write(folder: Path, spotify: Server, artist_id: str) -> None:
    (folder / ".env").write_text("CHARTLAKE_SPOTIFY__ACCESS_TOKEN=given\n")
    (folder / "chartlake.toml").write_text(
        f"""
        [spotify]
        api_url = "{spotify.url}/v1"
        [feeds.radar]
        source = "artist-catalog"
        artists = ["https://open.spotify.com/artist/{artist_id}"]
        groups = ["album", "single", "compilation", "appears_on"]
        schedule = "daily"
        """
    )


def test_an_artists_albums_and_their_tracks(
    chartlake: Command,
    captures: dict[str, Json],
    spotify: Server,
    moment: SimulatedTime,
    tmp_path: Path,
) -> None:
    artist, tracks = captures["artist_drake"], tracks_by_album(captures)
    albums = listed(captures)
    # albums whose tracks were captured but which stand on no captured page are listed as well
    albums += [_like(albums[0], album_id, page) for album_id, page in tracks.items()]
    albums = list({album["id"]: album for album in reversed(albums)}.values())
    serve(spotify, artist, {"items": albums, "total": len(albums)}, tracks)
    write(tmp_path, spotify, artist["id"])

    done = chartlake("run")
    assert done.code == 0, done.err
    items = [item for page in tracks.values() for item in page["items"]]
    records = 1 + len(albums) + len(items)
    assert f"{records} records" in done.out
    gone = [album["id"] for album in albums if album["id"] not in tracks]
    assert all(f"albums/{album_id}/tracks is gone (404)" in done.err for album_id in gone)
    short = {i: page for i, page in tracks.items() if len(page["items"]) < page["total"]}
    assert short
    for album_id, page in short.items():
        told = f"albums/{album_id}/tracks gave {len(page['items'])} of {page['total']}"
        assert told in done.err

    warehouse = warehouse_of(tmp_path)

    def ids(table: str, column: str) -> set[str]:
        return {row[0] for row in warehouse.query(f"select {column} from {table}").rows}

    credited = [a for thing in [*albums, *items] for a in thing["artists"]]
    assert ids("tracks", "track_id") == {item["id"] for item in items}
    assert ids("albums", "album_id") == {album["id"] for album in albums}
    assert ids("artists", "artist_id") == {artist["id"], *(a["id"] for a in credited)}
    assert warehouse.query("select item_count from readings").rows == [(records,)]
    assert warehouse.query("select count(*) from rejects").rows == [(0,)]
    found = warehouse.query("select track_id, album_id, track_name, duration_ms from tracks").rows
    assert sorted(found) == sorted(
        (item["id"], album_id, item["name"], item["duration_ms"])
        for album_id, page in tracks.items()
        for item in page["items"]
    )
    credits = "select track_id, artist_position, artist_id from track_artists"
    assert sorted(warehouse.query(credits).rows) == sorted(
        (item["id"], place, credit["id"])
        for item in items
        for place, credit in enumerate(item["artists"], start=1)
    )
    # of what development mode no longer tells, nothing is made up
    lacking = "select count(popularity), count(followers) from artists"
    assert warehouse.query(lacking).rows == [(0, 0)]
    assert chartlake("check").code == 0

    asked = len(spotify.requests)
    moment.move(days=1)
    again = chartlake("run")
    assert again.code == 0, again.err
    # the artist, the albums, and nothing of albums that were read
    assert len(spotify.requests) - asked == 2
    assert warehouse.query("select count(*) from readings").rows == [(2,)]
    assert ids("tracks", "track_id") == {item["id"] for item in items}


def test_a_captured_page_as_it_is(
    chartlake: Command,
    captures: dict[str, Json],
    spotify: Server,
    moment: SimulatedTime,
    tmp_path: Path,
) -> None:
    """Five of nearly a thousand albums: what came is kept, and what did not come is told."""
    artist, page = captures["artist_drake"], captures["albums_drake"]
    serve(spotify, artist, page, tracks_by_album(captures))
    write(tmp_path, spotify, artist["id"])
    done = chartlake("run", "-q")
    assert done.code == 0, done.err
    assert f"gave {len(page['items'])} of {page['total']}" in done.err
    warehouse = warehouse_of(tmp_path)
    names = {row[0] for row in warehouse.query("select album_name from albums").rows}
    assert names == {album["name"] for album in page["items"]}


def _like(album: Json, album_id: str, page: Json) -> Json:
    """A listing of an album of which the tracks alone were captured."""
    uri = f"spotify:album:{album_id}"
    return album | {"id": album_id, "uri": uri, "name": album_id, "total_tracks": page["total"]}
