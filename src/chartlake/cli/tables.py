"""How a table is laid out: what each column gets of the width, and the lines or Rich's table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

__all__ = [
    "Cell",
    "Col",
    "Place",
    "fitting",
    "is_straight",
    "lines",
    "needs",
    "rich_table",
    "shrunk",
]

_NARROWEST = 12
_BETWEEN = 2


class Col(NamedTuple):
    """A column: heading, key of the row, and how a value is written.

    A ``wide`` one gives way where there is little room: cut, or in lines where it ``wraps``.
    """

    heading: str
    key: str
    write: Callable[[Any], str] | None = None
    style: Callable[[Any], str] | None = None
    wide: bool = False
    wraps: bool = False


class Cell(NamedTuple):
    """What stands in a table, and in which style."""

    text: str
    style: str


class Place(NamedTuple):
    """A column that is shown: what it is called, on which side values stand, and its width."""

    column: Col
    heading: str
    is_right: bool
    width: int


def is_straight(screen: Console, places: Sequence[Place]) -> bool:
    """Whether each row is a line: nothing wraps, all fits, and the terminal knows the rule."""
    total = sum(place.width for place in places) + _BETWEEN * (len(places) - 1)
    is_plain = not (screen.options.ascii_only or screen.legacy_windows)
    fits = bool(places) and total <= screen.width
    return is_plain and fits and not any(p.column.wraps for p in places)


def lines(
    screen: Console, places: Sequence[Place], cells: Sequence[Sequence[Cell]]
) -> Iterator[Segment]:
    """The table line by line: Rich's own takes half a second for a thousand rows."""
    bold, between = screen.get_style("bold"), " " * _BETWEEN
    for number, place in enumerate(places):
        if number:
            yield Segment(between)
        yield Segment(_fitted(place, place.heading), bold)
    total = sum(place.width for place in places) + _BETWEEN * (len(places) - 1)
    yield Segment(f"\n{'─' * total}\n")
    for row in cells:
        waiting = ""
        for place, (text, style) in zip(places, row, strict=False):
            fitted = _fitted(place, text)
            if style:
                yield Segment(waiting)
                yield Segment(fitted, screen.get_style(style))
                waiting = between
            else:
                waiting += fitted + between
        yield Segment(waiting.removesuffix(between) + "\n")


def _fitted(place: Place, text: str) -> str:
    """As wide as the column: cut or filled up."""
    spare = place.width - cell_len(text)
    if spare < 0:
        cut = Text(text)
        cut.truncate(place.width, overflow="ellipsis")
        return _fitted(place, cut.plain)
    return " " * spare + text if place.is_right else text + " " * spare


def rich_table(places: Sequence[Place], cells: Sequence[Sequence[Cell]]) -> Table:
    """The table as Rich lays it out: for what wraps, or does not fit."""
    out = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for place in places:
        out.add_column(
            place.heading,
            justify="right" if place.is_right else "left",
            no_wrap=not place.column.wraps,
            overflow="fold" if place.column.wraps else "ellipsis",
            width=place.width,
        )
    for row in cells:
        out.add_row(*(Text(*cell) for cell in row[: len(places)]))
    return out


def needs(columns: Sequence[Col], cells: Sequence[Sequence[Cell]]) -> list[int]:
    """The width that each column needs to show everything."""
    return [
        max([len(column.heading), *(cell_len(row[place].text) for row in cells)])
        for place, column in enumerate(columns)
    ]


def fitting(columns: Sequence[Col], needs: Sequence[int], width: int) -> int:
    """How many of the first columns fit, wide ones at their narrowest."""
    least = [
        min(need, _NARROWEST) if column.wide else need
        for column, need in zip(columns, needs, strict=True)
    ]
    ends = accumulate(need + _BETWEEN for need in least)
    return max(1, sum(end - _BETWEEN <= width for end in ends))


def shrunk(columns: Sequence[Col], needs: Sequence[int], width: int) -> list[int]:
    """What each column gets: where there is too little, wide ones give way evenly."""
    given = list(needs[: len(columns)])
    wide = [place for place, column in enumerate(columns) if column.wide]
    fixed = sum(need for place, need in enumerate(given) if place not in wide)
    spare = width - _BETWEEN * len(columns) - fixed
    for left, place in zip(
        range(len(wide), 0, -1), sorted(wide, key=given.__getitem__), strict=True
    ):
        given[place] = max(min(given[place], _NARROWEST), min(given[place], spare // left))
        spare -= given[place]
    return given
