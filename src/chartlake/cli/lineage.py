"""chartlake lineage: from which columns a column of a mart is made."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer
from rich.text import Text

from chartlake.cli import show
from chartlake.cli.options import AsJson
from chartlake.warehouse.lineage import ROWS, Trace, relation, trace

__all__ = ["lineage"]

_STEPS = (
    show.Col("column", "column"),
    show.Col("made from", "from", wide=True, wraps=True),
    show.Col("in", "file"),
)
_COLUMNS = (
    show.Col("column", "column"),
    show.Col("made from", "from", wide=True, wraps=True),
    show.Col("comes from the tables", "tables", wide=True, wraps=True),
)


def lineage(
    of: Annotated[
        str,
        typer.Argument(
            metavar="MART[.COLUMN]",
            help="A mart or view, or one of its columns, such as chart_movements.streak.",
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Show from which columns of which tables a mart's column is made, and through which SQL.

    Told from the SQL files alone, so it needs no warehouse: what `explain` shows for one number,
    this shows for all of them.
    """
    name, dot, column = of.partition(".")
    names = [column] if dot else list(relation(name).columns)
    found = [trace(name, one) for one in names]
    if as_json:
        show.json({"columns": [msgspec.to_builtins(one) for one in found]})
    elif dot:
        _print_one(found[0])
    else:
        _print_all(name, found)


def _print_one(found: Trace) -> None:
    first = found.steps[0]
    show.line(Text(found.column, style="bold"), f"is {show.plain(first.says)} in {first.file}")
    for label, names in (("comes from", found.made_from), ("is given", found.given)):
        if names:
            show.line(Text(f"  {label}", style="dim"), _listed(names))
    show.line("")
    rows = [
        {"column": _said(step.column), "from": _listed(step.made_from), "file": step.file}
        for step in found.steps
    ]
    show.table(_STEPS, rows)


def _print_all(name: str, found: list[Trace]) -> None:
    about = relation(name)
    show.line(Text(name, style="bold"), f"is made in {about.file}")
    show.line("")
    rows = [
        {
            "column": one.column.removeprefix(f"{name}."),
            "from": _listed(one.steps[0].made_from),
            "tables": ", ".join(dict.fromkeys(_table(each) for each in one.made_from)),
        }
        for one in found
    ]
    show.table(_COLUMNS, rows)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(_said, names)) or "nothing: it is a constant"


def _said(name: str) -> str:
    return f"rows of {_table(name)}" if name.endswith(f".{ROWS}") else name


def _table(name: str) -> str:
    return name.partition(".")[0]
