"""A lake that is copied is a lake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chartlake.errors import StorageError, UsageError
from chartlake.lake import builds, keys, raw, tombstones
from chartlake.lake.checkpoint import Checkpoint
from chartlake.lake.copy import Copied, copy_lake
from chartlake.lake.format import LakeFormat
from chartlake.lake.state import change_state
from chartlake.lake.store import Store, open_store
from chartlake.lake.verify import verify
from chartlake.model import Slot, from_json
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.engine import LocalEngine
from tests.transform.slots import playlist_snapshot
from tests.transform.test_parse_playlist import listed, track

NOW = datetime(2026, 4, 2, 5, tzinfo=UTC)


def add(store: Store, day: int) -> None:
    raw.commit(store, playlist_snapshot([listed(track())], slot=Slot(f"202603{day:02d}T000000Z")))
    build_slots(store, LocalEngine(), unbuilt(store), NOW)


@pytest.fixture
def source(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = open_store(str(tmp_path_factory.mktemp("lake") / "lake"), lambda: NOW)
    add(store, 1)
    add(store, 2)
    change_state(store, "checkpoint", Checkpoint, lambda before: Checkpoint(month="2026-02"))
    return store


def copied(source: Store, target: Store) -> Copied:
    return copy_lake(source, target, NOW, lambda done, of: None)


def damage(store: Store) -> list[str]:
    """What is wrong with it, but for what waits to be built or collected."""
    return [f"{f.where}: {f.what}" for f in verify(store, NOW).found if f.severity == "error"]


def contents(store: Store) -> dict[str, bytes]:
    return {key: store.get(key) for key in store.keys("") if not key.startswith(".locks")}


@pytest.mark.parametrize("place", ["disk", "s3", "two buckets", "memory"])
def test_all_of_it_is_there_and_valid(
    source: Store, s3_url: str, second_bucket: str, place: str, tmp_path: object
) -> None:
    url = {
        "disk": f"{tmp_path}/copy",
        "s3": s3_url,
        "two buckets": f"{s3_url}?curated=s3://{second_bucket}/t",
        "memory": "memory://",
    }[place]
    target = open_store(url)
    done = copied(source, target)
    assert contents(target) == contents(source)
    assert (done.objects, done.there, done.gone) == (len(contents(source)) - 3, 0, 0)
    assert damage(target) == []
    assert unbuilt(target) == []


def test_it_goes_on_where_it_was_broken_off_and_takes_what_is_new(source: Store) -> None:
    target = open_store("memory://")
    first = copied(source, target)
    add(source, 3)
    again = copied(source, target)
    assert again.there == first.objects
    assert again.objects > 0
    assert contents(target) == contents(source)


class Breaking(Store):
    """A target whose connection ends after some writes."""

    left = 0

    def create(self, key: str, content: bytes) -> bool:
        if self.left == 0:
            raise StorageError("the connection ended")
        self.left -= 1
        return super().create(key, content)


def test_broken_off_anywhere_nothing_is_committed_whose_data_is_missing(source: Store) -> None:
    for writes in range(1, 14):
        target = Breaking(open_store("memory://")._open, "memory://")
        target.left = writes
        with pytest.raises(StorageError, match="connection ended"):
            copied(source, target)
        assert damage(target) == []
        target.left = 1000
        copied(source, target)
        assert contents(target) == contents(source)


def test_what_is_committed_meanwhile_waits_for_the_next_copy(source: Store) -> None:
    target = open_store("memory://")

    def tell(done: int, of: int) -> None:
        if done == 1:
            add(source, 9)

    copy_lake(source, target, NOW, tell)
    assert len(raw.latest_revisions(target, "finds")) == 2
    assert damage(target) == []


def test_what_was_purged_stays_so(source: Store) -> None:
    tombstones.bury(source, "finds", {Slot("20260301T000000Z"): 1}, "asked for", NOW)
    target = open_store("memory://")
    copied(source, target)
    assert tombstones.buried(target, "finds") == {Slot("20260301T000000Z")}


def test_no_turn_is_copied(source: Store) -> None:
    source.create(keys.lease("extract"), b"{}")
    target = open_store("memory://")
    copied(source, target)
    assert not any(map(keys.is_lease, target.keys("")))


def test_another_lake_is_left_alone(source: Store) -> None:
    target = open_store("memory://", lambda: datetime(2020, 1, 1, tzinfo=UTC))
    add(target, 5)
    before = contents(target)
    with pytest.raises(UsageError, match="holds another lake"):
        copied(source, target)
    assert contents(target) == before


def test_a_copy_that_was_written_to_is_told(source: Store) -> None:
    target = open_store("memory://")
    copied(source, target)
    (key, *_) = builds.list_builds(target)
    target.delete(key)
    target.create(key, b"other")
    with pytest.raises(StorageError, match=f"another {key}"):
        copied(source, target)


def test_a_lake_of_before_there_was_a_format_gets_one(source: Store) -> None:
    source.delete(keys.LAKE)
    target = open_store("memory://")
    copied(source, target)
    assert from_json(target.get(keys.LAKE), LakeFormat).format == 1


def test_there_must_be_a_lake_and_another_place(source: Store) -> None:
    with pytest.raises(UsageError, match="no lake to copy"):
        copied(open_store("memory://"), open_store(source.url + "x"))
    for url in (source.url, f"{source.url}/inner", source.url.rpartition("/")[0]):
        with pytest.raises(UsageError, match="the lake itself"):
            copied(source, open_store(url))


def test_a_place_where_a_run_was_and_got_nothing_is_free(source: Store) -> None:
    """A schedule may begin one before the copy: nobody is signed in there."""
    target = open_store("memory://", lambda: datetime(2020, 1, 1, tzinfo=UTC))
    target.create(keys.lease("extract"), b"{}")
    own = target.get(keys.LAKE)
    assert own != source.get(keys.LAKE)
    first = copied(source, target)
    assert damage(target) == []
    assert copied(source, target).there == first.objects
    assert target.get(keys.LAKE) == own
    other = open_store("memory://", lambda: NOW + timedelta(days=1))
    add(other, 9)
    with pytest.raises(UsageError, match="holds another lake"):
        copied(other, target)


def test_what_lies_in_the_wrong_bucket_does_not_count(
    source: Store, s3_url: str, second_bucket: str
) -> None:
    copied(source, open_store(s3_url))
    divided = open_store(f"{s3_url}?curated=s3://{second_bucket}/t")
    assert copied(source, divided).objects == len(list(source.keys("curated/"))) > 0
    assert contents(divided) == contents(source)
    assert damage(divided) == []
