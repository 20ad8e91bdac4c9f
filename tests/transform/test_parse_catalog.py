"""Artists, albums and tracks by themselves, single and many at once."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartlake.errors import DataError
from chartlake.model import Feed
from chartlake.schema import AlbumArtist, ArtistObservation, SlotRows, TrackArtist
from chartlake.transform.parse_catalog import parse_catalog
from tests.transform.slots import manifest, page_of, rows_by, unique_keys
from tests.transform.test_parse_account_lists import ARTISTS, IDOL
from tests.transform.test_parse_playlist import (
    ALBUM,
    JSON,
    OTO,
    SEEN,
    TRACK,
    VERA,
    Json,
    mutants,
    observed,
    track,
)

RELEASES = Feed(name="releases", source="artist-catalog", source_id="favourites", schedule="daily")
OTHER = "X" * 22
IN_ALBUM = track(album=...)
WHOLE_ALBUM: Json = track()["album"] | {
    "label": "Small",
    "external_ids": {"upc": "0190295"},
    "tracks": {"items": [IN_ALBUM, None, track(id=OTHER, album=..., artists=[])], "total": 3},
}
Page = tuple[str, bytes, str]  # resource, content, address


def single(resource: str, record: Any) -> Page:
    return resource, json.dumps(record).encode(), f"https://api.test/v1/{resource}s/x"


def batch(resource: str, *records: Any) -> Page:
    return resource, page_of(records, resource), f"https://api.test/v1/{resource}?ids=x"


def listing(resource: str, *records: Any, album: str = ALBUM) -> Page:
    url = f"https://api.test/v1/albums/{album}/tracks?offset=0&limit=50"
    return resource, page_of(records), url


def rows_of(*pages: Page) -> SlotRows:
    resources, contents, urls = zip(*pages, strict=True) if pages else ((), (), ())
    slot = manifest(*contents, feed=RELEASES, resources=resources, urls=urls)
    return rows_by(parse_catalog, slot, contents)


def test_an_artist() -> None:
    rows = rows_of(single("artist", IDOL))
    assert rows.artist_observations == [ArtistObservation(VERA, "Vera", 40, 12, "large", SEEN)]
    (reading,) = rows.readings
    assert (reading.source, reading.item_count, reading.joins_previous) == (
        "artist-catalog",
        1,
        None,
    )
    assert rows == SlotRows(readings=rows.readings, artist_observations=rows.artist_observations)


def test_the_albums_of_an_artist() -> None:
    rows = rows_of(listing("artist_albums", track()["album"], track()["album"] | {"id": OTHER}))
    assert [a.album_id for a in rows.album_observations] == [ALBUM, OTHER]
    assert rows.album_artists == [
        AlbumArtist(ALBUM, 1, VERA, "Vera"),
        AlbumArtist(OTHER, 1, VERA, "Vera"),
    ]
    assert [a.artist_id for a in rows.artist_observations] == [VERA]
    assert rows.readings[0].item_count == 2


def test_the_tracks_of_an_album_are_of_the_album_in_the_address() -> None:
    rows = rows_of(listing("album_tracks", IN_ALBUM, album=OTHER))
    assert rows.track_observations == [observed()._replace(album_id=OTHER)]
    assert [credit.artist_id for credit in rows.track_artists] == [VERA, OTO]
    assert rows.album_observations == []


@pytest.mark.parametrize("url", ["", "https://api.test/v1/albums/short/tracks", "/albums"])
def test_an_address_without_an_album_fails_the_slot(url: str) -> None:
    page = page_of([IN_ALBUM])
    slot = manifest(page, feed=RELEASES, resources=["album_tracks"], urls=[url])
    with pytest.raises(DataError, match="page 0 does not say of which album"):
        rows_by(parse_catalog, slot, [page])


@pytest.mark.parametrize("page", [single("album", WHOLE_ALBUM), batch("albums", WHOLE_ALBUM)])
def test_a_whole_album_brings_its_tracks(page: Page) -> None:
    rows = rows_of(page)
    (album,) = rows.album_observations
    assert (album.label, album.upc) == ("Small", "0190295")
    assert [(t.track_id, t.album_id) for t in rows.track_observations] == [
        (TRACK, ALBUM),
        (OTHER, ALBUM),
    ]
    assert rows.track_artists == [
        TrackArtist(TRACK, 1, VERA, "Vera"),
        TrackArtist(TRACK, 2, OTO, "Oto, The"),
    ]
    assert rows.readings[0].item_count == 1


@pytest.mark.parametrize("tracks", [None, 5, [], {"items": None}, {"items": []}, "x"])
def test_an_album_that_does_not_show_its_tracks(tracks: Any) -> None:
    rows = rows_of(single("album", WHOLE_ALBUM | {"tracks": tracks}))
    assert (len(rows.album_observations), rows.track_observations) == (1, [])
    assert rows.rejects == []


def test_an_album_in_short_hides_nothing_of_the_whole_one() -> None:
    in_short = listing("artist_albums", track()["album"])
    for pages in (
        [in_short, batch("albums", WHOLE_ALBUM)],
        [batch("albums", WHOLE_ALBUM), in_short],
    ):
        (album,) = rows_of(*pages).album_observations
        assert (album.label, album.upc, album.image_url) == ("Small", "0190295", "large")


@pytest.mark.parametrize(
    ("name", "record"), [("track", track()), ("album", WHOLE_ALBUM), ("artist", IDOL)]
)
def test_single_and_many_give_the_same(name: str, record: Any) -> None:
    assert rows_of(single(name, record)) == rows_of(batch(f"{name}s", record))


@pytest.mark.parametrize("resource", ["tracks", "albums", "artists"])
def test_a_null_is_neither_row_nor_reject(resource: str) -> None:
    rows = rows_of(batch(resource, None, None))
    assert rows == SlotRows(readings=rows.readings)
    assert rows.readings[0].item_count == 2


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (single("track", track(id=None)), "track without an id"),
        (single("artist", {"name": "Vera"}), "artist without an id"),
        (batch("albums", WHOLE_ALBUM | {"id": ""}), "album without an id"),
        (batch("tracks", track(id="short")), "track id 'short' is not 22 letters and digits"),
        (
            batch("albums", WHOLE_ALBUM | {"artists": [{"id": "short"}]}),
            "artist id 'short' is not 22 letters and digits",
        ),
        (
            single("album", WHOLE_ALBUM | {"tracks": {"items": [{"id": "short"}]}}),
            "track id 'short' is not 22 letters and digits",
        ),
        (batch("artists", 5), "Expected `object`, got `int`"),
    ],
)
def test_a_bad_record_is_a_reject_and_leaves_nothing(page: Page, reason: str) -> None:
    rows = rows_of(page)
    assert [(r.page, r.item, r.reason) for r in rows.rejects] == [(0, 0, reason)]
    assert rows == SlotRows(readings=rows.readings, rejects=rows.rejects)
    assert rows.readings[0].item_count == 1


@pytest.mark.parametrize(
    ("resource", "content"),
    [
        ("artist", b"null"),
        ("track", b"[]"),
        ("album", b"{"),
        ("tracks", b'{"albums": []}'),
        ("tracks", b'{"tracks": null}'),
        ("artists", b'{"artists": {}}'),
        ("artist_albums", b"[]"),
    ],
)
def test_a_page_that_is_none_fails_the_slot(resource: str, content: bytes) -> None:
    with pytest.raises(DataError, match=f"page 0 is not a {resource}"):
        rows_of((resource, content, ""))


def test_a_day_without_anything_to_ask_is_a_reading() -> None:
    rows = rows_of()
    assert rows == SlotRows(readings=rows.readings)
    assert rows.readings[0].item_count == 0


ALBUMS = st.builds(lambda k, v: {**WHOLE_ALBUM, k: v}, st.sampled_from(sorted(WHOLE_ALBUM)), JSON)
ALBUMS |= st.builds(
    lambda items: {**WHOLE_ALBUM, "tracks": {"items": items}},
    st.lists(JSON | mutants(), max_size=3),
)
RECORDS = JSON | mutants() | ARTISTS | ALBUMS
PAGES = st.builds(
    lambda resource, records: batch(resource, *records),
    st.sampled_from(["tracks", "albums", "artists"]),
    st.lists(RECORDS, max_size=3),
) | st.builds(
    lambda resource, records: listing(resource, *records),
    st.sampled_from(["artist_albums", "album_tracks"]),
    st.lists(RECORDS, max_size=3),
)


@given(st.lists(PAGES, max_size=4))
def test_whatever_the_records_are_none_is_lost(pages: list[Page]) -> None:
    rows = rows_of(*pages)
    records = [
        record
        for resource, content, _ in pages
        for record in json.loads(content).get("items", json.loads(content).get(resource))
    ]
    assert rows.readings[0].item_count == len(records)
    assert len(rows.rejects) <= len([record for record in records if record is not None])
    assert unique_keys(rows)


@given(st.sampled_from(["track", "album", "artist"]), RECORDS)
def test_whatever_a_single_answer_is(resource: str, record: Any) -> None:
    try:
        rows = rows_of(single(resource, record))
    except DataError:
        assert not isinstance(record, dict)
    else:
        assert rows.readings[0].item_count == 1
        assert unique_keys(rows)


# Real captures ------------------------------------------------------------------------


@pytest.mark.needs("real-data")
def test_the_real_answers_of_2026_as_a_catalog(real_data: Path) -> None:
    folder = real_data / "api" / "2026"
    artist = json.loads((folder / "artist_drake.json").read_text())
    albums = [
        json.loads((folder / f"{n}.json").read_text()) for n in ("albums_drake", "album_page_drake")
    ]
    tracks = [json.loads(path.read_text()) for path in sorted(folder.glob("album_tracks_*"))]
    pages = [
        single("artist", artist),
        *(("artist_albums", json.dumps(page).encode(), page["href"]) for page in albums),
        *(("album_tracks", json.dumps(page).encode(), page["href"]) for page in tracks),
    ]
    rows = rows_of(*pages)
    assert rows.rejects == []
    assert rows.readings[0].item_count == 1 + sum(len(p["items"]) for p in albums + tracks)
    assert unique_keys(rows)
    seen = {a.artist_id: a for a in rows.artist_observations}
    assert seen[artist["id"]].image_url  # which the credits lack
    assert {a.album_id for a in rows.album_observations} == {
        album["id"] for page in albums for album in page["items"]
    }
    assert all(a.release_date and a.total_tracks for a in rows.album_observations)
    album_of = {track["id"]: page["href"] for page in tracks for track in page["items"]}
    assert {t.track_id for t in rows.track_observations} == set(album_of)
    assert all(str(t.album_id) in album_of[t.track_id] for t in rows.track_observations)
    assert all(t.duration_ms and t.track_number for t in rows.track_observations)
