"""What stands at one place of a list: a track, an episode, an artist, or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from chartlake.model import from_json
from chartlake.schema import Entry
from chartlake.transform.observations import Seen, seen_in_artist, seen_in_track
from chartlake.transform.pages import Found, RawRecord
from chartlake.transform.payloads import Artist, Item, Listed, moment
from chartlake.transform.records import check_id, item_key

__all__ = ["Named", "name_item", "read_artist", "read_listed", "read_track"]


class Named(NamedTuple):
    """An item as entries and plays name it."""

    item_kind: str
    item_key: str | None
    track_id: str | None
    item_name: str | None
    artist_names: str | None


def read_listed(record: RawRecord) -> Found:
    """A track or episode with the facts of its listing, as playlists and saved tracks have it."""
    listed = Listed() if record.is_null else from_json(record.content, Listed)
    return _found(record, listed, listed.item or listed.track)


def read_track(record: RawRecord) -> Found:
    """A track by itself, as in the tracks listened to most."""
    return _found(record, Listed(), None if record.is_null else from_json(record.content, Item))


def read_artist(record: RawRecord) -> Found:
    """An artist, as in the artists listened to most."""
    artist = Artist() if record.is_null else from_json(record.content, Artist)
    artist_id = check_id(artist.id, "artist") if artist.id else None
    kind = "artist" if artist.id or artist.uri or artist.name else "unavailable"
    key = item_key(kind, artist_id, artist.uri, artist.name)
    named = Named(kind, None if kind == "unavailable" else key, None, artist.name, artist.name)
    return Found(seen_in_artist(artist, record.observed_at), _entry(record, named))


def name_item(
    item: Item | None, at: datetime, *, is_local: bool | None = None
) -> tuple[Named, list[Seen]]:
    """What an item is known by, and what it tells of itself; RejectRecord where an id is none."""
    known = item or Item()
    kind = _kind(item, is_local)
    spotify_id = check_id(known.id, kind) if known.id else None
    artists = _artist_text(known)
    key = item_key(kind, spotify_id, known.uri, known.name, artists)
    track_id = spotify_id if kind == "track" else None
    named = Named(
        item_kind=kind,
        item_key=None if kind == "unavailable" else key,
        track_id=track_id,
        item_name=known.name,
        artist_names=artists,
    )
    return named, seen_in_track(known, track_id, at) if track_id else []


def _found(record: RawRecord, listed: Listed, item: Item | None) -> Found:
    named, seen = name_item(item, record.observed_at, is_local=listed.is_local)
    return Found(seen, _entry(record, named, moment(listed.added_at)))


def _entry(record: RawRecord, named: Named, added_at: datetime | None = None) -> Entry:
    return Entry(
        position=record.position,
        item_kind=named.item_kind,
        item_key=named.item_key,
        track_id=named.track_id,
        item_name=named.item_name,
        artist_names=named.artist_names,
        added_at=added_at,
        label=None,
        streams=None,
        reported_rank=None,
        reported_previous_rank=None,
        reported_peak=None,
        reported_time_on_chart=None,
        page=record.number,
        item=record.item,
    )


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
        return ", ".join(artist.name or "" for artist in item.artists) or None
    return item.show.name if item.show else None
