"""A small lake made by hand: slots of a feed, and builds over them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import msgspec
import pyarrow as pa

from chartlake.lake import builds, curated, keys, raw
from chartlake.lake.store import Store
from chartlake.model import Build, BuiltSlot, Feed, Manifest, Slot, slot_of_date
from tests.lake.snapshots import AT, snapshot

DAY = date(2026, 3, 1)
# without a schedule nothing is due: the tests of the calendar have one
FEED = Feed(name="finds", source="playlist", source_id="P" * 22)
FILES = Feed(name="regional-is-daily", source="charts-csv", source_id="regional-is-daily")


def later(**time: float) -> datetime:
    """A time after everything that the test wrote, as the store's clock has it."""
    return datetime.now(UTC) + timedelta(seconds=1, **time)


def day(number: int) -> Slot:
    """The slot of the first of March 2026, or so many days after it."""
    return slot_of_date(DAY + timedelta(days=number))


def commit(store: Store, number: int, *contents: bytes, feed: Feed = FEED) -> Manifest:
    """Commit the slot of a day."""
    given = snapshot(*(contents or (b"page %d" % number,)), slot=day(number), feed=feed)
    given = msgspec.structs.replace(given, chart_date=DAY + timedelta(days=number))
    if feed.source == "charts-csv":
        bodies = (
            msgspec.structs.replace(b, url=None, status=None, media_type="text/csv")
            for b in given.bodies
        )
        given = msgspec.structs.replace(given, bodies=tuple(bodies))
    return raw.commit(store, given)[0]


def commit_unchanged(store: Store, number: int, before: Manifest) -> Manifest:
    """Commit the slot of a day on which the list was as before."""
    given = msgspec.structs.replace(
        snapshot(slot=day(number), feed=before.feed),
        chart_date=DAY + timedelta(days=number),
        kept=raw.pages_to_keep(before),
        unchanged_from=before.unchanged_from or before.slot,
        observed_at=AT,
    )
    return raw.commit(store, given)[0]


def build(
    store: Store,
    manifests: Iterable[Manifest],
    version: int = 1,
    tables_of: tuple[str, ...] = ("entries",),
) -> Build:
    """One build over some slots, with two rows for each in each table."""
    of = list(manifests)
    attempt = keys.new_attempt()
    slots = tuple(
        BuiltSlot(
            feed=manifest.feed.name,
            slot=manifest.slot,
            revision=manifest.revision,
            manifest_sha256=raw.manifest_sha256(manifest),
            records=manifest.item_count,
            entries=manifest.item_count,
            rejects=0,
        )
        for manifest in of
    )
    tables: dict[tuple[str, str], pa.Table] = {}
    for month in {f"{m.slot[:4]}-{m.slot[4:6]}" for m in of}:
        rows = [
            {"feed": m.feed.name, "slot": m.slot, "attempt_id": attempt, "position": position}
            for m in of
            for position in (1, 2)
            if m.slot.startswith(month.replace("-", ""))
        ]
        tables |= {(name, month): pa.Table.from_pylist(rows) for name in tables_of}
    files = curated.write_tables(store, tables, attempt)
    return builds.commit(store, version, slots, files, attempt)


def flip(store: Store, key: str) -> None:
    """Change one byte of an object; its size stays."""
    content = bytearray(store.get(key))
    content[len(content) // 2] ^= 1
    store.delete(key)
    store.create(key, bytes(content))


def rows_of(store: Store) -> list[tuple[str, str, int]]:
    """The rows of the live attempts: feed, slot and position."""
    made = [builds.read_build(store, key) for key in builds.list_builds(store)]
    best: dict[tuple[str, str], tuple[builds.Rank, Build]] = {}
    for each in made:
        for slot in each.slots:
            place, rank = (slot.feed, str(slot.slot)), builds.rank(each, slot)
            if place not in best or rank > best[place][0]:
                best[place] = rank, each
    found = []
    for (feed, slot_name), (_, live) in best.items():
        for file in live.files:
            for row in curated.read_table(store, file).to_pylist():
                if (row["feed"], row["slot"], row["attempt_id"]) == (feed, slot_name, live.attempt):
                    found.append((feed, slot_name, row["position"]))
    return sorted(found)


def all_keys(store: Store) -> set[str]:
    """Every object of the lake but the note on its format."""
    return {key for key in store.keys("") if key != "lake.json" and not key.startswith(".locks")}
