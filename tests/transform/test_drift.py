import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chartlake.errors import StorageError
from chartlake.lake import raw
from chartlake.lake.store import Store, open_store
from chartlake.model import Build, Drift, Slot
from chartlake.transform import drift
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.drift import Fields, noted
from chartlake.transform.engine import LocalEngine
from tests.transform.slots import chart_snapshot, playlist_snapshot, spotify_id
from tests.transform.test_parse_charts_csv import NEW, OLD
from tests.transform.test_parse_playlist import listed, track

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY_TWO = Slot("20260302T000000Z")
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def store() -> Store:
    return open_store("memory://")


def songs(count: int = 30, change: Change = lambda item: None) -> list[dict[str, Any]]:
    found = [listed(track(id=spotify_id(number), name=f"Song {number}")) for number in range(count)]
    for each in found:
        change(each["item"])
    return found


def built(store: Store, day: int, items: list[Any]) -> Build:
    raw.commit(store, playlist_snapshot(items, slot=Slot(f"202603{day:02d}T000000Z")))
    return transformed(store)


def transformed(store: Store) -> Build:
    done = build_slots(store, LocalEngine(), unbuilt(store), NOW)
    assert done.build
    assert not done.failed
    return done.build


def without(*names: str) -> Change:
    def change(item: dict[str, Any]) -> None:
        for name in names:
            item.pop(name, None)

    return change


def having(**fields: Any) -> Change:
    return lambda item: item.update(fields)


def test_what_is_seen_first_is_no_drift(store: Store) -> None:
    assert built(store, 1, songs()).drift == ()
    assert noted(store) == ()


def test_the_same_fields_are_no_drift_and_write_nothing(store: Store) -> None:
    built(store, 1, songs())
    before = store.get("state/fields.json")
    assert built(store, 2, songs(count=40)).drift == ()
    assert store.get("state/fields.json") == before


