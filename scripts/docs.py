"""Write the pages of docs/ that are generated: `make docs`, or `--check` to only compare.

    docs/cli.md               from the commands themselves
    docs/configuration.md     from the models of chartlake.settings
    docs/data-dictionary.md   from chartlake.schema, the SQL files and DuckDB's own types; its
                              examples are computed from docs/example.toml
    docs/sql.md               from scripts/sql_*.py and the lineage of the SQL files
    docs/images/flow-*.svg    from docs/images/flow.template.svg, in a light and a dark palette

What the code does not say, such as the meanings of marts' columns, is in docs/meanings.toml.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import tomllib
import types
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, takewhile
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import typer
from pydantic import BaseModel, SecretStr

import chartlake.cli
from chartlake import settings
from chartlake.lake.store import open_store
from chartlake.schema import TABLES, Column
from chartlake.settings.feeds import FEED_SETTINGS
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.port import Warehouse
from chartlake.warehouse.sql import MARTS, VIEWS, SqlFile, checks
from sql_page import CHECKED, PARTS, REWRITTEN, bans, graph, operators
from worked_example import worked_example

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
MEANINGS: dict[str, Any] = tomllib.loads((DOCS / "meanings.toml").read_text(encoding="utf-8"))
PALETTES = {
    "light": {
        "canvas": "#f6f5f2",
        "card": "#ffffff",
        "line": "#d9d5cc",
        "text": "#1c1b22",
        "soft": "#5f5b67",
        "accent": "#6a3fe0",
    },
    "dark": {
        "canvas": "#0e0f13",
        "card": "#171920",
        "line": "#2f323d",
        "text": "#ecebf1",
        "soft": "#a5a2b0",
        "accent": "#ad93ff",
    },
}
_COLUMN_NAME = re.compile(r"\b([a-z]+(?:_[a-z0-9]+)+)\b")
_OF_TYPER = ("install_completion", "show_completion")
_TYPES = {
    str: "text",
    int: "whole number",
    float: "number",
    Path: "path",
    SecretStr: "secret text",
}
_GENERATED = "<!-- Written by scripts/docs.py: change its source, then run `make docs`. -->"
_STREAM_NOTE = """\
Answers go to standard output; warnings, errors and row counts go to standard error. With `--json`
the answer is one JSON document; an error that leaves nothing to answer stays words on standard
error. Output that does not go to a terminal is 120 columns wide and has no colours (a query's is as
wide as its rows); `NO_COLOR` switches colours off everywhere. Columns for which a terminal has no
room are left out and named. `--project` of a command about a project may stand before or after its
name."""


class UndocumentedError(Exception):
    """A column or key without a meaning, or a meaning without a column or key."""


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")
    only_check = parser.parse_args().check
    try:
        stale = {page: text for page, text in pages().items() if _differs(page, text)}
    except UndocumentedError as problem:
        sys.exit(f"docs/meanings.toml: {problem}")
    if only_check and stale:
        names = ", ".join(str(page.relative_to(ROOT)) for page in stale)
        sys.exit(f"stale: {names}. Write them again: make docs")
    for page, text in stale.items():
        page.write_text(text, encoding="utf-8")
        print(f"wrote {page.relative_to(ROOT)}")


def pages() -> dict[Path, str]:
    """Every generated file and its text."""
    pictures = {DOCS / "images" / f"flow-{name}.svg": picture(name) for name in PALETTES}
    return pictures | {
        DOCS / "cli.md": cli_page(),
        DOCS / "configuration.md": configuration_page(),
        DOCS / "data-dictionary.md": dictionary_page(),
        DOCS / "sql.md": sql_page(),
    }


def picture(palette: str) -> str:
    """The architecture in one palette."""
    template = (DOCS / "images" / "flow.template.svg").read_text(encoding="utf-8")
    return Template(template).substitute(PALETTES[palette])


# The command line -------------------------------------------------------------


def cli_page() -> str:
    """Every command with its arguments and options, and the exit codes."""
    sections = "\n\n".join(_command(path, command) for path, command in commands())
    codes = _table(("code", "meaning"), _exit_codes())
    return _page(
        "The command line",
        "All commands, as `--help` gives them.",
        _STREAM_NOTE,
        sections,
        "## Exit codes",
        codes,
        "Of several problems the highest code counts; 75 only when nothing failed.",
    )


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """All commands in the order of `--help`, each with its words: ("lake", "cat")."""

    def walk(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
        yield path, command
        for name, child in getattr(command, "commands", {}).items():
            yield from walk((*path, name), child)

    return walk((), typer.main.get_command(chartlake.cli.app))


def _command(path: tuple[str, ...], command: Any) -> str:
    words = " ".join(("chartlake", *path))
    parts = [f"## {words}", str(command.help).strip()]
    if hasattr(command, "commands"):
        parts[0] = parts[0] if path else "## The whole"
        shown = [
            (f"`{words} {name}`", child.help.strip().split("\n\n")[0])
            for name, child in command.commands.items()
        ]
        parts.append(_table(("command", "what it does"), shown))
    options = [p for p in command.params if p.name not in _OF_TYPER]
    parts += ["```text\n" + _usage(words, command) + "\n```"] if path else []
    if options:
        parts.append(_table(("argument or option", "meaning"), map(_parameter, options)))
    return "\n\n".join(parts)


def _usage(words: str, command: Any) -> str:
    places = [_placeholder(p) for p in command.params if p.param_type_name == "argument"]
    rest = ["COMMAND …"] if hasattr(command, "commands") else places
    return " ".join([words, "[OPTIONS]", *rest])


def _placeholder(argument: Any) -> str:
    name = (argument.metavar or argument.name).upper()
    name = f"{name}…" if argument.nargs == -1 else name
    return name if argument.required else f"[{name}]"


def _parameter(parameter: Any) -> tuple[str, str]:
    if parameter.param_type_name == "argument":
        return f"`{_placeholder(parameter)}`", str(parameter.help)
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    value = "" if parameter.is_flag else f" `{_value(parameter)}`"
    has_default = not parameter.is_flag and isinstance(parameter.default, int | float | Path)
    notes = [f" Default: `{parameter.default}`."] if has_default else []
    notes += [f" Environment: `{parameter.envvar}`."] if parameter.envvar else []
    notes += [" May be given several times."] if parameter.multiple else []
    return names + value, str(parameter.help) + "".join(notes)


def _value(option: Any) -> str:
    return str(option.metavar or "N")


def _exit_codes() -> list[tuple[str, str]]:
    """From the docstring of chartlake.cli, which is where a reader of the code looks."""
    text = " ".join(str(chartlake.cli.__doc__).partition("Exit codes:")[2].split()).rstrip(".")
    codes = [part.strip().partition(" ") for part in text.split("·")]
    return [(code, meaning) for code, _, meaning in codes]


# The configuration ------------------------------------------------------------


class Key(NamedTuple):
    """One setting."""

    name: str
    type: str
    default: str
    variable: str


def configuration_page() -> str:
    """Every key of chartlake.toml, with its variable: the sections, then each kind of feed."""
    sections, (every, by_source) = list(section_keys()), feed_keys()
    keys = {key.name: key for key in (*sections, *every, *chain(*by_source.values()))}.values()
    meanings = _complete("settings", MEANINGS["settings"], [key.name for key in keys])

    def table(some: Iterable[Key]) -> str:
        rows = [(f"`{k.name}`", k.type, k.default, meanings[k.name]) for k in some]
        return _table(("key", "type", "default", "meaning"), rows)

    def kind(source: str, own: Sequence[Key]) -> str:
        about = " ".join(str(FEED_SETTINGS[source].__doc__).split())
        return f"### {source}\n\n{about}\n\n{table(own) if own else 'It has no other keys.'}"

    variables = [(f"`{key.name}`", f"`{key.variable}`") for key in keys]
    return _page(
        "Configuration",
        "A project is a folder. Its settings are in `chartlake.toml`, which `chartlake init` "
        "writes; without one every key has its default. The environment wins over `.env`, and "
        "`.env` over `chartlake.toml`. Relative paths are relative to the project's folder. An "
        "unknown key or variable is an error that names the valid ones.",
        "The folder is the working folder, or what `--project` or `CHARTLAKE_PROJECT` names.",
        "## Keys",
        table(sections),
        "## Feeds",
        "`NAME` is the feed's name: small letters, digits and single hyphens. It stays with the "
        "history, and another source under the same name is refused. What each kind of feed "
        "reads, costs and fills is told in [sources](sources.md). All of them have these keys:",
        table(every),
        *(kind(source, own) for source, own in by_source.items()),
        "## Environment variables",
        _table(("key", "variable"), variables),
        "`NAME` stands for the feed's name in capitals. A variable's name cannot hold a hyphen in "
        "most shells, so set the keys of a feed such as `friday-finds` in `chartlake.toml`.",
        "Secrets (`client_secret`, `access_token`) belong in `.env` or the environment. "
        "`chartlake init` writes `.env.example` and a `.gitignore` that keeps `.env` out of Git.",
    )


def section_keys() -> Iterator[Key]:
    """The keys of all sections but the feeds."""
    for section, field in settings.Settings.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield from _keys_of(section, model)
    name = "markets.FAMILY.MARKET"
    yield Key(name, "text", "none", settings.PREFIX + name.upper().replace(".", "__"))


def feed_keys() -> tuple[list[Key], dict[str, list[Key]]]:
    """The keys that all kinds of feeds have, and those of each kind by its source."""
    all_keys = {name: list(_keys_of("feeds.NAME", model)) for name, model in FEED_SETTINGS.items()}
    shared = set.intersection(*({key.name for key in keys} for keys in all_keys.values()))
    first = next(iter(all_keys.values()))
    source = first.pop(next(n for n, key in enumerate(first) if key.name == "feeds.NAME.source"))
    every = [
        source._replace(type=" or ".join(f"`{name}`" for name in FEED_SETTINGS)),
        *(key for key in first if key.name in shared),
    ]
    return every, {
        name: [key for key in keys if key.name not in shared] for name, keys in all_keys.items()
    }


def _keys_of(prefix: str, model: type[BaseModel]) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else _default(field.default)
        key = f"{prefix}.{name}"
        variable = settings.PREFIX + key.upper().replace(".", "__")
        yield Key(key, _type_words(field.annotation), default, variable)


def _default(value: Any) -> str:
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{one}"' for one in value) + "]`"
    return "none" if value is None or value == {} else f"`{value}`"


def _type_words(annotation: Any) -> str:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" for value in parts)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_type_words(part) for part in parts if part is not type(None))
    if origin is typing.Annotated:
        return _type_words(parts[0])
    if origin is tuple:
        return f"list of {_type_words(parts[0])}"
    if origin is dict:
        return f"table of {_type_words(parts[1])}"
    return _TYPES[annotation]


# The data dictionary ----------------------------------------------------------

_FIRST_MART = "timeline"  # what comes before is about single things


def dictionary_page() -> str:
    """Tables, views, marts, bookkeeping and checks."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(Path(folder) / "empty.duckdb")
        warehouse.load(open_store("memory://"), datetime.now(UTC))
        types_of = relation_types(warehouse)
    examples = dict(_examples())
    marts = [
        f"{_relation(mart, types_of, 'marts')}\n\n{examples.get(mart.name, '')}".rstrip()
        for mart in MARTS
    ]
    first = [mart.name for mart in MARTS].index(_FIRST_MART)
    views = [_relation(view, types_of, "views") for view in VIEWS]
    own = {*TABLES, *(file.name for file in (*MARTS, *VIEWS))}
    bookkeeping = [
        _section(name, None, types_of[name], _relation_meanings("bookkeeping", name, types_of))
        for name in sorted(types_of.keys() - own)
    ]
    _complete("marts", MEANINGS["marts"], [mart.name for mart in MARTS])
    _complete("views", MEANINGS["views"], [view.name for view in VIEWS])
    _complete("bookkeeping", MEANINGS["bookkeeping"], types_of.keys() - own)
    found = [(f"`{c.name}`", c.severity, c.statement) for c in checks()]
    return _page(
        "Data dictionary",
        "What the warehouse holds. `chartlake query` reads all of it. Times are UTC without a "
        "zone. The words are explained in the [glossary](glossary.md), the numbers in the "
        "[definitions](definitions.md).",
        "[Marts](#marts) answer questions · "
        "[what they are made with](#what-marts-are-made-with) · [tables](#tables) hold the typed "
        "records · [views](#views) say which of them count · [bookkeeping](#bookkeeping) · "
        "[checks](#checks)",
        "## Marts",
        "A load makes again what it has touched ([how](architecture.md#marts-that-grow)). Any of "
        "their columns may be null in SQL's eyes; where null has a meaning it is told.",
        *marts[first:],
        "## What marts are made with",
        "Marts as well, and kept up to date as these are: what is told of slots, tracks, albums "
        "and artists, whatever list they stand in.",
        *marts[:first],
        "## Tables",
        "The curated tables: Parquet files in the lake, and the same rows in the warehouse. "
        "The key is unique; a check looks at it.",
        *map(_curated, TABLES.values()),
        "## Views",
        *views,
        "## Bookkeeping",
        "What the warehouse keeps for itself.",
        *bookkeeping,
        "## Checks",
        "Each is SQL that must return no rows. They run before a load is published: where one of "
        "severity error finds something, nothing new is published, what was there before stays, "
        "and the run says why (exit code 1). A warning is something to look at. `[checks] "
        "as_warnings` lets named ones pass. `chartlake check` shows the rows of what is "
        "published.",
        _table(("check", "severity", "what must be so"), found),
    )


