"""What the parsers share: editions, readings, rejects, and what identifies an item."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chartlake.errors import DataError
from chartlake.model import Manifest, naive_utc, sha256, slot_time
from chartlake.schema import Edition, MissedSlot, Reading, Reject

__all__ = [
    "RejectRecord",
    "check_id",
    "edition",
    "item_key",
    "missed_slot",
    "reading",
    "reject",
    "too_many_rejects",
]

_PAYLOAD_CHARACTERS = 4000


class RejectRecord(ValueError):
    """This record can't be used; the message is the reason that is kept with it."""


def reject(page: int, item: int, reason: str, content: bytes) -> Reject:
    """A record kept aside, with its place in raw and the reason."""
    payload = content.decode("utf-8", "replace")[:_PAYLOAD_CHARACTERS]
    return Reject(page=page, item=item, reason=reason, payload=payload)


def too_many_rejects(rejects: int, records: int) -> bool:
    """Whether a slot as a whole is suspect: more than one reject, and over a tenth of it."""
    return rejects > 1 and rejects * 10 > records


def check_id(spotify_id: str, what: str) -> str:
    """The id itself, if it is one: ids end up in URLs and keys, so nothing else may pass."""
    if not (len(spotify_id) == 22 and spotify_id.isascii() and spotify_id.isalnum()):
        raise RejectRecord(f"{what} id {spotify_id[:40]!r} is not 22 letters and digits")
    return spotify_id


def item_key(kind: str, spotify_id: str | None, uri: str | None, *text: str | None) -> str:
    """The Spotify id, else the uri, else a hash of the text as given."""
    if spotify_id or uri:
        return str(spotify_id or uri)
    words = "\n".join([kind, *(word or "" for word in text)])
    return f"text:{sha256(words.encode())[:32]}"


def edition(
    manifest: Manifest,
    item_count: int,
    *,
    title: str | None = None,
    owner: str | None = None,
    spotify_snapshot_id: str | None = None,
) -> Edition:
    """The edition of a manifest's slot; ``item_count`` is entries plus rejects."""
    return Edition(
        **_occasion(manifest),
        title=title,
        owner=owner,
        item_count=item_count,
        spotify_snapshot_id=spotify_snapshot_id,
        unchanged_from=manifest.unchanged_from,
    )


def reading(
    manifest: Manifest,
    item_count: int,
    *,
    covers: tuple[datetime, datetime] | None = None,
    joins_previous: bool | None = None,
) -> Reading:
    """The reading of a manifest's slot; what it covers is said of plays alone."""
    covers_from, covers_to = covers or (None, None)
    return Reading(
        **_occasion(manifest),
        item_count=item_count,
        covers_from=covers_from,
        covers_to=covers_to,
        joins_previous=joins_previous,
        since=naive_utc(manifest.since) if manifest.since else None,
    )


def missed_slot(manifest: Manifest) -> MissedSlot:
    """The row of a slot that was missed; DataError for one without a time, which is never due."""
    scheduled_at = slot_time(manifest.slot)
    if scheduled_at is None:
        raise DataError(f"{manifest.feed.name} {manifest.slot}: a slot without a time was missed")
    return MissedSlot(
        scheduled_at=naive_utc(scheduled_at),
        chart_date=manifest.chart_date,
        noted_at=naive_utc(manifest.observed_at),
        source=manifest.feed.source,
        why=manifest.missed or "",
    )


def _occasion(manifest: Manifest) -> dict[str, Any]:
    """What editions and readings have in common: when and what was read."""
    feed = manifest.feed
    scheduled_at = slot_time(manifest.slot)
    return {
        "scheduled_at": naive_utc(scheduled_at) if scheduled_at else None,
        "chart_date": manifest.chart_date,
        "observed_at": naive_utc(manifest.observed_at),
        "source": feed.source,
        "source_id": feed.source_id,
        "schedule": feed.schedule,
        "timezone": feed.timezone,
        "cadence": feed.cadence,
    }
