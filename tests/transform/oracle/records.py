"""What one record says: what stands at its place, and what was seen of tracks, albums, artists."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from tests.transform.oracle import payloads
from tests.transform.oracle.payloads import Json
from tests.transform.oracle.text import Node, WrongType

LARGEST = 2**63 - 1


class Refused(ValueError):
    """The record can't be used, and why."""


@dataclass
class Sighting:
    """What was seen of a track, an album or an artist: values by column, and its artists."""

    kind: str
    values: Json
    credits: list[tuple[str | None, str | None]] = field(default_factory=list)


@dataclass
class Said:
    """What a record says: its place in a list or among plays (columns), and what was seen."""

    entry: Json | None = None
    play: Json | None = None
    seen: list[Sighting] = field(default_factory=list)


# Places -------------------------------------------------------------------------------------


def listed(record: Node) -> Said:
    nothing = {"item": None, "track": None, "is_local": None, "added_at": None}
    it = payloads.listed(record) if record.kind != "null" else nothing
    place, seen = _placed(it["item"] or it["track"], it["is_local"])
    return Said(entry=place | {"added_at": time_of(it["added_at"])}, seen=seen)


def top_track(record: Node) -> Said:
    place, seen = _placed(payloads.item_or_null(record), None)
    return Said(entry=place, seen=seen)


def top_artist(record: Node) -> Said:
    nothing = dict.fromkeys(("id", "uri", "name"))
    artist: Json = payloads.artist(record) if record.kind != "null" else nothing
    place: Json = {"item_kind": "unavailable", "item_key": None}
    if artist["id"] or artist["uri"] or artist["name"]:
        found = _id(artist["id"], "artist") if artist["id"] else artist["uri"]
        place = {"item_kind": "artist", "item_key": found or _hash("artist", artist["name"])}
    place |= {"track_id": None, "item_name": artist["name"], "artist_names": artist["name"]}
    return Said(entry=place, seen=_artists([artist]))


def play(record: Node) -> Said:
    it = payloads.play(record)
    at = time_of(it["played_at"])
    if at is None:
        raise Refused(f"played_at {str(it['played_at'])[:40]!r} is not a time")
    place, seen = _placed(it["track"], None)
    context = it["context"] if isinstance(it["context"], dict) else {}
    place |= {
        "played_at": at,
        "duration_ms": _length(it["track"]["duration_ms"]) if it["track"] else None,
        "context_type": _text(context.get("type")),
        "context_uri": _text(context.get("uri")),
    }
    return Said(play=place, seen=seen)


def _placed(item: Json | None, is_local: bool | None) -> tuple[Json, list[Sighting]]:
    """What an item is called in lists, and what was seen of it."""
    nothing = dict.fromkeys(("id", "uri", "type", "name", "artists", "show", "is_local"))
    it: Json = item or nothing
    if item is None:
        kind = "unavailable"
    elif is_local or it["is_local"] or (it["uri"] or "").startswith("spotify:local:"):
        kind = "local"
    elif it["type"] in ("episode", "audiobook"):
        kind = it["type"]
    else:
        kind = "track" if it["id"] or it["uri"] or it["name"] else "unavailable"
    spotify_id = _id(it["id"], kind) if it["id"] else None
    artists = it["show"]["name"] if it["show"] else None
    if it["artists"]:
        artists = ", ".join(artist["name"] or "" for artist in it["artists"]) or None
    key = spotify_id or it["uri"] or _hash(kind, it["name"], artists)
    is_track = kind == "track" and spotify_id is not None
    place = {
        "item_kind": kind,
        "item_key": None if kind == "unavailable" else key,
        "track_id": spotify_id if is_track else None,
        "item_name": it["name"],
        "artist_names": artists,
    }
    return place, seen_in_track(it) if is_track else []


def _hash(*texts: str | None) -> str:
    joined = "\n".join(text or "" for text in texts)
    return "text:" + hashlib.sha256(joined.encode()).hexdigest()[:32]


# Sightings ----------------------------------------------------------------------------------


def catalog_track(record: Node, album_id: str | None = None) -> Said:
    return Said(seen=_track_by_itself(payloads.item(record), album_id))


