"""A playlist object and its pages, in the shape of 2026 or the earlier one."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from chartlake.model import Manifest, Undecodable, from_json
from chartlake.schema import SlotRows
from chartlake.transform.entries import read_listed
from chartlake.transform.pages import (
    Kind,
    Memory,
    SlotContent,
    content_of,
    count,
    in_order,
    items_of,
    records_of,
)
from chartlake.transform.payloads import Owner, PageOfItems, Playlist
from chartlake.transform.records import edition

__all__ = ["embedded_items", "parse_playlist"]


def parse_playlist(manifest: Manifest, pages: Iterable[bytes], memory: Memory) -> SlotContent:
    """What a slot tells: one page is the playlist object, further ones hold the rest of its items.

    DataError where a page as a whole is not what the manifest says it is.
    """
    objects = [Playlist()]

    def embedded(content: bytes) -> list[msgspec.Raw]:
        objects.append(from_json(content, Playlist))
        return _items_of(objects[-1])

    kinds = {
        "playlist": Kind(embedded, read_listed),
        "playlist_items": Kind(items_of, read_listed),
    }
    found = in_order(records_of(manifest, pages, kinds, memory))
    playlist = objects[-1]
    owner = playlist.owner or Owner()
    told = edition(
        manifest,
        count(found),
        title=playlist.name,
        owner=owner.display_name or owner.id,
        spotify_snapshot_id=playlist.snapshot_id,
    )
    return content_of(SlotRows(editions=[told]), found, memory)


def embedded_items(content: bytes) -> list[msgspec.Raw]:
    """The records of the page that is the playlist object."""
    return _items_of(from_json(content, Playlist))


def _items_of(playlist: Playlist) -> list[msgspec.Raw]:
    embedded = playlist.items if bytes(playlist.items) != b"null" else playlist.tracks
    try:
        page = from_json(embedded, PageOfItems)
    except Undecodable:  # not shown here: the items are in pages of their own
        return []
    return [] if page.offset else page.items
