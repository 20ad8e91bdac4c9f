"""Where a record lies in its page: the very bytes that became a row.

A page is split by the functions with which its parser splits it, so this can't differ from
what was parsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chartlake.errors import DataError
from chartlake.model import Page, Undecodable
from chartlake.transform.known import Split, place_in
from chartlake.transform.pages import items_of
from chartlake.transform.parse_charts_csv import row_places
from chartlake.transform.parse_playlist import embedded_items

__all__ = ["RecordPlace", "place_of"]

_CHARTS_CSV = "charts_csv"
_SPLIT: dict[str, Split] = {
    "playlist": embedded_items,
    "playlist_items": items_of,
    "recently_played": items_of,
    "saved_tracks": items_of,
    "top_artists": items_of,
    "top_tracks": items_of,
}


class RecordPlace(NamedTuple):
    """The bytes of a record in its page as received, and those of the header that explains it."""

    record: range
    header: range | None = None


def place_of(page: Page, content: bytes, item: int) -> RecordPlace:
    """The place of the page's record ``item``, from 0; DataError where the page has no such."""
    try:
        header, places = _places(page.resource, content)
    except Undecodable as error:
        raise DataError(f"the page is not a {page.resource}", why=str(error)) from error
    if not 0 <= item < len(places):
        raise DataError(f"the page has {len(places)} records, and no record {item}")
    return RecordPlace(places[item], header)


def _places(resource: str, content: bytes) -> tuple[range | None, Sequence[range]]:
    if resource == _CHARTS_CSV:
        return row_places(content)
    if resource not in _SPLIT:
        raise DataError(f"the page is a {resource}, which is no list of records with a place")
    return None, [place_in(content, record) for record in _SPLIT[resource](content)]
