"""The subset of SQL in which the warehouse is written: what all four engines answer alike.

`problems` looks at a SELECT's syntax tree, with the types that its columns have. What is in BANS is
refused with its reason; what is not in ALLOWED is refused because nobody has shown that the engines
agree on it: add a probe to tests/warehouse/test_banned_constructs.py, and the node here.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError

from sql_bans import BANS
from sql_shapes import Shapes

__all__ = ["ALLOWED", "problems"]

ALLOWED: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered),
        *(exp.With, exp.CTE, exp.Subquery, exp.Union, exp.Distinct, exp.Star),
        *(exp.Table, exp.TableAlias, exp.Column, exp.Alias, exp.Identifier, exp.Var),
        *(exp.Literal, exp.Boolean, exp.Null, exp.DataType, exp.Cast, exp.Paren),
        *(exp.And, exp.Or, exp.Not, exp.Is, exp.In),
        *(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE),
        *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Floor, exp.Round),
        *(exp.Case, exp.If, exp.Coalesce, exp.Nullif),
        *(exp.Count, exp.Sum, exp.Min, exp.Max),
        *(exp.Window, exp.WindowSpec, exp.RowNumber, exp.Rank, exp.Lag, exp.Lead),
        *(exp.FirstValue, exp.IgnoreNulls),
        *(exp.Concat, exp.Lower, exp.Trim, exp.Replace, exp.Translate, exp.StrPosition),
        *(exp.DateDiff, exp.TimestampTrunc),
    }
)
_TYPES = ("bigint", "int", "double", "date", "timestamp", "timestampntz", "text")
_UNSHOWN = "nobody has shown that the engines agree on it"
_HOW = "what is in scripts/sql_subset.py, or show it in tests/warehouse/test_banned_constructs.py"


def problems(name: str, text: str, shapes: Shapes) -> list[str]:
    """What of a SELECT is outside the subset: construct, why, and what to write instead."""
    written = sqlglot.parse_one(text, read="duckdb")
    found = [*_banned(name, written, typed=False), *_unknown(name, written)]
    try:
        found += _banned(name, shapes.typed(text), typed=True)
    except OptimizeError as error:
        found.append(f"{name}: a name that no table in its FROM has ({error}); write what it means")
    return list(dict.fromkeys(found))


def _banned(name: str, tree: exp.Expr, *, typed: bool) -> Iterator[str]:
    bans = [ban for ban in BANS if ban.typed is typed]
    for node in tree.walk():
        for ban in bans:
            if ban.finds(node):
                yield f"{name}: {ban.construct} ({_said(node)}): {ban.why}; write {ban.instead}"


def _unknown(name: str, tree: exp.Expr) -> Iterator[str]:
    for node in tree.walk():
        if not _is_shown(node) and not any(ban.finds(node) for ban in BANS if not ban.typed):
            construct = type(node).__name__
            yield f"{name}: {construct} ({_said(node)}): {_UNSHOWN}; write {_HOW}"


def _is_shown(node: exp.Expr) -> bool:
    """Whether it is one of the allowed, in a form that is."""
    if isinstance(node, exp.DataType):
        return node.is_type(*_TYPES)
    if isinstance(node, exp.Join):
        kind = (node.method or node.kind or node.side).lower()
        return kind in ("", "inner", "left") and bool(node.args.get("on"))
    if isinstance(node, exp.Table):
        return isinstance(node.this, exp.Identifier) and not node.args.get("sample")
    if isinstance(node, exp.Union):
        return not node.args.get("by_name")
    if isinstance(node, exp.Star):  # exclude, replace, rename
        return not any(bool(value) for value in node.args.values())
    if isinstance(node, exp.Ordered):
        return str(node.this.name).lower() != "all"
    if isinstance(node, exp.Window):
        return _says_which_rows(node)
    if isinstance(node, exp.WindowSpec):
        return node.args["kind"].lower() in ("rows", "range") and not node.args.get("exclude")
    return type(node) in ALLOWED


def _says_which_rows(window: exp.Window) -> bool:
    """An order where it matters, and a frame where engines have defaults of their own."""
    function = window.this.this if isinstance(window.this, exp.IgnoreNulls) else window.this
    by_order = isinstance(function, exp.RowNumber | exp.Rank | exp.Lag | exp.Lead | exp.FirstValue)
    by_frame = isinstance(function, exp.FirstValue)
    return not (by_order and not window.args.get("order")) and not (
        by_frame and not window.args.get("spec")
    )


def _said(node: exp.Expr) -> str:
    text = node.sql("duckdb", normalize_functions="lower", comments=False)
    return text if len(text) <= 60 else f"{text[:59]}…"
