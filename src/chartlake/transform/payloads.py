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

from chartlake.model import naive_utc

__all__ = [
    "Album",
    "Artist",
    "Item",
    "Listed",
    "Owner",
    "PageOfItems",
    "Play",
    "Playlist",
    "Show",
    "flag",
    "inner",
    "milliseconds",
    "moment",
    "text",
    "whole_number",
]

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
    items: msgspec.Raw = msgspec.Raw(b"null")
    tracks: msgspec.Raw = msgspec.Raw(b"null")


class Artist(msgspec.Struct, gc=False):
    """An artist, whole or as credited."""

    id: str | None = None
    uri: str | None = None
    name: str | None = None
    popularity: Any = None
    followers: Any = None
    images: Any = None


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
    images: Any = None
    tracks: msgspec.Raw = msgspec.Raw(b"null")  # a page of them, where the album is whole


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
    usual = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST
    return value if usual else None


def text(value: Any) -> str | None:
    """A text, or None."""
    return value if isinstance(value, str) else None


def flag(value: Any) -> bool | None:
    """True, False or None."""
    return value if isinstance(value, bool) else None


def inner(value: Any, name: str) -> Any:
    """A field of what should be an object; None where it is none."""
    return value.get(name) if isinstance(value, dict) else None


def milliseconds(value: Any) -> int | None:
    """A length: a number, or the object that Spotify was seen to give."""
    return whole_number(inner(value, "totalMilliseconds") or value)


def moment(value: Any) -> datetime | None:
    """A time as text; one without a zone is taken as UTC, on whatever machine."""
    try:
        found = datetime.fromisoformat(value)
        return naive_utc(found if found.tzinfo else found.replace(tzinfo=UTC))
    except (TypeError, ValueError, OverflowError):
        return None
