"""Records are found again by their bytes: rarely decoded, and never taken for another."""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartlake.model import Undecodable, from_json
from chartlake.transform import known as module
from chartlake.transform.catalog import NUMBER, Catalog
from chartlake.transform.entries import Told, read_listed
from chartlake.transform.known import Known, Read
from chartlake.transform.observations import joined, seen_in_track
from chartlake.transform.pages import items_of
from chartlake.transform.payloads import Item
from tests.transform.pages import in_mixed_style, page
from tests.transform.songs import NAMES, Json, listed, odd_track, track
from tests.transform.written import COMPACT, STYLES, Style, Text, written

What = tuple[Any, ...]


class Reader:
    """Knows records, and counts how often one is decoded (not how often it is seen to be cut)."""

    def __init__(self, read: Read = read_listed) -> None:
        self.catalog = Catalog()
        self.decoded = 0
        self._its = read
        self.known = Known(self.catalog, self._read)

    def _read(self, content: bytes) -> Told:
        self.decoded += _is_whole(content)
        return self._its(content)

    def told(self, content: bytes) -> list[What]:
        """What each record of a page tells, whatever the catalog's numbers for it are."""
        return [self._told(each) for each in self.known.references(content, items_of)]

    def _told(self, reference: int) -> What:
        catalog, number = self.catalog, reference & NUMBER
        if number in catalog.refused:
            return catalog.refused[number]
        listing = catalog.listing_of[number]
        things: list[Any] = []
        for of_kind, seen, ends in zip(
            catalog.things, catalog.seen, catalog.seen_ends, strict=True
        ):
            begin = ends[number - 1] if number else 0
            popularity = reference - number if of_kind is catalog.things[0] else 0
            for each in seen[begin : ends[number]]:
                things.append(of_kind.thing(each | popularity))
        return catalog.listings.row(listing) if listing >= 0 else None, *things


