"""Write every SELECT of the warehouse in the SQL of other engines: `make dialects`, or `--check`.

    src/chartlake/warehouse/dialects/{athena,snowflake,spark}/NAME.sql
    src/chartlake/warehouse/lineage.json     from which columns each column is made (lineage.py)
    src/chartlake/warehouse/shapes.json      columns, and what each waits for (shapes.py)

The source is DuckDB's SQL in warehouse/views, marts, state and checks; sqlglot translates its
syntax. Where the same syntax means something else, REWRITES says what is written instead: each is
there because engines gave different answers (tests/spark/test_banned_constructs.py).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

import sqlglot
from sqlglot import exp

from chartlake.warehouse import dialects
from chartlake.warehouse.sql import ITEM_STATES, STEPS, VIEWS, checks
from lineage import Select, lineage_text
from shapes import shapes_text

ROOT = Path(__file__).resolve().parent.parent
WAREHOUSE = ROOT / "src" / "chartlake" / "warehouse"
SOURCE = "duckdb"
_FOLDERS = ("views", "marts", "state", "checks")
# What DuckDB's trim() takes away: Unicode's spaces (category Zs). Spark takes only U+0020.
_MORE_SPACES = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_SPACES = " " + "".join(f"\\{code:04X}" for code in _MORE_SPACES)

Rewrite = Callable[[Any, str], exp.Expr]
"""Gives an expression, of DuckDB, as the named dialect has to say it."""


class Source(NamedTuple):
    """A SELECT in DuckDB's SQL, and where in warehouse/ it stands."""

    name: str
    place: str
    text: str


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")
    only_check = parser.parse_args().check
    found = stale()
    if only_check and found:
        names = ", ".join(str(file.relative_to(ROOT)) for file in found)
        sys.exit(f"stale: {names}. Write them again: make dialects")
    for file, text in found.items():
        print(f"{'wrote' if text else 'removed'} {file.relative_to(ROOT)}")
        if text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        else:
            file.unlink()


def stale() -> dict[Path, str | None]:
    """What would be written, by file; None for a file of which there is no source any more."""
    wanted = texts()
    stray = sorted({*(WAREHOUSE / "dialects").glob("*/*.sql")} - wanted.keys())
    differing = {file: text for file, text in wanted.items() if _differs(file, text)}
    return {**differing, **dict.fromkeys(stray)}


def texts() -> dict[Path, str]:
    """Every generated file and its text."""
    others = {
        WAREHOUSE / "dialects" / dialect / f"{source.name}.sql": written(source, dialect)
        for dialect in dialects.DIALECTS
        for source in sources()
    }
    about = {
        WAREHOUSE / "lineage.json": lineage_text(selects()),
        WAREHOUSE / "shapes.json": shapes_text(),
    }
    return {**others, **about}


def selects() -> Iterator[Select]:
    """What makes a relation, in the order in which they build on each other."""
    kinds = {"views": "view", "marts": "mart", "state": "state"}
    for source in sources():
        if kind := kinds.get(source.place.split("/")[0]):
            yield Select(source.name, source.place, kind, source.text)


def sources() -> Iterator[Source]:
    """The SELECTs that are files; checks that are made from a key are the same in all dialects."""
    places = {place.stem: place for folder in _FOLDERS for place in (WAREHOUSE / folder).glob("*")}
    named = [(file.name, file.text) for file in (*VIEWS, *STEPS, ITEM_STATES)]
    named += [(check.name, check.text) for check in checks()]
    for name, text in named:
        if place := places.get(name):
            yield Source(name, place.relative_to(WAREHOUSE).as_posix(), text)


def written(source: Source, dialect: str) -> str:
    """The comments at the top, where it comes from, and the SELECT."""
    lines = source.text.splitlines()
    header = list(takewhile(lambda line: line.startswith("--"), lines))
    note = f"-- generated from {source.place} by scripts/dialects.py: change that, `make dialects`"
    select = translated("\n".join(lines[len(header) :]), dialect)
    return "\n".join([*header, note, select]) + "\n"


def translated(select: str, dialect: str) -> str:
    """One SELECT of DuckDB in another dialect, in the same form as the sources."""
    tree = sqlglot.parse_one(select, read=SOURCE)
    for node in reversed(list(tree.walk())):  # what is inside first
        if rewrite := REWRITES.get(type(node)):
            node.replace(rewrite(node, dialect))
    return tree.sql(
        dialect,
        pretty=True,
        comments=False,
        max_text_width=100,
        normalize_functions="lower",
        unsupported_level=sqlglot.ErrorLevel.RAISE,
    )


# What has to be said otherwise ------------------------------------------------


def _is_not(node: exp.Not, dialect: str) -> exp.Expr:
    """As the source reads: x is not null."""
    inner = node.this
    if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
        return exp.Is(this=inner.this, expression=exp.Not(this=exp.Null()))
    return node.copy()


def _concat(node: exp.Concat, dialect: str) -> exp.Expr:
    """DuckDB leaves nulls out; elsewhere one makes all of it null."""
    empty = exp.Literal.string("")
    parts = [
        part if part.is_string else exp.Coalesce(this=part, expressions=[empty.copy()])
        for part in node.expressions
    ]
    return exp.Concat(expressions=parts, safe=False, coalesce=False)


def _trim(node: exp.Trim, dialect: str) -> exp.Expr:
    """Take away what DuckDB does."""
    if node.args.get("expression"):
        return node.copy()
    return exp.Trim(this=node.this, expression=exp.UnicodeString(this=_SPACES))


def _lower(node: exp.Lower, dialect: str) -> exp.Expr:
    """DuckDB changes letter by letter; Java knows a sigma's place in the word, and a dotted I."""
    one_by_one = exp.func(
        "translate", node.this, exp.Literal.string("Σİ"), exp.Literal.string("σi")
    )
    return exp.Lower(this=one_by_one)


def _number(node: exp.Window, dialect: str) -> exp.Expr:
    """Spark numbers rows in 32 bits, DuckDB in 64."""
    numbers = isinstance(node.this, exp.RowNumber | exp.Rank)
    return exp.cast(node.copy(), "bigint") if numbers and dialect == "spark" else node.copy()


def _position(node: exp.StrPosition, dialect: str) -> exp.Expr:
    """Places in a text as well."""
    return exp.cast(node.copy(), "bigint") if dialect == "spark" else node.copy()


def _days_on(node: exp.Add, dialect: str) -> exp.Expr:
    """Athena adds no number to a date."""
    if isinstance(node.this, exp.Cast) and node.this.is_type("date"):
        return exp.DateAdd(this=node.this, expression=node.expression, unit=exp.var("day"))
    return node.copy()


def _divided(node: exp.Div, dialect: str) -> exp.Expr:
    """One side is a double already (the subset says so), so no cast is needed."""
    return exp.Div(this=node.this, expression=node.expression, typed=True, safe=False)


REWRITES: Mapping[type[exp.Expr], Rewrite] = {
    exp.Add: _days_on,
    exp.Concat: _concat,
    exp.Div: _divided,
    exp.Lower: _lower,
    exp.Not: _is_not,
    exp.StrPosition: _position,
    exp.Trim: _trim,
    exp.Window: _number,
}


def _differs(file: Path, text: str) -> bool:
    return not file.exists() or file.read_text(encoding="utf-8") != text


if __name__ == "__main__":
    main()
