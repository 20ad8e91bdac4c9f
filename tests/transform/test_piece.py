from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chartlake.errors import CorruptObject, DataError
from chartlake.lake import keys, raw
from chartlake.lake.store import Store, open_store
from chartlake.model import Body, Build, BuiltFile, Manifest, Slot, Snapshot, slot_month
from chartlake.schema import TABLES, SlotRows
from chartlake.transform import piece
from chartlake.transform.pages import Memory
from chartlake.transform.piece import Piece, Place, build_piece, parse_slot
from chartlake.transform.tables import Slots
from chartlake.transform.tables import tables_of as real_tables_of
from tests.transform.parity import check
from tests.transform.slots import (
    OBSERVED_AT,
    all_rows,
    chart_snapshot,
    page_of,
    playlist_snapshot,
    spotify_id,
)
from tests.transform.test_parse_charts_csv import NEW, NEW_ENTRIES
from tests.transform.test_parse_playlist import entry, listed, track
from tests.transform.worlds import World


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


# How rows lie in the files -------------------------------------------------------------


@pytest.fixture(scope="module")
def world() -> tuple[Store, Build]:
    """Nine feeds over two months, in row groups of few records."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(piece, "_ROWS_AT_ONCE", 330)
        memory = open_store("memory://")
        done = check(memory, World(seed=0, feeds=9, days=9, odd=2).commit(memory))
    assert done.build
    return memory, done.build


def opened(world: tuple[Store, Build]) -> Iterator[tuple[BuiltFile, pq.ParquetFile]]:
    memory, build = world
    for file in build.files:
        yield file, pq.ParquetFile(pa.BufferReader(memory.get(file.key)))


def test_one_file_for_each_table_and_month(store: Store) -> None:
    done = check(store, World(seed=0, feeds=9, days=9, odd=2).commit(store))
    assert done.build
    found = [(file.table, keys.curated_month(file.key)) for file in done.build.files]
    assert len(set(found)) == len(found)
    assert {month for _, month in found} == {"2026-02", "2026-03"}
    for file, parquet in opened((store, done.build)):
        slots = parquet.read(["slot"])["slot"].to_pylist()
        assert {slot_month(slot) for slot in slots} == {keys.curated_month(file.key)}


def test_rows_are_sorted_by_feed_and_slot_and_the_file_says_so(world: tuple[Store, Build]) -> None:
    for file, parquet in opened(world):
        rows = parquet.read(["feed", "slot"]).to_pylist()
        places = [(row["feed"], row["slot"]) for row in rows]
        assert places == sorted(places), file.key
        for number in range(parquet.num_row_groups):
            said = parquet.metadata.row_group(number).sorting_columns
            assert [(each.column_index, each.descending) for each in said] == [
                (0, False),
                (1, False),
            ]


def test_row_groups_can_be_skipped_by_feed_and_slot(world: tuple[Store, Build]) -> None:
    groups = 0
    for _, parquet in opened(world):
        rows = parquet.metadata
        bounds = []
        for number in range(rows.num_row_groups):
            group = rows.row_group(number)
            feed, slot = (group.column(place).statistics for place in (0, 1))
            assert group.column(0).path_in_schema == "feed"
            assert feed.has_min_max
            assert slot.has_min_max
            bounds.append((feed.min, feed.max))
        groups = max(groups, len(bounds))
        assert all(before[1] <= after[0] for before, after in pairwise(bounds))
    assert groups > 4


def test_every_column_is_packed_with_zstd(world: tuple[Store, Build]) -> None:
    for _, parquet in opened(world):
        group = parquet.metadata.row_group(0)
        columns = [group.column(place) for place in range(group.num_columns)]
        assert {column.compression for column in columns} == {"ZSTD"}


def test_texts_are_plain_texts_to_every_reader(world: tuple[Store, Build], tmp_path: Path) -> None:
    memory, build = world
    kinds = {"string": "VARCHAR", "int64": "BIGINT", "bool": "BOOLEAN"}
    kinds |= {"date32[day]": "DATE", "timestamp[us]": "TIMESTAMP"}
    for file, parquet in opened(world):
        declared = TABLES[file.table].arrow
        assert parquet.schema_arrow.equals(declared)
        assert pq.read_table(pa.BufferReader(memory.get(file.key))).schema.equals(declared)
        copy = tmp_path / "rows.parquet"
        copy.write_bytes(memory.get(file.key))
        with duckdb.connect() as connection:
            told = connection.execute(f"describe select * from '{copy}'").fetchall()
        assert [row[1] for row in told] == [kinds[str(field.type)] for field in declared]
    assert len({file.table for file in build.files}) == len(TABLES)


def test_after_many_distinct_records_it_begins_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row group is closed when they are many, and those that follow share one again."""
    monkeypatch.setattr(piece, "_DISTINCT_AT_ONCE", 30)
    places = []
    for day in range(1, 12):
        items = [listed(track(name=f"{number}")) for number in range(6 if day == 1 else 2)]
        snapshot = playlist_snapshot(items, slot=Slot(f"202603{day:02d}T230000Z"))
        places.append(Place("finds", raw.commit(store, snapshot)[0].slot, 1))
    built = build_piece(store, "a" * 16, Piece(None, tuple(places)))
    file = next(file for file in built.files if file.table == "entries")
    rows = pq.ParquetFile(pa.BufferReader(store.get(file.key))).metadata
    assert [rows.row_group(number).num_rows for number in range(rows.num_row_groups)] == [6, 20]


