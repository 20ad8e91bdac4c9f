"""Garbage: what goes, what stays, and when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from chartlake.lake import keys, raw
from chartlake.lake.garbage import Collected, collect
from chartlake.lake.references import read_builds
from chartlake.lake.state import FeedState, Held, change_state, feed_state
from chartlake.lake.store import Listed, Store, open_store
from chartlake.model import Build
from tests.lake.kept import (
    FEED,
    all_keys,
    build,
    commit,
    commit_unchanged,
    day,
    flip,
    later,
    rows_of,
)
from tests.lake.snapshots import snapshot

OLD = {"days": 8.0}


def gone(collected: Collected) -> set[str]:
    return {piece.key for piece in collected.pieces}


def hold(store: Store, number: int) -> Held:
    """Pages that an attempt has written and nobody has committed."""
    bodies = snapshot(b"half", slot=day(number)).bodies
    pages = raw.hold(store, "finds", day(number), bodies, keys.new_attempt())
    return Held(slot=day(number), pages=pages)


@pytest.fixture
def memory() -> Store:
    return open_store("memory://")


def test_raw_that_nobody_committed_goes_after_the_grace_time(store: Store) -> None:
    build(store, [commit(store, 0)])
    before = all_keys(store)
    (page,) = hold(store, 1).pages
    assert gone(collect(store, later())) == set()
    assert gone(collect(store, later(**OLD), dry_run=True)) == {page.raw_key}
    assert all_keys(store) == before | {page.raw_key}
    collected = collect(store, later(**OLD))
    assert gone(collected) == {page.raw_key}
    assert collected.size == page.stored_bytes
    assert all_keys(store) == before
    assert collect(store, later(**OLD)).pieces == ()


def test_a_reading_that_was_broken_off_is_kept(memory: Store) -> None:
    held = hold(memory, 1)
    change_state(memory, feed_state("finds"), FeedState, lambda _: FeedState(held=held))
    assert collect(memory, later(**OLD)).pieces == ()
    change_state(memory, feed_state("finds"), FeedState, lambda _: FeedState())
    assert len(collect(memory, later(**OLD)).pieces) == 1


def test_pages_of_an_unchanged_slot_are_those_of_an_earlier_one(memory: Store) -> None:
    first = commit(memory, 0)
    second = commit_unchanged(memory, 1, first)
    memory.delete(keys.manifest("finds", first.slot, 1))
    assert collect(memory, later(**OLD)).pieces == ()
    assert list(raw.read_pages(memory, second)) == [b"page 0"]


def test_a_manifest_that_cannot_be_read_keeps_all_of_its_feed(memory: Store) -> None:
    manifest = commit(memory, 0)
    hold(memory, 1)
    key = keys.manifest("finds", manifest.slot, 1)
    memory.delete(key)
    memory.create(key, b"{")
    collected = collect(memory, later(**OLD))
    assert collected.pieces == ()
    assert [problem.what for problem in collected.problems] == [f"{key} is not a manifest"]


class Racing(Store):
    """Commits a held reading in the moment after the raw objects were listed."""

    def __init__(self, store: Store) -> None:
        super().__init__(lambda: store._objects, "memory://")
        self.held = hold(store, 1)
        change_state(store, feed_state("finds"), FeedState, lambda _: FeedState(held=self.held))

    def listing(self, prefix: str) -> list[Listed]:
        found = super().listing(prefix)
        if prefix == keys.raw_of("finds"):
            given = snapshot(slot=day(1), feed=FEED)
            raw.commit(self, msgspec.structs.replace(given, kept=self.held.pages, observed_at=at()))
            change_state(self, feed_state("finds"), FeedState, lambda _: FeedState())
        return found


def at() -> datetime:
    return datetime(2026, 3, 2, tzinfo=UTC)


def test_a_held_reading_that_is_committed_meanwhile(memory: Store) -> None:
    racing = Racing(memory)
    assert collect(racing, later(**OLD)).pieces == ()
    manifest = raw.read_manifest(memory, "finds", day(1), 1)
    assert list(raw.read_pages(memory, manifest)) == [b"half"]


def test_curated_files_of_no_build_go(store: Store) -> None:
    made = build(store, [commit(store, 0)])
    orphan = build(store, [commit(store, 1)])
    store.delete(keys.build("2026-03", orphan.build_id))
    before = all_keys(store)
    assert collect(store, later()).pieces == ()
    assert gone(collect(store, later(**OLD))) == {file.key for file in orphan.files}
    assert all_keys(store) == before - {file.key for file in orphan.files}
    assert {file.key for file in made.files} <= all_keys(store)


def test_a_superseded_build_goes_before_its_files(memory: Store) -> None:
    slots = [commit(memory, 0), commit(memory, 1)]
    small = [build(memory, [slot]) for slot in slots]
    rows = rows_of(memory)
    compacted = build(memory, slots)
    assert rows_of(memory) == rows
    pieces = collect(memory, later(**OLD)).pieces
    assert [piece.kind for piece in pieces] == ["build", "curated"] * 2
    assert gone(collect(memory, later(**OLD))) == set()
    assert [made.build_id for _, made in read_builds(memory)] == [compacted.build_id]
    assert rows_of(memory) == rows
    assert not {file.key for made in small for file in made.files} & all_keys(memory)


def test_a_build_that_is_live_for_one_slot_stays(memory: Store) -> None:
    slots = [commit(memory, number) for number in range(3)]
    both = build(memory, slots[:2])
    build(memory, [slots[0], slots[2]], version=2)
    rows = rows_of(memory)
    assert collect(memory, later(**OLD)).pieces == ()
    assert both.build_id in {made.build_id for _, made in read_builds(memory)}
    assert rows_of(memory) == rows


class Aged(Store):
    """A store in which some objects are as old as is said."""

    def __init__(self, store: Store, ages: dict[str, timedelta]) -> None:
        super().__init__(lambda: store._objects, "memory://")
        self._ages = ages

    def listing(self, prefix: str) -> list[Listed]:
        return [
            listed._replace(modified=listed.modified - self._ages.get(listed.key, timedelta()))
            for listed in super().listing(prefix)
        ]


def key_of(made: Build) -> str:
    return keys.build("2026-03", made.build_id)


def test_a_reader_of_the_superseded_build_has_the_grace_time_too(memory: Store) -> None:
    manifest = commit(memory, 0)
    old, new = build(memory, [manifest]), build(memory, [manifest], version=2)
    month = timedelta(days=30)
    ages = dict.fromkeys(all_keys(memory), month) | {key_of(new): timedelta(days=6)}
    assert collect(Aged(memory, ages), later()).pieces == ()
    ages[key_of(new)] = month
    assert gone(collect(Aged(memory, ages), later())) == {key_of(old), old.files[0].key}


def test_a_build_stays_where_its_better_one_is_damaged(memory: Store) -> None:
    manifest = commit(memory, 0)
    build(memory, [manifest])
    (better,) = build(memory, [manifest], version=2).files
    memory.delete(better.key)
    assert collect(memory, later(**OLD)).pieces == ()


def test_damage_of_the_better_build_is_seen_by_its_hash(memory: Store) -> None:
    manifest = commit(memory, 0)
    build(memory, [manifest])
    (better,) = build(memory, [manifest], version=2).files
    flip(memory, better.key)
    assert collect(memory, later(**OLD)).pieces == ()


def test_a_build_that_cannot_be_read_keeps_all_curated_files(memory: Store) -> None:
    made = build(memory, [commit(memory, 0)])
    memory.delete(key_of(made))
    memory.create(key_of(made), b"{")
    collected = collect(memory, later(**OLD))
    assert collected.pieces == ()
    assert [problem.what for problem in collected.problems] == [f"{key_of(made)} is not a build"]


def test_a_build_can_have_nothing_removed_but_curated_files(memory: Store) -> None:
    """Its object is a small file that somebody may have changed."""
    manifest = commit(memory, 0)
    made = build(memory, [manifest])
    victim = msgspec.structs.replace(made.files[0], key=keys.manifest("finds", day(0), 1))
    lie = msgspec.structs.replace(made, files=(victim,))
    memory.delete(key_of(made))
    memory.create(key_of(made), msgspec.json.encode(lie))
    build(memory, [manifest], version=2)
    collect(memory, later(**OLD))
    assert raw.read_manifest(memory, "finds", day(0), 1) == manifest


def test_what_a_killed_write_left_goes(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    commit(store, 0)
    left = tmp_path / "manifests" / "finds" / "2026-03" / "half.json#1"
    left.write_bytes(b"{")
    assert collect(store, later()).pieces == ()
    assert [piece.kind for piece in collect(store, later(**OLD)).pieces] == ["unfinished"]
    assert not left.exists()


def test_raw_of_a_slot_whose_manifest_was_lost_is_no_garbage(memory: Store) -> None:
    made = [commit(memory, number) for number in (0, 1)]
    build(memory, made)
    gone = keys.manifest("finds", made[0].slot, 1)
    memory.delete(gone)
    found = collect(memory, later(days=8))
    assert [problem.what for problem in found.problems] == [f"{gone} is gone"]
    assert {each.raw_key for each in made} <= all_keys(memory)
