"""Slots made by hand, and what their records become."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from chartlake.model import Body, Feed, Manifest, Page, Slot, Snapshot, sha256
from chartlake.schema import COMMON, TABLES, SlotRows
from chartlake.transform.catalog import Catalog
from chartlake.transform.pages import Memory, SlotContent
from chartlake.transform.parse_playlist import parse_playlist
from chartlake.transform.tables import Slots, tables_of

OBSERVED_AT = datetime(2026, 3, 1, 4, 0, 7, tzinfo=UTC)
PLAYLIST_ID = "P" * 22
CHART = Feed(
    name="regional-us-weekly",
    source="charts-csv",
    source_id="regional-us-weekly",
    schedule="weekly",
)
PLAYLIST = Feed(
    name="finds",
    source="playlist",
    source_id=PLAYLIST_ID,
    schedule="daily",
    timezone="Europe/Berlin",
    cadence="day",
)
THURSDAY, THURSDAY_SLOT = date(2026, 2, 26), Slot("20260226T000000Z")
SUNDAY, SUNDAY_SLOT = date(2026, 3, 1), Slot("20260228T230000Z")  # midnight in Berlin


def spotify_id(number: int) -> str:
    return f"{number:022d}"


def manifest(
    *pages: bytes,
    feed: Feed = PLAYLIST,
    slot: Slot = SUNDAY_SLOT,
    day: date = SUNDAY,
    first_items: Sequence[int] = (),
    resources: Sequence[str] = (),
    urls: Sequence[str | None] = (),
    received_at: Sequence[datetime] = (),
    item_count: int = 0,
) -> Manifest:
    """A manifest as committing these pages would make it; only places in raw are made up."""
    kinds = resources or ["playlist", *["playlist_items"] * len(pages)][: len(pages)]
    facts = zip(
        pages,
        kinds,
        first_items or [0] * len(pages),
        urls or [None] * len(pages),
        received_at or [OBSERVED_AT] * len(pages),
        strict=True,
    )
    return Manifest(
        feed=feed,
        slot=slot,
        chart_date=day,
        revision=1,
        attempt="a" * 16,
        raw_key="raw/somewhere",
        pages=tuple(
            Page(
                resource=resource,
                media_type="application/json",
                offset=0,
                stored_bytes=len(content),
                length=len(content),
                sha256=sha256(content),
                received_at=at,
                first_item=first,
                url=url,
            )
            for content, resource, first, url, at in facts
        ),
        item_count=item_count,
        observed_at=OBSERVED_AT,
    )


def chart_snapshot(content: bytes, records: int, *, slot: Slot = THURSDAY_SLOT) -> Snapshot:
    body = Body(
        content=content, resource="charts_csv", media_type="text/csv", received_at=OBSERVED_AT
    )
    return Snapshot(feed=CHART, slot=slot, chart_date=THURSDAY, bodies=(body,), item_count=records)


def playlist_snapshot(
    items: Sequence[Any], *, name: str = "finds", slot: Slot = SUNDAY_SLOT
) -> Snapshot:
    feed = Feed(name=name, source="playlist", source_id=PLAYLIST_ID, schedule="daily")
    body = Body(
        content=playlist(items),
        resource="playlist",
        media_type="application/json",
        received_at=OBSERVED_AT,
    )
    return Snapshot(feed=feed, slot=slot, chart_date=SUNDAY, bodies=(body,), item_count=len(items))


def playlist(items: Sequence[Any], listing: str = "items") -> bytes:
    """A playlist object around these items."""
    return json.dumps({"name": "Finds", listing: {"items": list(items), "offset": 0}}).encode()


def page_of(items: Sequence[Any], name: str = "items") -> bytes:
    """A page of a list, or a batch, of these records."""
    return json.dumps({name: list(items), "total": len(items)}).encode()


def unique_keys(rows: SlotRows) -> bool:
    """Whether each table's key is unique, and each row fits its table."""
    for name, table in TABLES.items():
        found = getattr(rows, name)
        own = [column for column in table.key if column not in ("feed", "slot")]
        keys = [tuple(getattr(row, column) for column in own) for row in found]
        if len(set(keys)) < len(keys):
            return False
        for place, column in enumerate(table.columns[3:]):
            array = pa.array([row[place] for row in found], column.type)
            if array.null_count and not column.nullable:
                return False
    return True


def rows_of(*items: Any) -> SlotRows:
    """What a playlist of these items becomes."""
    content = playlist(items)
    return rows_by(parse_playlist, manifest(content), [content])


def rows_by(
    parse: Callable[[Manifest, Iterable[bytes], Memory], SlotContent],
    slot: Manifest,
    pages: Iterable[bytes],
    memory: Memory | None = None,
) -> SlotRows:
    """All rows of a slot, those of its records too."""
    memory = memory or Memory()
    return all_rows(slot, parse(slot, pages, memory), memory.catalog)


def all_rows(slot: Manifest, content: SlotContent, catalog: Catalog) -> SlotRows:
    """The rows of a slot's tables, as rows."""
    found = SlotRows()
    for name, table in tables_of(Slots([slot], [content]), catalog, "a" * 16).items():
        rows = (list(row.values())[len(COMMON) :] for row in table.to_pylist())
        setattr(found, name, [TABLES[name].row(*row) for row in rows])
    return found
