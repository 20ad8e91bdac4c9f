"""Building slots: what is committed, what is left out, and what is still to do."""

from datetime import UTC, date, datetime

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chartlake.lake import aside, builds, curated, keys, raw
from chartlake.lake.store import Store, open_store
from chartlake.model import Build, BuiltSlot, Manifest, Slot, Snapshot
from chartlake.schema import TABLES
from chartlake.transform import build as module
from chartlake.transform.build import (
    TRANSFORM_VERSION,
    Place,
    Transformed,
    build_slots,
    unbuilt,
)
from chartlake.transform.engine import LocalEngine
from chartlake.transform.pages import Memory
from chartlake.transform.piece import parse_slot
from tests.lake.racing import RacingStore
from tests.transform.slots import all_rows, chart_snapshot, playlist_snapshot
from tests.transform.test_parse_charts_csv import NEW
from tests.transform.test_parse_playlist import listed, track

NOW = datetime(2026, 3, 1, 5, tzinfo=UTC)
JANUARY, FEBRUARY = Slot("20260129T000000Z"), Slot("20260226T000000Z")
MARCH, MARCH_8 = Slot("20260301T000000Z"), Slot("20260308T000000Z")


@pytest.fixture
def store() -> Store:
    return open_store("memory://")


def commit(store: Store, snapshot: Snapshot, revision: int = 1) -> Manifest:
    manifest, won = raw.commit(store, snapshot, revision)
    assert won
    return manifest


def finds(slot: Slot = MARCH, count: int = 1, name: str = "finds") -> Snapshot:
    return playlist_snapshot([listed(track())] * count, slot=slot, name=name)


def transform(store: Store) -> Transformed:
    return build_slots(store, LocalEngine(), unbuilt(store), NOW)


def built(store: Store) -> Build:
    done = transform(store)
    assert done.failed == ()
    assert done.build
    return done.build


def table_of(store: Store, build: Build, table: str, month: str) -> pa.Table:
    (file,) = (f for f in build.files if f.key == keys.curated(table, month, build.attempt))
    return curated.read_table(store, file)


def place(manifest: Manifest) -> Place:
    return Place(manifest.feed.name, manifest.slot, manifest.revision)


def failures(store: Store) -> list[aside.Failure]:
    return [
        msgspec.json.decode(store.get(key), type=aside.Failure) for key in store.keys(keys.FAILURES)
    ]


def test_nothing_to_build(store: Store) -> None:
    assert unbuilt(store) == []
    assert transform(store) == (None, ())
    assert list(store.keys("")) == []


def test_a_build_counts_its_slots(store: Store) -> None:
    chart = commit(store, chart_snapshot(NEW.encode(), 3, slot=FEBRUARY))
    items = [listed(track())] * 9 + ["x"]
    playlist = commit(store, playlist_snapshot(items, slot=MARCH))
    build = built(store)
    assert build.transform_version == TRANSFORM_VERSION
    assert build.slots == (
        BuiltSlot(
            feed="finds",
            slot=MARCH,
            revision=1,
            manifest_sha256=raw.manifest_sha256(playlist),
            records=10,
            entries=9,
            rejects=1,
        ),
        BuiltSlot(
            feed="regional-us-weekly",
            slot=FEBRUARY,
            revision=1,
            manifest_sha256=raw.manifest_sha256(chart),
            records=3,
            entries=3,
            rejects=0,
        ),
    )
    assert list(builds.list_builds(store)) == [f"builds/2026-03/{build.build_id}.json"]
    assert builds.read_build(store, f"builds/2026-03/{build.build_id}.json") == build


def test_a_build_counts_the_records_of_readings_too(store: Store) -> None:
    snapshot = finds(MARCH, count=3)
    feed = msgspec.structs.replace(snapshot.feed, source="hydration")
    content = msgspec.json.encode({"tracks": [track(), None, 5]})
    body = msgspec.structs.replace(snapshot.bodies[0], resource="tracks", content=content)
    commit(store, msgspec.structs.replace(snapshot, feed=feed, bodies=(body,)))
    (slot,) = built(store).slots
    assert (slot.records, slot.entries, slot.rejects) == (3, 2, 1)


def test_one_file_for_each_table_and_month_that_has_rows(store: Store) -> None:
    commit(store, chart_snapshot(NEW.encode(), 3, slot=JANUARY))
    commit(store, chart_snapshot(NEW.encode(), 3, slot=FEBRUARY))
    commit(store, finds(MARCH))
    commit(store, finds(MARCH_8))
    build = built(store)
    of_track = ["track_observations", "album_observations", "artist_observations"]
    of_track += ["track_artists", "album_artists"]
    expected = {("editions", m) for m in ("2026-01", "2026-02", "2026-03")}
    expected |= {("entries", m) for m in ("2026-01", "2026-02", "2026-03")}
    expected |= {(table, "2026-03") for table in of_track}
    assert {(f.table, f.key) for f in build.files} == {
        (table, f"curated/{table}/slot_month={month}/{build.attempt}.parquet")
        for table, month in expected
    }
    assert sorted(f.key for f in build.files) == list(store.keys(keys.CURATED))
    assert {f.table: f.rows for f in build.files if "2026-03" in f.key} == {
        "editions": 2,
        "entries": 2,
        "track_observations": 2,
        "album_observations": 2,
        "artist_observations": 4,
        "track_artists": 4,
        "album_artists": 2,
    }


