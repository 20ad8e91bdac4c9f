"""What stands at one place of a list: a track, an episode, an artist, or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from chartlake.model import from_json
from chartlake.transform.observations import NOTHING, Seen, seen_in_artist, seen_in_track
from chartlake.transform.payloads import Artist, Item, Listed, moment
from chartlake.transform.records import check_id, item_key

__all__ = [
    "NULL",
    "Listening",
    "Listing",
    "Told",
    "name_item",
    "read_artist",
    "read_listed",
    "read_track",
]

NULL = b"null"
"""Stands where there is nothing."""


Named = tuple[str, str | None, str | None, str | None, str | None]
"""An item as entries and plays name it: item_kind, item_key, track_id, item_name, artist_names."""


class Listing(NamedTuple):
    """What a record of a list tells of its place there: the columns of `Entry` of these names."""

    item_kind: str
    item_key: str | None
    track_id: str | None
    item_name: str | None
    artist_names: str | None
    added_at: datetime | None


class Listening(NamedTuple):
    """What a record of recently played tells: the columns of `PlayObservation` of these names."""

    played_at: datetime
    item_kind: str
    item_key: str | None
    track_id: str | None
    item_name: str | None
    artist_names: str | None
    duration_ms: int | None
    context_type: str | None
    context_uri: str | None


class Told(NamedTuple):
    """What one record tells, wherever it stands."""

    seen: Seen = NOTHING
    listing: Listing | None = None
    listening: Listening | None = None


def read_listed(content: bytes) -> Told:
    """A track or episode with the facts of its listing, as playlists and saved tracks have it."""
    listed = Listed() if content == NULL else from_json(content, Listed)
    named, seen = name_item(listed.item or listed.track, is_local=listed.is_local)
    return Told(seen, Listing(*named, moment(listed.added_at)))


def read_track(content: bytes) -> Told:
    """A track by itself, as in the tracks listened to most."""
    named, seen = name_item(None if content == NULL else from_json(content, Item))
    return Told(seen, Listing(*named, None))


def read_artist(content: bytes) -> Told:
    """An artist, as in the artists listened to most."""
    artist = Artist() if content == NULL else from_json(content, Artist)
    artist_id = check_id(artist.id, "artist") if artist.id else None
    kind = "artist" if artist.id or artist.uri or artist.name else "unavailable"
    key = None if kind == "unavailable" else item_key(kind, artist_id, artist.uri, artist.name)
    listing = Listing(kind, key, None, artist.name, artist.name, None)
    return Told(seen_in_artist(artist), listing)


def name_item(item: Item | None, *, is_local: bool | None = None) -> tuple[Named, Seen]:
    """What an item is known by, and what it tells of itself; RejectRecord where an id is none."""
    known = item or Item()
    kind = _kind(item, is_local)
    spotify_id = check_id(known.id, kind) if known.id else None
    artists = _artist_text(known)
    key = item_key(kind, spotify_id, known.uri, known.name, artists)
    track_id = spotify_id if kind == "track" else None
    named = (kind, None if kind == "unavailable" else key, track_id, known.name, artists)
    return named, seen_in_track(known, track_id) if track_id else NOTHING


def _kind(item: Item | None, is_local: bool | None) -> str:
    if item is None:
        return "unavailable"
    if is_local or item.is_local or (item.uri or "").startswith("spotify:local:"):
        return "local"
    if item.type in ("episode", "audiobook"):
        return item.type
    return "track" if item.id or item.uri or item.name else "unavailable"


def _artist_text(item: Item) -> str | None:
    if item.artists:
        return ", ".join([artist.name or "" for artist in item.artists]) or None
    return item.show.name if item.show else None
