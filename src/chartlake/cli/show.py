"""How answers look: tables for people, JSON for programs, errors with a reason and a remedy."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.segment import Segments
from rich.text import Text

from chartlake.cli import tables
from chartlake.cli.tables import Col
from chartlake.errors import ChartlakeError, Deferred
from chartlake.model import as_text

__all__ = [
    "Col",
    "console",
    "error",
    "json",
    "line",
    "named",
    "note",
    "plain",
    "program",
    "progress",
    "size",
    "table",
    "warn",
    "words",
]

_PIPED_WIDTH = 120
_LONGEST = 10_000  # a name may have millions of letters, and each row is as wide as the widest
# names come from strangers: nothing in them may steer the terminal
_UNSEEN = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff\ufff9-\ufffb"
_CONTROL = re.compile(rf"[\x00-\x1f{_UNSEEN}]")
_STEERING = re.compile(f"[{_UNSEEN}]")  # of which JSON asks for no escape


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


@contextmanager
def progress(what: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar that is told how much is done and of how much; on a terminal, and gone at the end."""
    # most commands show none, and start sooner without it
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
        disable=quiet or not sys.stderr.isatty(),
    )
    task = bar.add_task(what, total=None)
    with bar:
        yield lambda done, of: bar.update(task, completed=done, total=of)


def warn(text: str) -> None:
    """Something to look at, on standard error."""
    console(stderr=True).print(
        Text("warning: ", style="yellow") + Text(plain(text)), soft_wrap=True
    )


def error(problem: ChartlakeError, subject: str | None = None) -> None:
    """What happened, why, and what to do; on standard error."""
    out = console(stderr=True)
    what = f"{subject}: {problem.what}" if subject else problem.what
    # what is put off has not failed
    label, style = (
        ("deferred: ", "yellow") if isinstance(problem, Deferred) else ("error: ", "bold red")
    )
    out.print(Text(label, style=style) + Text(plain(what)), soft_wrap=True)
    for label, said in (("why", problem.why), ("fix", problem.fix)):
        if said:
            text = "\n".join(plain(part) for part in said.splitlines())
            out.print(Text(f"  {label}   ", style="dim") + Text(text), soft_wrap=True)


def json(answer: Mapping[str, Any]) -> None:
    """One JSON document on standard output."""
    try:
        encoded = msgspec.json.encode(answer)
    except UnicodeEncodeError:  # a folder or a file whose name is bytes but no text
        encoded = msgspec.json.encode(_as_text(msgspec.to_builtins(answer)))
    document = msgspec.json.format(encoded, indent=2).decode()
    harmless = _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", document)
    sys.stdout.flush()
    sys.stdout.buffer.write(f"{harmless}\n".encode())  # JSON is UTF-8, whatever the terminal is


def _as_text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_as_text(key): _as_text(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_as_text(each) for each in value]
    return as_text(value) if isinstance(value, str) else value


def table(
    columns: Sequence[Col], rows: Sequence[Mapping[str, Any]], *, whole: bool = False
) -> None:
    """Rows as a table; numbers to the right. Columns that do not fit are left out and named.

    ``whole`` shows also the columns without a value, and in a pipe cuts nothing that a person
    could read: only what is longer than 10,000 letters, which JSON has whole.
    """
    shown = [c for c in columns if whole or any(row.get(c.key) is not None for row in rows)]
    screen = console()
    cells = [[_cell(column, row.get(column.key)) for column in shown] for row in rows]
    needs = tables.needs(shown, cells)
    width = screen.width if sys.stdout.isatty() or not whole else sum(needs) + len(needs) * 2
    kept = tables.fitting(shown, needs, width)
    places = [
        tables.Place(column, plain(column.heading), _is_of_numbers(column, rows), given)
        for column, given in zip(
            shown[:kept], tables.shrunk(shown[:kept], needs, width), strict=True
        )
    ]
    screen.width = width
    if tables.is_straight(screen, places):
        screen.print(Segments(tables.lines(screen, places, cells)), soft_wrap=True)
    else:
        screen.print(tables.rich_table(places, cells))
    if kept < len(shown):
        hidden = ", ".join(column.heading for column in shown[kept:])
        note(f"no room for {hidden}: make the terminal wider, or use --json")


def _is_of_numbers(column: Col, rows: Sequence[Mapping[str, Any]]) -> bool:
    values = (row.get(column.key) for row in rows)
    return all(value is None or isinstance(value, int | float) for value in values)


def named(row: Mapping[str, Any]) -> str:
    """An item by its name and artists, as far as they are known."""
    known = [row.get("item_name"), row.get("artist_names")]
    return plain(" · ".join(dict.fromkeys(name for name in known if name)) or "(no name)")


def program() -> str:
    """How this program was called, so that a proposed command can be pasted as it is."""
    called = Path(sys.argv[0])
    if called.name != "chartlake" or shutil.which("chartlake") == str(called.absolute()):
        return "chartlake"
    near = os.path.relpath(called)
    return shlex.quote(str(called.absolute()) if near.startswith("..") else near)


def size(count: int) -> str:
    """Bytes, for people."""
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"


def plain(text: str) -> str:
    """Text without control characters."""
    return _CONTROL.sub("�", text)


def _cell(column: Col, value: Any) -> tables.Cell:
    if value is None:
        return tables.Cell("–", "dim")
    written = column.write(value) if column.write else words(value)
    if len(written) > _LONGEST:
        written = f"{written[: _LONGEST - 1]}…"
    return tables.Cell(plain(written), column.style(value) if column.style else "")


def words(value: Any, numbers: str = ",d") -> str:
    """A value for people; ``numbers`` formats whole ones."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value, numbers) if isinstance(value, int) else str(value)
