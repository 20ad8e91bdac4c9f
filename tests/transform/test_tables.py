"""From references to records to the rows of the tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from chartlake.model import Manifest, Slot
from chartlake.schema import TABLES, Entry, SlotRows
from chartlake.transform.catalog import Catalog, reference
from chartlake.transform.entries import Listening, Listing, Told
from chartlake.transform.observations import Seen, Thing
from chartlake.transform.pages import PageRecords, SlotContent
from chartlake.transform.records import edition, reject
from chartlake.transform.tables import Slots, tables_of
from tests.transform.slots import manifest

AT = datetime(2026, 3, 1, 4)
LATER = AT + timedelta(minutes=5)
MARCH_1, MARCH_2 = Slot("20260301T040000Z"), Slot("20260302T040000Z")
ATTEMPT = "a" * 16


def slot(at: Slot = MARCH_1, name: str = "finds") -> Manifest:
    made = manifest(slot=at)
    return msgspec.structs.replace(made, feed=msgspec.structs.replace(made.feed, name=name))


def track(its_id: str, popularity: int | None = 5, **changes: Any) -> Thing:
    names = TABLES["track_observations"].arrow.names[3:-1]
    row = dict.fromkeys(names) | {"track_id": its_id, "popularity": popularity} | changes
    return tuple(row.values()), (("v", "Vera"), (None, "Oto"))


def listed(key: str, *things: Thing) -> Told:
    return Told(Seen(tuple(things)), Listing("track", key, key, f"Song {key}", "Vera", None))


def page(*references: int, number: int = 0, first: int = 0, at: datetime = AT) -> PageRecords:
    return PageRecords(number, first, at, references)


def rows_of(
    catalog: Catalog, *slots: tuple[Manifest, list[PageRecords]]
) -> dict[str, list[dict[str, Any]]]:
    manifests = [manifest for manifest, _ in slots]
    contents = [SlotContent(SlotRows(), pages) for _, pages in slots]
    found = tables_of(Slots(manifests, contents), catalog, ATTEMPT)
    return {name: table.to_pylist() for name, table in found.items()}


def column(rows: list[dict[str, Any]], *names: str) -> list[Any]:
    return [tuple(row[name] for name in names) if names[1:] else row[names[0]] for row in rows]


def test_no_slots_have_no_tables() -> None:
    assert tables_of(Slots([], []), Catalog(), ATTEMPT) == {}


def test_a_slot_without_records_has_only_its_own_rows() -> None:
    own = SlotRows(editions=[edition(slot(), 0)])
    found = tables_of(Slots([slot()], [SlotContent(own)]), Catalog(), ATTEMPT)
    assert {name: table.num_rows for name, table in found.items()} == {"editions": 1}


def test_one_record_in_many_slots_and_places() -> None:
    catalog = Catalog()
    one, two = catalog.add(listed("one", track("t1"))), catalog.add(listed("two", track("t2")))
    found = rows_of(
        catalog,
        (slot(), [page(one, two), page(one, number=1, first=2)]),
        (slot(MARCH_2), [page(), page(two, number=1)]),
    )
    assert column(found["entries"], "slot", "position", "page", "item", "item_key") == [
        (MARCH_1, 1, 0, 0, "one"),
        (MARCH_1, 2, 0, 1, "two"),
        (MARCH_1, 3, 1, 0, "one"),
        (MARCH_2, 1, 1, 0, "two"),
    ]
    assert column(found["track_observations"], "slot", "track_id") == [
        (MARCH_1, "t1"),
        (MARCH_1, "t2"),
        (MARCH_2, "t2"),
    ]
    assert column(found["track_artists"], "slot", "track_id", "artist_position", "artist_id") == [
        (MARCH_1, "t1", 1, "v"),
        (MARCH_1, "t1", 2, None),
        (MARCH_1, "t2", 1, "v"),
        (MARCH_1, "t2", 2, None),
        (MARCH_2, "t2", 1, "v"),
        (MARCH_2, "t2", 2, None),
    ]
    assert {(row["feed"], row["attempt_id"]) for row in found["entries"]} == {("finds", ATTEMPT)}


def test_rows_stand_in_the_order_of_the_slots() -> None:
    """Also those that are a slot's own, and those of records, in one table."""
    catalog = Catalog()
    record = catalog.add(listed("one", track("t1")))
    rejects = [reject(0, 0, "no", b"x")]
    nothing: dict[str, Any] = dict.fromkeys(Entry._fields)
    own = Entry(**nothing | {"position": 1, "item_kind": "track", "page": 0, "item": 0})
    slots = [slot(MARCH_2, "b"), slot(MARCH_1, "a"), slot(MARCH_1, "c"), slot(MARCH_2, "c")]
    contents = [
        SlotContent(SlotRows(rejects=rejects), [page(record)]),
        SlotContent(SlotRows(entries=[own, own]), []),
        SlotContent(SlotRows(), [page(record)]),
        SlotContent(SlotRows(entries=[own], rejects=rejects), [page()]),
    ]
    found = tables_of(Slots(slots, contents), catalog, ATTEMPT)
    assert found["entries"]["feed"].to_pylist() == ["b", "a", "a", "c", "c"]
    assert found["entries"]["item_key"].to_pylist() == ["one", None, None, "one", None]
    assert found["rejects"]["feed"].to_pylist() == ["b", "c"]


