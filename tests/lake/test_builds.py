"""Builds: which attempt is live, and that a build is committed once."""

from itertools import pairwise, permutations

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartlake.errors import CorruptObject
from chartlake.lake import builds, curated, keys
from chartlake.lake.builds import Rank
from chartlake.lake.store import Store, open_store
from chartlake.model import Build, BuiltFile, BuiltSlot, Slot, sha256

LOW, HIGH = "0" * 64, "f" * 64
ROWS = pa.table({"feed": ["finds", "finds"], "position": [1, 2]})


@pytest.fixture
def memory() -> Store:
    return open_store("memory://")


def slot(at: str = "20260301T000000Z", revision: int = 1, manifest: str = "m") -> BuiltSlot:
    return BuiltSlot(
        feed="finds",
        slot=Slot(at),
        revision=revision,
        manifest_sha256=manifest,
        records=2,
        entries=2,
        rejects=0,
    )


def commit(store: Store, *slots: BuiltSlot, attempt: str = "a", version: int = 1) -> Build:
    files = curated.write_tables(store, {("entries", "2026-03"): ROWS}, attempt)
    return builds.commit(store, version, slots or (slot(),), files, attempt)


# Which attempt is live --------------------------------------------------------------------


def test_the_order_of_attempts() -> None:
    in_order = [
        Rank.of(1, 1, 1, HIGH),
        Rank.of(1, 1, 1, "8" + "0" * 63),
        Rank.of(1, 1, 1, LOW),
        Rank.of(1, 1, 2, HIGH),
        Rank.of(1, 1, 10, HIGH),
        Rank.of(1, 2, 1, HIGH),
        Rank.of(1, 10, 1, HIGH),
        Rank.of(2, 1, 1, HIGH),
        Rank.of(10, 1, 1, HIGH),
    ]
    assert all(lower < higher for lower, higher in pairwise(in_order))


HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
FACTS = st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(1, 200), HASHES)


@given(FACTS, FACTS)
def test_rank_compares_fact_after_fact(
    one: tuple[int, int, int, str], other: tuple[int, int, int, str]
) -> None:
    lowest_id = one[3] < other[3]
    higher = one[:3] > other[:3] if one[:3] != other[:3] else lowest_id
    assert (Rank.of(*one) > Rank.of(*other)) == higher


def test_the_rank_of_a_builds_slot() -> None:
    one, two = slot(revision=3), slot("20260302T000000Z")
    build = Build(build_id=HIGH, attempt="a", transform_version=7, slots=(one, two), files=())
    assert builds.rank(build, one) == Rank.of(3, 7, 2, HIGH)
    assert builds.rank(build, two) == Rank.of(1, 7, 2, HIGH)


@given(st.lists(HASHES, max_size=5).flatmap(lambda h: st.tuples(st.just(h), st.permutations(h))))
def test_a_builds_identity_does_not_depend_on_the_order(both: tuple[list[str], list[str]]) -> None:
    hashes, shuffled = both
    assert builds.build_id(shuffled, 1) == builds.build_id(iter(hashes), 1)


def test_but_on_everything_else() -> None:
    assert len({builds.build_id(order, 1) for order in permutations(["a", "b", "c"])}) == 1
    others = [(["a"], 1), (["a"], 2), (["b"], 1), (["a", "b"], 1), (["a", "a"], 1), ([], 1)]
    assert len({builds.build_id(*each) for each in others}) == len(others)
    assert builds.build_id(["a", "b"], 3) == sha256(b"transform 3\na\nb")


# Committing -----------------------------------------------------------------------------------


def test_a_build_and_its_files(store: Store) -> None:
    build = commit(store, slot(manifest="m1"), slot("20260302T000000Z", manifest="m2"))
    (file,) = build.files
    content = store.get("curated/entries/slot_month=2026-03/a.parquet")
    assert file == BuiltFile(
        table="entries",
        key="curated/entries/slot_month=2026-03/a.parquet",
        rows=2,
        size=len(content),
        sha256=sha256(content),
    )
    assert build.build_id == builds.build_id(["m2", "m1"], 1)
    key = f"builds/2026-03/{build.build_id}.json"
    assert list(builds.list_builds(store)) == [key]
    assert builds.read_build(store, key) == build
    assert curated.read_table(store, file).equals(ROWS)