def _is_whole(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:
        return False
    return True


def told(content: bytes, read: Read = read_listed) -> list[What] | None:
    """The same by one who has seen nothing before; None for what is no page."""
    try:
        return Reader(read).told(content)
    except Undecodable:
        return None


def record(number: int, **changes: Any) -> Json:
    """A track in a list; what changes stands where it is not looked up by."""
    item = track(number, **changes)
    end = {"uri": item.pop("uri", None), "linked_from": {"uri": f"the end of {number} " * 9}}
    return {"added_at": "2026-02-27T05:00:00Z", "item": item | end}


def page_of(records: Sequence[Any], style: Style = COMPACT) -> bytes:
    return written({"items": list(records), "offset": 0}, style).encode()


def numbers(*each: int) -> bytes:
    return page_of([record(number) for number in each])


# How often a record is decoded ------------------------------------------------------------------


def test_what_is_the_same_is_not_decoded_again() -> None:
    reader = Reader()
    first = reader.told(numbers(*range(9)))
    for _ in range(5):
        assert reader.told(numbers(*range(9))) == first
    assert reader.decoded == 9


@pytest.mark.parametrize("style", STYLES)
def test_nor_what_moved_went_or_came_back(style: Style) -> None:
    reader = Reader()
    random = Random(1)
    for _ in range(20):
        chosen = [record(random.randrange(12)) for _ in range(random.randrange(2, 9))]
        assert reader.told(page_of(chosen, style)) == told(page_of(chosen, style))
    assert reader.decoded <= 12


def test_nor_plays_that_all_end_in_the_playlist_they_were_played_from() -> None:
    context = {"type": "playlist", "href": "https://api.test/v1/playlists/" + "x" * 99}
    reader = Reader()
    for first in range(0, 60, 5):
        numbers = [8 * (n % 30) for n in range(first, first + 20)]  # albums all, no singles
        plays = [{"item": track(number), "context": context} for number in numbers]
        assert reader.told(page_of(plays)) == told(page_of(plays))
    assert reader.decoded == 30


def test_only_what_is_new_is_decoded() -> None:
    reader = Reader()
    reader.told(numbers(*range(9)))
    reader.told(numbers(0, 1, 2, 20, 3, 4, 21, 22, 5, 5, 5))
    assert reader.decoded == 9 + 3


def test_what_was_refused_is_refused_again_unread() -> None:
    reader = Reader()
    content = page_of([record(1), record(2, name=5), record(3), 5, None])
    first = reader.told(content)
    assert [isinstance(each[0], str) for each in first] == [False, True, False, True, False]
    assert reader.told(content) == first == told(content)
    assert reader.decoded == 5


def test_another_popularity_is_decoded_once_at_most() -> None:
    reader = Reader()
    for popularity in (*range(101), 999, 5, 999, 100, 999, 100):
        shifted = [(popularity + 7 * n) % 101 if popularity < 100 else popularity for n in range(9)]
        content = page_of([record(n, popularity=shifted[n]) for n in range(9)])
        assert reader.told(content) == told(content)
    assert reader.decoded <= 2 * 9


@pytest.mark.parametrize(
    "odd", [1000, 12345, -5, 55.5, 5.0, "55", None, ..., True, {"x": 55}, 2**63, 2**70, Text("5e1")]
)
def test_a_popularity_that_is_no_usual_number(odd: Any) -> None:
    reader = Reader()
    for popularity in (55, 7, odd, 100, odd, 7, odd):
        content = page_of([record(n, popularity=popularity) for n in range(3)])
        assert reader.told(content) == told(content)
    assert reader.decoded <= 2 * 3


@pytest.mark.parametrize(
    "changes",
    [
        {"name": '"popularity":5', "popularity": 50},
        {"name": "back\\", "popularity": 50},
        {"artists": [{"id": "V" * 22, "popularity": 50}], "popularity": ...},
        {"artists": [{"id": "V" * 22, "popularity": 50}], "popularity": 50},
        {"album": {"id": "A" * 22, "popularity": 50}, "popularity": 50},
        {"album": {"id": "A" * 22, "popularity": 50}, "popularity": ...},
        {"x": {"popularity": 50}, "popularity": 50},
        {"x": {"popularity": 50}, "popularity": ...},
        {"popularity": {"popularity": 50}},
        {"popularity": [50]},
        {"id": None, "popularity": 50},
        {"type": "episode", "popularity": 50},
        {"popularity": 50, "track_number": 50},
    ],
)
def test_whatever_else_is_a_popularity_changes_with_it(changes: Json) -> None:
    """All fifties become other numbers together, and one by one."""
    reader = Reader()
    whole = written(record(1, **changes))
    for number in ("50", "51", "7", "100", "0"):
        for text in (whole.replace("50", number), *_one_by_one(whole, number)):
            content = page_of([record(0), Text(text), record(2)])
            assert reader.told(content) == told(content)


def _one_by_one(text: str, number: str) -> list[str]:
    parts = text.split("50")
    joined = []
    for place in range(1, len(parts)):
        joined.append("50".join(parts[:place]) + number + "50".join(parts[place:]))
    return joined


@pytest.mark.parametrize("name", [r"popul\u0061rity", r"\u0070opularity"])
def test_a_popularity_under_an_escaped_name(name: str) -> None:
    reader = Reader()
    for written_so, plain in ((50, 50), (51, 50), (50, 51), (51, 51), (7, 51)):
        for order in (1, -1):
            members = [f'"{name}":{written_so}', f'"popularity":{plain}'][::order]
            end = f'"uri":"{"x" * 99}"'
            text = f'{{"item":{{"id":"{"T" * 22}","name":"x",{",".join(members)},{end}}}}}'
            content = page_of([record(0), Text(text), record(2)])
            assert reader.told(content) == told(content)


def test_the_one_popularity_of_a_record_of_several_tracks() -> None:
    reader = Reader(read_both)
    for popularity in (50, 51, 7):
        pair = {"one": track(1, popularity=popularity), "other": track(2, popularity=...)}
        content = page_of([{"a" * 60: 0, **pair, "z": "z" * 99}, {"a" * 60: 0}])
        assert reader.told(content) == told(content, read_both)


def read_both(content: bytes) -> Told:
    pair = json.loads(content)
    found = [pair[name] for name in ("one", "other") if name in pair]
    items = [from_json(json.dumps(each).encode(), Item) for each in found]
    return Told(joined([seen_in_track(item, str(item.id)) for item in items]))


# Never taken for another ------------------------------------------------------------------------


@given(st.integers(0, 2**32), st.integers(0, 3))
@settings(max_examples=60)
def test_whatever_pages_came_before_a_page_tells_the_same(seed: int, odd: int) -> None:
    random, reader = Random(seed), Reader()
    usual = random.choice(STYLES)
    pool = [_any_record(random, number) for number in range(9)]
    for _ in range(8):
        records: Any = [random.choice(pool) for _ in range(random.randrange(9))]
        style = random.choice([usual, usual, usual, *STYLES[:3]])
        mixed = in_mixed_style(random, records, style) if odd else records
        content = page(random, mixed, style, odd, 0).encode()
        assert _again(reader, content) == told(content)


def _any_record(random: Random, number: int) -> Any:
    item = odd_track(random, number) if random.randrange(3) else track(number)
    return listed(random, random.choice([item, item, None, 5]), random.randrange(3))


def _again(reader: Reader, content: bytes) -> list[What] | None:
    try:
        return reader.told(content)
    except Undecodable:
        return None


SHORT = [
    {"added_at": "2026", "item": {"id": "T" * 22, "name": "a", "popularity": 50}},
    None,
    {"added_at": "2025", "item": {"id": "U" * 22, "items": [{"x": 1}], "popularity": 7}},
    12,
    {"added_at": "2025", "item": {"name": "}]"}},
]
DAMAGE = [b"", b'"', b"\\", b"}", b"]", b",", b" ", b"0", b"1", b"\xff", b"{", b"["]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_known_page_with_one_byte_changed(damage: bytes) -> None:
    content = page_of(SHORT)
    reader = Reader()
    for _ in range(3):
        reader.told(content)
    for at in range(len(content)):
        for changed in (
            content[:at] + damage + content[at + 1 :],
            content[:at] + damage + content[at:],
        ):
            assert _again(reader, changed) == told(changed), changed


def test_a_known_page_that_is_cut() -> None:
    content = page_of(SHORT)
    reader = Reader()
    reader.told(content)
    for end in range(len(content)):
        with pytest.raises(Undecodable):
            reader.told(content[:end])
    assert reader.told(content) == told(content)


PARTS = ("[", "]", "{", "}", ",", '"items":', '"items":[', '"x":', "1", "12", "null", " ")


@given(st.lists(st.sampled_from(PARTS), max_size=12), st.integers(0, 400))
@settings(max_examples=200)
def test_a_known_page_with_more_inside(parts: list[str], at: int) -> None:
    content = page_of(SHORT)
    reader = Reader()
    reader.told(content)
    changed = content[:at] + "".join(parts).encode() + content[at:]
    assert _again(reader, changed) == told(changed)


@pytest.mark.parametrize(
    "template",
    [
        '{"x":{"items":[%s]},"items":[%s]}',
        '{"items":[%s],"x":{"items":[%s]}}',
        '{"items":[%s],"items":[%s]}',
        '{"note":"\\"items\\":[{","other":[%s],"items":[%s]}',
        '{"items":[[%s]],"x":[%s]}',
        '{"items":[%s, null ,%s]}',
        '{"items":[%s,null ,%s]}',
        '{"items":[%s, 5,%s]}',
        '{"items":[ %s,%s ]}',
        '{"items":[%s,[],%s]}',
        '{"items":[%s,"}]",%s]}',
        '{"items":[%s],"z":[{"items":[]}],"y":[%s]}',
        '{"items":[%s,%s],"items":null}',
        '{"items":[%s,%s]}}',
        '{"items":[%s,%s]} ',
        '[{"items":[%s,%s]}]',
        '{"items":[%s,,%s]}',
        '{"items":[%s,%s,]}',
    ],
)
def test_a_list_where_another_was(template: str) -> None:
    reader = Reader()
    for _ in range(2):
        reader.told(numbers(0, 1, 2, 3))
    for one, other in (([0, 1], [2, 3]), ([3], [0]), ([0, 1, 2], [3])):
        inside = [",".join(written(record(n)) for n in each) for each in (one, other)]
        content = (template % tuple(inside)).encode()
        assert _again(reader, content) == told(content)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_looks_like_a_page(name: str) -> None:
    reader = Reader()
    for number in (1, 2, 1):
        content = page_of([record(0), record(number, name=name), record(number, name="usual")])
        assert reader.told(content) == told(content)


def test_an_empty_page_between_full_ones() -> None:
    reader = Reader()
    for content in (numbers(0, 1), numbers(), numbers(1), numbers(), numbers(0, 1)):
        assert reader.told(content) == told(content)
    assert reader.decoded == 2


def test_records_that_begin_and_end_alike_are_told_apart() -> None:
    """More of them than are remembered under one look."""
    reader = Reader()
    alike = [{"a" * 60: 0, "item": track(n), "z" * 90: 0} for n in range(12)]
    for order in (1, -1, 1):
        content = page_of(alike[::order])
        assert reader.told(content) == told(content)


# Memory -----------------------------------------------------------------------------------------


def live_records() -> int:
    return sum(type(each).__module__ == module.__name__ for each in gc.get_objects())


@pytest.fixture
def _without_collecting() -> Any:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_without_collecting")
def test_what_is_forgotten_is_gone_though_nobody_looks_for_cycles() -> None:
    before = live_records()
    reader = Reader()
    for _ in range(3):
        reader.told(numbers(*range(30)))  # the last leads to the first
    reader.told(page_of([record(1), record(2)], STYLES[3]))  # but is no longer the last seen
    assert live_records() > before + 20
    reader.known.forget()
    assert live_records() <= before + 5
    assert reader.told(numbers(1, 2)) == told(numbers(1, 2))


def test_bytes_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_BYTES", 10_000)
    before, reader = live_records(), Reader()
    for day in range(40):
        content = numbers(*range(day, day + 30))
        assert reader.told(content) == told(content)
    a_record = len(json.dumps(record(1)))
    assert live_records() <= before + 10_000 // a_record + 40