def catalog_artist(record: Node) -> Said:
    artist = payloads.artist(record)
    _id(artist["id"], "artist")
    return Said(seen=_artists([artist]))


def catalog_album(record: Node) -> Said:
    album = payloads.album(record)
    album_id = _id(album["id"], "album")
    seen = _album(album)
    try:
        inside = payloads.page(album["tracks"])["items"] if album["tracks"] else None
    except WrongType:
        inside = None
    tracks = [payloads.item(node) for node in inside or [] if node.kind != "null"]
    for track in tracks:
        seen += _track_by_itself(track, album_id) if track["id"] else []
    return Said(seen=seen)


def _track_by_itself(track: Json, album_id: str | None) -> list[Sighting]:
    _id(track["id"], "track")
    return seen_in_track(track, album_id)


def seen_in_track(track: Json, album_id: str | None = None) -> list[Sighting]:
    album: Json = track["album"] or {"id": None, "artists": None}
    values = {
        "track_id": track["id"],
        "track_name": track["name"],
        "album_id": album["id"] or album_id,
        "isrc": _text(_in(track["external_ids"], "isrc")),
        "disc_number": _number(track["disc_number"]),
        "track_number": _number(track["track_number"]),
        "duration_ms": _length(track["duration_ms"]),
        "explicit": track["explicit"] if isinstance(track["explicit"], bool) else None,
        "popularity": _number(track["popularity"]),
    }
    itself = Sighting("track", values, _credits(track["artists"]))
    of_album = _album(album) if album["id"] else _artists(album["artists"])
    return [itself, *_artists(track["artists"]), *of_album]


def _album(album: Json) -> list[Sighting]:
    released = _text(album["release_date"])
    values = {
        "album_id": _id(album["id"], "album"),
        "album_name": album["name"],
        "album_type": _text(album["album_type"]),
        "total_tracks": _number(album["total_tracks"]),
        "release_date": _first_day(released),
        "release_date_text": released,
        "release_date_precision": _text(album["release_date_precision"]),
        "upc": _text(_in(album["external_ids"], "upc")),
        "label": _text(album["label"]),
        "popularity": _number(album["popularity"]),
        "image_url": _picture(album["images"]),
    }
    return [Sighting("album", values, _credits(album["artists"])), *_artists(album["artists"])]


def _artists(artists: list[Json] | None) -> list[Sighting]:
    return [
        Sighting(
            "artist",
            {
                "artist_id": _id(artist["id"], "artist"),
                "artist_name": artist["name"],
                "popularity": _number(artist["popularity"]),
                "followers": _number(_in(artist["followers"], "total")),
                "image_url": _picture(artist["images"]),
            },
        )
        for artist in artists or []
        if artist["id"]
    ]


def _credits(artists: list[Json] | None) -> list[tuple[str | None, str | None]]:
    return [(artist["id"] or None, artist["name"]) for artist in artists or []]


# Values -------------------------------------------------------------------------------------


def _id(found: str | None, what: str) -> str:
    if not found:
        raise Refused(f"{what} without an id")
    if not re.fullmatch("[A-Za-z0-9]{22}", found):
        raise Refused(f"{what} id {found[:40]!r} is not 22 letters and digits")
    return found


def _in(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and abs(value) <= LARGEST else None


def _length(value: Any) -> int | None:
    return _number(_in(value, "totalMilliseconds") or value)


def _picture(images: Any) -> str | None:
    """The widest; of those that are as wide the first."""
    best, address = -1, None
    for image in images if isinstance(images, list) else []:
        url, width = _text(_in(image, "url")), _number(_in(image, "width")) or 0
        if url and width > best:
            best, address = width, url
    return address


def _first_day(released: str | None) -> date | None:
    given = (released or "").split("-")[:3]
    try:
        return date.fromisoformat("-".join(given + ["01"] * (3 - len(given))))
    except ValueError:
        return None


def time_of(value: Any) -> datetime | None:
    """A time as text, in UTC without a zone; one that names no zone is in UTC."""
    try:
        found = datetime.fromisoformat(value)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError):
        return None
