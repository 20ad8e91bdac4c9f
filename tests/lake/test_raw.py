"""Raw: what was received is what is read, and a slot is committed once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chartlake.errors import ConfigError, CorruptObject
from chartlake.extract.due import check_same_source
from chartlake.lake import keys, raw
from chartlake.lake.store import Store, open_store
from chartlake.model import Feed, Manifest, Page, Request, Slot, Snapshot, sha256
from tests.lake.snapshots import AT, FEED, SLOT, snapshot

BODIES = st.lists(st.binary(max_size=300), min_size=1, max_size=4)


@pytest.fixture
def memory() -> Store:
    return open_store("memory://")


def overwrite(store: Store, key: str, content: bytes) -> None:
    store.delete(key)
    store.create(key, content)


# Committing ---------------------------------------------------------------------------


def test_a_commit_is_one_object_of_pages_and_one_manifest(store: Store) -> None:
    manifest, won = raw.commit(store, snapshot(b"[1]", b"[2, 3]", first_items=[0, 50]))
    assert won
    assert list(store.keys("")) == [keys.manifest("finds", SLOT, 1), manifest.raw_key]
    assert manifest.raw_key == f"raw/finds/2026-03/{SLOT}/{manifest.attempt}.json.zst"
    sizes = [page.stored_bytes for page in manifest.pages]
    assert sum(sizes) == len(store.get(manifest.raw_key))
    assert (manifest.feed, manifest.slot, manifest.revision) == (FEED, SLOT, 1)
    assert (manifest.item_count, manifest.observed_at) == (7, AT)
    assert manifest.pages == (
        Page(
            resource="playlist_items",
            media_type="application/json",
            offset=0,
            stored_bytes=sizes[0],
            length=3,
            sha256=sha256(b"[1]"),
            received_at=AT,
            url="https://api.example/0",
            status=200,
            first_item=0,
        ),
        Page(
            resource="playlist_items",
            media_type="application/json",
            offset=sizes[0],
            stored_bytes=sizes[1],
            length=6,
            sha256=sha256(b"[2, 3]"),
            received_at=AT,
            url="https://api.example/1",
            status=200,
            first_item=50,
        ),
    )


def test_what_was_committed_is_read(store: Store) -> None:
    manifest, _ = raw.commit(store, snapshot(b"one", b"", b"three" * 1000))
    assert raw.read_manifest(store, "finds", SLOT, 1) == manifest
    assert raw.committed(store, "finds", SLOT) == manifest
    assert list(raw.read_pages(store, manifest)) == [b"one", b"", b"three" * 1000]


def test_the_second_commit_of_a_slot_gets_the_first_manifest(store: Store) -> None:
    first, won_first = raw.commit(store, snapshot(b"first"))
    second, won_second = raw.commit(store, snapshot(b"second"))
    assert (won_first, won_second) == (True, False)
    assert second == first
    assert list(raw.read_pages(store, second)) == [b"first"]


def test_of_many_that_commit_at_once_one_wins(store: Store) -> None:
    start = threading.Barrier(6)

    def commit(me: int) -> tuple[Manifest, bool]:
        start.wait()
        return raw.commit(store, snapshot(b"%d" % me))

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(commit, range(6)))
    assert [won for _, won in results].count(True) == 1
    assert len({manifest.attempt for manifest, _ in results}) == 1
    (winner,) = [me for me, (_, won) in enumerate(results) if won]
    assert list(raw.read_pages(store, results[0][0])) == [b"%d" % winner]


def test_revisions(store: Store) -> None:
    assert raw.committed(store, "finds", SLOT) is None
    raw.commit(store, snapshot(b"first"))
    tenth, won = raw.commit(store, snapshot(b"tenth"), 10)
    second, _ = raw.commit(store, snapshot(b"second"), 2)
    assert won
    assert (second.revision, tenth.revision) == (2, 10)
    assert raw.committed(store, "finds", SLOT) == tenth
    assert raw.latest_revisions(store, "finds") == {SLOT: 10}
    assert list(raw.read_pages(store, raw.read_manifest(store, "finds", SLOT, 1))) == [b"first"]


def test_slots_are_listed_by_feed_and_month(store: Store) -> None:
    february, undated = Slot("20260228T040000Z"), Slot("a" * 64)
    other = Feed(name="finds-2", source="playlist", source_id="Q" * 22)
    for slot in (SLOT, february, undated):
        raw.commit(store, snapshot(b"", slot=slot))
    raw.commit(store, snapshot(b"", feed=other))
    assert raw.feeds(store) == ["finds", "finds-2"]
    assert raw.latest_revisions(store, "finds") == {SLOT: 1, february: 1, undated: 1}
    assert raw.latest_revisions(store, "finds", "2026-02") == {february: 1}
    assert raw.latest_revisions(store, "finds", "undated") == {undated: 1}
    assert raw.latest_revisions(store, "finds-2") == {SLOT: 1}
    assert raw.latest_revisions(store, "nobody") == {}


def test_pages_without_a_manifest_are_no_slot(memory: Store) -> None:
    raw.commit(memory, snapshot(b"x"))
    memory.delete(keys.manifest("finds", SLOT, 1))  # as after a crash between the two writes
    assert raw.committed(memory, "finds", SLOT) is None
    again, won = raw.commit(memory, snapshot(b"y"))
    assert won
    assert list(raw.read_pages(memory, again)) == [b"y"]


def test_a_file_of_csv_is_named_so(memory: Store) -> None:
    manifest, _ = raw.commit(memory, snapshot(b"a,b", media_type="text/csv"))
    assert manifest.raw_key.endswith(".csv.zst")


@given(BODIES)
@example([b""])
@example([b"", b"", b""])
def test_any_bytes_come_back(contents: list[bytes]) -> None:
    store = open_store("memory://")
    manifest, _ = raw.commit(store, snapshot(*contents))
    assert list(raw.read_pages(store, manifest)) == contents
    again = raw.read_manifest(store, "finds", SLOT, 1)
    assert list(raw.read_pages(store, again)) == contents


@given(BODIES)
def test_a_raw_object_is_one_readable_stream(contents: list[bytes]) -> None:
    store = open_store("memory://")
    manifest, _ = raw.commit(store, snapshot(*contents))
    stored = pa.BufferReader(store.get(manifest.raw_key))
    assert pa.CompressedInputStream(stored, "zstd").read() == b"".join(contents)


def test_each_page_is_a_frame_that_a_range_reads(store: Store) -> None:
    manifest, _ = raw.commit(store, snapshot(b"one" * 9, b"two" * 99))
    page = manifest.pages[1]
    frame = store.get_range(manifest.raw_key, page.offset, page.stored_bytes)
    assert pa.decompress(frame, page.length, codec="zstd", asbytes=True) == b"two" * 99


def test_what_repeats_takes_little_room(memory: Store) -> None:
    body = b'{"added_at": "2026-02-27T05:00:00Z", "item": {"type": "track"}}' * 1000
    manifest, _ = raw.commit(memory, snapshot(body))
    assert manifest.pages[0].stored_bytes * 20 < len(body)


# Held and kept --------------------------------------------------------------------------

NEXT = Slot("20260302T040000Z")


def test_bodies_are_held_without_a_slot(store: Store) -> None:
    bodies = snapshot(b"one" * 9, b"two", first_items=[0, 50]).bodies
    pages = raw.hold(store, "finds", SLOT, bodies, "abc")
    key = f"raw/finds/2026-03/{SLOT}/abc.json.zst"
    assert list(store.keys("")) == [key]
    assert [(page.raw_key, page.first_item) for page in pages] == [(key, 0), (key, 50)]
    assert [raw.read_kept(store, page, key) for page in pages] == [b"one" * 9, b"two"]
    assert raw.committed(store, "finds", SLOT) is None


def test_nothing_to_hold_is_no_object(store: Store) -> None:
    assert raw.hold(store, "finds", SLOT, (), "abc") == ()
    assert list(store.keys("")) == []


def test_a_held_page_that_changed_shows(memory: Store) -> None:
    (page,) = raw.hold(memory, "finds", SLOT, snapshot(b"one").bodies, "abc")
    key = str(page.raw_key)
    overwrite(memory, key, bytes(len(memory.get(key))))
    with pytest.raises(CorruptObject, match=f"the page at 0 of {key}"):
        raw.read_kept(memory, page, key)


def unchanged(first: Manifest) -> Snapshot:
    return msgspec.structs.replace(
        snapshot(slot=NEXT),
        kept=raw.pages_to_keep(first),
        observed_at=AT + timedelta(days=1),
        unchanged_from=SLOT,
        unchanged_count=1,
    )


def test_an_unchanged_slot_names_the_pages_of_another(store: Store) -> None:
    first, _ = raw.commit(store, snapshot(b"one", b"two"))
    second, won = raw.commit(store, unchanged(first))
    assert won
    assert list(store.keys("raw/")) == [first.raw_key]
    assert (second.raw_key, second.pages) == (first.raw_key, first.pages)
    assert (second.unchanged_from, second.unchanged_count) == (SLOT, 1)
    assert second.observed_at == AT + timedelta(days=1)
    assert raw.committed(store, "finds", NEXT) == second
    assert list(raw.read_pages(store, second)) == [b"one", b"two"]
    assert raw.read_page(store, second, 1) == b"two"


def test_the_same_again_names_the_same_pages(memory: Store) -> None:
    first, _ = raw.commit(memory, snapshot(b"one"))
    second, _ = raw.commit(memory, unchanged(first))
    third, _ = raw.commit(
        memory, msgspec.structs.replace(unchanged(second), slot=Slot("20260303T040000Z"))
    )
    assert third.pages == first.pages
    assert list(raw.read_pages(memory, third)) == [b"one"]


def test_kept_pages_come_before_new_ones(store: Store) -> None:
    first, _ = raw.commit(store, snapshot(b"one", b"two"))
    new = snapshot(b"three", b"four", slot=NEXT)
    more = msgspec.structs.replace(new, kept=raw.pages_to_keep(first))
    second, _ = raw.commit(store, more)
    assert second.raw_key != first.raw_key
    places = [page.raw_key for page in second.pages]
    assert places == [first.raw_key, first.raw_key, None, None]
    kept = [page.raw_key for page in raw.pages_to_keep(second)]
    assert kept == [first.raw_key, first.raw_key, second.raw_key, second.raw_key]
    assert list(raw.read_pages(store, second)) == [b"one", b"two", b"three", b"four"]
    assert [raw.read_page(store, second, n) for n in range(4)] == [
        b"one",
        b"two",
        b"three",
        b"four",
    ]


def test_a_kept_page_that_is_lost_names_its_object(memory: Store) -> None:
    first, _ = raw.commit(memory, snapshot(b"one"))
    second, _ = raw.commit(memory, unchanged(first))
    overwrite(memory, first.raw_key, memory.get(first.raw_key)[:-1])
    with pytest.raises(CorruptObject, match=f"page 0 of {first.raw_key}"):
        list(raw.read_pages(memory, second))


def test_a_slot_may_have_no_pages(store: Store) -> None:
    nothing = msgspec.structs.replace(snapshot(), item_count=0, observed_at=AT)
    manifest, won = raw.commit(store, nothing)
    assert won
    assert (manifest.pages, manifest.raw_key, manifest.observed_at) == ((), "", AT)
    assert list(raw.read_pages(store, manifest)) == []
    assert list(store.keys("raw/")) == []


def test_all_that_is_known_of_the_reading_is_kept(memory: Store) -> None:
    facts: dict[str, Any] = {
        "requests": (Request(url="https://api.example/", at=AT, seconds=0.25, status=429),),
        "version": "v1",
        "since": AT - timedelta(hours=2),
        "watermark": AT - timedelta(hours=1),
        "warning": "some plays may be missing",
    }
    raw.commit(memory, msgspec.structs.replace(snapshot(b"x"), **facts))
    manifest = raw.read_manifest(memory, "finds", SLOT, 1)
    assert {name: getattr(manifest, name) for name in facts} == facts


def test_a_manifest_of_an_earlier_version_can_be_read(memory: Store) -> None:
    manifest, _ = raw.commit(memory, snapshot(b"x"))
    key = keys.manifest("finds", SLOT, 1)
    old = msgspec.json.decode(memory.get(key))
    known = {"feed", "slot", "chart_date", "revision", "attempt", "raw_key", "pages"}
    known |= {"item_count", "observed_at"}
    overwrite(memory, key, msgspec.json.encode({k: v for k, v in old.items() if k in known}))
    read = raw.read_manifest(memory, "finds", SLOT, 1)
    assert read == manifest
    assert (read.version, read.requests, read.unchanged_count) == (None, (), 0)


# What was before ----------------------------------------------------------------------------


def test_the_slot_before_another(memory: Store) -> None:
    slots = [Slot(f"202602{day}T040000Z") for day in (10, 20, 28)]
    for slot in slots:
        raw.commit(memory, snapshot(b"first", slot=slot))
    corrected, _ = raw.commit(memory, snapshot(b"second", slot=slots[1]), 2)
    revisions = raw.latest_revisions(memory, "finds")
    assert raw.last_before(memory, "finds", revisions, slots[0]) is None
    assert raw.last_before(memory, "finds", revisions, slots[2]) == corrected
    latest = raw.last_before(memory, "finds", revisions, SLOT)
    assert latest is not None
    assert latest.slot == slots[2]
    assert raw.last_before(memory, "finds", {}, SLOT) is None


def test_whether_a_slot_is_committed(memory: Store) -> None:
    raw.commit(memory, snapshot(b"x"))
    assert raw.is_committed(memory, "finds", SLOT)
    assert not raw.is_committed(memory, "finds", NEXT)
    assert not raw.is_committed(memory, "finds-2", SLOT)


@pytest.mark.parametrize("change", [{"source": "top-items"}, {"source_id": "Q" * 22}])
def test_another_list_under_a_name_is_refused(memory: Store, change: dict[str, str]) -> None:
    raw.commit(memory, snapshot(b"x"))
    revisions = raw.latest_revisions(memory, "finds")
    check_same_source(memory, FEED, revisions)
    other = msgspec.structs.replace(FEED, **change)
    with pytest.raises(ConfigError, match=r"followed playlist P{22} so far") as error:
        check_same_source(memory, other, revisions)
    assert error.value.fix == "give the new list a feed name of its own"
    check_same_source(memory, other, {})


# Damage ---------------------------------------------------------------------------------


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=3), st.data())
def test_a_flipped_bit_is_never_read_as_something_else(
    contents: list[bytes], data: st.DataObject
) -> None:
    store = open_store("memory://")
    manifest, _ = raw.commit(store, snapshot(*contents))
    stored = bytearray(store.get(manifest.raw_key))
    at = data.draw(st.integers(0, len(stored) - 1))
    stored[at] ^= 1 << data.draw(st.integers(0, 7))
    overwrite(store, manifest.raw_key, bytes(stored))
    try:
        read = list(raw.read_pages(store, manifest))
    except CorruptObject as error:
        (page,) = [
            n for n, p in enumerate(manifest.pages) if p.offset <= at < p.offset + p.stored_bytes
        ]
        named = f"page {page} of {manifest.raw_key}" in error.what
    else:
        named = read == contents  # a bit that zstd does not use
    assert named


def test_every_flipped_byte_of_a_body_shows(memory: Store) -> None:
    manifest, _ = raw.commit(memory, snapshot(b"abcdefgh"))
    stored = memory.get(manifest.raw_key)
    for at in range(len(stored)):
        overwrite(
            memory, manifest.raw_key, stored[:at] + bytes([stored[at] ^ 255]) + stored[at + 1 :]
        )
        with pytest.raises(CorruptObject, match="page 0 of raw/finds"):
            list(raw.read_pages(memory, manifest))


@pytest.mark.parametrize("keep", [0, 1, -1])
def test_a_raw_object_that_lost_its_end(memory: Store, keep: int) -> None:
    manifest, _ = raw.commit(memory, snapshot(b"one", b"two"))
    overwrite(memory, manifest.raw_key, memory.get(manifest.raw_key)[:keep])
    with pytest.raises(CorruptObject):
        list(raw.read_pages(memory, manifest))


def test_a_page_of_other_content_says_what_to_do(memory: Store) -> None:
    manifest, _ = raw.commit(memory, snapshot(b"one"))
    other, _ = raw.commit(memory, snapshot(b"two", slot=Slot("20260302T040000Z")))
    overwrite(memory, manifest.raw_key, memory.get(other.raw_key))
    with pytest.raises(CorruptObject, match="does not match its hash") as error:
        list(raw.read_pages(memory, manifest))
    assert error.value.fix == ("restore the object from a backup; the other slots are not affected")


def test_a_lost_raw_object(store: Store) -> None:
    manifest, _ = raw.commit(store, snapshot(b"one"))
    store.delete(manifest.raw_key)
    with pytest.raises(FileNotFoundError):
        list(raw.read_pages(store, manifest))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"feed": 5}', b"{}"])
def test_a_manifest_that_is_none(memory: Store, content: bytes) -> None:
    raw.commit(memory, snapshot(b"one"))
    key = keys.manifest("finds", SLOT, 1)
    overwrite(memory, key, content)
    with pytest.raises(CorruptObject, match=f"{key} is not a manifest"):
        raw.read_manifest(memory, "finds", SLOT, 1)


def test_a_manifest_that_is_not_utf8(memory: Store) -> None:
    raw.commit(memory, snapshot(b"one"))
    key = keys.manifest("finds", SLOT, 1)
    overwrite(memory, key, memory.get(key).replace(b"playlist", b"playl\xffst"))
    with pytest.raises(CorruptObject, match=f"{key} is not a manifest"):
        raw.read_manifest(memory, "finds", SLOT, 1)


# Identity -----------------------------------------------------------------------------------


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=ZONES), st.text())
def test_a_manifest_is_the_same_after_it_was_stored(at: datetime, text: str) -> None:
    """The hash of a build's manifests must not depend on who made or read them."""
    store = open_store("memory://")
    feed = Feed(name="finds", source="playlist", source_id=text)
    manifest, _ = raw.commit(store, snapshot(b"x", feed=feed, at=at))
    read = raw.read_manifest(store, "finds", SLOT, 1)
    assert read == manifest
    assert raw.manifest_sha256(read) == raw.manifest_sha256(manifest)
    assert raw.manifest_sha256(read) == sha256(store.get(keys.manifest("finds", SLOT, 1)))


def test_another_manifest_has_another_hash(memory: Store) -> None:
    manifest, _ = raw.commit(memory, snapshot(b"x"))
    other = msgspec.structs.replace(manifest, item_count=8)
    assert raw.manifest_sha256(other) != raw.manifest_sha256(manifest)


def test_a_later_version_may_add_fields(memory: Store) -> None:
    manifest, _ = raw.commit(memory, snapshot(b"x"))
    key = keys.manifest("finds", SLOT, 1)
    overwrite(memory, key, memory.get(key)[:-1] + b',"unchanged_from":null}')
    assert raw.read_manifest(memory, "finds", SLOT, 1) == manifest
