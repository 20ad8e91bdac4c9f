"""Retention: which raw pages are given up, and that nothing else is."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import pytest

from chartlake.lake import keys, raw, retention
from chartlake.lake.references import raw_objects
from chartlake.lake.retention import expire, expired
from chartlake.lake.state import FeedState, Held, change_state, feed_state
from chartlake.lake.store import Store, open_store
from chartlake.lake.verify import verify
from chartlake.model import Slot, slot_time
from tests.lake.kept import (
    FILES,
    all_keys,
    build,
    commit,
    commit_unchanged,
    day,
    flip,
    later,
    rows_of,
)


@pytest.fixture
def memory() -> Store:
    return open_store("memory://")


def on(number: int) -> datetime:
    """So many days after the first slot, at noon."""
    at = slot_time(day(0))
    assert at
    return at + timedelta(days=number, hours=12)


def test_old_slots_are_marked_and_their_pages_go(store: Store) -> None:
    manifests = [commit(store, number) for number in range(4)]
    build(store, manifests)
    rows, before = rows_of(store), all_keys(store)
    would = expire(store, 10, on(12), dry_run=True)
    assert all_keys(store) == before
    assert expire(store, 10, on(12)) == would
    (expiry,) = would
    assert (expiry.feed, expiry.slots) == ("finds", (day(0), day(1), day(2)))
    gone = {m.raw_key for m in manifests[:3]}
    marks = {keys.expired("finds", day(number)) for number in range(3)}
    assert all_keys(store) == (before - gone) | marks
    assert expired(store, "finds") == {day(0), day(1), day(2)}
    assert rows_of(store) == rows
    assert expire(store, 10, on(12)) == []


def test_0_days_keep_all_for_ever(memory: Store) -> None:
    build(memory, [commit(memory, number) for number in range(3)])
    assert expire(memory, 0, on(9_000)) == []


def test_the_last_slot_is_kept_since_the_next_reading_compares_with_it(memory: Store) -> None:
    build(memory, [commit(memory, number) for number in range(3)])
    expire(memory, 10, on(9_000))
    assert expired(memory, "finds") == {day(0), day(1)}


def test_a_missed_slot_is_not_the_last_one_read(memory: Store) -> None:
    manifests = [commit(memory, number) for number in range(2)]
    build(memory, manifests)
    raw.mark_missed(memory, manifests[0].feed, day(2), on(2).date(), "asleep", on(3))
    expire(memory, 10, on(9_000))
    assert expired(memory, "finds") == {day(0)}


def test_a_reference_keeps_a_page_until_its_own_slot_is_old(memory: Store) -> None:
    first = commit(memory, 0)
    unchanged = commit_unchanged(memory, 5, first)
    build(memory, [first, unchanged, commit(memory, 20)])
    expire(memory, 10, on(12))
    assert expired(memory, "finds") == set()
    assert list(raw.read_pages(memory, unchanged)) == [b"page 0"]
    expire(memory, 10, on(16))
    assert expired(memory, "finds") == {day(0), day(5)}
    assert raw_objects(first).isdisjoint(all_keys(memory))


def test_a_slot_that_is_not_built_keeps_its_pages(memory: Store) -> None:
    manifests = [commit(memory, number) for number in range(3)]
    build(memory, manifests[1:])
    expire(memory, 10, on(100))
    assert expired(memory, "finds") == {day(1)}


@pytest.mark.parametrize("harm", [Store.delete, flip])
def test_a_slot_whose_build_is_damaged_keeps_its_pages(
    memory: Store, harm: Callable[[Store, str], None]
) -> None:
    made = build(memory, [commit(memory, number) for number in range(3)])
    harm(memory, made.files[0].key)
    assert expire(memory, 10, on(100)) == []


def test_what_a_person_brought_does_not_expire(memory: Store) -> None:
    build(memory, [commit(memory, number, feed=FILES) for number in range(3)])
    assert expire(memory, 10, on(9_000)) == []


def test_a_part_that_is_held_does_not_expire(memory: Store) -> None:
    manifests = [commit(memory, number) for number in range(3)]
    build(memory, manifests)
    held = Held(slot=day(9), pages=raw.pages_to_keep(manifests[0]))
    change_state(memory, feed_state("finds"), FeedState, lambda _: FeedState(held=held))
    expire(memory, 10, on(100))
    assert expired(memory, "finds") == {day(1)}


def test_a_manifest_that_cannot_be_read_keeps_all_of_its_feed(memory: Store) -> None:
    build(memory, [commit(memory, number) for number in range(3)])
    key = keys.manifest("finds", day(1), 1)
    memory.delete(key)
    memory.create(key, b"[]")
    (expiry,) = expire(memory, 10, on(100))
    assert expiry.problem
    assert expiry.objects == ()
    assert expired(memory, "finds") == set()


class _Killed(Exception):
    pass


class Dying(Store):
    """Dies at the first object that it has to delete."""

    def __init__(self, store: Store) -> None:
        super().__init__(lambda: store._objects, "memory://")

    def delete(self, key: str) -> None:
        raise _Killed


def test_the_mark_is_there_before_the_pages_go(memory: Store) -> None:
    build(memory, [commit(memory, number) for number in range(3)])
    with pytest.raises(_Killed):
        expire(Dying(memory), 10, on(100))
    assert expired(memory, "finds") == {day(0), day(1)}
    assert verify(memory, later()).is_sound
    expire(memory, 10, on(100))
    findings = verify(memory, later())
    assert findings.is_sound
    assert findings.counts["slots"]["expired"] == 2


def test_the_mark_says_when_and_at_what_age(memory: Store) -> None:
    build(memory, [commit(memory, number) for number in range(2)])
    expire(memory, 10, on(100))
    mark = msgspec.json.decode(memory.get(keys.expired("finds", day(0))), type=retention.Mark)
    assert mark == retention.Mark(feed="finds", slot=Slot(day(0)), at=on(100), raw_days=10)
