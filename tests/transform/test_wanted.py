"""What is charted and was never observed: counted once, most charted first."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartlake.lake import builds, curated, keys, raw
from chartlake.lake.state import change_state
from chartlake.lake.store import Store, open_store
from chartlake.model import Body, Feed, Snapshot, sha256, slot_of_date
from chartlake.transform.build import Place, build_slots, unbuilt
from chartlake.transform.engine import LocalEngine
from chartlake.transform.wanted import STATE, Counted, bring_up_to_date, mark_missing, waiting
from tests.lake.racing import RacingStore
from tests.transform.slots import CHART, OBSERVED_AT, page_of, playlist_snapshot
from tests.transform.test_parse_playlist import ALBUM, OTO, TRACK, VERA, listed, track

NOW = datetime(2026, 3, 1, 5, tzinfo=UTC)
TODAY = date(2026, 3, 1)
A, B, C = "A" * 22, "B" * 22, "C" * 22
FIRST = slot_of_date(date(2026, 2, 5))
HYDRATION = Feed(name="details", source="hydration", source_id="charts", schedule="daily")


@pytest.fixture
def store() -> Store:
    return open_store("memory://")


def charted(store: Store, day: int, *ids: str, kind: str = "track", revision: int = 1) -> None:
    """A chart file with these ids, committed and built."""
    name = {"track": "track_name,artist_names", "album": "album_name,artist_names"}
    rows = [f"{place},spotify:{kind}:{i},N,N" for place, i in enumerate(ids, start=1)]
    header = f"rank,uri,{name.get(kind, 'artist_name,source')}"
    content = "\n".join([header, *rows, ""])
    body = Body(
        content=content.encode(),
        resource="charts_csv",
        media_type="text/csv",
        received_at=OBSERVED_AT,
    )
    feed = Feed(name=f"{CHART.name}-{kind}", source="charts-csv", source_id=kind, schedule="weekly")
    at = date(2026, 2, day)
    slot = slot_of_date(at)
    build(
        store,
        Snapshot(feed=feed, slot=slot, chart_date=at, bodies=(body,), item_count=len(ids)),
        revision,
    )


def hydrated(store: Store, day: int, resource: str, *records: object) -> None:
    body = Body(
        content=page_of(records, resource),
        resource=resource,
        media_type="application/json",
        received_at=OBSERVED_AT,
    )
    at = date(2026, 3, day)
    snapshot = Snapshot(
        feed=HYDRATION,
        slot=slot_of_date(at),
        chart_date=at,
        bodies=(body,),
        item_count=len(records),
    )
    build(store, snapshot)


def build(store: Store, snapshot: Snapshot, revision: int = 1) -> None:
    raw.commit(store, snapshot, revision)
    done = build_slots(store, LocalEngine(), unbuilt(store), NOW)
    assert done.failed == ()


def wanted(store: Store, day: date = TODAY) -> list[tuple[str, str]]:
    return bring_up_to_date(store).on(day)


def counts(store: Store) -> dict[str, dict[str, int]]:
    return {kind: dict(ids) for kind, ids in bring_up_to_date(store).charted.items() if ids}


def test_of_nothing_nothing_is_wanted(store: Store) -> None:
    assert wanted(store) == []
    assert list(store.keys("")) == []


def test_the_most_charted_come_first(store: Store) -> None:
    charted(store, 5, A, B)
    charted(store, 12, B, C)
    assert counts(store) == {"track": {A: 1, B: 2, C: 1}}
    assert wanted(store) == [("track", B), ("track", A), ("track", C)]


def test_albums_and_artists_have_charts_too(store: Store) -> None:
    charted(store, 5, A, kind="album")
    charted(store, 5, B, kind="artist")
    charted(store, 12, B, kind="artist")
    assert wanted(store) == [("artist", B), ("album", A)]


def test_what_is_no_id_is_not_asked_for(store: Store) -> None:
    local = listed({"uri": "spotify:local:a:b:c:1", "name": "x", "is_local": True})
    episode = listed({"id": A, "type": "episode", "name": "x"})
    build(store, playlist_snapshot([local, episode, None]))
    assert counts(store) == {}


def test_what_a_playlist_shows_is_observed(store: Store) -> None:
    charted(store, 5, TRACK, B)
    build(store, playlist_snapshot([listed(track())]))
    assert wanted(store) == [("track", B)]


def test_a_track_of_which_only_the_name_is_known_is_wanted(store: Store) -> None:
    build(store, playlist_snapshot([listed({"id": A, "name": "Song"})]))
    assert wanted(store) == [("track", A)]


def test_what_was_observed_before_it_was_charted(store: Store) -> None:
    hydrated(store, 1, "tracks", track())
    assert wanted(store) == []
    charted(store, 5, TRACK)
    charted(store, 5, ALBUM, kind="album")
    charted(store, 5, VERA, kind="artist")
    assert wanted(store) == []


def test_hydration_answers_what_was_wanted(store: Store) -> None:
    charted(store, 5, TRACK, B)
    charted(store, 5, VERA, OTO, C, kind="artist")
    assert len(wanted(store)) == 5
    hydrated(store, 1, "tracks", track(), None)
    assert wanted(store) == [("artist", C), ("track", B)]


def test_what_spotify_does_not_know_is_asked_for_again_after_30_days(store: Store) -> None:
    charted(store, 5, A, B)
    wanted(store)
    mark_missing(store, [A], TODAY)
    assert wanted(store) == [("track", B)]
    assert bring_up_to_date(store).missing == {A: TODAY}
    assert wanted(store, date(2026, 3, 30)) == [("track", B)]
    assert wanted(store, date(2026, 3, 31)) == [("track", A), ("track", B)]
    charted(store, 12, A)
    assert wanted(store) == [("track", B)]


def test_how_many_wait_is_told_without_writing(store: Store) -> None:
    assert waiting(store) == 0
    charted(store, 5, A, B)
    before = list(store.keys(""))
    assert waiting(store) == 2
    assert list(store.keys("")) == before
    mark_missing(store, [A], TODAY)
    assert waiting(store) == 1


def test_what_is_marked_before_anything_was_counted_stays_marked(store: Store) -> None:
    charted(store, 5, A, B)
    mark_missing(store, [A], TODAY)
    assert wanted(store) == [("track", B)]


def test_what_turns_up_after_all_is_missing_no_longer(store: Store) -> None:
    charted(store, 5, TRACK)
    mark_missing(store, [TRACK], TODAY)
    hydrated(store, 2, "tracks", track())
    assert bring_up_to_date(store).missing == {}


def test_a_corrected_file_is_counted_once(store: Store) -> None:
    charted(store, 5, A, B)
    assert counts(store) == {"track": {A: 1, B: 1}}
    mark_missing(store, [B], TODAY)
    charted(store, 5, A, B, C, revision=2)
    assert counts(store) == {"track": {A: 1, B: 1, C: 1}}
    assert bring_up_to_date(store).missing == {B: TODAY}


def test_of_a_build_that_lost_some_slots_the_others_count(store: Store) -> None:
    for day, ids in ((5, (A,)), (12, (B,))):
        charted(store, day, *ids)
    places = [
        Place(feed, slot, 1)
        for feed in raw.feeds(store)
        for slot in raw.latest_revisions(store, feed)
    ]
    build_slots(store, LocalEngine(), places, NOW)  # both slots in one build
    charted(store, 5, C, revision=2)
    assert len(list(builds.list_builds(store))) == 4
    assert counts(store) == {"track": {B: 1, C: 1}}


def test_the_same_build_is_not_read_twice(store: Store) -> None:
    charted(store, 5, A)
    assert counts(store) == {"track": {A: 1}}
    for key in list(store.keys(keys.CURATED)):
        store.delete(key)
    charted(store, 12, A)
    assert counts(store) == {"track": {A: 2}}


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_damaged_file_is_counted_when_it_is_whole_again(store: Store, damage: str) -> None:
    charted(store, 5, A)
    (key,) = (k for k in store.keys(keys.CURATED) if "/entries/" in k)
    content = store.get(key)
    store.delete(key)
    if damage == "changed":
        store.create(key, content[:-1] + bytes([content[-1] ^ 1]))
    charted(store, 12, B)
    assert wanted(store) == [("track", B)]
    store.delete(key)
    store.create(key, content)
    assert wanted(store) == [("track", A), ("track", B)]


@pytest.mark.parametrize("content", [b"no Parquet", None], ids=["no table", "another table"])
def test_what_is_no_file_of_its_table_is_passed_over(store: Store, content: bytes | None) -> None:
    charted(store, 5, A)
    charted(store, 12, B)
    made = {key: builds.read_build(store, key) for key in builds.list_builds(store)}
    ((key, build),) = ((k, b) for k, b in made.items() if b.slots[0].slot == FIRST)
    store.delete(key)
    rows = {("entries", "2026-02"): pa.table({"feed": ["x"], "item_kind": ["track"]})}
    (file,) = curated.write_tables(store, rows, "odd")
    if content:
        store.delete(file.key)
        store.create(file.key, content)
        file = msgspec.structs.replace(file, sha256=sha256(content))
    builds.commit(store, 1, build.slots, (file,), "odd")
    assert wanted(store) == [("track", B)]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"builds": 5}'])
def test_state_that_is_lost_or_damaged_is_counted_anew(store: Store, content: bytes) -> None:
    charted(store, 5, A)
    before = counts(store)
    store.delete(keys.state(STATE))
    assert counts(store) == before
    store.delete(keys.state(STATE))
    store.create(keys.state(STATE), content)
    assert counts(store) == before


def test_counts_of_a_build_that_is_gone_go_with_it(store: Store) -> None:
    charted(store, 5, A)
    charted(store, 12, B)
    assert len(wanted(store)) == 2
    store.delete(next(iter(builds.list_builds(store))))
    assert len(wanted(store)) == 1


def test_a_build_that_goes_while_builds_are_listed_is_not_counted(store: Store) -> None:
    charted(store, 5, A)
    charted(store, 12, B)
    assert len(wanted(RacingStore(store))) == 1
    assert len(wanted(store)) == 1


def test_who_counted_meanwhile_is_right(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another run that has counted more must not be thrown back."""
    charted(store, 5, A)
    theirs = Counted(builds=frozenset({"x"}), charted={"track": {B: 7}})

    get_now = store.get

    def get(key: str) -> bytes:
        if key.startswith(keys.CURATED):  # after the state was read, before it is written
            change_state(store, STATE, Counted, lambda now: theirs)
        return get_now(key)

    monkeypatch.setattr(store, "get", get)
    assert wanted(store) == [("track", B)]


IDS = st.lists(st.sampled_from([A, B, C, TRACK]), max_size=4, unique=True)


@given(st.lists(st.tuples(st.booleans(), IDS), max_size=5), st.data())
def test_step_by_step_is_the_same_as_at_once(
    slots: list[tuple[bool, list[str]]], data: st.DataObject
) -> None:
    store = open_store("memory://")
    names: list[str] = []
    seen: set[str] = set()
    for day, (observes, ids) in enumerate(slots, start=1):
        if observes:
            hydrated(store, day, "tracks", *(track(id=i) for i in ids))
            seen |= set(ids)
        elif ids:
            charted(store, day, *ids)
            names += ids
        if data.draw(st.booleans()):
            bring_up_to_date(store)
    expected = {i: names.count(i) for i in names if i not in seen}
    assert counts(store).get("track", {}) == expected
    assert sorted(wanted(store)) == sorted(("track", i) for i in expected)
