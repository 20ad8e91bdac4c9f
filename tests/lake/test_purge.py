"""Purge: a slot is gone from every zone, nothing else is, and no crash leaves it half removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

import msgspec
import pytest

from chartlake.errors import CorruptObject, DataError
from chartlake.lake import aside, builds, curated, keys, purge, raw, tombstones
from chartlake.lake.references import raw_objects
from chartlake.lake.retention import expire
from chartlake.lake.state import FeedState, Held, change_state, feed_state, read_state
from chartlake.lake.store import Store, open_store
from chartlake.lake.verify import verify
from chartlake.model import Build, Manifest, Slot
from tests.lake.kept import (
    FEED,
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
from tests.lake.snapshots import snapshot

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def memory() -> Store:
    return open_store("memory://")


def remove(store: Store, numbers: Iterable[int], feed: str = "finds") -> purge.Removed:
    known = purge.select(store, feed)
    slots = {day(number): known[day(number)] for number in numbers}
    tombstones.bury(store, feed, slots, "it was purged", NOW)
    return purge.finish(store, [feed])


def without(keys_: set[str], *words: str) -> set[str]:
    return {key for key in keys_ if not any(word in key for word in words)}


def test_a_slot_is_gone_from_every_zone(store: Store) -> None:
    manifests = [commit(store, number) for number in range(3)]
    others = [commit(store, number, feed=FILES) for number in range(2)]
    build(store, manifests[:1])
    build(store, [*manifests, *others])
    aside.record_failure(store, "finds", day(1), "extract", DataError("x"), NOW)
    rows = rows_of(store)
    removed = remove(store, [1])
    assert rows_of(store) == [row for row in rows if row[:2] != ("finds", day(1))]
    assert raw_objects(manifests[1]).isdisjoint(all_keys(store))
    left = without(all_keys(store), "tombstones/", *raw_objects(manifests[0]))
    assert not [key for key in left if day(1) in key and "/finds/" in key]
    assert [key for key in all_keys(store) if day(1) in key and "/regional" in key]
    assert removed.objects == {"manifests": 1, "builds": 1, "curated": 1, "raw": 1, "failures": 1}
    assert (removed.shared, removed.unbuilt) == ((), ())
    findings = verify(store, later())
    assert findings.is_sound, findings.found
    assert not purge.finish(store, ["finds"]).anything


def test_the_rest_of_a_build_stays_as_it_was_built(memory: Store) -> None:
    manifests = [commit(memory, number) for number in (0, 1, 31)]
    old = build(memory, manifests, version=7)
    remove(memory, [1])
    (key,) = builds.list_builds(memory)
    new = builds.read_build(memory, key)
    assert new.transform_version == 7
    assert new.slots == (old.slots[0], old.slots[2])
    assert {keys.curated_month(file.key) for file in new.files} == {"2026-03", "2026-04"}
    assert new.attempt != old.attempt
    assert {file.key for file in old.files}.isdisjoint(all_keys(memory))


def test_a_build_whose_id_is_there_already(memory: Store) -> None:
    """What is left of a compacted build may be just what one of the small builds was."""
    manifests = [commit(memory, number) for number in range(2)]
    small = build(memory, manifests[:1])
    build(memory, manifests)
    remove(memory, [1])
    (key,) = builds.list_builds(memory)
    assert builds.read_build(memory, key) == small
    assert rows_of(memory) == [("finds", day(0), 1), ("finds", day(0), 2)]


def test_pages_that_an_unchanged_slot_refers_to_stay_until_it_goes(memory: Store) -> None:
    first = commit(memory, 0)
    second = commit_unchanged(memory, 1, first)
    build(memory, [first, second])
    assert remove(memory, [0]).shared == (first.raw_key,)
    assert list(raw.read_pages(memory, second)) == [b"page 0"]
    assert verify(memory, later()).is_sound
    assert remove(memory, [1]).shared == ()
    assert without(all_keys(memory), "tombstones/") == set()


def test_what_a_feed_remembers_of_it_is_forgotten(memory: Store) -> None:
    commit(memory, 0)
    pages = raw.hold(memory, "finds", day(1), snapshot(b"half").bodies, "a")
    held = Held(slot=day(1), pages=pages)
    state = FeedState(held=held, albums={"a": 1}, spent={"2026-03-01T04": 5})
    change_state(memory, feed_state("finds"), FeedState, lambda _: state)
    remove(memory, [0])
    after = read_state(memory, feed_state("finds"), FeedState)
    assert after == FeedState(held=held, spent={"2026-03-01T04": 5})
    remove(memory, [1])
    after = read_state(memory, feed_state("finds"), FeedState)
    assert after == FeedState(spent={"2026-03-01T04": 5})
    assert list(memory.keys("raw/")) == []


def test_nothing_of_it_is_counted_any_more(memory: Store) -> None:
    build(memory, [commit(memory, 0)])
    memory.create("state/hydration.json", b"{}")
    remove(memory, [0])
    assert list(memory.keys("state/")) == []


def test_the_mark_of_expired_pages_goes_too(memory: Store) -> None:
    build(memory, [commit(memory, number) for number in range(2)])
    expire(memory, 10, NOW)
    remove(memory, [0])
    assert list(memory.keys("expired/")) == []


def test_a_damaged_build_leaves_the_others_to_be_built_again(memory: Store) -> None:
    manifests = [commit(memory, number) for number in range(2)]
    made = build(memory, manifests)
    memory.delete(made.files[0].key)
    removed = remove(memory, [0])
    assert [slot.slot for slot in removed.unbuilt] == [day(1)]
    assert list(builds.list_builds(memory)) == []
    assert raw.read_manifest(memory, "finds", day(1), 1) == manifests[1]


BOTH = ("entries", "editions")


def file_of(made: Build, table: str, month: str = "2026-03") -> str:
    (key,) = (f.key for f in made.files if (f.table, keys.curated_month(f.key)) == (table, month))
    return key


def rows_by_table(store: Store) -> dict[str, list[str]]:
    """The slots of the rows of each table, over all builds."""
    found: dict[str, list[str]] = {}
    for key in builds.list_builds(store):
        for file in builds.read_build(store, key).files:
            slots = curated.read_table(store, file)["slot"].to_pylist()
            found[file.table] = sorted(found.get(file.table, []) + slots)
    return found


@pytest.mark.parametrize("harm", [Store.delete, flip])
def test_rows_that_can_be_read_stay_where_nothing_builds_them_again(
    memory: Store, harm: Callable[[Store, str], None]
) -> None:
    manifests = [commit(memory, number) for number in range(3)]
    made = build(memory, manifests, tables_of=BOTH)
    expire(memory, 10, NOW)  # all but the last
    harm(memory, file_of(made, "entries"))
    removed = remove(memory, [0])
    assert [slot.slot for slot in removed.short] == [day(1)]
    assert [slot.slot for slot in removed.unbuilt] == [day(2)]
    assert rows_by_table(memory) == {"editions": [day(1)] * 2}
    (key,) = builds.list_builds(memory)
    assert builds.read_build(memory, key).slots == made.slots[1:2]
    assert {file.key for file in made.files}.isdisjoint(all_keys(memory))
    assert not purge.finish(memory, ["finds"]).anything


def test_damage_of_one_month_harms_no_slot_of_another(memory: Store) -> None:
    manifests = [commit(memory, number) for number in (0, 1, 31, 32)]
    made = build(memory, manifests, tables_of=BOTH)
    expire(memory, 10, NOW)
    flip(memory, file_of(made, "entries", "2026-04"))
    removed = remove(memory, [0])
    assert [slot.slot for slot in removed.short] == [day(31)]
    assert [slot.slot for slot in removed.unbuilt] == [day(32)]  # the last one has its pages
    assert rows_by_table(memory) == {
        "editions": [day(1)] * 2 + [day(31)] * 2,
        "entries": [day(1)] * 2,
    }


def test_a_build_that_is_the_last_trace_of_a_slot_stays(memory: Store) -> None:
    """e.g. the only file is damaged and the raw pages have expired."""
    manifests = [commit(memory, number) for number in range(3)]
    made = build(memory, manifests)
    expire(memory, 10, NOW)
    key = made.files[0].key
    content = memory.get(key)
    flip(memory, key)
    with pytest.raises(CorruptObject) as stuck:
        remove(memory, [0])
    assert key in str(stuck.value)
    assert str(stuck.value.why).startswith(f"the raw pages of finds {day(1)} are gone")
    assert "restore the file from a backup" in str(stuck.value.fix)
    assert key in all_keys(memory)
    assert len(list(builds.list_builds(memory))) == 1
    # all else is done
    assert [k for k in all_keys(memory) if day(0) in k] == [f"tombstones/finds/{day(0)}.json"]
    # with the file restored it goes on
    memory.delete(key)
    memory.create(key, content)
    purge.finish(memory, ["finds"])
    assert rows_by_table(memory) == {"entries": [day(1)] * 2 + [day(2)] * 2}


def test_a_build_that_is_the_last_trace_goes_with_its_last_slot(memory: Store) -> None:
    made = build(memory, [commit(memory, number) for number in range(2)])
    expire(memory, 10, NOW)
    flip(memory, made.files[0].key)
    remove(memory, [0, 1])
    assert without(all_keys(memory), "tombstones/") == set()


def test_slots_that_another_build_has_are_left_to_it(memory: Store) -> None:
    """A compacted build is damaged; a small one that it superseded is whole."""
    manifests = [commit(memory, number) for number in range(3)]
    small = build(memory, manifests[1:2], tables_of=BOTH)
    compacted = build(memory, manifests, tables_of=BOTH)
    expire(memory, 10, NOW)
    flip(memory, file_of(compacted, "entries"))
    removed = remove(memory, [0])
    assert removed.short == ()
    assert [slot.slot for slot in removed.unbuilt] == [day(2)]
    assert [builds.read_build(memory, key) for key in builds.list_builds(memory)] == [small]


def test_a_damaged_build_in_the_place_of_the_rest_is_replaced(memory: Store) -> None:
    manifests = [commit(memory, number) for number in range(2)]
    small = build(memory, manifests[:1])
    build(memory, manifests)
    flip(memory, small.files[0].key)
    remove(memory, [1])
    assert rows_of(memory) == [("finds", day(0), 1), ("finds", day(0), 2)]


def test_a_build_whose_files_were_taken_for_leavings_is_found_and_mended(memory: Store) -> None:
    """On S3 nothing keeps a transform out that is under way while a user is forgotten."""
    manifests = [commit(memory, number) for number in range(2)]
    remove(memory, [0])
    made = build(memory, manifests)
    memory.delete(made.files[0].key)
    found = {f.what for f in verify(memory, later()).found if f.severity == "error"}
    assert found == {
        "the slot was purged, and is in a build",
        "a file that its build names is gone",
    }
    removed = purge.finish(memory, ["finds"])
    assert [slot.slot for slot in removed.unbuilt] == [day(1)]
    assert verify(memory, later()).is_sound
    build(memory, manifests[1:])
    assert rows_of(memory) == [("finds", day(1), 1), ("finds", day(1), 2)]


# Which slots ------------------------------------------------------------------------------------


def test_slots_are_selected_by_chart_date(memory: Store) -> None:
    for number in range(4):
        commit(memory, number)
    moved = msgspec.structs.replace(snapshot(b"x", slot=day(9)), chart_date=date(2026, 3, 2))
    raw.commit(memory, moved)
    aside.record_failure(memory, "finds", day(5), "extract", DataError("x"), NOW)
    every = {day(number): 1 for number in (0, 1, 2, 3, 5, 9)}
    assert purge.select(memory, "finds") == every
    second = date(2026, 3, 2)
    assert set(purge.select(memory, "finds", second, second)) == {day(1), day(9)}
    assert set(purge.select(memory, "finds", last=second)) == {day(0), day(1), day(9)}
    assert set(purge.select(memory, "finds", date(2026, 3, 4))) == {day(3), day(5)}


# Tombstones -------------------------------------------------------------------------------------


def again(store: Store, revision: int) -> Manifest:
    return raw.commit(store, snapshot(b"again", slot=day(0), feed=FEED), revision)[0]


def test_what_is_brought_again_stays(store: Store) -> None:
    build(store, [commit(store, 0)])
    remove(store, [0])
    manifest = again(store, 2)
    rows = build(store, [manifest])
    assert not purge.finish(store, ["finds"]).anything
    assert raw.read_manifest(store, "finds", day(0), 2) == manifest
    assert curated.read_table(store, rows.files[0]).num_rows == 2
    assert verify(store, later()).is_sound


def test_an_attempt_that_is_under_way_again_stays(memory: Store) -> None:
    commit(memory, 0)
    remove(memory, [0])
    bodies = snapshot(b"again", slot=day(0)).bodies
    (page,) = raw.hold(memory, "finds", day(0), bodies, "b")
    assert not purge.finish(memory, ["finds"]).anything
    assert page.raw_key in all_keys(memory)


def test_what_was_brought_again_can_be_purged_again(memory: Store) -> None:
    commit(memory, 0)
    remove(memory, [0])
    again(memory, 2)
    remove(memory, [0])
    assert tombstones.of_slot(memory, "finds", day(0)).revision == 2
    assert without(all_keys(memory), "tombstones/") == set()


def test_a_tombstone_is_never_lowered(memory: Store) -> None:
    tombstones.bury(memory, "finds", {day(0): 3}, "first", NOW)
    tombstones.bury(memory, "finds", {day(0): 2}, "second", NOW)
    mark = tombstones.of_slot(memory, "finds", day(0))
    assert (mark.revision, mark.why) == (3, "first")
    assert tombstones.buried(memory, "finds") == {day(0)}
    assert tombstones.buried(memory, "other") == set()
    assert tombstones.feeds_with_buried_slots(memory) == ["finds"]


def test_a_slow_build_that_holds_a_purged_slot_is_found_and_mended(memory: Store) -> None:
    manifests = [commit(memory, number) for number in range(2)]
    remove(memory, [0])
    build(memory, manifests)  # by a run that had read them before
    findings = verify(memory, later())
    assert [f.what for f in findings.found] == ["the slot was purged, and is in a build"]
    assert not findings.is_sound
    purge.finish(memory, ["finds"])
    assert verify(memory, later()).is_sound
    assert rows_of(memory) == [("finds", day(1), 1), ("finds", day(1), 2)]


# Crashes ----------------------------------------------------------------------------------------


class _Killed(Exception):
    pass


class Dying(Store):
    """Dies instead of its Nth change."""

    def __init__(self, store: Store, after: int) -> None:
        super().__init__(lambda: store._objects, "memory://")
        self._left = after

    def _one_more(self) -> None:
        if self._left == 0:
            raise _Killed
        self._left -= 1

    def create(self, key: str, content: bytes) -> bool:
        self._one_more()
        return super().create(key, content)

    def delete(self, key: str) -> None:
        self._one_more()
        super().delete(key)


def small_lake(store: Store) -> list[Manifest]:
    manifests = [commit(store, number) for number in range(3)]
    manifests.append(commit_unchanged(store, 3, manifests[2]))
    build(store, manifests[:2])
    build(store, manifests)
    aside.record_failure(store, "finds", day(1), "extract", DataError("x"), NOW)
    return manifests


def facts(store: Store) -> tuple[object, ...]:
    slots = raw.latest_revisions(store, "finds")
    zones = sorted((key.split("/")[0], Slot(day(1)) in key) for key in all_keys(store))
    return rows_of(store), slots, [zone for zone in zones if zone[0] not in ("curated", "state")]


def test_killed_at_any_step_and_repeated_is_the_same_as_once() -> None:
    undisturbed = open_store("memory://")
    small_lake(undisturbed)
    remove(undisturbed, [1, 2])
    wanted = facts(undisturbed)
    steps = 0
    while True:
        memory = open_store("memory://")
        small_lake(memory)
        stays = [row for row in rows_of(memory) if row[1] in (day(0), day(3))]
        try:
            remove(Dying(memory, steps), [1, 2])
        except _Killed:
            # whoever reads now finds each other slot whole, and every committed page
            assert [row for row in rows_of(memory) if row[1] in (day(0), day(3))] == stays
            lost = [f for f in verify(memory, later()).found if f.zone in ("raw", "curated")]
            assert not [f for f in lost if "lost" in f.what or "gone" in f.what]
            remove(memory, [n for n in (1, 2) if day(n) in purge.select(memory, "finds")])
            assert facts(memory) == wanted
            steps += 1
            continue
        break
    assert steps > 10
