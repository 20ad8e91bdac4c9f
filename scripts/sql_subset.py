"""The subset of SQL in which the warehouse is written: what all four engines answer alike.

`problems` looks at a SELECT's syntax tree, with the types that its columns have. What is in BANS is
refused with its reason; what is not in ALLOWED is refused because nobody has shown that the engines
agree on it: add a probe to tests/spark/probes.sql, and the node and its parts here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError

from sql_ban import Ban
from sql_bans import PLAIN_BANS, TYPED_BANS
from sql_forms import FORMS
from sql_shapes import Shapes

__all__ = ["ALLOWED", "problems"]

_PARTS: tuple[tuple[str, tuple[type[exp.Expr], ...]], ...] = (
    ("distinct expressions from_ group having joins order where with_", (exp.Select,)),
    ("this", (exp.From, exp.Where, exp.Having, exp.TableAlias, exp.Identifier, exp.Var)),
    ("this alias", (exp.Alias, exp.CTE, exp.Subquery, exp.Table)),
    ("expressions", (exp.Distinct, exp.Group, exp.Order, exp.With)),
    ("this kind side on", (exp.Join,)),
    ("this expression distinct", (exp.Union,)),
    ("this desc", (exp.Ordered,)),
    ("", (exp.Null, exp.Rank, exp.RowNumber, exp.Star)),
    ("this", (exp.Boolean, exp.DataType, exp.Not, exp.Neg, exp.Paren)),
    ("this is_string", (exp.Literal,)),
    ("this table", (exp.Column,)),
    ("this to", (exp.Cast,)),
    (
        "this expression",
        (exp.And, exp.Or, exp.Is, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE),
    ),
    ("this expression", (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Nullif)),
    ("this expressions", (exp.Coalesce, exp.In)),
    ("ifs default", (exp.Case,)),
    ("this true", (exp.If,)),
    ("this", (exp.Floor, exp.Lower, exp.Max, exp.Min, exp.Sum)),
    ("this", (exp.FirstValue, exp.IgnoreNulls, exp.Lag, exp.Lead)),
    ("this big_int", (exp.Count,)),
    ("this decimals", (exp.Round,)),
    ("this order over partition_by spec", (exp.Window,)),
    ("kind start start_side end end_side", (exp.WindowSpec,)),
    ("expressions safe coalesce", (exp.Concat,)),
    ("this expression", (exp.Trim,)),
    ("this expression replacement", (exp.Replace,)),
    ("this from_ to", (exp.Translate,)),
    ("this substr", (exp.StrPosition,)),
    ("this unit", (exp.TimestampTrunc,)),
    ("this expression unit", (exp.DateDiff,)),
)
ALLOWED: Mapping[type[exp.Expr], frozenset[str]] = {
    kind: frozenset(parts.split()) for parts, kinds in _PARTS for kind in kinds
}
"""The constructs of the subset, each with the parts that it may have: what the probes have."""

_UNSHOWN = "nobody has shown that the engines agree on it"
_HOW = "what is in scripts/sql_subset.py, or show it in tests/spark/probes.sql"


def problems(name: str, text: str, shapes: Shapes) -> list[str]:
    """What of a SELECT is outside the subset: construct, why, and what to write instead."""
    written = sqlglot.parse_one(text, read="duckdb")
    found = [*_banned(name, written, PLAIN_BANS), *_unknown(name, written)]
    try:
        found += _banned(name, shapes.typed(text), TYPED_BANS)
    except OptimizeError as error:
        found.append(f"{name}: a name that no table in its FROM has ({error}); write what it means")
    return list(dict.fromkeys(found))


def _banned(name: str, tree: exp.Expr, bans: tuple[Ban, ...]) -> Iterator[str]:
    for node in tree.walk():
        for ban in bans:
            if ban.finds(node):
                yield f"{name}: {ban.construct} ({_said(node)}): {ban.why}; write {ban.instead}"


def _unknown(name: str, tree: exp.Expr) -> Iterator[str]:
    for node in tree.walk():
        parts = sorted({part for part, value in node.args.items() if value} - _allowed(node))
        shown = type(node) in ALLOWED and not parts and FORMS.get(type(node), _any)(node)
        if not shown and not any(ban.finds(node) for ban in PLAIN_BANS):
            construct = " with ".join(filter(None, (type(node).__name__, ", ".join(parts))))
            yield f"{name}: {construct} ({_said(node)}): {_UNSHOWN}; write {_HOW}"


def _allowed(node: exp.Expr) -> frozenset[str]:
    return ALLOWED.get(type(node), frozenset(node.args))


def _any(node: exp.Expr) -> bool:
    return True


def _said(node: exp.Expr) -> str:
    text = node.sql("duckdb", normalize_functions="lower", comments=False)
    return text if len(text) <= 60 else f"{text[:59]}…"