def _examples() -> Iterator[tuple[str, str]]:
    """For each mart that has one, a query of the worked example, its answer, and the sum."""
    unknown = MEANINGS["examples"].keys() - {mart.name for mart in MARTS}
    if unknown:
        raise UndocumentedError(f"[examples] names {', '.join(sorted(unknown))}: there is none")
    with worked_example() as db:
        for name, example in MEANINGS["examples"].items():
            answer = db.execute(f"select * from ({example['sql']}) answer order by all")
            headings = [column[0] for column in answer.description or ()]
            rows = [[_example_cell(value) for value in row] for row in answer.fetchall()]
            if not rows:
                raise UndocumentedError(f"[examples.{name}] gives no rows")
            chart = "[the chart of the definitions](definitions.md)"
            said = f"For example, from {chart}: {example['says']}"
            yield name, f"{said}\n\n{_table(headings, rows)}"


def _example_cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "–" if value is None else str(value)


def relation_types(warehouse: Warehouse) -> dict[str, dict[str, str]]:
    """The columns of every table and view, with the types that DuckDB gives them."""
    answer = warehouse.query(
        "select table_name, column_name, lower(data_type) from duckdb_columns() "
        "where not internal order by table_name, column_index"
    )
    found: dict[str, dict[str, str]] = {}
    for table, column, data_type in answer.rows:
        found.setdefault(table, {})[column] = data_type
    return found