def test_rows_carry_feed_slot_and_the_attempt_of_the_build(store: Store) -> None:
    commit(store, finds(MARCH, count=2))
    commit(store, finds(MARCH_8, name="afters"))
    build = built(store)
    entries = table_of(store, build, "entries", "2026-03").to_pylist()
    assert [(e["feed"], e["slot"], e["attempt_id"], e["position"]) for e in entries] == [
        ("afters", MARCH_8, build.attempt, 1),
        ("finds", MARCH, build.attempt, 1),
        ("finds", MARCH, build.attempt, 2),
    ]
    for file in build.files:
        rows = curated.read_table(store, file)
        assert rows.schema == TABLES[file.table].arrow
        assert set(rows["attempt_id"].to_pylist()) == {build.attempt}
        assert (rows.num_rows, len(store.get(file.key))) == (file.rows, file.size)


def test_rows_come_back_as_they_were_parsed(store: Store) -> None:
    manifest = commit(store, finds(MARCH))
    build = built(store)
    memory = Memory()
    parsed = all_rows(manifest, parse_slot(store, manifest, memory), memory.catalog)
    for name in TABLES:
        rows = getattr(parsed, name)
        if rows:
            found = table_of(store, build, name, "2026-03").to_pylist()
            assert found == [
                {"feed": "finds", "slot": MARCH, "attempt_id": build.attempt, **row._asdict()}
                for row in rows
            ]


def test_an_edition_without_entries_is_an_edition(store: Store) -> None:
    commit(store, playlist_snapshot([], slot=MARCH))
    build = built(store)
    assert [(f.table, f.rows) for f in build.files] == [("editions", 1)]
    (edition,) = table_of(store, build, "editions", "2026-03").to_pylist()
    assert (edition["chart_date"], edition["item_count"]) == (date(2026, 3, 1), 0)


def test_any_parquet_reader_reads_a_file(store: Store) -> None:
    commit(store, finds())
    file = next(f for f in built(store).files if f.table == "entries")
    assert pq.read_table(pa.BufferReader(store.get(file.key))).num_rows == 1


# What fails ---------------------------------------------------------------------------


def test_a_lost_raw_object_fails_only_its_slot(store: Store) -> None:
    lost = commit(store, finds(MARCH))
    commit(store, finds(MARCH_8))
    store.delete(lost.raw_key)
    done = transform(store)
    assert [failed.place for failed in done.failed] == [place(lost)]
    assert done.build
    assert [slot.slot for slot in done.build.slots] == [MARCH_8]
    assert failures(store) == [
        aside.Failure(
            feed="finds",
            slot=MARCH,
            stage="transform",
            what=f"{lost.raw_key} is not there",
            why="its manifest says it should be",
            at=NOW,
        )
    ]
    assert unbuilt(store) == [place(lost)]


def test_a_corrupt_page_fails_only_its_slot(store: Store) -> None:
    corrupt = commit(store, finds(MARCH))
    commit(store, chart_snapshot(NEW.encode(), 3))
    content = store.get(corrupt.raw_key)
    store.delete(corrupt.raw_key)
    store.create(corrupt.raw_key, content[:-1] + bytes([content[-1] ^ 1]))
    done = transform(store)
    assert [slot.feed for slot in done.build.slots] == ["regional-us-weekly"] if done.build else []
    (failure,) = failures(store)
    assert (failure.feed, failure.slot, failure.stage) == ("finds", MARCH, "transform")
    assert f"page 0 of {corrupt.raw_key}" in failure.what


def test_when_all_fails_nothing_is_committed(store: Store) -> None:
    store.delete(commit(store, finds()).raw_key)
    done = transform(store)
    assert (done.build, len(done.failed)) == (None, 1)
    assert list(store.keys(keys.BUILDS)) == []
    assert list(store.keys(keys.CURATED)) == []


def test_a_slot_that_is_whole_again_is_built(store: Store) -> None:
    manifest = commit(store, finds())
    content = store.get(manifest.raw_key)
    store.delete(manifest.raw_key)
    transform(store)
    store.create(manifest.raw_key, content)
    assert [slot.slot for slot in built(store).slots] == [MARCH]


