"""Recently played: pages of plays, newest first, each page older than the one before."""

from __future__ import annotations

from collections.abc import Iterable

from chartlake.model import Manifest, from_json, naive_utc
from chartlake.schema import SlotRows
from chartlake.transform.entries import Listening, Told, name_item
from chartlake.transform.pages import (
    Kind,
    Memory,
    SlotContent,
    content_of,
    count,
    items_of,
    records_of,
)
from chartlake.transform.payloads import Play, inner, milliseconds, moment, text
from chartlake.transform.records import RejectRecord, reading

__all__ = ["parse_recently_played"]


def parse_recently_played(
    manifest: Manifest, pages: Iterable[bytes], memory: Memory
) -> SlotContent:
    """The plays of a slot, and whether they reach back to those of earlier slots.

    DataError where a page as a whole is not what the manifest says it is.
    """
    found = records_of(manifest, pages, {"recently_played": Kind(items_of, _read)}, memory)
    times = [at for page in found for at in memory.catalog.played_at(page.references)]
    covers = (min(times), max(times)) if times else None
    joins = not manifest.since or (covers is not None and covers[0] <= naive_utc(manifest.since))
    told = reading(manifest, count(found), covers=covers, joins_previous=joins)
    return content_of(SlotRows(readings=[told]), found, memory)


def _read(content: bytes) -> Told:
    play = from_json(content, Play)
    played_at = moment(play.played_at)
    if not played_at:
        raise RejectRecord(f"played_at {str(play.played_at)[:40]!r} is not a time")
    item = play.track
    named, seen = name_item(item)
    listening = Listening(
        played_at,
        *named,
        duration_ms=milliseconds(item.duration_ms) if item else None,
        context_type=text(inner(play.context, "type")),
        context_uri=text(inner(play.context, "uri")),
    )
    return Told(seen, listening=listening)
