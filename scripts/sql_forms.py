"""In which forms the subset has a construct, where not in all: what was shown, and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

__all__ = ["FORMS"]

_TYPES = ("bigint", "int", "double", "date", "timestamp", "timestampntz", "text")


def _join(node: exp.Join) -> bool:
    """Inner or left, on columns: what is true of all rows is a cross join."""
    kind = (node.kind or node.side).lower()
    on = node.args.get("on")
    return kind in ("", "inner", "left") and bool(on and on.find(exp.Column))


def _subquery(node: exp.Subquery) -> bool:
    """In FROM, not as a value and not after IN."""
    return isinstance(node.parent, exp.From | exp.Join | exp.SetOperation)


def _distinct(node: exp.Distinct) -> bool:
    """Of whole rows, or count(distinct x)."""
    counted = isinstance(node.parent, exp.Count) and len(node.expressions) == 1
    return isinstance(node.parent, exp.Select) or counted


def _window(node: exp.Window) -> bool:
    """An order where it matters, and a frame where engines have defaults of their own."""
    function = node.this.this if isinstance(node.this, exp.IgnoreNulls) else node.this
    order, frame = bool(node.args.get("order")), bool(node.args.get("spec"))
    if isinstance(function, exp.FirstValue):
        return order and frame
    if isinstance(function, exp.RowNumber | exp.Rank | exp.Lag | exp.Lead):
        return order and not frame
    return not function.find(exp.Distinct)


def _round(node: exp.Round) -> bool:
    places = node.args.get("decimals")
    return places is None or (isinstance(places, exp.Literal) and places.is_int)


def _by_place(node: exp.Expr) -> bool:
    """order by 1, group by 1"""
    return isinstance(node, exp.Literal)


FORMS: Mapping[type[exp.Expr], Callable[[Any], bool]] = {
    exp.DataType: lambda node: node.is_type(*_TYPES),
    exp.Distinct: _distinct,
    exp.Floor: lambda node: isinstance(node.parent, exp.Cast),  # it is a bigint in Spark
    exp.Group: lambda node: not any(map(_by_place, node.expressions)),
    exp.IgnoreNulls: lambda node: isinstance(node.this, exp.FirstValue),
    exp.Is: lambda node: isinstance(node.expression, exp.Null),
    exp.Join: _join,
    exp.Ordered: lambda node: not _by_place(node.this) and node.this.name.lower() != "all",
    exp.Round: _round,
    exp.Subquery: _subquery,
    exp.Table: lambda node: isinstance(node.this, exp.Identifier),  # no function
    exp.Window: _window,
    exp.WindowSpec: lambda node: node.args["kind"].lower() in ("rows", "range"),
}
