"""What the followed artists have out: their albums, and the tracks of albums not read before.

A release radar: each slot lists the artists' albums anew; the tracks of an
album are read once, newest album first, within a budget of requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from chartlake.errors import Deferred, Refused
from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.allowance import Allowance
from chartlake.extract.spotify.capabilities import MODE
from chartlake.extract.spotify.catalogue import BATCH_SIZE, Got, ask_batch_allowed, read_by_id
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.versioned import further_pages
from chartlake.lake.state import FeedState, change_state, feed_state, read_state
from chartlake.lake.store import Store
from chartlake.model import SPOTIFY_ID, Body, Snapshot

__all__ = ["AlbumsRead", "read_artist_catalog"]

_PAGE = 50


class AlbumsRead:
    """Which albums' tracks are there already, with how many tracks they had then."""

    def __init__(self, store: Store, feed: str) -> None:
        self._store = store
        self._name = feed_state(feed)

    def known(self) -> Mapping[str, int]:
        """Numbers of tracks by album id."""
        return (read_state(self._store, self._name, FeedState) or FeedState()).albums

    def add(self, albums: Mapping[str, int]) -> None:
        """Remember these as read."""

        def added(before: FeedState | None) -> FeedState:
            known = before or FeedState()
            return msgspec.structs.replace(known, albums={**known.albums, **albums})

        if albums:
            change_state(self._store, self._name, FeedState, added)


class _Album(NamedTuple):
    album_id: str
    release_date: str
    total_tracks: int


class _Reading:
    """Gathers one slot."""

    def __init__(self, client: SpotifyClient) -> None:
        self.client = client
        self.bodies: list[Body] = []
        self.records = 0
        self.warnings: list[str] = []
        self.albums_read: dict[str, int] = {}

    def artists(self, ids: Sequence[str]) -> list[str]:
        """Read these; those that there are."""
        unknown: set[str] = set()
        for got in read_by_id(self.client, "artist", ids):
            self._keep(got)
            unknown.update(got.unknown)
        self.warnings += [f"Spotify knows no artist {artist}" for artist in sorted(unknown)]
        return [artist for artist in ids if artist not in unknown]

    def albums_of(self, artist: str, groups: Sequence[str]) -> Iterator[_Album]:
        # 10 is the most that development mode allows since February 2026
        limit = _PAGE if self.client.capabilities.value(MODE) == "extended" else 10
        path, params = f"/artists/{artist}/albums", {"include_groups": ",".join(groups)}
        count, total = 0, None
        for body, page in further_pages(
            self.client, path, "artist_albums", limit, (), 0, None, params
        ):
            self.bodies.append(body)
            self.records += len(page.items)
            count, total = count + len(page.items), page.total
            yield from (album for item in page.items if (album := _album(item)))
        self._compare(path, count, total)

    def new_tracks(self, albums: Sequence[_Album], allowance: Allowance) -> None:
        """Read the tracks of albums in this order, until the budget is spent."""
        step = BATCH_SIZE["album"] if albums and ask_batch_allowed(self.client) else 1
        for start in range(0, len(albums), step):
            if not allowance.left(self.client):
                self.warnings.append(f"{len(albums) - start} albums wait for the next slots")
                break
            some = albums[start : start + step]
            self._tracks_of(some, whole=step > 1)
            self.albums_read |= {album.album_id: album.total_tracks for album in some}

    def _tracks_of(self, albums: Sequence[_Album], *, whole: bool) -> None:
        if whole:  # a whole album brings its first 50 tracks
            for got in read_by_id(self.client, "album", [album.album_id for album in albums]):
                self._keep(got)
        for album in albums:
            start = _PAGE if whole else 0
            if start == 0 or album.total_tracks > start:
                self._pages(f"/albums/{album.album_id}/tracks", start)

    def _pages(self, path: str, start: int) -> None:
        count, total = start, None
        try:
            for body, page in further_pages(
                self.client, path, "album_tracks", _PAGE, (), start, None
            ):
                self.bodies.append(body)
                self.records += len(page.items)
                count, total = count + len(page.items), page.total
        except Refused as refusal:
            if refusal.status != 404:
                raise
            self.warnings.append(f"{path[1:]} is gone (404)")
        else:
            self._compare(path, count, total)

    def _compare(self, path: str, count: int, total: int | None) -> None:
        """What is short here is told, and the rest goes on: none of it is a ranked list."""
        if total is not None and count != total:
            self.warnings.append(f"{path[1:]} gave {count:,} of {total:,}")

    def _keep(self, got: Got) -> None:
        self.records += got.records
        self.bodies += [got.body] if got.body else []


def read_artist_catalog(
    client: SpotifyClient,
    artists: Sequence[str],
    groups: Sequence[str],
    allowance: Allowance,
    albums_read: AlbumsRead,
    due: DueSlot,
) -> Snapshot:
    """The artists, all their albums, and the tracks of as many new ones as the budget allows."""
    reading = _Reading(client)
    try:
        there = reading.artists(artists)
        listed = [album for artist in there for album in reading.albums_of(artist, groups)]
        known = albums_read.known()
        new = {a.album_id: a for a in listed if known.get(a.album_id) != a.total_tracks}
        newest_first = sorted(new.values(), key=lambda album: album.release_date, reverse=True)
        reading.new_tracks(newest_first, allowance)
    except Deferred as deferred:
        if not reading.bodies:
            raise
        reading.warnings.append(f"broken off: {deferred.what}; the next slot goes on")
    finally:
        allowance.spend(client)
    due.then(lambda: albums_read.add(reading.albums_read))
    return Snapshot(
        feed=due.feed,
        slot=due.slot,
        chart_date=due.chart_date,
        bodies=tuple(reading.bodies),
        item_count=reading.records,
        observed_at=client.now,
        requests=tuple(client.requests),
        warning="; ".join(reading.warnings) or None,
    )


def _album(item: Any) -> _Album | None:
    """A listed album, where it is one: its id ends up in a path."""
    fields = item if isinstance(item, dict) else {}
    album_id, total = fields.get("id"), fields.get("total_tracks")
    if not isinstance(album_id, str) or not SPOTIFY_ID.fullmatch(album_id):
        return None
    return _Album(album_id, str(fields.get("release_date")), total if isinstance(total, int) else 0)
