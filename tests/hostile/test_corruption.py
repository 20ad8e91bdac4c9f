"""Bytes that changed after they were committed: the slot stays out with words, others go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chartlake.errors import ChartlakeError, CorruptObject, DataError
from chartlake.lake import builds, keys, raw
from chartlake.lake.store import Store, open_store
from chartlake.model import Manifest, Page, Slot, Snapshot
from chartlake.schema import SlotRows
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.claims import MOST_BYTES
from chartlake.transform.engine import LocalEngine
from chartlake.transform.pages import Memory, SlotContent
from chartlake.transform.piece import PARSE_BY_SOURCE
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.transform.engines import ParsingEngine
from tests.transform.slots import (
    OBSERVED_AT,
    SUNDAY_SLOT,
    all_rows,
    playlist,
    playlist_snapshot,
    spotify_id,
)
from tests.transform.test_piece import rows_in

FLIPS = (0xFF, 0x01)
OTHER = Slot("20260227T230000Z")
ITEMS = [
    {"item": {"id": spotify_id(n), "type": "track", "name": f"Song {n}", "artists": []}}
    for n in range(3)
]


@pytest.fixture
def store() -> Store:
    return open_store("memory://")


def put(store: Store, key: str, content: bytes) -> None:
    store.change(key, lambda before: content)


def flipped(content: bytes) -> Iterator[tuple[str, bytes]]:
    for place in range(len(content)):
        for bits in FLIPS:
            changed = bytes([content[place] ^ bits])
            yield f"byte {place} ^ {bits}", content[:place] + changed + content[place + 1 :]


def entries(rows: SlotRows) -> list[tuple[Any, ...]]:
    return [(e.position, e.item_key, e.item_name) for e in rows.entries]


def two_slots(store: Store) -> tuple[Manifest, Manifest]:
    damaged, _ = raw.commit(store, playlist_snapshot(ITEMS))
    sound, _ = raw.commit(store, playlist_snapshot(ITEMS[:1], slot=OTHER))
    return damaged, sound


def test_every_byte_of_a_raw_object(store: Store) -> None:
    manifest, sound = two_slots(store)
    before = store.get(manifest.raw_key)
    rows = rows_in(store, manifest)
    found = 0
    for what, content in flipped(before):
        put(store, manifest.raw_key, content)
        try:
            seen, error = rows_in(store, manifest), None
        except CorruptObject as corrupt:
            seen, error = rows, corrupt
        assert seen == rows, what  # some bits of a frame's header change nothing
        if error:
            assert manifest.raw_key in error.what
            found += 1
            assert rows_in(store, sound).entries
    assert found > 1.9 * len(before)


@pytest.mark.parametrize("length", [0, 1, 10, -1])
def test_a_raw_object_that_was_cut(store: Store, length: int) -> None:
    manifest, _ = two_slots(store)
    put(store, manifest.raw_key, store.get(manifest.raw_key)[:length])
    with pytest.raises(CorruptObject):
        rows_in(store, manifest)


def test_the_warehouse_gets_the_others_and_the_slot_when_it_is_whole_again(
    store: Store, tmp_path: Path
) -> None:
    manifest, _ = two_slots(store)
    whole = store.get(manifest.raw_key)
    put(store, manifest.raw_key, whole[:-1] + bytes([whole[-1] ^ 1]))
    assert [failed.place.slot for failed in transformed(store)] == [SUNDAY_SLOT]
    assert loaded(store, tmp_path) == [(OTHER, 1, "Song 0")]
    put(store, manifest.raw_key, whole)
    assert not transformed(store)
    assert len(loaded(store, tmp_path)) == 4


def transformed(store: Store) -> tuple[Any, ...]:
    return build_slots(store, LocalEngine(), unbuilt(store), OBSERVED_AT).failed


def loaded(store: Store, folder: Path) -> list[tuple[Any, ...]]:
    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb")
    warehouse.load(store, OBSERVED_AT)
    return warehouse.query("select slot, position, item_name from entries order by all").rows


# A manifest ------------------------------------------------------------------------------------


def test_every_byte_of_a_manifest(store: Store) -> None:
    """What a page says is never changed by it; what only the manifest says may be."""
    manifest, _ = two_slots(store)
    key = keys.manifest(manifest.feed.name, manifest.slot, 1)
    before, rows = store.get(key), rows_in(store, manifest)
    engine = Kept()
    for what, content in flipped(before):
        put(store, key, content)
        engine.rows = []
        failed = build_slots(store, engine, unbuilt(store)[1:], OBSERVED_AT).failed
        assert len(failed) + len(engine.rows) == 1, what
        for failure in failed:
            assert isinstance(failure.error, DataError), what
            assert "fault of chartlake" not in str(failure.error.fix), (what, failure.error.why)
        for found in engine.rows:
            assert entries(found) == entries(rows), what


class Kept(ParsingEngine):
    """Keeps the rows and lets no build come of them."""

    rows: list[SlotRows]

    def build(self, store: Store, attempt: str, pieces: Any, progress: Any) -> Any:
        for built in super().build(store, attempt, pieces, progress):
            yield built._replace(slots=(), files=())

    def parse(self, store: Store, manifest: Manifest, memory: Memory) -> SlotContent:
        content = super().parse(store, manifest, memory)
        self.rows.append(all_rows(manifest, content, memory.catalog))
        return content


def page(**changes: Any) -> Callable[[Manifest], Manifest]:
    """A lie about the second page."""

    def lie(manifest: Manifest) -> Manifest:
        first, second = manifest.pages
        return with_pages(manifest, first, msgspec.structs.replace(second, **changes))

    return lie


def with_pages(manifest: Manifest, *pages: Page) -> Manifest:
    return msgspec.structs.replace(manifest, pages=pages)


def places_swapped(manifest: Manifest) -> Manifest:
    """Each page is said to lie where the other does."""
    first, second = manifest.pages
    names = ("offset", "stored_bytes", "length", "sha256")

    def at(page: Page, other: Page) -> Page:
        return msgspec.structs.replace(page, **{name: getattr(other, name) for name in names})

    return with_pages(manifest, at(first, second), at(second, first))


def feed(**changes: Any) -> Callable[[Manifest], Manifest]:
    return lambda manifest: msgspec.structs.replace(
        manifest, feed=msgspec.structs.replace(manifest.feed, **changes)
    )


def of(**changes: Any) -> Callable[[Manifest], Manifest]:
    return lambda manifest: msgspec.structs.replace(manifest, **changes)


LIES: dict[str, Callable[[Manifest], Manifest]] = {
    "too few items": of(item_count=4),
    "too many items": of(item_count=6),
    "no items": of(item_count=0),
    "fewer items than none": of(item_count=-5),
    "more items than a table holds": of(item_count=10**30),
    "another hash": page(sha256="0" * 64),
    "no hash": page(sha256=""),
    "beyond the object": page(offset=10**6),
    "far beyond the object": page(offset=10**30),
    "before the object": page(offset=-40),
    "an empty frame": page(stored_bytes=0),
    "a frame of less than nothing": page(stored_bytes=-1),
    "shorter": page(length=1),
    "less than nothing": page(length=-1),
    "longer": page(length=10**6),
    "as long as the memory": page(length=MOST_BYTES + 1),
    "longer than any memory": page(length=1 << 60),
    "longer than a number": page(length=10**30),
    "the pages swapped": lambda m: with_pages(m, *reversed(m.pages)),
    "their places swapped": places_swapped,
    "a page twice": lambda m: with_pages(m, m.pages[0], m.pages[0]),
    "a page less": lambda m: with_pages(m, m.pages[0]),
    "no page": lambda m: with_pages(m),
    "another first item": page(first_item=4),
    "a first item before the first": page(first_item=-3),
    "a first item beyond all tables": page(first_item=10**30),
    "another resource": page(resource="top_tracks"),
    "no resource that there is": page(resource="'; drop table entries; --"),
    "another feed": feed(name="other"),
    "a feed that leads out": feed(name="../../x"),
    "a source that there is not": feed(source="' or 1"),
    "another source": feed(source="recently-played"),
    "a schedule that nobody can follow": feed(schedule="often"),
    "a schedule that never comes": feed(schedule="0 0 31 2 *"),
    "a time zone that there is not": feed(timezone="Mars/Phobos"),
    "a time zone that leads out": feed(timezone="../../etc/passwd"),
    "an absolute time zone": feed(timezone="/etc/passwd"),
    "no time zone": feed(timezone=""),
    "a time zone with nul": feed(timezone="UTC\0"),
    "another slot": of(slot=OTHER),
    "no slot": of(slot=Slot("../../x")),
    "another revision": of(revision=2),
    "pages that lead out": page(raw_key="raw/finds/../../../etc/passwd"),
    "pages that are absolute": page(raw_key="/etc/passwd"),
    "pages whose place has a line end": page(raw_key="raw/finds/2026-02/a\nb.json.zst"),
    "pages whose place has no name": page(raw_key="raw/finds//x.json.zst"),
    "a chart in two pages": feed(source="charts-csv"),
    "pages of nowhere": page(raw_key="raw/finds/nothing.json.zst"),
    "pages of another feed": page(raw_key="raw/other/2026-02/x.json.zst"),
    "pages that are a manifest": page(raw_key="manifests/finds/2026-02/x.json"),
    "missed, with pages": of(missed="nobody came"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_manifest_that_lies(store: Store, lie: Callable[[Manifest], Manifest]) -> None:
    snapshot = paged()
    true, _ = raw.commit(store, snapshot)
    raw.commit(store, playlist_snapshot(ITEMS[:1], slot=OTHER))
    raw.commit(store, playlist_snapshot(ITEMS, name="other"))
    key = keys.manifest("finds", SUNDAY_SLOT, 1)
    put(store, key, msgspec.json.encode(lie(true)))
    build, (failed,) = build_slots(store, LocalEngine(), unbuilt(store), OBSERVED_AT)
    assert (failed.place.feed, failed.place.slot) == ("finds", SUNDAY_SLOT)
    assert isinstance(failed.error, DataError)
    assert "fault of chartlake" not in str(failed.error.fix), failed.error.why
    assert build
    assert [(slot.feed, slot.slot) for slot in build.slots] == [
        ("finds", OTHER),
        ("other", SUNDAY_SLOT),
    ]
    put(store, key, msgspec.json.encode(true))
    assert not transformed(store)


def paged() -> Snapshot:
    """Five items in two pages, which say where they begin."""
    first = playlist_snapshot(ITEMS)
    (body,) = first.bodies
    content = json.dumps({"items": ITEMS[:2], "offset": 3, "total": 5}).encode()
    further = msgspec.structs.replace(
        body, content=content, resource="playlist_items", first_item=3
    )
    first_body = msgspec.structs.replace(body, content=playlist(ITEMS))
    return msgspec.structs.replace(first, bodies=(first_body, further), item_count=5)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"null", b"[]", b"\xff", b"[" * 100_000, b'{"feed":' * 50_000, b'{"pages":1e999}'],
    ids=["empty", "object", "null", "list", "no text", "deep", "deep objects", "infinite"],
)
def test_a_manifest_that_is_none(store: Store, content: bytes) -> None:
    two_slots(store)
    put(store, keys.manifest("finds", SUNDAY_SLOT, 1), content)
    (failed,) = transformed(store)
    assert isinstance(failed.error, CorruptObject)
    assert not transformed(store)[1:]


def test_names_among_the_manifests_that_are_no_slots(store: Store, tmp_path: Path) -> None:
    two_slots(store)
    for name in ("2026-02/x.r1.json", "2026-02/x.txt", "2026-02/20260228T230000Z.rx.json", "x"):
        put(store, f"{keys.MANIFESTS}finds/{name}", b"{}")
    (failed,) = transformed(store)
    assert "no slot" in str(failed.error)
    assert len(loaded(store, tmp_path)) == 4


def test_a_fault_of_a_parser_keeps_no_other_slot_out(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_slots(store)

    def broken(manifest: Manifest, pages: Any, memory: Memory) -> SlotContent:
        if manifest.slot == SUNDAY_SLOT:
            raise ZeroDivisionError("a fault of ours")
        return parse(manifest, pages, memory)

    parse = PARSE_BY_SOURCE["playlist"]
    monkeypatch.setitem(PARSE_BY_SOURCE, "playlist", broken)
    (failed,) = transformed(store)
    assert "ZeroDivisionError: a fault of ours" in str(failed.error.why)
    assert "please report it" in str(failed.error.fix)
    assert len(loaded(store, tmp_path)) == 1


# A build ---------------------------------------------------------------------------------------


def test_a_damaged_build_object_is_told_and_hides_no_other_slot(
    store: Store, tmp_path: Path
) -> None:
    """Its slots are open again; while it stands in the way of their build they say so."""
    two_slots(store)
    assert not transformed(store)
    (key,) = builds.list_builds(store)
    whole = store.get(key)
    put(store, key, whole[:-1])
    assert len(unbuilt(store)) == 2
    failed = transformed(store)
    assert {str(failure.error) for failure in failed} == {f"{key} is not a build"}
    raw.commit(store, playlist_snapshot(ITEMS, name="other"))
    assert not transformed(store)  # with another slot it is another build
    put(store, key, whole)
    assert len(loaded(store, tmp_path)) == 7


def test_every_byte_of_a_build_makes_an_error_or_no_difference(
    store: Store, tmp_path: Path
) -> None:
    """No flip is a crash of the transform; what is in doubt is built again."""
    two_slots(store)
    transformed(store)
    (key,) = builds.list_builds(store)
    before = store.get(key)
    for what, content in flipped(before):
        put(store, key, content)
        try:
            places = unbuilt(store)
        except ChartlakeError as error:
            pytest.fail(f"{what}: {error}")
        assert len(places) in (0, 1, 2), what
