"""The lists that Spotify keeps for an account: saved tracks, and what it listened to most."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chartlake.model import Manifest
from chartlake.schema import SlotRows
from chartlake.transform.entries import read_artist, read_listed, read_track
from chartlake.transform.pages import Found, RawRecord, gather, in_order, items_of, records_of
from chartlake.transform.records import edition

__all__ = ["parse_account_list"]

_READ: dict[str, Callable[[RawRecord], Found]] = {
    "saved_tracks": read_listed,
    "top_tracks": read_track,
    "top_artists": read_artist,
}


def parse_account_list(manifest: Manifest, pages: Iterable[bytes]) -> SlotRows:
    """The rows of a slot, each of whose pages holds a part of the list.

    DataError where a page as a whole is not what the manifest says it is.
    """
    records = records_of(manifest, pages, dict.fromkeys(_READ, items_of))
    rows, count = gather(in_order(records), lambda record: _READ[record.page.resource](record))
    rows.editions.append(edition(manifest, count))
    return rows
