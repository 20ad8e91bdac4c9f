"""Snapshots made by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from chartlake.model import Body, Feed, Slot, Snapshot

AT = datetime(2026, 3, 1, 4, 0, 7, 250_000, tzinfo=UTC)
SLOT = Slot("20260301T040000Z")
FEED = Feed(name="finds", source="playlist", source_id="P" * 22, schedule="daily")


def snapshot(
    *contents: bytes,
    slot: Slot = SLOT,
    feed: Feed = FEED,
    media_type: str = "application/json",
    first_items: Sequence[int] = (),
    at: datetime = AT,
) -> Snapshot:
    bodies = tuple(
        Body(
            content=content,
            resource="playlist_items",
            media_type=media_type,
            received_at=at,
            url=f"https://api.example/{number}",
            status=200,
            first_item=first,
        )
        for number, (content, first) in enumerate(
            zip(contents, first_items or [0] * len(contents), strict=True)
        )
    )
    return Snapshot(feed=feed, slot=slot, chart_date=date(2026, 3, 1), bodies=bodies, item_count=7)