def test_columns_are_those_of_the_tables_but_for_texts_which_are_dictionaries() -> None:
    catalog = Catalog()
    record = catalog.add(listed("one", track("t1")))
    found = tables_of(Slots([slot()], [SlotContent(SlotRows(), [page(record)])]), catalog, ATTEMPT)
    for name, table in found.items():
        for field, declared in zip(table.schema, TABLES[name].arrow, strict=True):
            is_text = pa.types.is_string(declared.type)
            assert (field.name, field.nullable) == (declared.name, declared.nullable)
            assert pa.types.is_dictionary(field.type) == is_text
            assert is_text or field.type == declared.type
        assert table.cast(TABLES[name].arrow).num_rows == table.num_rows


def test_popularity_is_that_of_the_reference_where_it_has_one() -> None:
    catalog = Catalog()
    record, other = catalog.add(listed("one", track("t1"))), catalog.add(listed("two", track("t2")))
    found = rows_of(
        catalog,
        (slot(), [page(record, reference(other, 0))]),
        (slot(MARCH_2), [page(reference(record, 100), other)]),
    )
    assert column(found["track_observations"], "slot", "track_id", "popularity") == [
        (MARCH_1, "t1", 5),
        (MARCH_1, "t2", 0),
        (MARCH_2, "t1", 100),
        (MARCH_2, "t2", 5),
    ]


@pytest.mark.parametrize(
    ("first", "second", "popularity"),
    [((AT, 7), (AT, 9), 7), ((AT, 7), (LATER, 9), 9), ((LATER, 7), (AT, 9), 7)],
)
def test_two_popularities_in_one_slot(
    first: tuple[datetime, int], second: tuple[datetime, int], popularity: int
) -> None:
    catalog = Catalog()
    record = catalog.add(listed("one", track("t1")))
    pages = [
        page(reference(record, number), number=place, first=place, at=at)
        for place, (at, number) in enumerate((first, second))
    ]
    (row,) = rows_of(catalog, (slot(), pages))["track_observations"]
    assert (row["popularity"], row["observed_at"]) == (popularity, max(first[0], second[0]))


@pytest.mark.parametrize("settled", [False, True])
def test_what_differs_within_a_slot_is_merged_there_alone(settled: bool) -> None:
    catalog = Catalog()
    whole = catalog.add(listed("one", track("t1", 5, track_name="Song", isrc="i")))
    short = catalog.add(listed("one", track("t1", None, track_name="Song 2")))
    if settled:
        catalog.settle()
    found = rows_of(
        catalog,
        (slot(), [page(whole), page(short, number=1, first=1, at=LATER)]),
        (slot(MARCH_2), [page(short)]),
        (slot(MARCH_1, "other"), [page(short, whole)]),
    )
    assert column(found["track_observations"], "feed", "track_name", "isrc", "popularity") == [
        ("finds", "Song 2", "i", 5),
        ("finds", "Song 2", None, None),
        ("other", "Song 2", "i", 5),
    ]
    assert column(found["track_observations"], "observed_at") == [LATER, AT, AT]
    assert len(found["track_artists"]) == 3 * 2


def test_things_that_many_slots_tell_of_several_times() -> None:
    """Arrow does not group in the order of the rows."""
    catalog, random = Catalog(), Random(1)
    told = [listed(str(n), track(f"t{n % 1500:04d}", n // 1500)) for n in range(3000)]
    records = [catalog.add(each) for each in told]
    slots = [slot(Slot(f"202603{day:02d}T040000Z")) for day in range(1, 29)]
    chosen = [random.choices(records, k=100) for _ in slots]
    pages = [[page(*each)] for each in chosen]
    found = rows_of(catalog, *zip(slots, pages, strict=True))
    for name in ("track_observations", "track_artists"):
        assert column(found[name], "slot") == sorted(column(found[name], "slot"))
    first = [{n % 1500: n // 1500 for n in reversed(each)} for each in chosen]
    assert sorted(column(found["track_observations"], "slot", "track_id", "popularity")) == [
        (made.slot, f"t{n:04d}", popularity)
        for made, each in zip(slots, first, strict=True)
        for n, popularity in sorted(each.items())
    ]


def test_plays_count_over_pages_and_name_their_account() -> None:
    catalog = Catalog()
    rest = ("track", "k", "t", "Song", "Vera", 5, None, None)
    play = catalog.add(Told(listening=Listening(AT, *rest)))
    refused = catalog.refuse("no time", b"{}")
    found = rows_of(catalog, (slot(), [page(play, refused), page(play, play, number=1)]))
    plays = found["play_observations"]
    assert column(plays, "position", "page", "item") == [(1, 0, 0), (3, 1, 0), (4, 1, 1)]
    assert {row["account"] for row in plays} == {manifest().feed.source_id}
    assert "entries" not in found


def test_a_refused_record_keeps_its_place() -> None:
    catalog = Catalog()
    record, refused = catalog.add(listed("one", track("t1"))), catalog.refuse("no", b"{}")
    found = rows_of(catalog, (slot(), [page(refused, record, refused, record)]))
    assert column(found["entries"], "position", "item") == [(2, 1), (4, 3)]
    assert len(found["track_observations"]) == 1


def test_a_table_is_as_large_as_its_rows() -> None:
    """A text is there once, however many rows have it."""
    catalog = Catalog()
    record = catalog.add(listed("one", track("t1", track_name="x" * 1000)))
    slots = [(slot(Slot(f"202603{day:02d}T040000Z")), [page(record)]) for day in range(1, 29)]
    manifests, contents = zip(*((m, SlotContent(SlotRows(), p)) for m, p in slots), strict=True)
    table = tables_of(Slots(list(manifests), list(contents)), catalog, ATTEMPT)
    assert table["track_observations"].nbytes < 28 * 1000
