"""One contract, three stores: memory, local disk, and an S3 on this machine."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chartlake.errors import ConfigError, StorageError
from chartlake.lake.store import Store, open_store

# The contract -------------------------------------------------------------------------


def test_an_object_is_created_once(store: Store) -> None:
    assert store.create("raw/a.json", b"first") is True
    assert store.create("raw/a.json", b"second") is False
    assert store.get("raw/a.json") == b"first"


def test_of_many_that_create_at_once_one_wins(store: Store) -> None:
    threads = 8
    for number in range(4):
        start = threading.Barrier(threads)

        def create(
            me: int, key: str = f"manifests/{number}", start: threading.Barrier = start
        ) -> bool:
            start.wait()
            return store.create(key, b"%d" % me * 1000)

        with ThreadPoolExecutor(threads) as pool:
            won = list(pool.map(create, range(threads)))
        assert won.count(True) == 1
        assert store.get(f"manifests/{number}") == b"%d" % won.index(True) * 1000


@pytest.mark.parametrize("content", [b"", b"\0", bytes(range(256)) * 300])
def test_bytes_come_back_as_they_were(store: Store, content: bytes) -> None:
    store.create("x", content)
    assert store.get("x") == content


def test_a_range(store: Store) -> None:
    store.create("x", b"0123456789")
    assert store.get_range("x", 0, 10) == b"0123456789"
    assert store.get_range("x", 3, 4) == b"3456"
    assert store.get_range("x", 9, 1) == b"9"


def test_a_range_that_is_not_there(store: Store) -> None:
    store.create("x", b"0123456789")
    with pytest.raises(StorageError, match="cannot read x in "):
        store.get_range("x", 20, 5)


def test_what_is_missing(store: Store) -> None:
    store.create("a/b", b"")
    with pytest.raises(FileNotFoundError):
        store.get("a/c")
    with pytest.raises(FileNotFoundError):
        store.get_range("a/c", 0, 1)
    with pytest.raises(FileNotFoundError):
        store.get("a")  # a folder is no object


def test_what_is_deleted_is_gone_and_can_be_created_again(store: Store) -> None:
    store.create("a/b", b"one")
    store.delete("a/b")
    with pytest.raises(FileNotFoundError):
        store.get("a/b")
    assert list(store.keys("a/")) == []
    assert store.create("a/b", b"two") is True


def test_what_is_not_there_is_deleted_without_a_word(store: Store) -> None:
    store.delete("a/b")


def test_keys_lie_below_a_folder_in_order(store: Store) -> None:
    for key in ("m/feed-a/2", "m/feed/2026-03/b", "m/feed/2026-03/a", "m/feed/2026-02/c", "n"):
        store.create(key, b"")
    assert list(store.keys("m/feed/")) == [
        "m/feed/2026-02/c",
        "m/feed/2026-03/a",
        "m/feed/2026-03/b",
    ]
    assert list(store.keys("m/feed/2026-03/")) == ["m/feed/2026-03/a", "m/feed/2026-03/b"]
    assert list(store.keys("m/fee/")) == []
    assert list(store.keys("")) == sorted(
        ["m/feed-a/2", "m/feed/2026-03/b", "m/feed/2026-03/a", "m/feed/2026-02/c", "n"]
    )


def test_folders_are_the_names_directly_below_in_order(store: Store) -> None:
    for key in ("m/b/x", "m/a/x/y", "m/a-b/x", "m/z", "n/c/x"):
        store.create(key, b"")
    assert store.folders("m/") == ["a", "a-b", "b"]
    assert store.folders("m/a/") == ["x"]
    assert store.folders("m/b/") == []
    assert store.folders("") == ["m", "n"]


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert list(store.keys("m/")) == []
    assert store.folders("m/") == []


def test_more_keys_than_one_page_of_a_listing(store: Store) -> None:
    names = [f"m/{number:04d}" for number in range(1005)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.create(name, b""), names))
    assert list(store.keys("m/")) == names


def test_odd_characters_in_keys(store: Store) -> None:
    key = "curated/entries/slot_month=2026-03/a b%20é.parquet"
    store.create(key, b"x")
    assert store.get(key) == b"x"
    assert list(store.keys("curated/entries/")) == [key]


# Changing --------------------------------------------------------------------------------


def one_more(before: bytes | None) -> bytes:
    return b"%d" % (int(before or 0) + 1)


def test_a_change_begins_with_what_is_there(store: Store) -> None:
    seen: list[bytes | None] = []

    def change(before: bytes | None) -> bytes:
        seen.append(before)
        return (before or b"") + b"x"

    assert [store.change("state/a", change) for _ in range(3)] == [b"x", b"xx", b"xxx"]
    assert seen == [None, b"x", b"xx"]
    assert store.get("state/a") == b"xxx"


def test_a_change_of_what_was_created_and_deleted(store: Store) -> None:
    store.create("state/a", b"7")
    assert store.change("state/a", one_more) == b"8"
    store.delete("state/a")
    assert store.change("state/a", one_more) == b"1"


def test_a_change_that_cannot_be_made_changes_nothing(store: Store) -> None:
    def fail(before: bytes | None) -> bytes:
        raise RuntimeError("no")

    store.change("state/a", one_more)
    with pytest.raises(RuntimeError):
        store.change("state/a", fail)
    assert store.change("state/a", one_more) == b"2"


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("where", ["memory", "s3"])
def test_whoever_loses_the_race_starts_again(
    request: pytest.FixtureRequest, where: str, is_there: bool
) -> None:
    """Another's change comes between reading and writing; on a disk a lock keeps it out."""
    store = open_store("memory://" if where == "memory" else request.getfixturevalue("s3_url"))
    if is_there:
        store.create("state/a", b"10")
    seen: list[bytes | None] = []

    def change(before: bytes | None) -> bytes:
        seen.append(before)
        if len(seen) <= 2:
            store.change("state/a", one_more)
        return one_more(before)

    start = 10 if is_there else 0
    assert store.change("state/a", change) == b"%d" % (start + 3)
    assert seen == [b"10" if is_there else None, b"%d" % (start + 1), b"%d" % (start + 2)]
    assert store.get("state/a") == b"%d" % (start + 3)


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_of_many_threads_that_count_none_is_lost(where: str, tmp_path: Path) -> None:
    store = open_store("memory://" if where == "memory" else str(tmp_path))
    start = threading.Barrier(8)

    def count(_: int) -> None:
        start.wait()
        for _ in range(25):
            store.change("state/n", one_more)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))
    assert store.get("state/n") == b"200"


