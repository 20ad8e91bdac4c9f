"""What Athena's databases hold, and in what order it can be made.

Three databases, of which the first is in the template and the last lives as long as one run:

    NAME_curated     typed tables over all curated files, of whatever attempt
    NAME             what people ask: rows that are live, marts, and views over them
    NAME_draft_RUN   the same while a run of the marts is being made and checked

Athena puts a view's text wherever its name stands. With every mart as a view, `market_spread`
would read 26,000 tables, so each mart is made as Parquet, and only what is small stays a view.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from chartlake.schema import TABLES
from chartlake.warehouse.dialects import dialect_text
from chartlake.warehouse.shapes import shapes
from chartlake.warehouse.sql import STEPS, VIEWS, SqlFile

__all__ = ["Relation", "asked", "bare", "draft_only", "live_views", "marts", "of_marts", "written"]

_HIVE = {"varchar": "string", "integer": "int"}
_LIVE = "live_attempts"

_WRITTEN: Mapping[str, Mapping[str, str]] = {
    _LIVE: {
        name: "bigint" if kind == "integer" else kind
        for name, kind in shapes()[_LIVE].columns.items()
    },
    "live_files": {"table_name": "varchar", "path": "varchar"},
    **{
        name: shapes()[name].columns
        for name in (
            "due_editions",
            "roster_terms",
            "excluded_terms",
            "feed_markets",
            "chart_options",
        )
    },
}
_GRAINS = {
    _LIVE: "one row per feed and slot: the attempt whose rows are live",
    "live_files": "one row per curated file that holds a live row",
    "due_editions": "one row per feed and edition that was due",
    "roster_terms": "one row per term of the roster",
    "excluded_terms": "one row per term that is no part of a chart",
    "feed_markets": "one row per feed that is the list of a market",
    "chart_options": "one row per option of the charts",
}

_GIVEN = {
    "touched_slots": "SELECT DISTINCT feed, slot FROM slots",
    "touched_feeds": "SELECT DISTINCT feed FROM slots",
    "moved_feeds": "SELECT DISTINCT feed FROM slots",
    "scope": (
        "SELECT DISTINCT feed, CAST(1 AS BIGINT) AS first_ordinal, "
        "CAST('0001-01-01 00:00:00' AS TIMESTAMP) AS first_at, "
        "DATE '0001-01-01' AS first_date FROM slots"
    ),
}
"""As where all is made anew: see `chartlake.warehouse.sql.GIVEN`."""


class Relation(NamedTuple):
    """A table, or a view with its SELECT; columns by name, with their types as DuckDB calls them.

    ``grain`` says what one row is.
    """

    name: str
    columns: Mapping[str, str]
    grain: str
    select: str | None = None

    @property
    def hive_columns(self) -> list[dict[str, str]]:
        """The columns as Glue has them."""
        return [
            {"Name": name, "Type": _HIVE.get(kind, kind)} for name, kind in self.columns.items()
        ]


def live_views(curated: str) -> Iterator[Relation]:
    """Of each curated table the rows that are live: by attempt, and from the files that count.

    A file that a build does not name may lie there: what was killed, and what ran twice.
    """
    for table in TABLES.values():
        columns = shapes()[table.name].columns | {"slot_month": "varchar"}
        names = ", ".join(f'r."{name}"' for name in columns)
        yield Relation(
            table.name,
            columns,
            table.grain,
            f'SELECT {names}\nFROM "{curated}"."{table.name}" AS r\n'
            'INNER JOIN live_files AS f ON f.path = r."$path"\n'
            "INNER JOIN live_attempts AS l\n"
            "  ON l.feed = r.feed AND l.slot = r.slot AND l.attempt_id = r.attempt_id",
        )


def written() -> Iterator[Relation]:
    """The small tables that publishing writes itself, because no SELECT makes them."""
    return (Relation(name, columns, _GRAINS[name]) for name, columns in _WRITTEN.items())


def asked() -> Iterator[Relation]:
    """The views over marts and live rows that people ask too."""
    views = (file for file in (*VIEWS, *STEPS) if file.kind == "view")
    return (_as_view(file) for file in views if file.name not in _WRITTEN)


def draft_only() -> Iterator[Relation]:
    """What the SELECTs of marts read beside that: all of it is made anew."""
    for name, select in _GIVEN.items():
        yield Relation(name, shapes()[name].columns, f"what is made anew: {name}", select)
    states = shapes()["item_states"].columns
    nothing = ", ".join(f"CAST(NULL AS {kind.upper()}) AS {name}" for name, kind in states.items())
    before = f"SELECT {nothing} WHERE 1 = 0"
    yield Relation("item_states", states, "items before the first edition: none", before)
    yield from (_as_view(file) for file in STEPS if file.kind == "state")


def marts() -> list[SqlFile]:
    """The marts that are made, in an order in which they can be."""
    return [file for file in STEPS if file.kind == "table"]


def of_marts() -> Iterator[Relation]:
    """The same as relations."""
    return (Relation(file.name, shapes()[file.name].columns, file.grain) for file in marts())


def bare(text: str) -> str:
    """A SELECT without the comments that come first: they are for readers of the file."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def _as_view(file: SqlFile) -> Relation:
    select = bare(dialect_text(file.name, "athena"))
    return Relation(file.name, shapes()[file.name].columns, file.grain, select)
