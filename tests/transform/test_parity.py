"""What the lake's tables hold is what an oracle says, wherever it is built."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chartlake.extract.charts_csv import read_chart_file
from chartlake.lake import raw
from chartlake.lake.store import Store, open_store
from chartlake.model import Body, Feed, Manifest, Snapshot, slot_at
from chartlake.schema import TABLES
from chartlake.transform import catalog, known, piece
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.engine import LocalEngine
from chartlake.transform.parse_charts_csv import count_records
from tests.transform.oracle.slots import count
from tests.transform.oracle.tables import differences, hashes
from tests.transform.parity import NOW, check, expected, read
from tests.transform.worlds import World, worlds

LARGE = World(seed=0, feeds=9, days=9, odd=2)


def in_memory(world: World) -> tuple[Store, list[Manifest]]:
    store = open_store("memory://")
    return store, world.commit(store)


@given(worlds())
@settings(max_examples=60)
def test_one_process(world: World) -> None:
    check(*in_memory(world))


@pytest.mark.long
@given(worlds(feeds=6, days=12))
@settings(max_examples=600)
def test_one_process_in_many_worlds(world: World) -> None:
    check(*in_memory(world))


# However little is remembered -------------------------------------------------------------------


@contextmanager
def bounds(**most: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (catalog, known, piece):
            for name in most.keys() & vars(module).keys():
                patch.setattr(module, name, most[name])
        yield


LIMITS = {
    "_MOST_BYTES": (0, 3000, 30_000),
    "_MOST_ALIKE": (1, 2, 8),
    "_MOST_TRIES": (1, 32),
    "_HEAD": (0, 1, 48),
    "_TAIL": (0, 1, 72),
    "_HEAVY": (0, 5, 10_000),
    "_DISTINCT_AT_ONCE": (1, 7, 20_000),
    "_ROWS_AT_ONCE": (1, 10, 65_536),
    "_SLOTS_AT_ONCE": (1, 2, 4_096),
}
SMALL = st.fixed_dictionaries({name: st.sampled_from(each) for name, each in LIMITS.items()})


def test_these_bounds_are_there() -> None:
    assert LIMITS.keys() <= (vars(catalog) | vars(known) | vars(piece)).keys()


@given(worlds(), SMALL)
@settings(max_examples=60)
@example(World(1, 3, 5, 2), dict.fromkeys(("_MOST_BYTES", "_HEAVY", "_DISTINCT_AT_ONCE"), 0))
def test_with_however_little_memory(world: World, most: dict[str, int]) -> None:
    with bounds(**most):
        check(*in_memory(world))


@given(worlds(feeds=2, days=3))
@settings(max_examples=15)
def test_slot_by_slot(world: World) -> None:
    """Each in a build of its own, by one who remembers nothing of the others."""
    store, manifests = in_memory(world)
    done = [build_slots(store, LocalEngine(), [place], NOW) for place in unbuilt(store)]
    found = read(store, [each.build for each in done if each.build])
    whole = read_whole(world)
    assert hashes(without_attempt(found)) == hashes(without_attempt(whole))
    assert len(expected(store, manifests)) == sum(each.build is not None for each in done)


def read_whole(world: World) -> dict[str, pa.Table]:
    store, manifests = in_memory(world)
    done = check(store, manifests)
    return read(store, [done.build] if done.build else [])


def without_attempt(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    return {name: table.drop_columns(["attempt_id"]) for name, table in tables.items()}


def test_on_a_bucket(s3_url: str) -> None:
    """Where slots are fetched ahead."""
    store = open_store(s3_url)
    check(store, World(seed=11, feeds=3, days=3, odd=3).commit(store))


# In several processes ---------------------------------------------------------------------------


@pytest.mark.parametrize("world", [LARGE, World(seed=8, feeds=9, days=9, odd=3)])
def test_two_processes(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalEngine, "smallest_piece", 16)
    store = open_store(str(tmp_path / "lake"))
    manifests = world.commit(store)
    done = check(store, manifests, LocalEngine(2))
    assert done.build
    assert len({file.key.rpartition("-")[2] for file in done.build.files}) >= 4


@pytest.mark.long
@given(worlds(feeds=9, days=12))
@settings(max_examples=20)
def test_two_processes_in_many_worlds(world: World) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalEngine, "smallest_piece", 8)
        store = open_store(str(Path(folder, "lake")))
        check(store, world.commit(store), LocalEngine(2))


def test_that_world_has_all_tables() -> None:
    assert read_whole(LARGE).keys() == TABLES.keys()


# What the check would find ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["track_observations", "rejects", "entries"])
def test_the_hash_tells_one_row_value_and_type_from_another(name: str) -> None:
    whole = read_whole(LARGE)
    table = whole[name]
    last = table.column_names[-1]
    changed = {
        "rows": table.slice(1),
        "values": table.set_column(0, table.schema.field(0), pa.array(["x"] * table.num_rows)),
        "types": table.cast(pa.schema([*list(table.schema)[:-1], pa.field(last, pa.string())])),
        "nulls": table.cast(pa.schema([field.with_nullable(True) for field in table.schema])),
    }
    for other in changed.values():
        assert hashes({name: other}) != hashes({name: table})
        assert differences({name: table}, {name: other})
    assert hashes({name: table.take(list(reversed(range(table.num_rows))))}) == hashes(
        {name: table}
    )


# Real captures ----------------------------------------------------------------------------------

LISTS = {
    "playlist_items_episodes_and_tracks.json": "playlist_items",
    "playlist_items_missing_track.json": "playlist_items",
    "playlist_items_tracks.json": "playlist_items",
    "playlist_full.json": "playlist",
    "top50_global_2024_a.json": "playlist",
}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def body(resource: str, content: bytes, url: str | None = None) -> Body:
    return Body(
        content=content,
        resource=resource,
        media_type="application/json",
        received_at=NOON,
        url=url,
    )


def slot_of(
    store: Store, source: str, day: int, *bodies: Body, name: str | None = None
) -> Manifest:
    at = NOON + timedelta(days=day)
    snapshot = Snapshot(
        feed=Feed(name=name or source, source=source, source_id="me", schedule="daily"),
        slot=slot_at(at),
        chart_date=at.date(),
        bodies=bodies,
        item_count=count((each.resource, each.content) for each in bodies),
    )
    return raw.commit(store, snapshot)[0]


def captured(folder: Path, name: str) -> list[bytes]:
    """The pages of a capture, as received and as a compact writer would have them."""
    content = (folder / "api" / name).read_bytes()
    found = json.loads(content)
    pages = found if isinstance(found, list) else [found]
    return [
        json.dumps(page, ensure_ascii=escaped, separators=separators).encode()
        for page in pages
        for escaped, separators in ((True, (",", ":")), (False, (",", ":")), (True, (", ", ": ")))
    ] + ([content] if isinstance(found, dict) else [])


@pytest.mark.needs("real-data")
def test_real_lists(real_data: Path) -> None:
    store = open_store("memory://")
    manifests = []
    for name, resource in LISTS.items():
        feed = name.removesuffix(".json").replace("_", "-")
        for day, content in enumerate(captured(real_data, name) * 2):
            page = _from_the_first(content)
            bodies = [body("playlist", b"{}")] if resource != "playlist" else []
            bodies.append(body(resource, page))
            manifests.append(slot_of(store, "playlist", day, *bodies, name=feed))
    done = check(store, manifests)
    assert done.build
    assert done.failed == ()
    assert len(done.build.slots) == len(manifests)
    assert {file.table for file in done.build.files} >= {"entries", "album_artists"}


def _from_the_first(content: bytes) -> bytes:
    """A page as if it were the first of its list."""
    page: dict[str, Any] = json.loads(content)
    return content if not page.get("offset") else json.dumps(page | {"offset": 0}).encode()


@pytest.mark.needs("real-data")
def test_real_catalogs(real_data: Path) -> None:
    store = open_store("memory://")
    resources = {"artist_": "artist", "album_tracks_": "album_tracks", "album": "artist_albums"}
    bodies = []
    for file in sorted((real_data / "api" / "2026").glob("*.json")):
        resource = next(kind for prefix, kind in resources.items() if file.name.startswith(prefix))
        page = json.loads(file.read_bytes())
        offset = page.get("offset", 0)
        found = body(resource, file.read_bytes(), page["href"])
        bodies.append(Body(**{**_fields(found), "first_item": offset}))
    manifests = [slot_of(store, "artist-catalog", day, *bodies) for day in range(3)]
    done = check(store, manifests)
    assert done.build
    assert len(done.build.slots) == 3
    assert {s.rejects for s in done.build.slots} == {0}


def _fields(found: Body) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__struct_fields__}


@pytest.mark.needs("real-data")
def test_real_charts(real_data: Path) -> None:
    store = open_store("memory://")
    manifests = []
    for file in sorted((real_data / "charts").glob("*/*.csv"))[::8]:
        snapshot = read_chart_file(file, now=NOON, count_records=count_records)
        manifests.append(raw.commit(store, snapshot)[0])
    done = check(store, manifests)
    assert done.build
    assert done.failed == ()