COUNT = """
import sys
from chartlake.lake.store import open_store
store = open_store(sys.argv[1])
print(flush=True)
sys.stdin.readline()
for _ in range(50):
    store.change("state/n", lambda before: b"%d" % (int(before or 0) + 1))
"""


def test_of_two_processes_with_threads_none_is_lost(tmp_path: Path) -> None:
    lake = tmp_path / "lake"

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", COUNT, str(lake)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    with start() as one, start() as other:
        for process in (one, other):
            assert process.stdout
            assert process.stdin
            process.stdout.readline()
        for process in (one, other):
            assert process.stdin
            process.stdin.write(b"go\n")
            process.stdin.flush()
        store = open_store(str(lake))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: store.change("state/n", one_more), range(100)))
    assert (one.returncode, other.returncode) == (0, 0)
    assert store.get("state/n") == b"200"


def test_a_change_waits_for_its_turn_and_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chartlake.lake.store._LOCK_SECONDS", 0.0)
    store, other = open_store(str(tmp_path)), open_store(str(tmp_path))
    with store.alone("state", 0):
        with pytest.raises(StorageError, match="cannot change state/a") as error:
            other.change("state/a", one_more)
        assert "another process has kept it locked" in str(error.value.why)
    assert other.change("state/a", one_more) == b"1"


# Alone -----------------------------------------------------------------------------------


def test_only_one_is_alone_on_a_folder(tmp_path: Path) -> None:
    store, other = open_store(str(tmp_path)), open_store(str(tmp_path))
    with store.alone("extract", 0) as first:
        with other.alone("extract", 0) as second:
            assert (first, second) == (True, False)
        with other.alone("else", 0) as elsewhere:
            assert elsewhere
        with other.alone("extract", 0) as third:
            assert third is False  # who was not alone has let nobody in by leaving
    with other.alone("extract", 0) as afterwards:
        assert afterwards


def test_whoever_waits_comes_in_when_the_other_has_left(tmp_path: Path) -> None:
    store, other = open_store(str(tmp_path)), open_store(str(tmp_path))
    asked = threading.Event()

    def come_in() -> bool:
        asked.set()
        with other.alone("extract", 30) as alone:
            return alone

    with ThreadPoolExecutor(1) as pool:
        with store.alone("extract", 0):
            waiting = pool.submit(come_in)
            assert asked.wait(10)
            assert not waiting.done()
        assert waiting.result(10) is True


