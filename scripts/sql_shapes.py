"""The columns and types of every relation that the warehouse's SQL reads, as sqlglot needs them."""

from __future__ import annotations

from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.optimizer.annotate_types import TypeAnnotator, annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from chartlake.schema import TABLES
from chartlake.warehouse.sql import GIVEN

__all__ = ["Shapes", "reads"]

_GIVEN = {
    "load_history": "feed varchar, slot varchar, attempt_id varchar, build_id varchar, "
    "revision bigint, transform_version bigint, slots_covered bigint, loaded_at timestamp",
    "due_editions": "feed varchar, scheduled_at timestamp, chart_date date",
    "roster_terms": "kind varchar, value varchar",
    "excluded_terms": "kind varchar, value varchar",
    "feed_markets": "feed varchar, family varchar, market varchar",
    "chart_options": "name varchar, value varchar",
    **GIVEN,
}
"""What the SQL files are given beside the curated tables."""


_KINDS = {
    "bool": "boolean",
    "date32[day]": "date",
    "int64": "bigint",
    "string": "varchar",
    "timestamp[us]": "timestamp",
}


def _sum(annotator: TypeAnnotator, node: exp.Sum) -> exp.Expr:
    whole = node.this.is_type(*exp.DataType.INTEGER_TYPES)
    return annotator._set_type(node, exp.DType.INT128 if whole else node.this.type)


_EXPRESSIONS = {
    **DuckDB.EXPRESSION_METADATA,
    exp.Replace: {"returns": exp.DType.TEXT},
    exp.Sum: {"annotator": _sum},
}
"""Which type an expression has: sqlglot's, and DuckDB's where that differs."""


def reads(text: str) -> set[str]:
    """The relations that a SELECT reads."""
    tree = sqlglot.parse_one(text, read="duckdb")
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    return {table.name for table in tree.find_all(exp.Table)} - ctes


class Shapes:
    """Which columns of which types each relation has: tables, what is given, and these files'.

    A state reads what the mart after it made before, so no order of the files is right for all:
    a file waits for what it reads, and where all wait, what is given stands for the first's.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._schema = MappingSchema(dialect="duckdb")
        for name, columns in _GIVEN.items():
            self._add(name, dict(column.split(" ") for column in columns.split(", ")))
        for table in TABLES.values():
            kinds = {column.name: _KINDS[str(column.type)] for column in table.columns}
            self._add(table.name, kinds)
        waiting = {name: reads(text) & texts.keys() - {name} for name, text in texts.items()}
        while waiting:
            ready = [name for name, needs in waiting.items() if not needs & waiting.keys()]
            startable = (name for name, needs in waiting.items() if needs <= self._known())
            for name in ready or [next(startable, next(iter(waiting)))]:
                del waiting[name]
                selects = self.typed(texts[name]).selects
                self._add(name, {one.alias_or_name: _kind(one) for one in selects})

    def _known(self) -> set[str]:
        return {str(name) for name in self._schema.mapping}

    def typed(self, text: str) -> exp.Query:
        """The syntax tree with every column's table and type; OptimizeError for an unknown one."""
        tree = qualify(
            sqlglot.parse_one(text, read="duckdb"),
            dialect="duckdb",
            schema=self._schema,
            expand_alias_refs=False,
            quote_identifiers=False,
        )
        typed = annotate_types(tree, self._schema, _EXPRESSIONS, dialect="duckdb")
        assert isinstance(typed, exp.Query)
        return typed

    def _add(self, name: str, columns: Mapping[str, str]) -> None:
        self._schema.add_table(name, dict(columns), dialect="duckdb")


def _kind(column: exp.Expr) -> str:
    return column.type.sql("duckdb") if column.type else "unknown"
