"""Playlists in every odd shape that Spotify was seen to give."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chartlake.errors import DataError
from chartlake.model import sha256
from chartlake.schema import (
    AlbumArtist,
    AlbumObservation,
    ArtistObservation,
    Entry,
    SlotRows,
    TrackArtist,
    TrackObservation,
)
from chartlake.transform.parse_playlist import parse_playlist
from tests.transform.slots import (
    OBSERVED_AT,
    manifest,
    page_of,
    playlist,
    rows_by,
    rows_of,
    unique_keys,
)

TRACK, ALBUM, VERA, OTO = "T" * 22, "A" * 22, "V" * 22, "O" * 22
SEEN = datetime(2026, 3, 1, 4, 0, 7)
Json = dict[str, Any]


def track(**changes: Any) -> Json:
    """A track as of 2026; a change to ... takes a key out."""
    whole: Json = {
        "id": TRACK,
        "uri": f"spotify:track:{TRACK}",
        "type": "track",
        "name": "Song",
        "artists": [{"id": VERA, "name": "Vera"}, {"id": OTO, "name": "Oto, The"}],
        "album": {
            "id": ALBUM,
            "name": "First",
            "album_type": "album",
            "total_tracks": 9,
            "release_date": "2025-12-05",
            "release_date_precision": "day",
            "images": [{"url": "small", "width": 64}, {"url": "large", "width": 640}],
            "artists": [{"id": VERA, "name": "Vera"}],
        },
        "external_ids": {"isrc": "QZABC2500001"},
        "disc_number": 1,
        "track_number": 4,
        "duration_ms": 201_000,
        "explicit": False,
    }
    return {key: value for key, value in (whole | changes).items() if value is not ...}


def listed(item: Any = None, key: str = "item", **changes: Any) -> Json:
    whole = {"added_at": "2026-02-27T05:00:00Z", "is_local": False, key: item}
    return {name: value for name, value in (whole | changes).items() if value is not ...}


def entry(**changes: Any) -> Entry:
    nothing: Json = dict.fromkeys(Entry._fields)
    known = {
        "position": 1,
        "item_kind": "track",
        "item_key": TRACK,
        "track_id": TRACK,
        "item_name": "Song",
        "artist_names": "Vera, Oto, The",
        "added_at": datetime(2026, 2, 27, 5),
        "page": 0,
        "item": 0,
    }
    return Entry(**(nothing | known | changes))


UNAVAILABLE: Json = {
    "item_kind": "unavailable",
    "item_key": None,
    "track_id": None,
    "item_name": None,
    "artist_names": None,
}


def only_entry(item: Any) -> Entry:
    rows = rows_of(item)
    assert rows.rejects == []
    (found,) = rows.entries
    return found


def observed(**changes: Any) -> TrackObservation:
    (found,) = rows_of(listed(track(**changes))).track_observations
    return found


def album_of(**changes: Any) -> AlbumObservation:
    album = {k: v for k, v in (track()["album"] | changes).items() if v is not ...}
    (found,) = rows_of(listed(track(album=album))).album_observations
    return found


# A playlist as it should be -----------------------------------------------------


def test_a_track_becomes_these_rows() -> None:
    rows = rows_of(listed(track()))
    assert rows.entries == [entry()]
    assert rows.track_observations == [
        TrackObservation(
            track_id=TRACK,
            track_name="Song",
            album_id=ALBUM,
            isrc="QZABC2500001",
            disc_number=1,
            track_number=4,
            duration_ms=201_000,
            explicit=False,
            popularity=None,
            observed_at=SEEN,
        )
    ]
    assert rows.album_observations == [
        AlbumObservation(
            album_id=ALBUM,
            album_name="First",
            album_type="album",
            total_tracks=9,
            release_date=date(2025, 12, 5),
            release_date_text="2025-12-05",
            release_date_precision="day",
            upc=None,
            label=None,
            popularity=None,
            image_url="large",
            observed_at=SEEN,
        )
    ]
    assert rows.artist_observations == [
        ArtistObservation(VERA, "Vera", None, None, None, SEEN),
        ArtistObservation(OTO, "Oto, The", None, None, None, SEEN),
    ]
    assert rows.track_artists == [
        TrackArtist(TRACK, 1, VERA, "Vera"),
        TrackArtist(TRACK, 2, OTO, "Oto, The"),
    ]
    assert rows.album_artists == [AlbumArtist(ALBUM, 1, VERA, "Vera")]
    assert rows.rejects == []


def test_what_extended_apps_still_see() -> None:
    artist = {
        "id": VERA,
        "name": "Vera",
        "popularity": 61,
        "followers": {"href": None, "total": 1234},
        "images": [{"url": "a", "width": None}, {"url": "b", "width": 1}],
    }
    album = track()["album"] | {
        "popularity": 40,
        "label": "Small",
        "external_ids": {"upc": "0190295"},
        "artists": [],
    }
    rows = rows_of(listed(track(popularity=55, artists=[artist], album=album)))
    assert rows.track_observations[0].popularity == 55
    assert rows.artist_observations == [ArtistObservation(VERA, "Vera", 61, 1234, "b", SEEN)]
    found = rows.album_observations[0]
    assert (found.popularity, found.label, found.upc) == (40, "Small", "0190295")


def test_the_edition_carries_title_owner_and_version() -> None:
    content = json.dumps(
        {
            "name": "Finds",
            "owner": {"id": "vera", "display_name": "Vera"},
            "snapshot_id": "MTIs",
            "items": {"items": [listed(track()), None]},
        }
    ).encode()
    (found,) = rows_by(parse_playlist, manifest(content), [content]).editions
    assert (found.title, found.owner, found.spotify_snapshot_id) == ("Finds", "Vera", "MTIs")
    assert found.item_count == 2


@pytest.mark.parametrize(
    ("owner", "text"),
    [({"id": "vera", "display_name": None}, "vera"), ({"id": "vera"}, "vera"), (None, None)],
)
def test_an_owner_without_a_name_is_its_id(owner: Any, text: str | None) -> None:
    content = json.dumps({"name": None, "owner": owner, "items": {"items": []}}).encode()
    (found,) = rows_by(parse_playlist, manifest(content), [content]).editions
    assert (found.title, found.owner, found.item_count) == (None, text, 0)


# Shapes of 2026, of before, and of in between --------------------------------------


@pytest.mark.parametrize("listing", ["items", "tracks"])
@pytest.mark.parametrize("key", ["item", "track"])
def test_both_shapes(listing: str, key: str) -> None:
    content = playlist([listed(track(), key)], listing)
    assert rows_by(parse_playlist, manifest(content), [content]).entries == [entry()]


@pytest.mark.parametrize(
    "both",
    [
        {"item": track(), "track": track()},
        {"item": track(), "track": track(id=OTO, name="the older key")},
        {"item": track(), "track": None},
        {"item": None, "track": track()},
    ],
)
def test_both_keys_of_an_item(both: Json) -> None:
    assert only_entry({"added_at": "2026-02-27T05:00:00Z"} | both) == entry()


def test_both_keys_of_a_playlist() -> None:
    page = {"items": [listed(track())]}
    for content in (
        json.dumps({"items": page, "tracks": {"items": []}}).encode(),
        json.dumps({"items": None, "tracks": page}).encode(),
    ):
        assert rows_by(parse_playlist, manifest(content), [content]).entries == [entry()]


@pytest.mark.parametrize(
    "page", ["null", "{}", "[]", "5", '"x"', '{"href": "x", "total": 2}', '{"items": null}']
)
def test_a_playlist_that_does_not_show_its_items(page: str) -> None:
    content = f'{{"name": "Finds", "items": {page}}}'.encode()
    more = json.dumps({"items": [listed(track()), listed(None)]}).encode()
    rows = rows_by(parse_playlist, manifest(content, more), [content, more])
    assert [(e.position, e.page, e.item, e.item_kind) for e in rows.entries] == [
        (1, 1, 0, "track"),
        (2, 1, 1, "unavailable"),
    ]


def test_positions_count_over_pages() -> None:
    pages = [
        playlist([listed(track()), "x"]),
        json.dumps({"items": [None, listed(track())]}).encode(),
        json.dumps({"items": [listed(track())]}).encode(),
    ]
    rows = rows_by(parse_playlist, manifest(*pages, first_items=[0, 2, 4]), pages)
    assert [(e.position, e.page, e.item) for e in rows.entries] == [
        (1, 0, 0),
        (3, 1, 0),
        (4, 1, 1),
        (5, 2, 0),
    ]
    assert [(r.page, r.item) for r in rows.rejects] == [(0, 1)]


def test_what_is_observed_has_the_time_of_its_page() -> None:
    """An unchanged slot has the pages of an earlier one; its edition is of now all the same."""
    pages = [playlist([listed(track())]), page_of([listed(track(id=OTO))])]
    earlier = datetime(2026, 2, 1, 4, tzinfo=UTC)
    slot = manifest(*pages, first_items=[0, 1], received_at=[earlier, OBSERVED_AT])
    rows = rows_by(parse_playlist, slot, pages)
    assert rows.editions[0].observed_at == SEEN
    assert [(o.track_id, o.observed_at) for o in rows.track_observations] == [
        (TRACK, datetime(2026, 2, 1, 4)),
        (OTO, SEEN),
    ]
    assert {o.observed_at for o in rows.album_observations} == {SEEN}


def test_a_page_of_another_kind_fails_the_slot() -> None:
    page = playlist([])
    with pytest.raises(DataError, match="page 0 is a saved_tracks, which no playlist has"):
        rows_by(parse_playlist, manifest(page, resources=["saved_tracks"]), [page])


def test_an_embedded_page_that_does_not_start_at_the_top_is_not_used() -> None:
    content = json.dumps({"items": {"items": [listed(track())], "offset": 1}}).encode()
    more = json.dumps({"items": [listed(None), listed(track())]}).encode()
    rows = rows_by(parse_playlist, manifest(content, more), [content, more])
    assert [e.position for e in rows.entries] == [1, 2]


# Shapes that break naive pipelines ----------------------------------------------------


@pytest.mark.parametrize(
    ("item", "added_at"),
    [
        (None, None),
        ({}, None),
        (listed(None), entry().added_at),
        (listed(None, "track"), entry().added_at),
        (listed(...), entry().added_at),
        (listed({}), entry().added_at),
        (listed({"id": None, "uri": None, "name": None}), entry().added_at),
        (listed({"id": "", "uri": "", "name": "", "type": "track"}), entry().added_at),
    ],
)
def test_a_missing_track_is_an_unavailable_entry(item: Any, added_at: datetime | None) -> None:
    rows = rows_of(item)
    found = rows.entries[0]._replace(item_name=rows.entries[0].item_name or None)
    assert found == entry(added_at=added_at, **UNAVAILABLE)
    assert rows.track_observations == []


def test_a_present_track_without_id_is_known_by_its_uri_or_text() -> None:
    by_uri = only_entry(listed(track(id=None)))
    assert by_uri == entry(item_key=f"spotify:track:{TRACK}", track_id=None)
    by_text = only_entry(listed(track(id=None, uri=None)))
    assert by_text == entry(
        item_key="text:" + sha256(b"track\nSong\nVera, Oto, The")[:32], track_id=None
    )
    assert rows_of(listed(track(id=None))).artist_observations == []


def local(**changes: Any) -> Json:
    return track(
        id=None,
        uri="spotify:local:Vera:Demos:Rough+Song:183",
        is_local=True,
        artists=[{"id": None, "name": "Vera"}],
        album={"id": None, "name": "Demos", "release_date": None, "artists": [], "images": []},
        external_ids={},
        **changes,
    )


@pytest.mark.parametrize(
    "item",
    [
        listed(local(), is_local=True),
        listed(local(), is_local=None),
        listed(local() | {"is_local": None}, is_local=None),
        listed(local() | {"is_local": False}, is_local=True),
    ],
)
def test_a_local_file_is_an_entry_and_no_dimension_row(item: Json) -> None:
    rows = rows_of(item)
    assert rows.entries == [
        entry(
            item_kind="local",
            item_key="spotify:local:Vera:Demos:Rough+Song:183",
            track_id=None,
            artist_names="Vera",
        )
    ]
    assert rows == SlotRows(editions=rows.editions, entries=rows.entries)


def test_an_episode_has_no_artists_but_a_show() -> None:
    episode = track(type="episode", artists=..., album=..., show={"name": "Talk, Talk"})
    rows = rows_of(listed(episode))
    assert rows.entries == [entry(item_kind="episode", track_id=None, artist_names="Talk, Talk")]
    assert rows == SlotRows(editions=rows.editions, entries=rows.entries)
    alone = track(type="episode", artists=..., album=..., show=None)
    assert only_entry(listed(alone)).artist_names is None


def test_an_audiobook() -> None:
    found = only_entry(listed(track(type="audiobook", artists=None)))
    assert (found.item_kind, found.track_id, found.artist_names) == ("audiobook", None, None)


def test_booleans_named_track_and_episode_inside_a_track() -> None:
    assert only_entry(listed(track(track=True, episode=False), "track")) == entry()


def test_undocumented_fields_are_no_matter() -> None:
    odd = listed(track(linked_from={"id": 5}, available_markets=None, x=[{"y": [1.5]}]), x=1)
    assert rows_of(odd) == rows_of(listed(track()))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-27T05:00:00Z", datetime(2026, 2, 27, 5)),
        ("2026-02-27T05:00:00.250Z", datetime(2026, 2, 27, 5, 0, 0, 250_000)),
        ("2026-02-27T05:00:00+02:00", datetime(2026, 2, 27, 3)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_added_at(text: str | None, moment: datetime | None) -> None:
    assert only_entry(listed(track(), added_at=text)).added_at == moment


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_from_utc")
def test_a_time_without_zone_means_the_same_on_every_machine() -> None:
    found = only_entry(listed(track(), added_at="2026-02-27T05:00:00")).added_at
    assert found in (None, datetime(2026, 2, 27, 5))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019-05-03", date(2019, 5, 3)),
        ("2019-05", date(2019, 5, 1)),
        ("2019", date(2019, 1, 1)),
        ("0000", None),
        ("0000-00-00", None),
        ("2019-13", None),
        ("2019-02-30", None),
        ("", None),
        ("soon", None),
        (None, None),
        (..., None),
    ],
)
def test_release_dates_of_all_precisions(text: Any, day: date | None) -> None:
    found = album_of(release_date=text)
    assert found.release_date == day
    assert found.release_date_text == (None if text is ... else text)


@pytest.mark.parametrize(
    ("duration", "milliseconds"),
    [
        (201_000, 201_000),
        ({"totalMilliseconds": 201_000}, 201_000),
        ({}, None),
        ({"totalMilliseconds": "long"}, None),
        (None, None),
        (..., None),
    ],
)
def test_duration_as_number_and_as_object(duration: Any, milliseconds: int | None) -> None:
    assert observed(duration_ms=duration).duration_ms == milliseconds


@pytest.mark.parametrize("images", [None, [], ...])
def test_images_may_be_missing(images: Any) -> None:
    assert album_of(images=images).image_url is None


@pytest.mark.parametrize("ids", [None, {}, {"isrc": None}, {"ean": "1"}, ...])
def test_external_ids_may_be_missing(ids: Any) -> None:
    assert observed(external_ids=ids).isrc is None


@pytest.mark.parametrize("artists", [None, [], ...])
def test_a_track_without_artists(artists: Any) -> None:
    rows = rows_of(listed(track(artists=artists)))
    assert rows.entries == [entry(artist_names=None)]
    assert rows.track_artists == []
    assert [a.artist_id for a in rows.artist_observations] == [VERA]  # the album's


def test_a_credit_without_id_is_kept_in_its_place() -> None:
    credits = [{"id": OTO, "name": "Oto"}, {"id": None, "name": "Nobody"}, {"id": "", "name": None}]
    rows = rows_of(listed(track(artists=credits, album=None)))
    assert rows.entries[0].artist_names == "Oto, Nobody, "
    assert rows.track_artists == [
        TrackArtist(TRACK, 1, OTO, "Oto"),
        TrackArtist(TRACK, 2, None, "Nobody"),
        TrackArtist(TRACK, 3, None, None),
    ]
    assert [a.artist_id for a in rows.artist_observations] == [OTO]


def test_a_track_without_album() -> None:
    rows = rows_of(listed(track(album=None)))
    assert rows.track_observations[0].album_id is None
    assert (rows.album_observations, rows.album_artists) == ([], [])


def test_an_empty_album_id_is_no_id() -> None:
    assert observed(album={"id": "", "name": "Demos"}).album_id is None


def test_the_same_track_twice_is_two_entries_and_one_observation() -> None:
    rows = rows_of(listed(track()), listed(track(name="Song - Live")))
    assert [(e.position, e.item_key, e.item_name) for e in rows.entries] == [
        (1, TRACK, "Song"),
        (2, TRACK, "Song - Live"),
    ]
    assert [t.track_name for t in rows.track_observations] == ["Song"]
    assert len(rows.track_artists) == 2
    assert len(rows.album_observations) == 1
    assert len(rows.artist_observations) == 2


# Records that can't be used ---------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (track(id="short"), "track id 'short' is not 22 letters and digits"),
        (track(id="x' or 1=1"), 'track id "x\' or 1=1" is not 22 letters and digits'),
        (track(type="episode", id="../x"), "episode id '../x' is not 22 letters and digits"),
        (track(album={"id": "a/b"}), "album id 'a/b' is not 22 letters and digits"),
        (track(artists=[{"id": "v"}]), "artist id 'v' is not 22 letters and digits"),
        (
            track(album={"id": ALBUM, "artists": [{"id": "v"}]}),
            "artist id 'v' is not 22 letters and digits",
        ),
    ],
)
def test_a_malformed_id_leaves_nothing_behind_but_a_reject(item: Json, reason: str) -> None:
    rows = rows_of(listed(item))
    (kept,) = rows.rejects
    assert (kept.page, kept.item, kept.reason) == (0, 0, reason)
    assert json.loads(kept.payload) == listed(item)
    assert rows == SlotRows(editions=rows.editions, rejects=rows.rejects)
    assert rows.editions[0].item_count == 1


@pytest.mark.parametrize("item", ["text", 5, True, [], [listed(track())], listed([]), listed(7)])
def test_what_is_no_item_is_a_reject_with_its_payload(item: Any) -> None:
    rows = rows_of(listed(track()), item)
    (kept,) = rows.rejects
    assert (kept.page, kept.item, json.loads(kept.payload)) == (0, 1, item)
    assert kept.reason.startswith("Expected `")
    assert len(rows.entries) == 1


def test_a_wrong_type_says_where() -> None:
    (kept,) = rows_of(listed(track(name=5))).rejects
    assert kept.reason == "Expected `str | null`, got `int` - at `$.item.name`"


def test_a_long_payload_is_cut() -> None:
    (kept,) = rows_of("é" * 5000).rejects
    assert len(kept.payload) == 4000


@pytest.mark.parametrize(
    "changes",
    [
        {"artists": [{"id": VERA, "name": "Vera", "followers": 12}]},
        {"external_ids": 7},
        {"album": {"id": ALBUM, "images": [None]}},
        {"popularity": 50.5},
    ],
)
def test_an_odd_attribute_does_not_cost_the_entry(changes: Json) -> None:
    rows = rows_of(listed(track(**changes)))
    assert [e.item_key for e in rows.entries] == [TRACK]


@pytest.mark.parametrize(
    "page", [b"", b"{", b"[]", b'{"items": 5}', b'{"items": [1,}', b'{"items": null}', b"null"]
)
def test_a_page_that_is_none_fails_the_slot(page: bytes) -> None:
    first = playlist([listed(track())])
    with pytest.raises(DataError, match="page 1 is not a playlist_items"):
        rows_by(parse_playlist, manifest(first, page), [first, page])


def test_a_playlist_that_is_none_fails_the_slot() -> None:
    with pytest.raises(DataError, match="page 0 is not a playlist"):
        rows_by(parse_playlist, manifest(b"[]"), [b"[]"])


# Whatever comes -----------------------------------------------------------------------


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # a lone surrogate is refused when it is extracted
    | st.text(st.characters(codec="utf-8"), max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def mutants() -> st.SearchStrategy[Json]:
    """Tracks with something else at one place of theirs, or of their album's or first artist's."""
    whole = track()
    in_track = st.builds(lambda k, v: {**whole, k: v}, st.sampled_from(sorted(whole)), JSON)
    in_album = st.builds(
        lambda k, v: {**whole, "album": {**whole["album"], k: v}},
        st.sampled_from([*sorted(whole["album"]), "label", "popularity", "external_ids"]),
        JSON,
    )
    in_artist = st.builds(
        lambda k, v: {**whole, "artists": [{**whole["artists"][0], k: v}]},
        st.sampled_from(["id", "name", "popularity", "followers", "images"]),
        JSON,
    )
    return in_track | in_album | in_artist


ITEMS = st.lists(JSON | mutants().map(listed) | st.builds(listed, JSON, added_at=JSON), max_size=5)


@given(ITEMS)
def test_whatever_the_items_are_none_is_lost(items: list[Any]) -> None:
    rows = rows_of(*items)
    assert len(rows.entries) + len(rows.rejects) == len(items)
    assert rows.editions[0].item_count == len(items)
    places = sorted([e.item for e in rows.entries] + [r.item for r in rows.rejects])
    assert places == list(range(len(items)))
    assert all(e.position == e.item + 1 for e in rows.entries)
    assert {o.track_id for o in rows.track_observations} == {
        e.track_id for e in rows.entries if e.track_id
    }
    assert unique_keys(rows)


@given(ITEMS)
@example([listed(track(popularity=2**63))])
@example([listed(track(duration_ms={"totalMilliseconds": True}))])
def test_whatever_the_items_are_the_rows_fit_their_tables(items: list[Any]) -> None:
    """One row that Arrow refuses would stop the build of every slot, now and in every later run."""
    assert unique_keys(rows_of(*items))


# Real captures ------------------------------------------------------------------------


def real(folder: Path, name: str) -> Any:
    content = json.loads((folder / "api" / name).read_text(encoding="utf-8"))
    return content[0] if isinstance(content, list) else content


@pytest.mark.needs("real-data")
def test_a_real_chart_of_2024(real_data: Path) -> None:
    captured = real(real_data, "top50_global_2024_a.json")
    content = json.dumps(captured).encode()
    rows = rows_by(parse_playlist, manifest(content), [content])
    assert rows.rejects == []
    assert [e.position for e in rows.entries] == list(range(1, 51))
    assert {e.item_kind for e in rows.entries} == {"track"}
    names = [listed["track"]["name"] for listed in captured["tracks"]["items"]]
    assert [e.item_name for e in rows.entries] == names
    assert rows.editions[0].title == captured["name"]
    assert all(t.isrc and t.duration_ms and t.popularity for t in rows.track_observations)
    assert all(a.release_date and a.image_url for a in rows.album_observations)


@pytest.mark.needs("real-data")
@pytest.mark.parametrize(
    "name",
    [
        "playlist_items_episodes_and_tracks.json",
        "playlist_items_missing_track.json",
        "playlist_items_tracks.json",
    ],
)
def test_real_pages(real_data: Path, name: str) -> None:
    captured = real(real_data, name)
    pages = [b'{"name": "x"}', json.dumps(captured).encode()]
    rows = rows_by(parse_playlist, manifest(*pages), pages)
    assert rows.rejects == []
    assert len(rows.entries) == len(captured["items"])
    for found, listed in zip(rows.entries, captured["items"], strict=True):
        item = listed.get("track")
        local = listed["is_local"] or (item or {}).get("is_local")  # episodes do not say
        expected = "unavailable" if item is None else "local" if local else item["type"]
        assert found.item_kind == expected
        assert (found.item_name, found.item_key) == (
            (item["name"], item["id"] or item["uri"]) if item else (None, None)
        )
