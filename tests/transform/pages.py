"""Pages of records as text: the list somewhere among other members, or where nobody expects it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.transform.songs import spotify_id
from tests.transform.written import Members, Style, Text, written

_SPACES = (*[""] * 12, " ", "\r\n\t")
Pairs = list[tuple[str, Any]]

_ODD_WRAPS: tuple[Callable[[Pairs, str], Pairs], ...] = (
    lambda page, _: [("note", '"items":[{"added_at":'), *page],
    lambda page, name: [("other", {name: [1, {"added_at": 2}, 3]}), *page],
    lambda page, name: [*page, ("other", {name: [{"added_at": 2}]})],
    lambda page, name: [(name, [{"added_at": "not this"}, None]), *page],
    lambda page, name: [(name, []), *page],
    lambda page, _: [("href", "}],"), *page, ("next", "]}"), ("items_of", [[], [{}]])],
    lambda page, name: [(_escaped(name) if key == name else key, v) for key, v in page],
    lambda page, _: [(key, value) for key, value in page if key != "offset"],
    lambda page, _: [(key, None if key == "offset" else value) for key, value in page],
    lambda page, _: [(key, "0" if key == "offset" else value) for key, value in page],
)
_FAILING_WRAPS: tuple[Callable[[Pairs, str], Pairs], ...] = (
    lambda page, _: [*page, ("offset", 7)],
    lambda page, name: [(name, None), *page],
    lambda page, name: [*page, (name, {})],
    lambda page, name: [(key, value) for key, value in page if key != name],
)


def _escaped(name: str) -> Text:
    return Text(f'"\\u{ord(name[0]):04x}{name[1:]}"')


def page(
    random: Random, records: Any, style: Style, odd: int, first: int, name: str = "items"
) -> str:
    """A page of a list that begins at the place ``first``, or a batch of this name."""
    return _with_space(random, odd, written(_page(random, records, odd, first, name), style))


def playlist(random: Random, records: Any, style: Style, kind: int, odd: int) -> str:
    """The playlist object: ``kind`` 0 as of 2026, 1 in the older shape, 2 without its items."""
    page = _page(random, records, odd, 0)
    shapes: tuple[Pairs, ...] = (
        [("items", page)],
        [("tracks", page)],
        [("items", random.choice([None, {"href": "x"}, 5])), ("tracks", None)],
    )
    found: Pairs = [
        ("collaborative", False),
        ("images", [{"url": "x", "height": None}]),
        ("name", random.choice(["Finds", "Finds", None]) if odd else "Finds"),
        ("owner", random.choice([{"display_name": "Vera", "id": "v"}, {"id": "v"}, None])),
        *shapes[kind],
        ("snapshot_id", f"MT{random.randrange(9)}"),
    ]
    if odd > 1 and random.randrange(6) == 0:
        wraps: list[Pairs] = [[("tracks", page), *found], [*found, ("tracks", {"items": [{}]})]]
        found = random.choice(wraps) if kind == 0 else found
    return _with_space(random, odd, written(Members(found), style))


def chart(numbers: list[int]) -> str:
    """A charts file of these tracks."""
    lines = ["rank,uri,artist_names,track_name,source,peak_rank,previous_rank,weeks_on_chart"]
    for rank, number in enumerate(numbers, start=1):
        uri = f"spotify:track:{spotify_id('T', number)}"
        lines.append(f'{rank},{uri},"Vera, {number}",Song,Small,1,-1,{number}')
    return "\n".join(lines) + "\n"


def in_mixed_style(random: Random, records: list[Any], style: Style) -> Any:
    """The list, now and then with more space around some of its records."""
    if random.randrange(3) or style.line:
        return records
    parts = [written(record, style) for record in records]
    spaced = [random.choice(_SPACES) + part + random.choice(_SPACES) for part in parts]
    inside = (style.comma + style.inside).join(spaced)
    return Text(f"[{style.inside}{inside}{style.inside}]")


def _page(random: Random, records: Any, odd: int, first: int, name: str = "items") -> Members:
    around: Pairs = [("href", "x"), ("limit", 50), ("next", None), ("offset", first), ("total", 9)]
    place = random.choice([0, 1, len(around)]) if odd else 1
    found = [*around[:place], (name, records), *around[place:]]
    if odd > 1 and random.randrange(5) == 0:
        found = random.choice(_ODD_WRAPS)(found, name)
    if odd > 2 and random.randrange(25) == 0:
        found = random.choice(_FAILING_WRAPS)(found, name)
    return Members(found)


def _with_space(random: Random, odd: int, text: str) -> str:
    is_wide = odd > 1 and random.randrange(10) == 0
    return f" \r\n{text}\n" if is_wide else text