def test_what_is_remembered_is_read_once_for_a_build(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(store, 1, songs())
    read, get_now = [], store.get

    def get(key: str) -> bytes:
        read.append(key)
        return get_now(key)

    monkeypatch.setattr(store, "get", get)
    built(store, 2, songs(count=40))
    assert read.count("state/fields.json") == 1


def test_a_new_field_is_told_once_by_the_build_and_by_the_lake(store: Store) -> None:
    built(store, 1, songs())
    build = built(store, 2, songs(change=having(mood={"valence": 0.3})))
    told = Drift(resource="playlist", new=("item.mood", "item.mood.valence"))
    assert build.drift == (told,)
    assert [(each.build_id, each.at, each.drift) for each in noted(store)] == [
        (build.build_id, NOW, told)
    ]
    assert built(store, 3, songs(change=having(mood={"valence": 0.3}))).drift == ()


def test_a_declared_field_that_has_gone(store: Store) -> None:
    built(store, 1, songs(change=having(popularity=3)))
    assert built(store, 2, songs(change=without("popularity"))).drift == (
        Drift(resource="playlist", gone=("item.popularity",)),
    )
    assert built(store, 3, songs(change=without("popularity"))).drift == ()
    again = built(store, 4, songs(change=having(popularity=3)))
    assert again.drift == (Drift(resource="playlist", new=("item.popularity",)),)


@pytest.mark.parametrize("name", ["preview_url", "linked_from"])
def test_what_no_table_is_made_of_may_go(store: Store, name: str) -> None:
    built(store, 1, songs(change=having(**{name: "x"})))
    assert built(store, 2, songs(change=without(name))).drift == ()


def test_a_field_that_some_had_may_be_in_none(store: Store) -> None:
    some = songs(change=having(popularity=3))[:10] + songs(change=without("popularity"))[10:]
    built(store, 1, some)
    assert built(store, 2, songs(change=without("popularity"))).drift == ()


def test_a_few_records_tell_nothing_of_what_has_gone(store: Store) -> None:
    built(store, 1, songs(change=having(popularity=3)))
    assert built(store, 2, songs(5, without("popularity"))).drift == ()
    assert built(store, 3, songs(change=without("popularity"))).drift


def test_a_field_inside_of_one_that_is_gone_is_not_told_of(store: Store) -> None:
    built(store, 1, songs())
    (found,) = built(store, 2, songs(change=without("album"))).drift
    assert found.gone == ("item.album",)


def test_fields_of_lists_are_found_in_their_elements(store: Store) -> None:
    built(store, 1, songs())
    artists = [{"id": spotify_id(77), "name": "A"}, {"id": spotify_id(78), "name": "B", "age": 3}]
    (found,) = built(store, 2, songs(change=having(artists=artists))).drift
    assert found.new == ("item.artists[].age",)


def test_the_columns_of_charts(store: Store) -> None:
    raw.commit(store, chart_snapshot(NEW.encode(), 3))
    assert transformed(store).drift == ()
    wider = "\n".join(f"{line},x" for line in NEW.strip().splitlines()) + "\n"
    raw.commit(store, chart_snapshot(wider.encode(), 3, slot=Slot("20260305T000000Z")))
    assert transformed(store).drift == (Drift(resource="charts_csv", new=("x",)),)
    raw.commit(store, chart_snapshot(OLD.encode(), 3, slot=Slot("20260312T000000Z")))
    (found,) = transformed(store).drift
    assert "url" in found.new


def test_state_that_is_lost_or_damaged_is_learned_anew(store: Store) -> None:
    built(store, 1, songs())
    store.delete("state/fields.json")
    assert built(store, 2, songs(change=having(mood=1))).drift == ()
    store.delete("state/fields.json")
    store.create("state/fields.json", b"[]")
    assert built(store, 3, songs(change=having(mood=1, tone=2))).drift == ()
    assert built(store, 4, songs(change=having(mood=1, tone=2, key=3))).drift


def test_only_a_sample_is_looked_at() -> None:
    fields = Fields()
    for number in range(1000):
        fields.look("track", json.dumps({"id": number}).encode())
    assert fields.counts["track"] == {"": 55, "id": 55}


def test_what_is_deep_or_wide_is_cut() -> None:
    fields = Fields()
    deep: dict[str, Any] = {}
    for _ in range(60):
        deep = {"a": deep}
    fields.look("track", json.dumps(deep).encode())
    assert max(name.count(".") for name in fields.counts["track"]) < 8
    for number in range(30):
        wide = {f"f{number}-{place}": 1 for place in range(300)}
        fields.look("artist", json.dumps(wide).encode())
    assert len(fields.counts["artist"]) <= 400
    assert fields.counts["artist"][""] == 30


def test_records_that_are_none_are_passed_over() -> None:
    fields = Fields()
    for content in (b"null", b"3", b"{", b'"text"'):
        fields.look("track", content)
    assert set(fields.counts.get("track", {"": 0})) == {""}


def test_the_fields_of_tables_are_those_of_the_payloads() -> None:
    found = drift._declared("playlist_items")
    assert {"added_at", "item.album.images[].url", "item.artists[].id", "track.name"} <= found
    assert drift._declared("unheard_of") == frozenset()


def test_several_drifts_are_kept_and_the_last_comes_first(store: Store) -> None:
    built(store, 1, songs())
    for day in range(2, 28):
        built(store, day, songs(change=having(**{f"field{day}": 1})))
    kept = noted(store)
    assert len(kept) == 20
    assert kept[0].drift.new == ("item.field27",)


def test_a_history_that_is_built_again_is_no_news(store: Store) -> None:
    built(store, 20, songs(change=without("popularity")))
    assert built(store, 10, songs(change=having(popularity=3, mood=1))).drift == ()
    assert built(store, 21, songs(change=having(mood=1))).drift == (), "it is known by now"
    assert noted(store) == ()


def test_what_is_built_twice_is_noted_once(store: Store) -> None:
    built(store, 1, songs())
    raw.commit(store, playlist_snapshot(songs(change=having(mood=1)), slot=DAY_TWO))
    places = unbuilt(store)
    first = build_slots(store, LocalEngine(), places, NOW).build
    second = build_slots(store, LocalEngine(), places, NOW).build
    assert first == second
    assert len(noted(store)) == 1


def test_episodes_are_no_tracks_that_lost_their_fields(store: Store) -> None:
    built(store, 1, songs())
    episode = {"type": "episode", "id": spotify_id(5), "name": "E", "show": {"name": "S"}}
    assert built(store, 2, [listed(episode) for _ in range(30)]).drift == ()


def test_names_without_end_are_told_within_bounds(store: Store) -> None:
    built(store, 1, songs())
    for day in range(2, 12):
        names = {f"{day}-{number}-{'x' * 200}": 1 for number in range(120)}
        (*found,) = built(store, day, songs(change=having(**names))).drift
        assert all(len(each.new) <= 50 for each in found)
        assert all(len(name) <= 100 for each in found for name in each.new)
    assert len(store.get("state/fields.json")) < 100_000


def test_a_lake_that_cannot_remember_is_built_all_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any) -> None:
        raise StorageError("no space")

    monkeypatch.setattr(drift, "change_state", refuse)
    assert built(store, 1, songs()).drift == ()
    assert "no space" in caplog.text
