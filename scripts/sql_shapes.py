"""The columns and types of every relation that the warehouse's SQL reads, as sqlglot needs them."""

from __future__ import annotations

from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from chartlake.schema import TABLES
from chartlake.warehouse.sql import GIVEN

__all__ = ["Shapes"]

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


class Shapes:
    """Which columns of which types each relation has; files are added in the order they are run."""

    def __init__(self) -> None:
        self._schema = MappingSchema(dialect="duckdb")
        for name, columns in _GIVEN.items():
            self._add(name, dict(column.split(" ") for column in columns.split(", ")))
        for table in TABLES.values():
            kinds = {column.name: _KINDS[str(column.type)] for column in table.columns}
            self._add(table.name, kinds)

    def add(self, name: str, text: str) -> None:
        """What the SELECT of a file gives is a relation of this name."""
        selects = self.typed(text).selects
        self._add(name, {one.alias_or_name: _kind(one) for one in selects})

    def typed(self, text: str) -> exp.Query:
        """The syntax tree with every column's table and type; OptimizeError for an unknown one."""
        tree = qualify(
            sqlglot.parse_one(text, read="duckdb"),
            dialect="duckdb",
            schema=self._schema,
            expand_alias_refs=False,
            quote_identifiers=False,
        )
        typed = annotate_types(tree, schema=self._schema, dialect="duckdb")
        assert isinstance(typed, exp.Query)
        return typed

    def _add(self, name: str, columns: Mapping[str, str]) -> None:
        self._schema.add_table(name, dict(columns), dialect="duckdb")


def _kind(column: exp.Expr) -> str:
    return column.type.sql("duckdb") if column.type else "unknown"
