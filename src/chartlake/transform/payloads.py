"""Spotify's JSON, as far as it is used.

Everything that Spotify may leave out is optional: an undeclared field costs
nothing, a missing one costs no record.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["Album", "Artist", "Image", "Item", "Listed", "Owner", "PageOfItems", "Playlist", "Show"]


class Owner(msgspec.Struct):
    """Whoever a playlist belongs to."""

    id: str | None = None
    display_name: str | None = None


class PageOfItems(msgspec.Struct):
    """A page of a list; its items are decoded one by one, so that a bad one harms no other."""

    items: list[msgspec.Raw] = []


class Playlist(msgspec.Struct):
    """The playlist object."""

    name: str | None = None
    owner: Owner | None = None
    snapshot_id: str | None = None
    # the page, or whatever Spotify puts there where it may not be read
    items: msgspec.Raw = msgspec.Raw(b"null")
    tracks: msgspec.Raw = msgspec.Raw(b"null")


class Image(msgspec.Struct):
    """A picture in one size."""

    url: str | None = None
    width: int | None = None


class Artist(msgspec.Struct):
    """An artist, whole or as credited."""

    id: str | None = None
    name: str | None = None
    popularity: int | None = None
    followers: dict[str, Any] | None = None
    images: list[Image] | None = None


class Album(msgspec.Struct):
    """An album, whole or as a track carries it."""

    id: str | None = None
    name: str | None = None
    album_type: str | None = None
    total_tracks: int | None = None
    release_date: str | None = None
    release_date_precision: str | None = None
    external_ids: dict[str, str | None] | None = None
    label: str | None = None
    popularity: int | None = None
    images: list[Image] | None = None
    artists: list[Artist] | None = None


class Show(msgspec.Struct):
    """The show of an episode."""

    name: str | None = None


class Item(msgspec.Struct):
    """A track, an episode or a local file."""

    id: str | None = None
    uri: str | None = None
    type: str | None = None
    name: str | None = None
    artists: list[Artist] | None = None
    album: Album | None = None
    show: Show | None = None
    external_ids: dict[str, str | None] | None = None
    disc_number: int | None = None
    track_number: int | None = None
    duration_ms: int | dict[str, Any] | None = None  # seen as {"totalMilliseconds": …}
    explicit: bool | None = None
    popularity: int | None = None
    is_local: bool | None = None


class Listed(msgspec.Struct):
    """One record of a page. ``item`` since February 2026, ``track`` before; both in between."""

    added_at: str | None = None
    is_local: bool | None = None
    item: Item | None = None
    track: Item | None = None
