"""How answers look: tables for people, JSON for programs, errors with a reason and a remedy."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chartlake.errors import ChartlakeError

__all__ = ["Col", "console", "error", "json", "line", "note", "plain", "program", "table", "warn"]

_PIPED_WIDTH = 120
_NARROWEST = 8
_BETWEEN = 2
# names come from strangers: nothing in them may steer the terminal
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Col(NamedTuple):
    """A column: heading, key of the row, and how a value is written."""

    heading: str
    key: str
    write: Callable[[Any], str] | None = None
    style: Callable[[Any], str] | None = None
    wide: bool = False


def console(*, stderr: bool = False) -> Console:
    """The terminal as it is now: width, colours and NO_COLOR are looked up on each call."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPED_WIDTH
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


def line(*parts: str | Text) -> None:
    """A line on standard output."""
    console().print(*parts, soft_wrap=True)


def note(text: str) -> None:
    """A line for people beside the answer, on standard error."""
    console(stderr=True).print(Text(plain(text), style="dim"), soft_wrap=True)


def warn(text: str) -> None:
    """Something to look at, on standard error."""
    console(stderr=True).print(
        Text("warning: ", style="yellow") + Text(plain(text)), soft_wrap=True
    )


def error(problem: ChartlakeError, subject: str | None = None) -> None:
    """What happened, why, and what to do; on standard error."""
    out = console(stderr=True)
    what = f"{subject}: {problem.what}" if subject else problem.what
    out.print(Text("error: ", style="bold red") + Text(plain(what)), soft_wrap=True)
    for label, words in (("why", problem.why), ("fix", problem.fix)):
        if words:
            text = "\n".join(plain(part) for part in words.splitlines())
            out.print(Text(f"  {label}   ", style="dim") + Text(text), soft_wrap=True)


def json(answer: Mapping[str, Any]) -> None:
    """One JSON document on standard output."""
    encoded = msgspec.json.format(msgspec.json.encode(answer), indent=2)
    sys.stdout.write(encoded.decode() + "\n")


def table(
    columns: Sequence[Col], rows: Sequence[Mapping[str, Any]], *, keep_empty: bool = False
) -> None:
    """Rows as a table; numbers to the right, columns without any value left out."""
    shown = [c for c in columns if keep_empty or any(row.get(c.key) is not None for row in rows)]
    cells = [[_cell(column, row.get(column.key)) for column in shown] for row in rows]
    out = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    screen = console()
    widths = _widths(shown, cells, screen.width)
    for place, column in enumerate(shown):
        values = [row.get(column.key) for row in rows]
        right = all(value is None or isinstance(value, int | float) for value in values)
        out.add_column(
            column.heading,
            justify="right" if right else "left",
            no_wrap=True,
            overflow="ellipsis",
            width=widths[place],
        )
    for row_cells in cells:
        out.add_row(*row_cells)
    screen.print(out)


def _widths(columns: Sequence[Col], cells: Sequence[Sequence[Text]], screen: int) -> list[int]:
    """What each column needs; where the screen is too narrow, wide ones give way evenly."""
    needs = [
        max([len(column.heading), *(row[place].cell_len for row in cells)])
        for place, column in enumerate(columns)
    ]
    wide = [place for place, column in enumerate(columns) if column.wide]
    spare = screen - _BETWEEN * len(columns) - sum(n for p, n in enumerate(needs) if p not in wide)
    for left, place in zip(
        range(len(wide), 0, -1), sorted(wide, key=needs.__getitem__), strict=True
    ):
        needs[place] = max(_NARROWEST, min(needs[place], spare // left))
        spare -= needs[place]
    return needs


def program() -> str:
    """How this program was called, so that a proposed command can be pasted as it is."""
    called = Path(sys.argv[0])
    if called.name != "chartlake" or shutil.which("chartlake") == str(called.absolute()):
        return "chartlake"
    return shlex.quote(os.path.relpath(called))


def plain(text: str) -> str:
    """Text without control characters."""
    return _CONTROL.sub("�", text)


def _cell(column: Col, value: Any) -> Text:
    if value is None:
        return Text("–", style="dim")
    words = column.write(value) if column.write else _words(value)
    return Text(plain(words), style=column.style(value) if column.style else "")


def _words(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
