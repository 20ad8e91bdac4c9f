"""The world in which the benchmark competes: daily snapshots of playlists, in a lake on disk.

450,000 items are 90 days of 50 playlists of 100. A snapshot is a playlist object with the first 50
items and a page with the others, as the extractor commits them: through `raw.commit`.

- ``without``: no popularity, as in development mode: a track's bytes are those of the day before.
- ``with``: a track's popularity is another number on four days of five.
- ``distinct``: no track, album or artist comes twice.

To make one: .venv/bin/python benchmarks/transform.py make --variant without --lake FOLDER
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from chartlake.lake import raw
from chartlake.lake.store import open_store
from chartlake.model import Body, Feed, Request, Snapshot, slot_at

from . import tracks
from .lists import LENGTH, Listed, charts, strangers

Variant = Literal["without", "with", "distinct"]
VARIANTS: tuple[Variant, ...] = ("without", "with", "distinct")
START = datetime(2024, 1, 1, tzinfo=UTC)
PAGE = 50
_MADE_BY = 1
"""Raised when the same size and variant give other bytes."""


class Made(NamedTuple):
    """What lies in a lake."""

    variant: Variant
    size: int
    first_day: int
    days: int
    items: int
    json_bytes: int
    made_by: int = _MADE_BY

    @property
    def gigabytes(self) -> float:
        """The JSON, uncompressed."""
        return self.json_bytes / 1e9


def shape(size: int) -> tuple[int, int]:
    """How many days of how many playlists have about ``size`` items."""
    playlists = 50 if size >= 45_000 else 5
    return max(1, size // LENGTH // playlists), playlists


def make_world(
    lake: Path, variant: Variant, size: int = 450_000, days: range | None = None
) -> Made:
    """A new lake with the world, or some of its days; nothing is done where it is there already."""
    all_days, playlists = shape(size)
    days = days or range(all_days)
    if (found := made_before(lake)) and found[:4] == (variant, size, days.start, len(days)):
        return found
    of_days = islice(_days(variant, playlists), days.start, days.stop)
    return _fill(lake, of_days, Made(variant, size, days.start, len(days), 0, 0))


def make_slices(lake: Path, variant: Variant, size: int, days_in_slice: int) -> Iterator[Made]:
    """The same world, so many days at a time, each in a new lake at the same place."""
    all_days, playlists = shape(size)
    of_days = _days(variant, playlists)
    for first in range(0, all_days, days_in_slice):
        days = min(days_in_slice, all_days - first)
        yield _fill(lake, islice(of_days, days), Made(variant, size, first, days, 0, 0))


def _fill(lake: Path, of_days: Iterator[list[Snapshot]], made: Made) -> Made:
    shutil.rmtree(lake, ignore_errors=True)
    _note(lake).unlink(missing_ok=True)
    store, items, volume = open_store(str(lake)), 0, 0
    with ThreadPoolExecutor() as threads:
        for snapshots in of_days:
            for manifest, _ in threads.map(partial(raw.commit, store), snapshots):
                items += manifest.item_count
                volume += sum(page.length for page in manifest.pages)
    made = made._replace(items=items, json_bytes=volume)
    _note(lake).write_bytes(msgspec.json.encode(made))
    return made


def made_before(lake: Path) -> Made | None:
    """What was put into this lake; None where it is not whole, or made by older code."""
    note = _note(lake)
    if not note.exists() or not lake.exists():
        return None
    made = Made(*msgspec.json.decode(note.read_bytes()))
    return made if made.made_by == _MADE_BY else None


def _note(lake: Path) -> Path:
    return lake.with_name(f"{lake.name}.made.json")


def _days(variant: Variant, playlists: int) -> Iterator[list[Snapshot]]:
    """The snapshots of each day, without an end; days that are skipped are put together too."""
    lists = strangers(playlists) if variant == "distinct" else charts(playlists)
    for day, of_day in enumerate(lists):
        yield [_snapshot(variant, day, number, entries) for number, entries in enumerate(of_day)]


def _snapshot(variant: Variant, day: int, playlist: int, entries: list[Listed]) -> Snapshot:
    feed = _feed(playlist)
    due = START + timedelta(days=day)
    at = due + timedelta(hours=4, seconds=2 * playlist, milliseconds=317)
    version = f"{day:08d}{tracks.base62('version', day * 1000 + playlist).decode()}="
    items = [_item(variant, day, listed) for listed in entries]
    url = f"https://api.spotify.com/v1/playlists/{feed.source_id}"
    pages = (
        (url, "playlist", 0, _playlist(feed, version, _page(url, 0, items))),
        (f"{url}/tracks?offset={PAGE}", "playlist_items", PAGE, _page(url, PAGE, items)),
    )
    received = [at + timedelta(milliseconds=240 * number) for number in range(3)]
    asked = zip((*(page[0] for page in pages), url), received, strict=True)
    return Snapshot(
        feed=feed,
        slot=slot_at(due),
        chart_date=due.date(),
        bodies=tuple(
            Body(
                content=content,
                resource=resource,
                media_type="application/json",
                received_at=moment,
                url=address,
                status=200,
                first_item=first,
            )
            for (address, resource, first, content), moment in zip(pages, received, strict=False)
        ),
        item_count=len(items),
        requests=tuple(Request(url=u, at=m, seconds=0.2, status=200) for u, m in asked),
        version=version,
    )


@lru_cache(maxsize=1000)
def _feed(number: int) -> Feed:
    source_id = tracks.base62("playlist", number).decode()
    return Feed(
        name=f"chart-{number:02d}",
        source="playlist",
        source_id=source_id,
        schedule="daily",
        cadence="day",
    )


def _item(variant: Variant, day: int, listed: Listed) -> bytes:
    if variant == "distinct":
        track = tracks.track(listed.track, _own_artist)
    else:
        track = _chart_track(listed.track)
    popularity = None if variant == "without" else tracks.popularity(listed.track, day)
    added_at = (START + timedelta(days=listed.since)).strftime("%Y-%m-%dT04:%M:%SZ")
    return tracks.item(track.content(popularity), added_at)


@lru_cache(maxsize=20_000)
def _chart_track(number: int) -> tracks.Track:
    return tracks.track(number, _shared_artist)


def _shared_artist(track: int, place: int) -> int:
    return (track * 31 + place * 17) // 5


def _own_artist(track: int, place: int) -> int:
    return track * 4 + place


def _page(url: str, first: int, items: list[bytes]) -> bytes:
    """One page of the list; the addresses of the others are as Spotify gives them."""

    def address(offset: int) -> bytes:
        return f'"{url}/tracks?offset={offset}&limit={PAGE}"'.encode()

    return b'{"href":%s,"items":[%s],"limit":%d,"next":%s,"offset":%d,"previous":%s,"total":%d}' % (
        address(first),
        b",".join(items[first : first + PAGE]),
        PAGE,
        address(first + PAGE) if first + PAGE < len(items) else b"null",
        first,
        address(first - PAGE) if first else b"null",
        len(items),
    )


def _playlist(feed: Feed, version: str, page: bytes) -> bytes:
    return _PLAYLIST % {
        b"id": feed.source_id.encode(),
        b"name": feed.name.encode(),
        b"version": version.encode(),
        b"page": page,
    }


_PLAYLIST = (
    b'{"collaborative":false,"description":"What is listened to most.",'
    b'"external_urls":{"spotify":"https://open.spotify.com/playlist/%(id)s"},'
    b'"followers":{"href":null,"total":1024},'
    b'"href":"https://api.spotify.com/v1/playlists/%(id)s","id":"%(id)s",'
    b'"images":[{"height":null,"url":"https://i.scdn.co/image/%(id)s","width":null}],'
    b'"name":"%(name)s","owner":{"display_name":"Chartlake",'
    b'"external_urls":{"spotify":"https://open.spotify.com/user/chartlake"},'
    b'"href":"https://api.spotify.com/v1/users/chartlake","id":"chartlake","type":"user",'
    b'"uri":"spotify:user:chartlake"},"primary_color":null,"public":true,'
    b'"snapshot_id":"%(version)s","tracks":%(page)s,"type":"playlist",'
    b'"uri":"spotify:playlist:%(id)s"}'
)
