import msgspec
import pytest

from chartlake.errors import CorruptObject, DataError
from chartlake.lake import raw
from chartlake.lake.store import Store, open_store
from chartlake.model import Body, Manifest, Slot, Snapshot
from chartlake.schema import SlotRows
from chartlake.transform.pages import Memory
from chartlake.transform.piece import parse_slot
from tests.transform.slots import (
    OBSERVED_AT,
    all_rows,
    chart_snapshot,
    page_of,
    playlist_snapshot,
)
from tests.transform.test_parse_charts_csv import NEW, NEW_ENTRIES
from tests.transform.test_parse_playlist import entry, listed, track


@pytest.fixture
def store() -> Store:
    return open_store("memory://")


def error_of(store: Store, snapshot: Snapshot) -> DataError:
    manifest, _ = raw.commit(store, snapshot)
    return error_in(store, manifest)


def error_in(store: Store, manifest: Manifest) -> DataError:
    with pytest.raises(DataError) as error:
        parse_slot(store, manifest, Memory())
    return error.value


def rows_in(store: Store, manifest: Manifest) -> SlotRows:
    memory = Memory()
    return all_rows(manifest, parse_slot(store, manifest, memory), memory.catalog)


def test_a_slot_is_parsed_by_its_source(store: Store) -> None:
    charts, _ = raw.commit(store, chart_snapshot(NEW.encode(), 3))
    finds, _ = raw.commit(store, playlist_snapshot([listed(track())]))
    assert rows_in(store, charts).entries == NEW_ENTRIES
    assert rows_in(store, finds).entries == [entry()]


def test_a_lost_raw_object_is_a_result(store: Store) -> None:
    manifest, _ = raw.commit(store, chart_snapshot(NEW.encode(), 3))
    store.delete(manifest.raw_key)
    error = error_in(store, manifest)
    assert error.what == f"{manifest.raw_key} is not there"


def test_a_lost_object_of_an_earlier_slot_is_a_result(store: Store) -> None:
    first, _ = raw.commit(store, playlist_snapshot([listed(track())]))
    snapshot = playlist_snapshot([], slot=Slot("20260301T230000Z"))
    page = Body(
        content=page_of([listed(track())]),
        resource="playlist_items",
        media_type="application/json",
        received_at=OBSERVED_AT,
        first_item=1,
    )
    kept = raw.pages_to_keep(first)
    mixed = msgspec.structs.replace(snapshot, kept=kept, bodies=(page,), item_count=2)
    manifest, _ = raw.commit(store, mixed)
    assert [e.position for e in rows_in(store, manifest).entries] == [1, 2]
    store.delete(first.raw_key)
    error = error_in(store, manifest)
    assert error.what.startswith("one of raw/finds/")
    assert first.raw_key in error.what


SOURCES = {
    "artist-catalog": ("albums", {"albums": [None, {"id": "A" * 22}]}, (0, 0)),
    "hydration": ("tracks", {"tracks": [None, track()]}, (0, 0)),
    "recently-played": (
        "recently_played",
        {"items": [{"played_at": "2026-03-01T00:00:00Z"}, None]},
        (0, 1),
    ),
    "saved-tracks": ("saved_tracks", {"items": [listed(track(), "track"), None]}, (2, 0)),
    "top-items": ("top_tracks", {"items": [track(), None]}, (2, 0)),
}


@pytest.mark.parametrize("source", SOURCES)
def test_the_records_of_every_source_are_counted(store: Store, source: str) -> None:
    resource, page, (entries, rejects) = SOURCES[source]
    snapshot = playlist_snapshot([None, None])
    content = msgspec.json.encode(page)
    body = msgspec.structs.replace(snapshot.bodies[0], resource=resource, content=content)
    feed = msgspec.structs.replace(snapshot.feed, source=source)
    of_source = msgspec.structs.replace(snapshot, feed=feed, bodies=(body,))
    manifest, _ = raw.commit(store, of_source)
    rows = rows_in(store, manifest)
    assert (len(rows.entries), len(rows.rejects)) == (entries, rejects)
    assert len(rows.editions) + len(rows.readings) == 1
    more = msgspec.structs.replace(of_source, item_count=3, slot=Slot("20260301T230000Z"))
    assert "2 records where its manifest counts 3" in str(error_of(store, more))


def test_a_corrupt_page_is_a_result(store: Store) -> None:
    manifest, _ = raw.commit(store, chart_snapshot(NEW.encode(), 3))
    content = bytearray(store.get(manifest.raw_key))
    content[-1] ^= 1
    store.delete(manifest.raw_key)
    store.create(manifest.raw_key, bytes(content))
    assert isinstance(error_in(store, manifest), CorruptObject)


def test_a_file_that_cannot_be_used_is_a_result(store: Store) -> None:
    error = error_of(store, chart_snapshot(b"not a chart", 3))
    assert error.what == "the file has no header of a Spotify chart"


def test_records_that_are_not_as_many_as_counted(store: Store) -> None:
    error = error_of(store, chart_snapshot(NEW.encode(), 4))
    assert error.what == (
        "regional-us-weekly 20260226T000000Z: 3 records where its manifest counts 4"
    )


def test_too_many_rejects_of_a_playlist(store: Store) -> None:
    error = error_of(store, playlist_snapshot([listed(track())] * 17 + ["x", "y"]))
    assert error.what == "finds 20260228T230000Z: 2 of 19 records rejected"
    assert error.why == "Expected `object`, got `str`"


def test_a_few_rejects_are_none_too_many(store: Store) -> None:
    manifest, _ = raw.commit(store, playlist_snapshot([listed(track())] * 18 + ["x", "y"]))
    rows = rows_in(store, manifest)
    assert (len(rows.entries), len(rows.rejects)) == (18, 2)


def test_one_odd_record_of_one_is_none_too_many(store: Store) -> None:
    manifest, _ = raw.commit(store, playlist_snapshot(["x"]))
    assert len(rows_in(store, manifest).rejects) == 1


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    "page",
    [
        b'{"items": {"items": [%b]}}' % DEEP,
        b'{"items": {"items": [{"item": {"images": %b}}]}}' % DEEP,
        b'{"items": {"items": [{"item": {"name": "caf\xe9"}}]}}',
        b'{"items": {"items": [{"item": {"popularity": 1e400}}]}}',
        b'{"items": {"items": [{"item": {"name": "\\ud800"}}]}}',
        b'{"name": "caf\xe9", "items": {"items": [1]}}',
    ],
    ids=["deep", "deep-inside", "not-utf8", "too-large-a-number", "half-a-character", "name"],
)
def test_whatever_a_page_holds_is_a_result(store: Store, page: bytes) -> None:
    snapshot = playlist_snapshot([None])
    body = msgspec.structs.replace(snapshot.bodies[0], content=page)
    manifest, _ = raw.commit(store, msgspec.structs.replace(snapshot, bodies=(body,)))
    rejects, error = 0, None
    try:
        rejects = len(rows_in(store, manifest).rejects)
    except DataError as refused:
        error = refused
    assert rejects == 1 or (error and "fault of chartlake" not in str(error.fix))