# What harms one slot alone ---------------------------------------------------------------------


def three_days(store: Store) -> tuple[Place, ...]:
    days = [f"202603{day:02d}T230000Z" for day in (1, 2, 3)]
    snapshots = [playlist_snapshot([listed(track())], slot=Slot(day)) for day in days]
    return tuple(Place("finds", raw.commit(store, each)[0].slot, 1) for each in snapshots)


def test_rows_that_no_table_holds_keep_no_other_slot_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = three_days(store)

    def tables_of(slots: Slots, *rest: Any) -> Any:
        if places[1].slot in {manifest.slot for manifest in slots.manifests}:
            raise pa.ArrowInvalid("a value that no table holds")
        return real_tables_of(slots, *rest)

    monkeypatch.setattr(piece, "tables_of", tables_of)
    built = build_piece(store, "a" * 16, Piece(None, places))
    assert [slot.slot for slot in built.slots] == [places[0].slot, places[2].slot]
    (failed,) = built.failed
    assert failed.place == places[1]
    assert "a value that no table holds" in str(failed.error.why)
    assert {file.table: file.rows for file in built.files}["entries"] == 2


def test_a_page_that_begins_where_no_table_reaches(store: Store) -> None:
    """In a page without records nothing else shows that the manifest cannot be true."""
    places = three_days(store)
    manifest = raw.read_manifest(store, *places[1])
    (page,) = manifest.pages
    lying = msgspec.structs.replace(page, first_item=2**70)
    key = keys.manifest(*places[1])
    store.delete(key)
    store.create(key, msgspec.json.encode(msgspec.structs.replace(manifest, pages=(lying,))))
    built = build_piece(store, "a" * 16, Piece(None, places))
    assert len(built.slots) == 2
    assert isinstance(built.failed[0].error, CorruptObject)


def test_a_failure_keeps_nothing_but_its_words(store: Store) -> None:
    places = three_days(store)
    manifest = raw.read_manifest(store, *places[0])
    store.delete(manifest.raw_key)
    (failed,) = build_piece(store, "a" * 16, Piece(None, places)).failed
    error = failed.error
    assert (error.__traceback__, error.__cause__, error.__context__) == (None, None, None)
    assert "is not there" in error.what


def test_albums_weigh_what_their_tracks_do(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One record that tells of many things fills a row group as well as many that tell of one."""
    monkeypatch.setattr(piece, "_DISTINCT_AT_ONCE", 40)
    places = []
    for day in range(1, 7):
        tracks = [track(id=spotify_id(day * 100 + number), album=...) for number in range(20)]
        album = {"id": spotify_id(day), "name": f"{day}", "tracks": {"items": tracks}}
        snapshot = playlist_snapshot([None], name="new", slot=Slot(f"202603{day:02d}T230000Z"))
        body = msgspec.structs.replace(
            snapshot.bodies[0], resource="album", content=msgspec.json.encode(album)
        )
        feed = msgspec.structs.replace(snapshot.feed, source="artist-catalog")
        of_albums = msgspec.structs.replace(snapshot, feed=feed, bodies=(body,))
        places.append(Place("new", raw.commit(store, of_albums)[0].slot, 1))
    built = build_piece(store, "a" * 16, Piece(None, tuple(places)))
    assert not built.failed
    file = next(file for file in built.files if file.table == "track_observations")
    assert pq.ParquetFile(pa.BufferReader(store.get(file.key))).metadata.num_row_groups >= 5
    assert file.rows == 120
