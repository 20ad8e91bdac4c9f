"""Where a record lies in its page: exactly its own bytes, however the page is written."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartlake.errors import DataError
from chartlake.model import Page, sha256
from chartlake.transform.slices import place_of
from tests.transform.slots import OBSERVED_AT

LISTS = ["playlist_items", "recently_played", "saved_tracks", "top_artists", "top_tracks"]
SPACE = st.text(" \t\r\n", max_size=3)
OLD = ["Position", "Track Name", "Artist", "Streams", "URL"]
NEW = ["rank", "uri", "artist_names", "track_name", "source", "peak_rank", "streams"]
ALBUMS = ["rank", "uri", "artist_names", "album_name", "weeks_on_chart"]


@dataclass(frozen=True)
class Written:
    """A page and the places of its records, as whoever wrote it knows them."""

    content: bytes
    places: list[range]
    header: range | None = None


def page_of(resource: str, content: bytes) -> Page:
    return Page(
        resource=resource,
        media_type="text/csv" if resource == "charts_csv" else "application/json",
        offset=0,
        stored_bytes=1,
        length=len(content),
        sha256=sha256(content),
        received_at=OBSERVED_AT,
    )


def check(resource: str, written: Written) -> None:
    page = page_of(resource, written.content)
    for number, place in enumerate(written.places):
        assert place_of(page, written.content, number) == (place, written.header)
    for number in (-1, len(written.places)):
        with pytest.raises(DataError, match=f"no record {number}"):
            place_of(page, written.content, number)


# JSON -------------------------------------------------------------------------


@st.composite
def strings(draw: st.DrawFn) -> str:
    """A string as JSON, some of its characters escaped though they need not be."""
    text = draw(st.text(st.characters(codec="utf-8"), max_size=6))
    return "".join(
        ['"', *(json.dumps(c, ensure_ascii=draw(st.booleans()))[1:-1] for c in text), '"']
    )


@st.composite
def values(draw: st.DrawFn, depth: int = 3) -> str:
    """A value as JSON, with white space wherever it may stand and members that come twice."""
    kinds = ["scalar", "array", "object"] if depth else ["scalar"]
    kind = draw(st.sampled_from(kinds))
    if kind == "scalar":
        return draw(st.sampled_from(["null", "true", "-0", "1.50", "12e3", "{}", "[]"]) | strings())
    inner = draw(st.lists(values(depth - 1), max_size=3))
    if kind == "array":
        return "[" + ",".join(draw(SPACE) + value + draw(SPACE) for value in inner) + "]"
    return written_object(draw, [(draw(names()), value) for value in inner])


def names() -> st.SearchStrategy[str]:
    # those that a parser looks for, where it must not look for them
    return st.sampled_from(['"items"', '"tracks"', '"offset"', '"track"', '"a"']) | strings()


def written_object(draw: st.DrawFn, members: list[tuple[str, str]]) -> str:
    parts = (
        draw(SPACE) + name + draw(SPACE) + ":" + draw(SPACE) + value + draw(SPACE)
        for name, value in members
    )
    return "{" + ",".join(parts) + "}"


# what stands before the list may be anything with another name: also the list itself, once more
OTHERS = st.lists(
    st.tuples(st.sampled_from(['"total"', '"next"', '"it\\u0065"', '"names"']), values()),
    max_size=3,
)


@st.composite
def lists(draw: st.DrawFn, before: str = "", depth: int = 2) -> tuple[str, list[range]]:
    """An object with a list of records, and the records' places in ``before`` and it together."""
    text = before + "{" + draw(SPACE)
    for name, value in draw(OTHERS):
        text += name + ":" + value + "," + draw(SPACE)
    if draw(st.booleans()):  # the last of two members of one name is the one that counts
        text += '"items":' + "[" + ",".join(draw(st.lists(values(1), max_size=2))) + "],"
    text += draw(st.sampled_from(['"items"', '"it\\u0065ms"'])) + draw(SPACE) + ":[" + draw(SPACE)
    places = []
    records = draw(st.lists(values(depth), max_size=4))
    for number, record in enumerate(records):
        text += draw(SPACE) + "," * (number > 0) + draw(SPACE)
        start = len(text.encode())
        text += record
        places.append(range(start, len(text.encode())))
    text += draw(SPACE) + "]"
    for name, value in draw(OTHERS):
        text += draw(SPACE) + "," + name + ":" + value
    return text + "}" + draw(SPACE), places


