"""From which columns each column of a view or mart is made, as scripts/dialects.py wrote it down.

Nothing is parsed here and no warehouse is asked: lineage.json was made from the SQL files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

import msgspec

from chartlake.errors import UsageError
from chartlake.schema import TABLES
from chartlake.warehouse.sql import GIVEN

__all__ = ["ROWS", "Made", "Relation", "Step", "Trace", "relation", "relations", "trace"]

ROWS = "*"
"""Stands for a column where rows are counted."""


_GIVEN = {
    "due_editions": "it is the calendar: when the schedules of the feeds make editions due",
    "load_history": "a load notes in it which attempt of which slot it loaded",
    "roster_terms": "it is [roster] of chartlake.toml",
    "excluded_terms": "it is [exclude] of chartlake.toml",
    "feed_markets": "it is [markets] of chartlake.toml, and what the names of charts files say",
    "chart_options": "it is [charts] of chartlake.toml",
    **dict.fromkeys(GIVEN, "a load notes in it what it touched, to make that again in the marts"),
}


class Made(msgspec.Struct, frozen=True, rename={"made_from": "from"}):
    """How a column is made: from which "relation.column", and what its expression says."""

    made_from: tuple[str, ...]
    says: str


class Relation(msgspec.Struct, frozen=True):
    """A view, mart or state: its SQL file, what it reads, whose rows it has, and its columns."""

    file: str
    kind: str
    reads: tuple[str, ...]
    rows: tuple[str, ...]
    columns: dict[str, Made]


class Step(msgspec.Struct, frozen=True, rename={"made_from": "from"}):
    """A column, and from which others the expression of which file makes it.

    What only says which rows a load makes again, and what they go on from, is left out: made
    anew, the column is the same.
    """

    column: str
    file: str
    says: str
    made_from: tuple[str, ...]


class Trace(msgspec.Struct, frozen=True, rename={"made_from": "from"}):
    """Where a column comes from: what no SQL file makes, and the steps from it back to there.

    ``made_from`` are columns of curated tables, ``given`` those of the calendar and of the lists
    that the configuration and the load write. The first step is the column itself.
    """

    column: str
    made_from: tuple[str, ...]
    given: tuple[str, ...]
    steps: tuple[Step, ...]


@cache
def relations() -> Mapping[str, Relation]:
    """All views, marts and states by name, in the order in which they build on each other."""
    text = files("chartlake.warehouse").joinpath("lineage.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, Relation])


def relation(name: str) -> Relation:
    """One of them; UsageError names those that are like it."""
    known = relations()
    if name in known:
        return known[name]
    if name in TABLES:
        raise UsageError(
            f"{name} is a curated table: no SQL makes it",
            why="its columns are what the sources tell",
            fix="docs/data-dictionary.md has their meanings; chartlake explain goes to the bytes",
        )
    if why := _GIVEN.get(name):
        raise UsageError(
            f"{name} is given: no SQL makes it",
            why=why,
            fix="docs/architecture.md, Marts that grow, tells how it is used"
            if name in GIVEN
            else "docs/data-dictionary.md has what its columns mean",
        )
    lasting = [one for one, about in known.items() if about.kind != "state"]
    raise UsageError(f"there is no mart or view {name!r}", fix=_like(name, lasting))


def trace(name: str, column: str) -> Trace:
    """From where a column comes; UsageError names those that are like it."""
    columns = relation(name).columns
    if column not in columns:
        raise UsageError(f"{name} has no column {column!r}", fix=_like(column, columns))
    steps = tuple(_steps(f"{name}.{column}"))
    origins = sorted({one for step in steps for one in step.made_from if not _is_made(one)})
    return Trace(
        column=f"{name}.{column}",
        made_from=tuple(one for one in origins if one.partition(".")[0] in TABLES),
        given=tuple(one for one in origins if one.partition(".")[0] not in TABLES),
        steps=steps,
    )


def _steps(start: str) -> Iterator[Step]:
    """The column and all that it is made from and SQL makes, each once, nearest first."""
    seen, coming = {start}, [start]
    while coming:
        step = _step(coming.pop(0))
        yield step
        fresh = [one for one in step.made_from if _is_made(one) and one not in seen]
        seen.update(fresh)
        coming += fresh


def _step(name: str) -> Step:
    place, _, column = name.partition(".")
    about = relations()[place]
    if column == ROWS:
        made = Made(tuple(f"{read}.{ROWS}" for read in about.rows), says="its rows")
    else:
        made = about.columns[column]
    lasting = (one for one in made.made_from if about.kind == "state" or not _is_of_a_load(one))
    return Step(column=name, file=about.file, says=made.says, made_from=tuple(lasting))


def _is_of_a_load(name: str) -> bool:
    place = name.partition(".")[0]
    return place in GIVEN or (_is_made(name) and relations()[place].kind == "state")


def _is_made(name: str) -> bool:
    return name.partition(".")[0] in relations()


def _like(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