def _relation(file: SqlFile, types_of: Mapping[str, Mapping[str, str]], kind: str) -> str:
    meanings = _relation_meanings(kind, file.name, types_of)
    return _section(file.name, _leading_comment(file.text), types_of[file.name], meanings)


def _relation_meanings(
    kind: str, name: str, types_of: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    return _complete(f"{kind}.{name}", MEANINGS[kind].get(name, {}), types_of[name])


def _leading_comment(text: str) -> str:
    """The grain, what the comment lines below it add, and the key where it is told."""
    comment = takewhile(lambda line: line.startswith("--"), text.splitlines())
    lines = [line.removeprefix("--").strip() for line in comment]
    keys = [line for line in lines if line.startswith("key: ")]
    how = [line for line in lines if line.startswith(("anew: ", "scope: ", "of: "))]
    first, *rest = [line for line in lines if line not in (*keys, *how)]
    said = [first, " ".join(rest), *keys]
    return "\n\n".join(_sentence(part) for part in said if part)


def _sentence(text: str) -> str:
    """Plain words of a comment as Markdown: names of columns set as code."""
    marked = _COLUMN_NAME.sub(r"`\1`", text.rstrip("."))
    return marked[:1].upper() + marked[1:] + "."


def _section(
    name: str, about: str | None, columns: Mapping[str, str], meanings: Mapping[str, str]
) -> str:
    rows = [(f"`{column}`", data_type, meanings[column]) for column, data_type in columns.items()]
    heading = [f"### {name}", *([about] if about else [])]
    return "\n\n".join([*heading, _table(("column", "type", "meaning"), rows)])


def _curated(table: Any) -> str:
    def row(column: Column) -> tuple[str, str, str, str]:
        nullable = "yes" if column.nullable else "no"
        return f"`{column.name}`", str(column.type), nullable, column.meaning

    key = ", ".join(f"`{name}`" for name in table.key)
    columns = _table(("column", "type", "null", "meaning"), map(row, table.columns))
    return f"### {table.name}\n\n{table.grain}\n\nKey: {key}.\n\n{columns}"


# The SQL ----------------------------------------------------------------------


def sql_page() -> str:
    """The subset and its bans, the dialects and how they were tried, lineage and the picture."""
    return _page(
        "One definition, four dialects",
        PARTS["about"],
        "[How it stays one](#how-it-stays-one) · [what was tried](#what-was-tried-against-what) · "
        "[the subset](#the-subset) · [what is banned](#what-is-banned) · [lineage](#lineage)",
        "## How it stays one",
        PARTS["how"],
        PARTS["rewritten"],
        _table(("what the files say", "in the other engines"), REWRITTEN),
        "## What was tried against what",
        _table(("engine", "what was done", "what that does not show"), CHECKED),
        PARTS["tolerance"],
        "## The subset",
        PARTS["allowed"],
        operators(),
        "## What is banned",
        PARTS["banned"],
        _table(("construct", "why", "write", "evidence"), bans()),
        "## Lineage",
        PARTS["lineage"],
        graph(),
        PARTS["picture"],
    )


# Shared -----------------------------------------------------------------------


_T = typing.TypeVar("_T")


def _complete(what: str, meanings: Mapping[str, _T], needed: Collection[str]) -> dict[str, _T]:
    """The meanings, when each needed name has one and none is left over."""
    if missing := sorted(set(needed) - set(meanings)):
        raise UndocumentedError(f"[{what}] has no meaning for {', '.join(missing)}")
    if stray := sorted(set(meanings) - set(needed)):
        raise UndocumentedError(f"[{what}] gives a meaning to {', '.join(stray)}: there is none")
    return dict(meanings)


def _differs(page: Path, text: str) -> bool:
    return not page.exists() or page.read_text(encoding="utf-8") != text


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([_GENERATED, f"# {title}", *parts]) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(heads), "|" + "---|" * len(heads), *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    main()
