"""Recently played: pages of plays, newest first, each page older than the one before."""

from __future__ import annotations

from collections.abc import Iterable

from chartlake.model import Manifest, from_json, naive_utc
from chartlake.schema import PlayObservation, SlotRows
from chartlake.transform.entries import name_item
from chartlake.transform.pages import Found, RawRecord, gather, items_of, records_of
from chartlake.transform.payloads import Play, inner, milliseconds, moment, text
from chartlake.transform.records import RejectRecord, reading

__all__ = ["parse_recently_played"]


def parse_recently_played(manifest: Manifest, pages: Iterable[bytes]) -> SlotRows:
    """The plays of a slot, and whether they reach back to those of earlier slots.

    DataError where a page as a whole is not what the manifest says it is.
    """
    account = manifest.feed.source_id
    records = records_of(manifest, pages, {"recently_played": items_of})
    rows, count = gather(records, lambda record: _read(record, account))
    times = [play.played_at for play in rows.play_observations]
    covers = (min(times), max(times)) if times else None
    joins = not manifest.since or (covers is not None and covers[0] <= naive_utc(manifest.since))
    rows.readings.append(reading(manifest, count, covers=covers, joins_previous=joins))
    return rows


def _read(record: RawRecord, account: str) -> Found:
    play = from_json(record.content, Play)
    played_at = moment(play.played_at)
    if not played_at:
        raise RejectRecord(f"played_at {str(play.played_at)[:40]!r} is not a time")
    item = play.track
    named, seen = name_item(item, record.observed_at)
    row = PlayObservation(
        position=record.ordinal + 1,
        account=account,
        played_at=played_at,
        item_kind=named.item_kind,
        item_key=named.item_key,
        track_id=named.track_id,
        item_name=named.item_name,
        artist_names=named.artist_names,
        duration_ms=milliseconds(item.duration_ms) if item else None,
        context_type=text(inner(play.context, "type")),
        context_uri=text(inner(play.context, "uri")),
        page=record.number,
        item=record.item,
    )
    return Found(seen, play=row)
