"""A record made short for people: what it is stays, and nothing is longer than there is room."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartlake.cli.excerpt import excerpt

JSON = "application/json"


def test_a_listing_is_opened_and_what_is_in_it_told_by_name() -> None:
    artists = [{"href": "h" * 40, "id": "1", "name": "A"}, {"id": "2", "name": "B" * 30}]
    album = {"images": [1] * 50, "name": "Long", "total_tracks": 1.50}
    track = {"album": album, "artists": artists, "name": "Song", "markets": ["DE"] * 90}
    text = json.dumps({"added_at": None, "track": track, "by": {}})
    assert excerpt(text.replace("1.5", "1.50"), JSON, 50) == [
        "{",
        '  "added_at": null,',
        '  "track": {',
        '    "album": {…, "name": "Long", …},',
        '    "artists": [{…, "name": "A"}, … 1 more],',
        '    "name": "Song",',
        '    "markets": ["DE", "DE", "DE", … 87 more]',
        "  },",
        '  "by": {}',
        "}",
    ]


@pytest.mark.parametrize("text", ["null", "1.50", '"a"', "[]", "{}", "1e400", "NaN"])
def test_a_value_that_fits_is_shown_as_it_was_written(text: str) -> None:
    assert excerpt(text, JSON, 40) == [text]


def test_a_member_that_comes_twice_is_shown_twice() -> None:
    assert excerpt('{"a":1,"a":2}', JSON, 40) == ["{", '  "a": 1,', '  "a": 2', "}"]


def test_half_of_a_pair_stays_escaped() -> None:
    (line,) = excerpt('"\\ud800"', JSON, 40)
    assert line == '"\\ud800"'
    line.encode()


def test_many_members_are_cut() -> None:
    lines = excerpt(json.dumps({f"m{number}": number for number in range(100)}), JSON, 40)
    assert len(lines) == 41
    assert lines[-1] == "… 62 lines more"


@pytest.mark.parametrize("text", ["[" * 5000, "{broken" * 50])
def test_what_python_cannot_read_is_cut_as_it_is(text: str) -> None:
    assert excerpt(text, JSON, 20) == [text[:19] + "…"]


def test_a_csv_record_is_shown_in_its_own_lines() -> None:
    assert excerpt('1,"a\r\nb",c', "text/csv", 3) == ['1,"a', 'b",c']


@given(
    st.recursive(
        st.none() | st.text() | st.floats(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["id", "name", "item", "track", "x"]), inner)
        ),
    ),
    st.integers(1, 60),
)
def test_no_line_is_longer_than_the_room(value: object, room: int) -> None:
    lines = excerpt(json.dumps(value), JSON, room)
    assert lines
    assert max(map(len, lines[:40])) <= room
