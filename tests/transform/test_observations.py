"""The same thing seen whole and in short, in one slot."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartlake.model import from_json
from chartlake.schema import AlbumArtist, ArtistObservation, SlotRows, TrackArtist
from chartlake.transform.catalog import Catalog
from chartlake.transform.entries import Told
from chartlake.transform.observations import (
    NOTHING,
    Seen,
    seen_in_album,
    seen_in_artist,
    seen_in_track,
)
from chartlake.transform.pages import PageRecords, SlotContent
from chartlake.transform.payloads import Album, Artist, Item
from chartlake.transform.records import RejectRecord
from tests.transform.slots import all_rows, manifest
from tests.transform.test_parse_playlist import ALBUM, OTO, TRACK, VERA, track

THEN = datetime(2026, 3, 1)
LATER = THEN + timedelta(seconds=5)
IN_SHORT, WHOLE = {"id": VERA, "name": "Vera"}, {"id": VERA, "followers": {"total": 7}}


Sighting = tuple[Seen, datetime]


def rows_of(*sightings: Sighting) -> SlotRows:
    catalog = Catalog()
    pages = [
        PageRecords(number, number, at, [catalog.add(Told(seen))])
        for number, (seen, at) in enumerate(sightings)
    ]
    return all_rows(manifest(), SlotContent(SlotRows(), pages), catalog)


def artist(at: datetime, **fields: Any) -> Sighting:
    return seen_in_artist(from_json(json.dumps(fields).encode(), Artist)), at


@pytest.mark.parametrize("order", [1, -1])
def test_what_one_leaves_out_the_other_gives(order: int) -> None:
    seen = [artist(THEN, **IN_SHORT), artist(THEN, **WHOLE)][::order]
    assert rows_of(*seen).artist_observations == [
        ArtistObservation(VERA, "Vera", None, 7, None, THEN)
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_where_both_tell_the_later_counts(order: int) -> None:
    before = artist(THEN, id=VERA, name="Vera", popularity=3)
    after = artist(LATER, id=VERA, name="Vera B")
    assert rows_of(*[before, after][::order]).artist_observations == [
        ArtistObservation(VERA, "Vera B", 3, None, None, LATER)
    ]


def test_of_the_same_time_the_first_counts() -> None:
    rows = rows_of(artist(THEN, id=VERA, name="a"), artist(THEN, id=VERA, name="b"))
    assert [found.artist_name for found in rows.artist_observations] == ["a"]


def test_credits_come_from_whoever_has_them() -> None:
    without = from_json(json.dumps(track(artists=[], album=...)).encode(), Item)
    whole = from_json(json.dumps(track()).encode(), Item)
    rows = rows_of((seen_in_track(without, TRACK), LATER), (seen_in_track(whole, TRACK), THEN))
    assert rows.track_artists == [
        TrackArtist(TRACK, 1, VERA, "Vera"),
        TrackArtist(TRACK, 2, OTO, "Oto, The"),
    ]
    assert (rows.track_observations[0].album_id, rows.track_observations[0].observed_at) == (
        ALBUM,
        LATER,
    )


def test_an_album_by_itself() -> None:
    album = from_json(json.dumps(track()["album"] | {"label": "Small"}).encode(), Album)
    rows = rows_of((seen_in_album(album), THEN))
    assert [(a.album_id, a.label) for a in rows.album_observations] == [(ALBUM, "Small")]
    assert rows.album_artists == [AlbumArtist(ALBUM, 1, VERA, "Vera")]
    assert [a.artist_id for a in rows.artist_observations] == [VERA]
    assert rows.track_observations == []


def test_of_an_artist_without_id_nothing_is_known() -> None:
    assert artist(THEN, name="Vera")[0] == NOTHING
    with pytest.raises(RejectRecord, match="artist id 'short' is not"):
        artist(THEN, id="short")


FIELDS = st.fixed_dictionaries(
    {}, optional={"name": st.text(max_size=2), "popularity": st.integers(0, 9)}
)
TIMES = st.integers(0, 3).map(lambda seconds: THEN + timedelta(seconds=seconds))


@given(st.lists(st.tuples(TIMES, FIELDS), min_size=1, max_size=6))
def test_each_value_is_the_latest_there_is(seen: list[tuple[datetime, Any]]) -> None:
    (row,) = rows_of(*(artist(at, id=VERA, **fields) for at, fields in seen)).artist_observations
    assert row.observed_at == max(at for at, _ in seen)
    for name, value in (("name", row.artist_name), ("popularity", row.popularity)):
        told = [(at, fields[name]) for at, fields in seen if name in fields]
        assert value == (max(told, key=lambda one: one[0])[1] if told else None)
