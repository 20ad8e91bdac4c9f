"""What must be in a lake and in a warehouse, told from the sources and the manifests alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from chartlake.lake import keys, raw
from chartlake.lake.store import Store
from chartlake.model import (
    Body,
    Build,
    BuiltSlot,
    Feed,
    Manifest,
    Slot,
    Snapshot,
    sha256,
    slot_time,
)
from chartlake.schema import TABLES, SlotRows
from chartlake.transform.pages import Memory, SlotContent
from tests.properties import sources
from tests.transform.engines import ParsingEngine
from tests.transform.slots import all_rows

Row = tuple[Any, ...]
Rows = dict[str, Counter[Row]]
"""The rows of one slot by table, each as often as it is there."""

IGNORED = {"feed", "slot", "attempt_id", "observed_at", "noted_at"}
COMPARED = {
    table.name: [column.name for column in table.columns if column.name not in IGNORED]
    for table in TABLES.values()
}


FILLED = ("editions", "entries", "missed_slots", "rejects", "track_observations")
"""The tables that have rows in these worlds; the others are looked at when the world ends."""


class VersionedEngine(ParsingEngine):
    """The real parsing, in two versions that tell themselves apart in each entry."""

    def __init__(self, version: int) -> None:
        self._version = version

    def parse(self, store: Store, manifest: Manifest, memory: Memory) -> SlotContent:
        """What a slot tells, all of it as rows."""
        rows = all_rows(manifest, super().parse(store, manifest, memory), memory.catalog)
        return SlotContent(in_version(rows, self._version))


def in_version(rows: SlotRows, version: int) -> SlotRows:
    """The same rows, as that version of the transform gives them."""
    if version > 1:
        rows.entries = [entry._replace(label=f"version {version}") for entry in rows.entries]
    return rows


def rows_of(store: Store, manifest: Manifest, version: int) -> Rows:
    """What a manifest becomes."""
    parsed = VersionedEngine(version).parse(store, manifest, Memory())
    found: Rows = {}
    for table, names in COMPARED.items():
        rows = getattr(parsed.rows, table)
        if rows:
            found[table] = Counter(tuple(getattr(row, name) for name in names) for row in rows)
    return found


def by_slot(tables: Mapping[str, Iterable[Row]]) -> dict[tuple[str, str], Rows]:
    """The rows of some tables by feed and slot; each begins with feed, slot and attempt."""
    found: dict[tuple[str, str], Rows] = defaultdict(dict)
    for table, rows in tables.items():
        for feed, slot, _, *row in rows:
            found[feed, slot].setdefault(table, Counter())[tuple(row)] += 1
    return dict(found)


def columns_of(table: str) -> list[str]:
    """What is compared of a table, after feed, slot and attempt."""
    return ["feed", "slot", "attempt_id", *COMPARED[table]]


def rank(build: Build, slot: BuiltSlot) -> tuple[int, int, int, int]:
    """How attempts of a slot compare, as the design says; the greatest is live."""
    lowest_id_wins = -int(build.build_id, 16)
    return slot.revision, build.transform_version, len(build.slots), lowest_id_wins


def undisturbed(store: Store, feed: Feed, slot: Slot, version: int) -> Rows:
    """The rows of a slot that was read once, whole, with nothing before; ``store`` is a scratch."""
    bodies = tuple(
        Body(
            content=content,
            resource="playlist_items" if number else "playlist",
            media_type="application/json",
            received_at=sources.BEGINNING,
            first_item=number * 3,
        )
        for number, content in enumerate(sources.pages_of(feed.name, slot))
    )
    when = slot_time(slot)
    assert when
    snapshot = Snapshot(
        feed=feed,
        slot=slot,
        chart_date=when.date(),
        bodies=bodies,
        item_count=sources.records_in(feed.name, slot),
    )
    manifest, _ = raw.commit(store, snapshot)
    return without_unchanged(rows_of(store, manifest, version))


def without_unchanged(rows: Rows) -> Rows:
    """Leaves out which slot was read whole: that depends on which slots were read at all."""
    place = COMPARED["editions"].index("unchanged_from")
    editions = rows.get("editions", Counter())
    cut = Counter((*row[:place], *row[place + 1 :]) for row in editions.elements())
    return {**rows, "editions": cut}


def true_pages(feed: str, slot: Slot) -> list[tuple[str, ...]]:
    """The hashes of the pages that a slot may have: one way, or each variant of a charts file."""
    if feed in sources.DAYS:
        return [tuple(map(sha256, sources.pages_of(feed, slot)))]
    day = next(d for d in sources.CHART_DAYS if f"{d:%Y%m%d}" == slot[:8])
    return [(sha256(sources.chart_content(day, n)),) for n in range(sources.VARIANTS)]


def place_of(key: str) -> tuple[str, Slot, int] | None:
    """The feed, slot and revision of a manifest by its key."""
    found = keys.slot_and_revision(key)
    return (key.split("/")[1], *found) if found else None
