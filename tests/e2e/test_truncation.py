"""An answer that ends too early, at any of its bytes, is never committed.

Three ways of ending: the connection ends before Content-Length is reached, a Content-Length that
fits the short body, and a compressed body that is cut.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chartlake.errors import Unavailable
from chartlake.extract.spotify.retry import Retry
from chartlake.lake import raw
from chartlake.lake.store import Store
from chartlake.settings import read_settings
from chartlake.simulator import Simulator, World
from chartlake.simulator.faults import shortened, truncated
from chartlake.wiring.project import Project, open_project
from tests.e2e.projects import (
    SimulatedTime,
    give_token,
    held_of,
    make_tape,
    playlist_feed,
    write_feeds,
)
from tests.extract.server import Answer, Server

TAPE = "2nWxVs7sKLqP7tqTZQv0Fa"
EVERY_BYTE = pytest.param(1, marks=pytest.mark.long, id="every byte")
SPREAD = pytest.param(17, id="a spread")
WAYS = {"cut": truncated, "shortened": shortened}


def small(place: int, item: dict[str, object]) -> object:
    """An item of some 120 bytes, so that a page of it has 2 to 4 kB."""
    track = item["item"]
    assert isinstance(track, dict)
    kept = {key: track[key] for key in ("id", "type", "name")}
    return {"added_at": item["added_at"], "item": kept}


@pytest.fixture
def opened(tmp_path: Path, world: World) -> Iterator[tuple[Project, Simulator]]:
    """A playlist of 70 small items: 50 with the playlist, 20 on a second page. No retries."""
    make_tape(world, TAPE, world.tracks[:70], spoil=small)
    time = SimulatedTime()
    with Simulator(world, time, mode="development") as spotify:
        write_feeds(
            tmp_path,
            spotify,
            {"list": playlist_feed(TAPE)},
            lake="memory://",
            daily_requests=1_000_000,
        )
        give_token(tmp_path, spotify, world.users[0].user_id)
        with open_project(read_settings(tmp_path), time, _once(time)) as project:
            yield project, spotify


@pytest.mark.parametrize("step", [SPREAD, EVERY_BYTE])
@pytest.mark.parametrize("way", WAYS)
def test_the_only_page(
    opened: tuple[Project, Simulator], world: World, way: str, step: int
) -> None:
    project, spotify = opened
    tape = world.mixtapes[TAPE]
    tape.edit(tape.items[:20])
    path = f"/v1/playlists/{TAPE}"
    length = _length(project, path.removeprefix("/v1"))
    assert 2000 <= length <= 4000
    for at in _offsets(length, step):
        spotify.faults.clear()
        spotify.faults.add(WAYS[way](at, path=path))
        _assert_nothing_is_committed(project, at)
    spotify.faults.clear()
    assert _extract(project) == ("new", 20)
    assert _names(project.store) == [track.name for track in world.tracks[:20]]


@pytest.mark.parametrize("step", [SPREAD, EVERY_BYTE])
@pytest.mark.parametrize("way", WAYS)
def test_the_second_page(
    opened: tuple[Project, Simulator], world: World, way: str, step: int
) -> None:
    project, spotify = opened
    path = f"/v1/playlists/{TAPE}/items"
    length = _length(project, f"{path.removeprefix('/v1')}?offset=50&limit=50")
    assert 2000 <= length <= 4000
    for at in _offsets(length, step):
        spotify.faults.clear()
        spotify.faults.add(WAYS[way](at, path=path))
        _assert_nothing_is_committed(project, at)
        held = held_of(project.store, "list")
        assert held is not None
        assert [page.first_item for page in held.pages] == [0], f"cut at {at}"
    spotify.faults.clear()
    assert _extract(project) == ("new", 70)
    assert _names(project.store) == [track.name for track in world.tracks[:70]]


@pytest.mark.parametrize("step", [SPREAD, EVERY_BYTE])
def test_a_compressed_page(tmp_path: Path, step: int) -> None:
    """As Spotify sends them; without a length the end of the connection is all that ends one."""
    item = {"item": {"id": "a" * 22, "type": "track", "name": "Song", "artists": []}}
    numbers = [{**item, "added_at": f"2026-11-{day:02}T00:00:00Z"} for day in range(1, 31)]
    page = {"items": numbers, "total": len(numbers)}
    text = msgspec.json.encode({"snapshot_id": "1", "items": page})
    whole = gzip.compress(text, mtime=0)
    server, time = Server(), SimulatedTime()
    (tmp_path / "chartlake.toml").write_text(
        f'[lake]\nurl = "memory://"\n[spotify]\napi_url = "{server.url}/v1"\n'
        f'daily_requests = 1000000\n[feeds.list]\nsource = "playlist"\nplaylist = "{TAPE}"\n'
        'schedule = "daily"\n'
    )
    (tmp_path / ".env").write_text("CHARTLAKE_SPOTIFY__ACCESS_TOKEN=given\n")

    def zipped(body: bytes, **how: Any) -> Answer:
        return Answer(body, headers={"Content-Encoding": "gzip"}, **how)

    # the last bytes of a zipped body are a check sum: without them the text may be whole
    short = [at for at in _offsets(len(whole), step) if len(_text(whole[:at])) < len(text)]
    assert len(whole) - 16 < max(short) < len(whole)
    cuts = [
        *(zipped(whole, sent=at) for at in _offsets(len(whole), step)),
        *(zipped(whole[:at]) for at in short),
        *(zipped(whole[:at], length=False) for at in short),
    ]
    server.script(f"/v1/playlists/{TAPE}", *cuts, zipped(whole))
    try:
        with open_project(read_settings(tmp_path), time, _once(time)) as project:
            for at in range(len(cuts)):
                _assert_nothing_is_committed(project, at)
            assert _extract(project) == ("new", 30)
    finally:
        server.close()


def _once(time: SimulatedTime) -> Retry:
    """No second attempt, and any number of runs in one process."""
    return time.retry(max_attempts=1, run_seconds=float("inf"))


def _offsets(length: int, step: int) -> list[int]:
    """The first and last bytes, and a spread of those between them."""
    return sorted({*range(min(20, length)), *range(0, length, step), *range(length - 20, length)})


def _text(zipped: bytes) -> bytes:
    return zlib.decompressobj(wbits=31).decompress(zipped)


def _length(project: Project, path: str) -> int:
    return len(project.spotify.client().get(path, "a page").content)


def _extract(project: Project) -> tuple[str, int]:
    (result,) = project.pipeline.extract(project.feeds)
    return result.status, result.records


def _assert_nothing_is_committed(project: Project, at: int) -> None:
    (result,) = project.pipeline.extract(project.feeds)
    assert (result.status, type(result.error)) == ("failed", Unavailable), f"cut at {at}"
    assert not list(project.store.keys("manifests/")), f"cut at {at}"


def _names(store: Store) -> list[str]:
    (slot,) = raw.latest_revisions(store, "list")
    manifest = raw.read_manifest(store, "list", slot, 1)
    pages = [msgspec.json.decode(page) for page in raw.read_pages(store, manifest)]
    items = [pages[0]["items"]["items"], *(page["items"] for page in pages[1:])]
    return [item["item"]["name"] for each in items for item in each]
