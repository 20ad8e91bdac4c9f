"""Artists, albums and tracks by themselves, one to a page or many: no list, only observations.

What is asked about artists' catalogs, and what hydration asks about single ids, comes in the
same shapes. A null stands where Spotify does not know an id: no row, and nothing to reject.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from chartlake.errors import DataError
from chartlake.model import Manifest, Undecodable, from_json
from chartlake.schema import SlotRows
from chartlake.transform.observations import Seen, seen_in_album, seen_in_artist, seen_in_track
from chartlake.transform.pages import (
    Found,
    RawRecord,
    Split,
    batch_of,
    gather,
    items_of,
    records_of,
    whole,
)
from chartlake.transform.payloads import Album, Artist, Item, PageOfItems
from chartlake.transform.records import RejectRecord, check_id, reading

__all__ = ["parse_catalog"]

_ALBUM_OF_PAGE = re.compile(r"/albums/([A-Za-z0-9]{22})/tracks(?:\?|$)")


def parse_catalog(manifest: Manifest, pages: Iterable[bytes]) -> SlotRows:
    """What a slot tells of artists, albums and tracks.

    DataError where a page as a whole is not what the manifest says it is.
    """
    records = records_of(manifest, pages, {name: kind.split for name, kind in _KINDS.items()})
    rows, count = gather(records, _read)
    rows.readings.append(reading(manifest, count))
    return rows


def _read(record: RawRecord) -> Found:
    if record.is_null:
        return Found()
    return Found(_KINDS[record.page.resource].read(record))


def _artist(record: RawRecord) -> list[Seen]:
    artist = from_json(record.content, Artist)
    _known(artist.id, "artist")
    return seen_in_artist(artist, record.observed_at)


def _album(record: RawRecord) -> list[Seen]:
    album = from_json(record.content, Album)
    album_id, at = _known(album.id, "album"), record.observed_at
    return seen_in_album(album, at) + _tracks_of(album, album_id, at)


def _tracks_of(album: Album, album_id: str, at: datetime) -> list[Seen]:
    """The tracks inside an album that is whole; one that can't be used spoils the record."""
    try:
        listed = from_json(album.tracks, PageOfItems).items
    except Undecodable:  # none are shown here
        return []
    tracks = [from_json(raw, Item) for raw in listed if bytes(raw) != b"null"]
    return [seen for track in tracks if track.id for seen in _seen(track, at, album_id)]


def _track(record: RawRecord) -> list[Seen]:
    return _seen(from_json(record.content, Item), record.observed_at)


def _track_of_album(record: RawRecord) -> list[Seen]:
    """A track in a page of an album's, which names the album in its address only."""
    named = _ALBUM_OF_PAGE.search(record.page.url or "")
    if not named:
        raise DataError(
            f"page {record.number} does not say of which album its tracks are",
            why=f"its address is {record.page.url}",
        )
    return _seen(from_json(record.content, Item), record.observed_at, named[1])


def _seen(track: Item, at: datetime, album_id: str | None = None) -> list[Seen]:
    return seen_in_track(track, _known(track.id, "track"), at, album_id)


def _known(spotify_id: str | None, what: str) -> str:
    if not spotify_id:
        raise RejectRecord(f"{what} without an id")
    return check_id(spotify_id, what)


class _Kind(NamedTuple):
    """How a page splits into records, and what one of them tells."""

    split: Split
    read: Callable[[RawRecord], list[Seen]]


_KINDS = {
    "artist": _Kind(whole, _artist),
    "album": _Kind(whole, _album),
    "track": _Kind(whole, _track),
    "artists": _Kind(batch_of("artists"), _artist),
    "albums": _Kind(batch_of("albums"), _album),
    "tracks": _Kind(batch_of("tracks"), _track),
    "artist_albums": _Kind(items_of, _album),
    "album_tracks": _Kind(items_of, _track_of_album),
}