def test_an_error_inside_lets_the_next_one_in(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    with pytest.raises(RuntimeError), store.alone("extract", 0):
        raise RuntimeError("no")
    with store.alone("extract", 0) as alone:
        assert alone


def test_in_memory_everybody_is_alone_at_once() -> None:
    store = open_store("memory://")
    with store.alone("extract", 0) as first, store.alone("extract", 0) as second:
        assert first
        assert second
    assert list(store.keys("")) == []


def test_a_folder_that_cannot_be_locked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    store = open_store(f"{tmp_path}/file")
    with (
        pytest.raises(StorageError, match=r"cannot lock extract in .*/file"),
        store.alone("extract", 0),
    ):
        raise AssertionError("it came in")
    with pytest.raises(StorageError):
        store.change("state/a", one_more)


# Opening ---------------------------------------------------------------------------------


def test_a_folder_is_made_when_something_is_written_not_before(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "new" / "lake"))
    assert list(store.keys("m/")) == store.folders("m/") == []
    with pytest.raises(FileNotFoundError):
        store.get("a/b")
    assert list(tmp_path.iterdir()) == []
    store.create("a/b", b"x")
    assert (tmp_path / "new" / "lake" / "a" / "b").read_bytes() == b"x"


def test_two_stores_of_one_folder_are_one_lake(tmp_path: Path) -> None:
    assert open_store(str(tmp_path)).create("a", b"one") is True
    again = open_store(tmp_path.as_uri())
    assert again.create("a", b"two") is False
    assert again.url == str(tmp_path)


@pytest.mark.parametrize("name", ["a b", "a#b", "a?b", "a%20b", "é", "a[b", "a:b"])
def test_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    open_store(str(tmp_path / name)).create("x", b"1")
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_folder_with_a_space_as_url(tmp_path: Path) -> None:
    store = open_store((tmp_path / "a b").as_uri())
    store.create("x", b"1")
    assert [each.name for each in tmp_path.iterdir()] == ["a b"]


def test_two_lakes_in_memory_are_two() -> None:
    one, other = open_store("memory://"), open_store("memory://")
    one.create("a", b"")
    assert list(other.keys("")) == []


def test_an_s3_lake_lies_below_its_prefix(s3_url: str) -> None:
    bucket, prefix = s3_url.rsplit("/", 1)
    open_store(s3_url + "/").create("a/b", b"x")
    assert list(open_store(bucket).keys("")) == [f"{prefix}/a/b"]
    assert open_store(s3_url + "/").url == s3_url


@pytest.mark.parametrize("url", ["gs://bucket/lake", "http://example.org/lake", "az://x"])
def test_an_unknown_store_names_the_known_ones(url: str) -> None:
    with pytest.raises(ConfigError, match="is not a store that chartlake knows") as error:
        open_store(url)
    assert url in error.value.what
    assert error.value.fix == "use a folder, or one of file://, memory://, s3://"


# Stores that can't be used -------------------------------------------------------------------


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    url = f"{tmp_path}/file"
    uses: list[Callable[[Store], object]] = [
        lambda store: store.create("a", b""),
        lambda store: store.get("a"),
        lambda store: store.keys("m/"),
        lambda store: store.folders("m/"),
        lambda store: store.delete("a"),
    ]
    for use in uses:
        with pytest.raises(StorageError) as error:
            use(open_store(url))
        assert url in error.value.what
        assert error.value.why
        assert error.value.fix == (
            "check that the place exists, has space, and that you may write there"
        )
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for url in (f"{tmp_path}/file/lake", f"{tmp_path}/file/deep/er", "/proc/chartlake"):
        with pytest.raises(StorageError, match=f"cannot open the lake in {url}"):
            open_store(url).create("a", b"")


def test_an_object_below_an_object(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.create("a", b"")
    with pytest.raises(StorageError, match="cannot write a/b in") as error:
        store.create("a/b", b"")
    assert "Debug source" not in str(error.value.why)


@pytest.mark.parametrize("url", ["s3://", "s3:///lake"])
def test_an_s3_url_without_bucket(url: str) -> None:
    with pytest.raises(StorageError, match="cannot open the lake"):
        open_store(url).keys("m/")


def test_listing_a_bucket_that_does_not_exist(s3_url: str) -> None:
    nowhere = open_store("s3://no-such-bucket/lake")
    with pytest.raises(StorageError, match=r"cannot list m/ in s3://no-such-bucket/lake") as error:
        nowhere.keys("m/")
    assert "NoSuchBucket" in str(error.value.why)
    with pytest.raises(StorageError):
        nowhere.folders("m/")


def test_writing_to_a_bucket_that_does_not_exist(s3_url: str) -> None:
    nowhere = open_store("s3://no-such-bucket/lake")
    with pytest.raises(StorageError, match=r"cannot write a in s3://no-such-bucket/lake"):
        nowhere.create("a", b"")
