"""Athena's SQL as DuckDB's, with what sqlglot alone does not bring back."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp

__all__ = ["back", "back_from"]


def back(text: str) -> str:
    """A statement of Athena's as DuckDB's text."""
    return back_from(sqlglot.parse_one(text, read="athena"))


def back_from(tree: exp.Expr) -> str:
    """The same of a tree, which is changed.

    Days added to a date give a date there, a timestamp here. DuckDB knows no U&'\\00A0'.
    """
    for coded in list(tree.find_all(exp.UnicodeString)):
        plain = re.sub(r"\\([0-9A-F]{4})", lambda code: chr(int(code[1], 16)), coded.name)
        coded.replace(exp.Literal.string(plain))
    for added in list(tree.find_all(exp.DateAdd)):
        assert added.this.is_type("date")
        assert added.text("unit") == "DAY"
        added.replace(exp.Add(this=added.this, expression=added.expression))
    return tree.sql("duckdb")
