"""Real answers of Spotify, served from a loopback server, through the real client to the marts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.commands import Command

pytestmark = pytest.mark.needs("real-data")

Answer = Callable[[str, dict[str, list[str]]], Any]
PLAYLIST_ID = "37i9dQZEVXbMDoHDwVN2tF"


def test_the_full_top_50_page(chartlake: Command, real_data: Path, tmp_path: Path) -> None:
    (playlist,) = _capture(real_data, "top50_global_2024_a.json")
    with _serve(_object_only(playlist)) as url:
        _project(tmp_path, url)
        done = chartlake("run")
    assert done.code == 0, done.err
    items = [item["track"] for item in playlist["tracks"]["items"]]
    assert len(items) == 50
    entries = _query(chartlake, "select * from entries order by position")
    assert [entry["track_id"] for entry in entries] == [track["id"] for track in items]
    assert [entry["position"] for entry in entries] == list(range(1, 51))
    _assert_all_artists_in_order(chartlake, items)
    (edition,) = _query(chartlake, "select * from editions")
    assert (edition["title"], edition["owner"]) == ("Top 50 - Global", "Spotify")
    assert _query(chartlake, "select distinct movement from chart_movements") == [
        {"movement": "first"}
    ]


def test_the_page_that_mixes_episodes_and_tracks(
    chartlake: Command, real_data: Path, tmp_path: Path
) -> None:
    page = _capture(real_data, "playlist_items_episodes_and_tracks.json")
    with _serve(_pages(page)) as url:
        _project(tmp_path, url)
        done = chartlake("run")
    assert done.code == 0, done.err
    entries = _query(chartlake, "select * from entries order by position")
    kinds = [item["track"]["type"] for item in page["items"]]
    assert [entry["item_kind"] for entry in entries] == kinds
    assert [entry["item_key"] for entry in entries] == [i["track"]["id"] for i in page["items"]]
    shows = [i["track"]["show"]["name"] for i in page["items"] if i["track"]["type"] == "episode"]
    assert [e["artist_names"] for e in entries if e["item_kind"] == "episode"] == shows
    tracks = [item["track"] for item in page["items"] if item["track"]["type"] == "track"]
    _assert_all_artists_in_order(chartlake, tracks)


def test_the_page_with_a_missing_track(chartlake: Command, real_data: Path, tmp_path: Path) -> None:
    page = _capture(real_data, "playlist_items_missing_track.json")
    assert (page["total"], len(page["items"])) == (58, 2)
    with _serve(_pages(page)) as url:
        _project(tmp_path, url)
        torn = chartlake("run")
        assert torn.code == 3
        assert "gave 2 of 58 items" in torn.err
        assert _query(chartlake, "select * from editions") == []
        assert chartlake("lake", "ls", "--json").json()["rows"] == []
    with _serve(_pages(page | {"total": 2})) as url:
        _project(tmp_path, url)
        assert chartlake("run").code == 0
    entries = _query(chartlake, "select position, item_kind, item_key from entries order by 1")
    rejects = _query(chartlake, "select * from rejects")
    assert len(entries) + len(rejects) == len(page["items"])
    missing = next(n for n, item in enumerate(page["items"], start=1) if "track" not in item)
    assert {"position": missing, "item_kind": "unavailable", "item_key": None} in entries
    ranked = _query(chartlake, "select item_key from chart_movements")
    assert len(ranked) == 1


def test_the_full_playlist_object(chartlake: Command, real_data: Path, tmp_path: Path) -> None:
    playlist = _capture(real_data, "playlist_full.json")
    with _serve(_object_only(playlist)) as url:
        _project(tmp_path, url)
        assert chartlake("run").code == 0
    entries = _query(chartlake, "select item_name from entries order by position")
    names = [item["track"]["name"] for item in playlist["tracks"]["items"]]
    assert [entry["item_name"] for entry in entries] == names


def _assert_all_artists_in_order(chartlake: Command, tracks: list[dict[str, Any]]) -> None:
    sql = "select * from track_artists order by track_id, artist_position"
    found: dict[str, list[str]] = {}
    for row in _query(chartlake, sql):
        found.setdefault(row["track_id"], []).append(row["artist_name"])
    assert found == {track["id"]: [a["name"] for a in track["artists"]] for track in tracks}


def _capture(real_data: Path, name: str) -> Any:
    return json.loads((real_data / "api" / name).read_text(encoding="utf-8"))


def _object_only(playlist: dict[str, Any]) -> Answer:
    return lambda path, query: playlist if path == f"/v1/playlists/{PLAYLIST_ID}" else None


def _pages(page: dict[str, Any]) -> Answer:
    """A playlist whose items are in pages of their own; past the end they are empty."""

    def answer(path: str, query: dict[str, list[str]]) -> Any:
        if path == f"/v1/playlists/{PLAYLIST_ID}":
            return {"id": PLAYLIST_ID, "name": "A playlist", "snapshot_id": "one"}
        if path == f"/v1/playlists/{PLAYLIST_ID}/items":
            at = int(query["offset"][0])
            return page | {"items": page["items"][at:], "offset": at}
        return None

    return answer


@contextmanager
def _serve(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            target = urlsplit(self.path)
            found = answer(target.path, parse_qs(target.query))
            body = json.dumps(found or {"error": {"status": 404, "message": "Not found"}}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()


def _project(folder: Path, api_url: str) -> None:
    (folder / ".env").write_text("CHARTLAKE_SPOTIFY__ACCESS_TOKEN=given\n")
    (folder / "chartlake.toml").write_text(
        f"""
        [spotify]
        api_url = "{api_url}"
        [feeds.the-list]
        source = "playlist"
        playlist = "spotify:playlist:{PLAYLIST_ID}"
        schedule = "daily"
        """
    )


def _query(chartlake: Command, sql: str) -> list[dict[str, Any]]:
    done = chartlake("query", sql, "--json")
    assert done.code == 0, done.err
    return list(done.json()["rows"])
