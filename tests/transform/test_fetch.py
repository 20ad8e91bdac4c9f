import threading
from collections.abc import Callable

import pytest

from chartlake.errors import CorruptObject, DataError
from chartlake.lake import raw
from chartlake.lake.store import Store, open_store
from chartlake.model import Manifest, Slot
from chartlake.transform.fetch import Place, fetched
from chartlake.transform.pages import Memory
from chartlake.transform.piece import parse_slot
from tests.transform.slots import all_rows, playlist_snapshot
from tests.transform.test_parse_playlist import listed, track


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest) -> Store:
    urls: dict[str, Callable[[], str]] = {
        "memory": lambda: "memory://",
        "s3": lambda: str(request.getfixturevalue("s3_url")),
    }
    return open_store(urls[request.param]())


def days(store: Store, count: int) -> list[Place]:
    places = []
    for day in range(1, count + 1):
        items = [listed(track(name=f"Song of day {day}"))]
        snapshot = playlist_snapshot(items, slot=Slot(f"202603{day:02d}T000000Z"))
        manifest, _ = raw.commit(store, snapshot)
        places.append(Place(manifest.feed.name, manifest.slot, 1))
    return places


def test_slots_come_in_order_with_what_they_hold(store: Store) -> None:
    places = days(store, 20)
    names = []
    for place, (found, manifest, source) in zip(places, fetched(store, places), strict=True):
        assert found == place
        assert isinstance(manifest, Manifest)
        memory = Memory()
        rows = all_rows(manifest, parse_slot(source, manifest, memory), memory.catalog)
        names.append(rows.entries[0].item_name)
    assert names == [f"Song of day {day}" for day in range(1, 21)]


def test_what_is_lost_is_told_by_the_slot_that_needs_it(store: Store) -> None:
    places = days(store, 3)
    lost = raw.read_manifest(store, *places[1])
    store.delete(lost.raw_key)
    told = []
    for _, manifest, source in fetched(store, places):
        assert isinstance(manifest, Manifest)
        try:
            parse_slot(source, manifest, Memory())
        except DataError as error:
            told.append(error.what)
    assert told == [f"{lost.raw_key} is not there"]


def test_what_is_no_slot_is_told(store: Store) -> None:
    places = [*days(store, 1), Place("finds", Slot("20260309T000000Z"), 7)]
    first, second = (manifest for _, manifest, _ in fetched(store, places))
    assert isinstance(first, Manifest)
    assert isinstance(second, CorruptObject)
    assert "this is no slot" in second.what


def test_a_bucket_is_asked_for_some_slots_at_a_time(s3_url: str) -> None:
    store = open_store(s3_url)
    places = days(store, 30)
    asked: list[str] = []
    threads = set()

    class Watched(Store):
        def get(self, key: str) -> bytes:
            asked.append(key)
            threads.add(threading.current_thread().name)
            return store.get(key)

    slots = fetched(Watched(lambda: None, store.url), places)
    next(slots)
    assert 2 <= len(asked) <= 2 * 10, "not all of them at once"
    assert len(list(slots)) == 29
    assert len(asked) == 60
    assert not any(name == "MainThread" for name in threads)
