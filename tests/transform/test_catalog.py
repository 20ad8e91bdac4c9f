"""What distinct records tell is kept once, and stays as it was told."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartlake.schema import TABLES
from chartlake.transform import catalog as module
from chartlake.transform.catalog import (
    KINDS,
    NUMBER,
    POPULARITY,
    Catalog,
    Columns,
    Things,
    reference,
)
from chartlake.transform.entries import Listening, Listing, Told
from chartlake.transform.observations import Seen, Thing

AT = datetime(2026, 2, 27, 5)
LISTING = Listing("track", "k", "t", "Song", "Vera", AT)
SCHEMA = pa.schema(
    [("name", pa.string()), ("count", pa.int64()), ("at", pa.timestamp("us")), ("is", pa.bool_())]
)
ROWS = st.tuples(
    st.none() | st.text(st.characters(codec="utf-8"), max_size=3),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.datetimes(),
    st.none() | st.booleans(),
)


def track(its_id: str, popularity: int | None = 55, *artists: str, name: str = "Song") -> Thing:
    row: list[Any] = [its_id, name, "album", "isrc", 1, 2, 201_000, False, None]
    row[POPULARITY] = popularity
    return tuple(row), tuple((artist, artist.upper()) for artist in artists)


def tracks() -> Things:
    return Things(KINDS[0])


# Columns ----------------------------------------------------------------------------------------


@given(st.lists(ROWS | st.none(), max_size=12))
def test_rows_stay_as_they_were_whenever_they_settle(rows: list[Any]) -> None:
    """None: settle now."""
    columns, kept = Columns(SCHEMA), [row for row in rows if row is not None]
    numbers = []
    for row in rows:
        if row is None:
            assert columns.settle().num_rows == columns.count
        else:
            numbers.append(columns.append(row))
            assert columns.row(numbers[-1]) == row
    assert numbers == list(range(len(kept)))
    assert [columns.row(number) for number in numbers] == kept
    table = columns.settle()
    assert table.schema == SCHEMA
    assert [tuple(row.values()) for row in table.to_pylist()] == kept
    assert all(column.num_chunks <= 1 for column in table.columns)


def test_extending_gives_the_number_of_the_next() -> None:
    columns = Columns(SCHEMA)
    assert columns.extend([]) == 0
    assert columns.extend([("a", 1, AT, None), ("b", 2, AT, True)]) == 2
    columns.settle()
    assert columns.extend([("c", 3, None, None)]) == columns.count == 3
    assert columns.row(2) == ("c", 3, None, None)


# Things -----------------------------------------------------------------------------------------


def test_the_same_again_has_the_same_number() -> None:
    things = tracks()
    one, other = track("a", 5, "v"), track("b", 5, "v", "w")
    assert [things.number(each) for each in (one, other, one, other)] == [0, 1, 0, 1]
    assert things.rows.count == 2
    assert things.credits.count == 3


@pytest.mark.parametrize(
    "other",
    [track("a", 6, "v"), track("a", None, "v"), track("a", 5), track("a", 5, "v", name="x")],
)
def test_under_other_values_it_has_another(other: Thing) -> None:
    things = tracks()
    one = track("a", 5, "v")
    assert (things.number(one), things.number(other)) == (0, 1)
    assert (things.thing(0), things.thing(1)) == (one, other)


THINGS = st.builds(
    lambda its_id, popularity, artists: track(its_id, popularity, *artists),
    st.sampled_from("abc"),
    st.none() | st.integers(0, 2),
    st.lists(st.sampled_from("vw"), max_size=2),
)


@given(st.lists(THINGS | st.none(), max_size=12))
def test_things_stay_as_they_were_whenever_they_settle(told: list[Thing | None]) -> None:
    things = tracks()
    numbers: list[tuple[int, Thing]] = []
    for thing in told:
        if thing is None:
            things.settle()
        else:
            numbers.append((things.number(thing), thing))
    assert all(things.thing(number) == thing for number, thing in numbers)


def test_what_has_settled_is_no_longer_an_object() -> None:
    name = "a text of its own " * 3
    things = tracks()
    before = sys.getrefcount(name)
    things.number(track("a", 5, "v", name=name))
    assert sys.getrefcount(name) > before
    things.settle()
    assert sys.getrefcount(name) == before


@given(st.integers(0, NUMBER), st.integers(0, 999))
def test_a_reference_is_a_number_and_a_popularity(number: int, popularity: int) -> None:
    both = reference(number, popularity)
    assert (both & NUMBER, (both >> 32) - 1) == (number, popularity)
    assert -(2**63) <= both < 2**63


def test_a_thing_with_the_popularity_of_its_reference() -> None:
    things = tracks()
    things.number(track("z", 1, "u"))
    number = things.number(track("a", 5, "v"))
    for settled in (False, True):
        if settled:
            things.settle()
        assert things.thing(reference(number, 0)) == track("a", 0, "v")
        assert things.thing(reference(number, 100)) == track("a", 100, "v")
        assert things.thing(number) == track("a", 5, "v")


# Records ----------------------------------------------------------------------------------------


def test_a_record_may_tell_of_a_listing_of_a_play_of_things_or_of_nothing() -> None:
    catalog = Catalog()
    play = Listening(AT, "track", "k", "t", "Song", "Vera", 5, None, None)
    seen = Seen((track("a"),), (), ())
    told = [Told(), Told(listing=LISTING), Told(seen, listening=play), Told(seen, LISTING)]
    assert [catalog.add(each) for each in told] == [0, 1, 2, 3]
    assert len(catalog) == 4
    assert list(catalog.listing_of) == [-1, 0, -1, 1]
    assert list(catalog.listening_of) == [-1, -1, 0, -1]
    assert catalog.listings.row(1) == tuple(LISTING)
    assert [list(ends) for ends in catalog.seen_ends] == [[0, 0, 1, 2], [0] * 4, [0] * 4]
    assert list(catalog.seen[0]) == [0, 0]


def test_what_is_refused_tells_nothing() -> None:
    catalog = Catalog()
    catalog.add(Told(listing=LISTING))
    number = catalog.refuse("no id", b"{}")
    assert number == 1
    assert catalog.refused == {1: ("no id", b"{}")}
    assert (catalog.listing_of[1], catalog.listening_of[1]) == (-1, -1)


@pytest.mark.parametrize("settled", [False, True])
def test_when_plays_were(settled: bool) -> None:
    catalog = Catalog()
    later = datetime(2026, 2, 28)
    rest = ("track", "k", "t", "Song", "Vera", 5, None, None)
    first, second = (catalog.add(Told(listening=Listening(at, *rest))) for at in (AT, later))
    none = catalog.refuse("no time", b"{}")
    if settled:
        catalog.settle()
    assert catalog.played_at([second, none, reference(first, 5), second]) == [later, AT, later]


def test_it_says_when_it_is_time_to_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HEAVY", 2)
    catalog = Catalog()
    weights = []
    for _ in range(2):
        for _ in range(3):
            catalog.add(Told())
            weights.append(catalog.is_heavy)
        catalog.settle()
        weights.append(catalog.is_heavy)
    assert weights == [False, False, True, False] * 2
    assert len(catalog) == 6


def test_its_columns_are_those_of_the_tables() -> None:
    for kind in KINDS:
        names = Things(kind).rows.settle().schema.names
        columns = TABLES[kind.observations].arrow.names
        assert names == columns[3:-1]
        assert columns[-1] == "observed_at"
    assert TABLES["track_observations"].arrow.names[3 + POPULARITY] == "popularity"
    for table, kept in (
        ("entries", Catalog().listings),
        ("play_observations", Catalog().listenings),
    ):
        for field in kept.settle().schema:
            assert field == TABLES[table].arrow.field(field.name)
