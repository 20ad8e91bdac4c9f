"""Compaction: a month's many builds in one, with the same rows."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from chartlake.errors import CorruptObject
from chartlake.lake import builds, curated, keys, raw
from chartlake.lake.store import Store, open_store
from chartlake.model import Build, Slot
from chartlake.schema import TABLES
from chartlake.transform import build as build_module
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.compact import closed_months, compact
from chartlake.transform.engine import LocalEngine
from tests.crash.small_world import live, visible
from tests.lake.racing import RacingStore
from tests.transform.slots import playlist_snapshot
from tests.transform.test_parse_playlist import listed, track

NOW = datetime(2026, 4, 1, 5, tzinfo=UTC)
THIS_MONTH = "2026-04"
ITEMS = [listed(track()), listed(None)] * 6 + ["no item"]


@pytest.fixture
def store() -> Store:
    return open_store("memory://")


def slot(day: int, month: int = 3) -> Slot:
    return Slot(f"2026{month:02d}{day:02d}T000000Z")


def build(store: Store, *slots: Slot, feed: str = "finds", revision: int = 1) -> Build:
    """Commit slots and build them as one."""
    for each in slots:
        raw.commit(store, playlist_snapshot(ITEMS, name=feed, slot=each), revision)
    done = build_slots(store, LocalEngine(), unbuilt(store), NOW)
    assert done.build
    assert not done.failed
    return done.build


def compact_all(store: Store) -> list[tuple[str, str, int]]:
    """Compact what there is to compact: feed, month, and how many slots."""
    found = list(closed_months(store, THIS_MONTH))
    for feed, month, slots in found:
        compact(store, feed, month, slots)
    return [(feed, month, len(slots)) for feed, month, slots in found]


def attempts(store: Store) -> dict[Slot, str]:
    return {built.slot: build.attempt for build, built in live(store).values()}


def test_nothing_to_compact(store: Store) -> None:
    assert list(closed_months(store, THIS_MONTH)) == []
    build(store, slot(1), slot(2))
    build(store, slot(1, 4))
    build(store, slot(2, 4))
    assert compact_all(store) == []


def test_a_closed_month_becomes_one_build_by_feed(store: Store) -> None:
    for day in (1, 2, 3):
        build(store, slot(day))
        build(store, slot(day), feed="hits")
    build(store, slot(1, 4))
    before = visible(store)
    assert compact_all(store) == [("finds", "2026-03", 3), ("hits", "2026-03", 3)]
    assert visible(store) == before
    of_feed = {(b.slot, b.feed): a.build_id for a, b in live(store).values()}
    assert len({of_feed[slot(day), "finds"] for day in (1, 2, 3)}) == 1
    assert of_feed[slot(1), "finds"] != of_feed[slot(1), "hits"]
    months = {file.key.split("/")[2] for build, _ in live(store).values() for file in build.files}
    assert months == {"slot_month=2026-03", "slot_month=2026-04"}


def test_a_second_time_does_nothing(store: Store) -> None:
    for day in (1, 2, 3):
        build(store, slot(day))
    assert len(compact_all(store)) == 1
    before = list(store.keys(""))
    assert compact_all(store) == []
    assert list(store.keys("")) == before


def test_two_that_compact_at_once_commit_one_build(store: Store) -> None:
    for day in (1, 2):
        build(store, slot(day))
    ((feed, month, slots),) = closed_months(store, THIS_MONTH)
    assert compact(store, feed, month, slots) == compact(store, feed, month, slots)


def test_a_slot_that_comes_later_is_compacted_with_the_others(store: Store) -> None:
    build(store, slot(1))
    build(store, slot(2))
    compact_all(store)
    build(store, slot(3))
    before = visible(store)
    assert compact_all(store) == [("finds", "2026-03", 3)]
    assert len(set(attempts(store).values())) == 1
    assert visible(store) == before


def test_a_correction_counts_and_not_what_it_replaced(store: Store) -> None:
    build(store, slot(1))
    build(store, slot(2))
    manifest, _ = raw.commit(store, playlist_snapshot(ITEMS[1:], slot=slot(1)), 2)
    build_slots(store, LocalEngine(), unbuilt(store), NOW)
    before = visible(store)
    assert compact_all(store) == [("finds", "2026-03", 2)]
    (compacted,) = {b.build_id: b for b, _ in live(store).values()}.values()
    assert compacted.slots[0].manifest_sha256 == raw.manifest_sha256(manifest)
    assert [each.revision for each in compacted.slots] == [2, 1]
    assert visible(store) == before


def test_slots_of_several_versions_stay_apart(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (1, 2, 3):
        build(store, slot(day))
    monkeypatch.setattr(build_module, "TRANSFORM_VERSION", 2)
    for day in (4, 5):
        build(store, slot(day))
    before = visible(store)
    assert compact_all(store) == [("finds", "2026-03", 3), ("finds", "2026-03", 2)]
    versions = {built.slot: build.transform_version for build, built in live(store).values()}
    assert [versions[slot(day)] for day in (1, 2, 3, 4, 5)] == [1, 1, 1, 2, 2]
    assert len(set(attempts(store).values())) == 2
    assert visible(store) == before
    assert compact_all(store) == []


def test_what_lies_in_a_larger_build_stays_there(store: Store) -> None:
    """Rows of a month that an import of years covers would not be won by a build of the month."""
    large = build(store, *(slot(day, month) for month in (1, 2, 3) for day in (1, 2)))
    build(store, slot(3))
    build(store, slot(4))
    before = visible(store)
    assert compact_all(store) == [("finds", "2026-03", 2)]
    assert attempts(store)[slot(1)] == large.attempt
    assert visible(store) == before
    assert compact_all(store) == []


def test_slots_without_raw_pages_are_compacted_too(store: Store) -> None:
    for day in (1, 2):
        build(store, slot(day))
    before = visible(store)
    for key in list(store.keys(keys.RAW)):
        store.delete(key)
    assert compact_all(store) == [("finds", "2026-03", 2)]
    assert visible(store) == before


def test_columns_that_came_later_are_null_in_old_rows(store: Store) -> None:
    for day in (1, 2):
        built_without("label", store, build(store, slot(day)))
    assert compact_all(store) == [("finds", "2026-03", 2)]
    (compacted,) = {build.build_id: build for build, _ in live(store).values()}.values()
    tables = {file.table: curated.read_table(store, file) for file in compacted.files}
    assert {name: rows.schema for name, rows in tables.items()} == {
        name: TABLES[name].arrow for name in tables
    }
    assert set(tables["entries"]["label"].to_pylist()) == {None}


def built_without(column: str, store: Store, build: Build) -> None:
    """The same slots in a newer build of a chartlake that did not know this column."""
    attempt = keys.new_attempt()
    tables = {}
    for file in build.files:
        rows = curated.read_table(store, file)
        unknown = {"attempt_id", column} & set(rows.column_names)
        names = pa.array([attempt] * len(rows), pa.string())
        rows = rows.drop_columns(list(unknown)).append_column("attempt_id", names)
        tables[file.table, "2026-03"] = rows
    files = curated.write_tables(store, tables, attempt)
    builds.commit(store, 2, build.slots, files, attempt)


def test_a_damaged_file_keeps_its_month_as_it_is(store: Store) -> None:
    damaged = build(store, slot(1))
    build(store, slot(2))
    store.delete(damaged.files[0].key)
    ((feed, month, slots),) = closed_months(store, THIS_MONTH)
    before = set(builds.list_builds(store))
    with pytest.raises(CorruptObject, match="is gone"):
        compact(store, feed, month, slots)
    assert set(builds.list_builds(store)) == before


def test_a_damaged_build_is_passed_over(store: Store) -> None:
    for day in (1, 2):
        build(store, slot(day))
    store.create(keys.build("2026-03", "f" * 64), b"{")
    assert [found[0] for found in closed_months(store, THIS_MONTH)] == ["finds"]


def test_a_build_that_goes_while_builds_are_listed_is_left_out(store: Store) -> None:
    for day in (1, 2, 3):
        build(store, slot(day))
    ((_, _, slots),) = closed_months(RacingStore(store), THIS_MONTH)
    assert len(slots) == 2
