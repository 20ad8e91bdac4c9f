"""Artists, albums and tracks by themselves, one to a page or many: no list, only observations.

What is asked about artists' catalogs, and what hydration asks about single ids, comes in the
same shapes. A null stands where Spotify does not know an id: no row, and nothing to reject.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from chartlake.errors import DataError
from chartlake.model import Manifest, Page, Undecodable, from_json
from chartlake.schema import SlotRows
from chartlake.transform.entries import NULL, Told
from chartlake.transform.observations import (
    Seen,
    joined,
    seen_in_album,
    seen_in_artist,
    seen_in_track,
)
from chartlake.transform.pages import (
    Kind,
    Memory,
    SlotContent,
    batch_of,
    content_of,
    count,
    items_of,
    records_of,
    whole,
)
from chartlake.transform.payloads import Album, Artist, Item, PageOfItems
from chartlake.transform.records import RejectRecord, check_id, reading

__all__ = ["parse_catalog"]

_ALBUM_OF_PAGE = re.compile(r"/albums/([A-Za-z0-9]{22})/tracks(?:\?|$)")


def parse_catalog(manifest: Manifest, pages: Iterable[bytes], memory: Memory) -> SlotContent:
    """What a slot tells of artists, albums and tracks.

    DataError where a page as a whole is not what the manifest says it is.
    """
    found = records_of(manifest, pages, _KINDS, memory)
    return content_of(SlotRows(readings=[reading(manifest, count(found))]), found, memory)


def _told(seen: Callable[..., Seen]) -> Callable[..., Told]:
    def read(content: bytes, *about: str) -> Told:
        return Told() if content == NULL else Told(seen(content, *about))

    return read


def _artist(content: bytes) -> Seen:
    artist = from_json(content, Artist)
    _known(artist.id, "artist")
    return seen_in_artist(artist)


def _album(content: bytes) -> Seen:
    album = from_json(content, Album)
    album_id = _known(album.id, "album")
    return joined([seen_in_album(album), *_tracks_of(album, album_id)])


def _tracks_of(album: Album, album_id: str) -> list[Seen]:
    """The tracks inside an album that is whole; one that can't be used spoils the record."""
    try:
        listed = from_json(album.tracks, PageOfItems).items
    except Undecodable:  # none are shown here
        return []
    tracks = [from_json(raw, Item) for raw in listed if bytes(raw) != NULL]
    return [_seen(track, album_id) for track in tracks if track.id]


def _track(content: bytes, album_id: str | None = None) -> Seen:
    return _seen(from_json(content, Item), album_id)


def _seen(track: Item, album_id: str | None) -> Seen:
    return seen_in_track(track, _known(track.id, "track"), album_id)


def _album_of(page: Page, number: int) -> str:
    """The album of a page of tracks, which names it in its address only."""
    named = _ALBUM_OF_PAGE.search(page.url or "")
    if not named:
        raise DataError(
            f"page {number} does not say of which album its tracks are",
            why=f"its address is {page.url}",
        )
    return named[1]


def _known(spotify_id: str | None, what: str) -> str:
    if not spotify_id:
        raise RejectRecord(f"{what} without an id")
    return check_id(spotify_id, what)


_KINDS = {
    "artist": Kind(whole, _told(_artist)),
    "album": Kind(whole, _told(_album)),
    "track": Kind(whole, _told(_track)),
    "artists": Kind(batch_of("artists"), _told(_artist)),
    "albums": Kind(batch_of("albums"), _told(_album)),
    "tracks": Kind(batch_of("tracks"), _told(_track)),
    "artist_albums": Kind(items_of, _told(_album)),
    "album_tracks": Kind(items_of, _told(_track), about=_album_of),
}