def test_a_record_that_no_table_holds_stops_no_other_slot(store: Store) -> None:
    commit(store, playlist_snapshot([listed(track(popularity=2**63))], slot=MARCH))
    commit(store, finds(MARCH_8))
    done = transform(store)
    assert done.build
    assert MARCH_8 in [slot.slot for slot in done.build.slots]


def test_a_corrupt_manifest_stops_no_other_slot(store: Store) -> None:
    corrupt = commit(store, finds(MARCH))
    commit(store, finds(MARCH_8))
    key = keys.manifest("finds", MARCH, 1)
    store.delete(key)
    store.create(key, b"{")
    done = transform(store)
    assert [failed.place for failed in done.failed] == [place(corrupt)]
    assert done.build
    assert [slot.slot for slot in done.build.slots] == [MARCH_8]
    (failure,) = failures(store)
    assert failure.what == f"{key} is not a manifest"


# What is still to do ---------------------------------------------------------------------


def test_after_a_build_nothing_is_left(store: Store) -> None:
    commit(store, finds(MARCH))
    commit(store, chart_snapshot(NEW.encode(), 3))
    assert [todo.feed for todo in unbuilt(store)] == ["finds", "regional-us-weekly"]
    built(store)
    assert unbuilt(store) == []
    assert transform(store) == (None, ())


def test_a_new_revision_is_to_be_built(store: Store) -> None:
    commit(store, chart_snapshot(NEW.encode(), 3))
    built(store)
    second = commit(store, chart_snapshot(NEW.replace("Vera", "Vera B").encode(), 3), 2)
    assert unbuilt(store) == [place(second)]
    assert [slot.revision for slot in built(store).slots] == [2]
    assert unbuilt(store) == []


def test_only_the_standing_revision_is_built(store: Store) -> None:
    commit(store, chart_snapshot(NEW.encode(), 3))
    second = commit(store, chart_snapshot(NEW.replace("Vera", "Vera B").encode(), 3), 2)
    assert unbuilt(store) == [place(second)]


def test_another_transform_version_builds_again_what_it_is_told_to(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = commit(store, finds())
    first = built(store)
    monkeypatch.setattr(module, "TRANSFORM_VERSION", TRANSFORM_VERSION + 1)
    assert unbuilt(store) == []
    outdated = unbuilt(store, at_least=TRANSFORM_VERSION + 1)
    assert outdated == [place(manifest)]
    second = build_slots(store, LocalEngine(), outdated, NOW).build
    assert second
    assert unbuilt(store, at_least=TRANSFORM_VERSION + 1) == []
    assert second.build_id != first.build_id
    assert builds.rank(second, second.slots[0]) > builds.rank(first, first.slots[0])


def test_two_that_build_the_same_commit_one_build(store: Store) -> None:
    commit(store, finds())
    todo = unbuilt(store)
    first = build_slots(store, LocalEngine(), todo, NOW).build
    second = build_slots(store, LocalEngine(), list(reversed(todo)), NOW).build
    assert second == first
    assert len(list(builds.list_builds(store))) == 1


def test_a_build_that_goes_while_builds_are_listed_covers_nothing(store: Store) -> None:
    for day in (1, 2):
        commit(store, finds(Slot(f"2026030{day}T000000Z")))
        built(store)
    first = builds.read_build(store, next(builds.list_builds(store)))
    assert [(todo.slot,) for todo in unbuilt(RacingStore(store))] == [(first.slots[0].slot,)]


class Unwilling(LocalEngine):
    """An engine that must not be asked for anything."""

    @property
    def width(self) -> int:
        raise AssertionError("nothing is to be built")

    @width.setter
    def width(self, width: int) -> None:
        """As the real one sets it."""


def test_where_nothing_is_to_be_built_no_engine_starts(store: Store) -> None:
    assert build_slots(store, Unwilling(), [], NOW) == Transformed(None, ())


@pytest.mark.parametrize(
    ("slots", "width", "sizes"),
    [
        (1, 2, [1]),
        (2, 2, [2]),
        (511, 4, [511]),
        (1000, 2, [1000]),
        (1023, 1, [1023]),
        (1025, 1, [513, 512]),
        (1024, 2, [512] * 2),
        (1550, 2, [775] * 2),
        (4500, 2, [750] * 6),
        (4096, 2, [1024] * 4),
        (10_000, 4, [834] * 11 + [826]),
    ],
)
def test_pieces_are_even(slots: int, width: int, sizes: list[int]) -> None:
    places = [Place("f", Slot(f"{number:08d}T000000Z"), 1) for number in range(slots)]
    pieces = module._pieces(places, LocalEngine(width))
    assert [len(piece.places) for piece in pieces] == sizes
    assert [piece.number for piece in pieces] == (
        [None] if len(sizes) == 1 else [*range(len(sizes))]
    )
    assert [place for piece in pieces for place in piece.places] == places