@given(st.sampled_from(LISTS), lists())
def test_a_page_of_a_list(resource: str, page: tuple[str, list[range]]) -> None:
    check(resource, Written(page[0].encode(), page[1]))


@given(st.data(), st.sampled_from(["items", "tracks"]))
def test_a_playlist_with_its_first_page_inside(data: st.DataObject, listing: str) -> None:
    other = data.draw(OTHERS)
    before = "{" + "".join(f"{name}:{value}," for name, value in other)
    before += f'"{listing}":' + data.draw(SPACE)
    text, places = data.draw(lists(before))
    check("playlist", Written((text + ',"snapshot_id":"x"}').encode(), places))


def test_a_playlist_that_shows_a_later_page_has_no_records_itself() -> None:
    content = b'{"items":{"items":[{"a":1}],"offset":100}}'
    check("playlist", Written(content, []))


def test_bytes_that_are_no_utf8_do_not_shift_anything() -> None:
    content = b'{"x":"\xff\xfe","items":[{"a":"\xff"},{"b":2}]}'
    check("saved_tracks", Written(content, [range(19, 28), range(29, 36)]))


@pytest.mark.parametrize("resource", ["albums", "artist", "what"])
def test_what_has_no_places_is_refused(resource: str) -> None:
    with pytest.raises(DataError, match=f"is a {resource}"):
        place_of(page_of(resource, b"{}"), b"{}", 0)


@pytest.mark.parametrize("resource", ["playlist", "top_tracks"])
def test_a_page_that_is_something_else_is_refused(resource: str) -> None:
    with pytest.raises(DataError, match=f"not a {resource}"):
        place_of(page_of(resource, b"<html>"), b"<html>", 0)


# CSV --------------------------------------------------------------------------

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def cells(draw: st.DrawFn) -> str:
    """A cell as a file may have it: quoted where it must be, and where it need not."""
    text = draw(CELLS)
    if draw(st.booleans()) or set(text) & set('",\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


@st.composite
def files(draw: st.DrawFn) -> Written:
    content = codecs.BOM_UTF8 if draw(st.booleans()) else b""
    if draw(st.booleans()):
        content += (
            draw(st.sampled_from([",,,\"Note that, 'streams'\"", '"a\n""b"",c"', "x"]))
        ).encode()
        content += draw(LINE_ENDS).encode()
    places, columns = [], draw(st.sampled_from([OLD, NEW, ALBUMS]))
    rows = draw(
        st.lists(
            st.lists(cells(), min_size=len(columns), max_size=len(columns)), min_size=1, max_size=4
        )
    )
    # the last row is whole, so that the file is not taken for one that was cut off
    for number, row in enumerate([columns, *rows]):
        content += b"".join(end.encode() for end in draw(st.lists(LINE_ENDS, max_size=2))) * (
            number > 0
        )
        line = ",".join(row).encode()
        places.append(range(len(content), len(content) + len(line)))
        content += line + draw(LINE_ENDS).encode()
    return Written(content, places[1:], places[0])


@given(files())
def test_a_charts_file(written: Written) -> None:
    check("charts_csv", written)


def test_a_charts_file_without_a_last_line_end() -> None:
    content = (
        ",".join(OLD).encode()
        + b'\r\n1,"a\nb",c,5,'
        + b"https://open.spotify.com/track/"
        + b"a" * 22
    )
    check("charts_csv", Written(content, [range(40, len(content))], range(0, 38)))