def test_the_second_commit_gets_the_first_build(store: Store) -> None:
    first, second = commit(store, attempt="a"), commit(store, attempt="b")
    assert second == first
    assert second.attempt == "a"
    assert len(list(builds.list_builds(store))) == 1


def test_a_build_lies_in_the_month_of_its_last_slot(memory: Store) -> None:
    commit(memory, slot("20260301T000000Z"), slot("20251231T000000Z"), slot("20260131T000000Z"))
    (key,) = builds.list_builds(memory)
    assert key.startswith("builds/2026-03/")


def test_a_build_of_undated_slots(memory: Store) -> None:
    commit(memory, slot("0" * 64))
    (key,) = builds.list_builds(memory)
    assert key.startswith("builds/undated/")


def test_files_without_a_build_are_seen_by_nobody(memory: Store) -> None:
    build = commit(memory)
    memory.delete(f"builds/2026-03/{build.build_id}.json")  # as after a crash between the two
    assert list(builds.list_builds(memory)) == []
    assert commit(memory, attempt="b").attempt == "b"


# Damage ---------------------------------------------------------------------------------------


def test_a_changed_file_shows(memory: Store) -> None:
    (file,) = commit(memory).files
    content = memory.get(file.key)
    for at in range(0, len(content), 7):
        memory.delete(file.key)
        memory.create(file.key, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(CorruptObject, match="does not match its hash") as error:
            curated.read_table(memory, file)
        assert file.key in error.value.what
        assert "delete the build object" in str(error.value.fix)


def test_a_lost_file(store: Store) -> None:
    (file,) = commit(store).files
    store.delete(file.key)
    with pytest.raises(CorruptObject, match="is gone"):
        curated.read_table(store, file)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"build_id": 5}'])
def test_a_build_object_that_is_none(memory: Store, content: bytes) -> None:
    key = keys.build("2026-03", LOW)
    memory.create(key, content)
    with pytest.raises(CorruptObject, match=f"{key} is not a build"):
        builds.read_build(memory, key)


def test_a_later_version_may_add_fields(memory: Store) -> None:
    build = commit(memory)
    (key,) = builds.list_builds(memory)
    raw = msgspec.json.decode(memory.get(key)) | {"compacts": ["x"]}
    memory.delete(key)
    memory.create(key, msgspec.json.encode(raw))
    assert builds.read_build(memory, key) == build


# Reading many ---------------------------------------------------------------------------------


def test_builds_are_read_one_by_one_and_what_is_gone_is_left_out(memory: Store) -> None:
    made = [commit(memory, slot(f"2026030{day}T000000Z", manifest=f"m{day}")) for day in (1, 2, 3)]
    one, two, three = (keys.build("2026-03", build.build_id) for build in made)
    memory.delete(one)
    memory.delete(two)
    memory.create(two, b"{")
    found = dict(builds.read_builds(memory, [one, two, three]))
    assert found.keys() == {two, three}
    assert isinstance(found[two], CorruptObject)
    assert found[three] == made[2]


def test_the_live_attempt_of_each_slot(memory: Store) -> None:
    first, second = slot(manifest="m1"), slot("20260302T000000Z", manifest="m2")
    one, both = commit(memory, first), commit(memory, first, second)
    newer = commit(memory, second, version=2)
    made = [(build.attempt + build.build_id, build) for build in (newer, both, one)]
    live = builds.live_slots(made)
    assert {place: found.build for place, found in live.items()} == {
        ("finds", first.slot): both,
        ("finds", second.slot): newer,
    }
    assert all(found.key.endswith(found.build.build_id) for found in live.values())
    assert live == builds.live_slots(reversed(made))
