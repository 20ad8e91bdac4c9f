"""An account's own lists: saved tracks, and what it listened to most."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartlake.errors import DataError
from chartlake.model import Feed, sha256
from chartlake.schema import ArtistObservation, Entry, SlotRows
from chartlake.transform.parse_account_lists import parse_account_list
from tests.transform.slots import manifest, page_of, rows_by, unique_keys
from tests.transform.test_parse_playlist import (
    JSON,
    OTO,
    SEEN,
    TRACK,
    UNAVAILABLE,
    VERA,
    Json,
    entry,
    listed,
    mutants,
    track,
)

TOP_TRACKS = Feed(name="top", source="top-items", source_id="me/tracks/short_term")
TOP_ARTISTS = Feed(name="idols", source="top-items", source_id="me/artists/long_term")
SAVED = Feed(name="saved", source="saved-tracks", source_id="me")
IDOL: Json = {
    "id": VERA,
    "uri": f"spotify:artist:{VERA}",
    "name": "Vera",
    "followers": {"total": 12},
    "popularity": 40,
    "images": [{"url": "large", "width": 640}],
}


def rows_of(feed: Feed, resource: str, *pages: list[Any]) -> SlotRows:
    """What a list becomes whose pages hold these items."""
    contents = [page_of(items) for items in pages]
    firsts = [sum(map(len, pages[:number])) for number in range(len(pages))]
    resources = [resource] * len(pages)
    slot = manifest(*contents, feed=feed, resources=resources, first_items=firsts)
    return rows_by(parse_account_list, slot, contents)


def artist_entry(**changes: Any) -> Entry:
    kind: Json = {"item_kind": "artist", "item_key": VERA, "track_id": None, "added_at": None}
    return entry(**kind | {"item_name": "Vera", "artist_names": "Vera"} | changes)


def test_top_tracks() -> None:
    rows = rows_of(TOP_TRACKS, "top_tracks", [track(), None], [track(id=OTO, name="b")])
    assert rows.entries == [
        entry(added_at=None),
        entry(position=2, item=1, added_at=None, **UNAVAILABLE),
        entry(position=3, page=1, added_at=None, item_key=OTO, track_id=OTO, item_name="b"),
    ]
    assert [o.track_id for o in rows.track_observations] == [TRACK, OTO]
    (edition,) = rows.editions
    assert (edition.source, edition.source_id) == ("top-items", "me/tracks/short_term")
    assert (edition.item_count, edition.title, edition.observed_at) == (3, None, SEEN)
    assert rows.readings == []


def test_top_artists() -> None:
    nameless: Json = {"id": None, "uri": None, "name": "Oto"}
    rows = rows_of(TOP_ARTISTS, "top_artists", [IDOL, None, nameless])
    assert rows.entries == [
        artist_entry(),
        entry(position=2, item=1, added_at=None, **UNAVAILABLE),
        artist_entry(
            position=3,
            item=2,
            item_key="text:" + sha256(b"artist\nOto")[:32],
            item_name="Oto",
            artist_names="Oto",
        ),
    ]
    assert rows.artist_observations == [ArtistObservation(VERA, "Vera", 40, 12, "large", SEEN)]


def test_a_top_artist_as_development_apps_see_it() -> None:
    seen = {key: value for key, value in IDOL.items() if key not in ("followers", "popularity")}
    rows = rows_of(TOP_ARTISTS, "top_artists", [seen])
    assert rows.artist_observations == [ArtistObservation(VERA, "Vera", None, None, "large", SEEN)]


def test_saved_tracks_are_listed_with_their_time() -> None:
    rows = rows_of(SAVED, "saved_tracks", [listed(track(), "track"), listed(None, "track")])
    assert rows.entries == [entry(), entry(position=2, item=1, **UNAVAILABLE)]
    assert rows.entries[0].added_at == datetime(2026, 2, 27, 5)
    assert rows.editions[0].source == "saved-tracks"


@pytest.mark.parametrize(
    ("feed", "resource", "bad"),
    [
        (TOP_TRACKS, "top_tracks", track(id="short")),
        (TOP_TRACKS, "top_tracks", track(artists=[{"id": "short"}])),
        (TOP_ARTISTS, "top_artists", IDOL | {"id": "short"}),
        (TOP_ARTISTS, "top_artists", 5),
        (SAVED, "saved_tracks", listed(track(name=5), "track")),
    ],
)
def test_a_bad_record_is_a_reject_and_the_next_keeps_its_place(
    feed: Feed, resource: str, bad: Any
) -> None:
    rows = rows_of(feed, resource, [bad, None])
    assert [(r.page, r.item) for r in rows.rejects] == [(0, 0)]
    assert [e.position for e in rows.entries] == [2]
    assert (rows.track_observations, rows.artist_observations) == ([], [])
    assert rows.editions[0].item_count == 2


@pytest.mark.parametrize("page", [b"", b"[]", b'{"items": null}', b"null"])
def test_a_page_that_is_none_fails_the_slot(page: bytes) -> None:
    with pytest.raises(DataError, match="page 0 is not a top_artists"):
        rows_by(parse_account_list, manifest(page, resources=["top_artists"]), [page])


ARTISTS = st.builds(lambda k, v: {**IDOL, k: v}, st.sampled_from(sorted(IDOL)), JSON)
LISTS = st.sampled_from(
    [(TOP_TRACKS, "top_tracks"), (TOP_ARTISTS, "top_artists"), (SAVED, "saved_tracks")]
)
RECORDS = st.lists(
    JSON | mutants() | ARTISTS | mutants().map(lambda item: listed(item, "track")), max_size=4
)


@given(LISTS, st.lists(RECORDS, max_size=3))
def test_whatever_the_items_are_none_is_lost(kind: tuple[Feed, str], pages: list[Any]) -> None:
    rows = rows_of(*kind, *pages)
    count = sum(map(len, pages))
    assert len(rows.entries) + len(rows.rejects) == rows.editions[0].item_count == count
    assert unique_keys(rows)
