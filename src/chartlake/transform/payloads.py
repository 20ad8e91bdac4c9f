"""Spotify's JSON, as far as it is used.

Typed is what an entry stands on: ids, names, kinds. What is only observed may
have any type, because Spotify has given numbers where objects were and the
reverse: `whole_number`, `text` and `flag` take what is of its usual type and
leave the rest null. Everything may be missing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from chartlake.model import Undecodable, from_json, naive_utc

__all__ = [
    "NOTHING",
    "Album",
    "Artist",
    "Image",
    "Item",
    "Listed",
    "Owner",
    "PageOfItems",
    "Play",
    "Playlist",
    "Show",
    "flag",
    "inner",
    "largest",
    "milliseconds",
    "moment",
    "text",
    "whole_number",
]

NOTHING = msgspec.Raw(b"null")
_LARGEST = 2**63 - 1


class Owner(msgspec.Struct):
    """Whoever a playlist belongs to."""

    id: str | None = None
    display_name: str | None = None


class PageOfItems(msgspec.Struct):
    """A page of a list; its items are decoded one by one, so that a bad one harms no other."""

    items: list[msgspec.Raw] = []
    offset: Any = None


class Playlist(msgspec.Struct):
    """The playlist object."""

    name: str | None = None
    owner: Owner | None = None
    snapshot_id: str | None = None
    # the page, or whatever Spotify puts there where it may not be read
    items: msgspec.Raw = NOTHING
    tracks: msgspec.Raw = NOTHING


class Artist(msgspec.Struct, gc=False):
    """An artist, whole or as credited."""

    id: str | None = None
    uri: str | None = None
    name: str | None = None
    popularity: Any = None
    followers: Any = None
    images: msgspec.Raw = NOTHING


class Image(msgspec.Struct, gc=False):
    """A picture in one size."""

    url: Any = None
    width: Any = None


class Album(msgspec.Struct, gc=False):
    """An album, whole or as a track carries it."""

    id: str | None = None
    name: str | None = None
    artists: list[Artist] | None = None
    album_type: Any = None
    total_tracks: Any = None
    release_date: Any = None
    release_date_precision: Any = None
    external_ids: Any = None
    label: Any = None
    popularity: Any = None
    images: msgspec.Raw = NOTHING
    tracks: msgspec.Raw = NOTHING  # a page of them, where the album is whole


class Show(msgspec.Struct, gc=False):
    """The show of an episode."""

    name: str | None = None


class Item(msgspec.Struct, gc=False):
    """A track, an episode or a local file."""

    id: str | None = None
    uri: str | None = None
    type: str | None = None
    name: str | None = None
    artists: list[Artist] | None = None
    album: Album | None = None
    show: Show | None = None
    is_local: bool | None = None
    external_ids: Any = None
    disc_number: Any = None
    track_number: Any = None
    duration_ms: Any = None  # seen as {"totalMilliseconds": …}
    explicit: Any = None
    popularity: Any = None


class Listed(msgspec.Struct, gc=False):
    """One record of a page. ``item`` since February 2026, ``track`` before; both in between."""

    added_at: Any = None
    is_local: bool | None = None
    item: Item | None = None
    track: Item | None = None


class Play(msgspec.Struct, gc=False):
    """One record of recently played."""

    played_at: Any = None
    track: Item | None = None
    context: Any = None


def whole_number(value: Any) -> int | None:
    """A number that a table holds, or None."""
    return value if type(value) is int and -_LARGEST <= value <= _LARGEST else None


def text(value: Any) -> str | None:
    """A text, or None."""
    return value if type(value) is str else None


def flag(value: Any) -> bool | None:
    """True, False or None."""
    return value if type(value) is bool else None


def inner(value: Any, name: str) -> Any:
    """A field of what should be an object; None where it is none."""
    return value.get(name) if type(value) is dict else None


def milliseconds(value: Any) -> int | None:
    """A length: a number, or the object that Spotify was seen to give."""
    return whole_number(inner(value, "totalMilliseconds") or value)


def largest(images: msgspec.Raw) -> str | None:
    """The address of the widest picture."""
    if images is NOTHING:
        return None
    widest, address = -1, None
    for image in _pictures(images):
        url, width = text(image.url), whole_number(image.width) or 0
        if url and width > widest:
            widest, address = width, url
    return address


def _pictures(images: msgspec.Raw) -> list[Image]:
    try:
        return from_json(images, list[Image])
    except Undecodable:
        listed = from_json(images, Any)
        found = listed if isinstance(listed, list) else []
        return [Image(inner(each, "url"), inner(each, "width")) for each in found]


def moment(value: Any) -> datetime | None:
    """A time as text; one without a zone is taken as UTC, on whatever machine."""
    try:
        found = datetime.fromisoformat(value)
        return naive_utc(found if found.tzinfo else found.replace(tzinfo=UTC))
    except (TypeError, ValueError, OverflowError):
        return None
