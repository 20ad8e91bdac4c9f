"""The lists that Spotify keeps for an account: saved tracks, and what it listened to most."""

from __future__ import annotations

from collections.abc import Iterable

from chartlake.model import Manifest
from chartlake.schema import SlotRows
from chartlake.transform.entries import read_artist, read_listed, read_track
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
from chartlake.transform.records import edition

__all__ = ["parse_account_list"]

_KINDS = {
    "saved_tracks": Kind(items_of, read_listed),
    "top_tracks": Kind(items_of, read_track),
    "top_artists": Kind(items_of, read_artist),
}


def parse_account_list(manifest: Manifest, pages: Iterable[bytes], memory: Memory) -> SlotContent:
    """What a slot tells, each of whose pages holds a part of the list.

    DataError where a page as a whole is not what the manifest says it is.
    """
    found = in_order(records_of(manifest, pages, _KINDS, memory))
    return content_of(SlotRows(editions=[edition(manifest, count(found))]), found, memory)
