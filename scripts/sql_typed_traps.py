"""How each banned construct is found where the type of every column is known."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlglot import exp

from sql_traps import unit

Types = Iterable[str | exp.DType]

_TEXTS: Types = exp.DataType.TEXT_TYPES
_WHOLE: Types = exp.DataType.INTEGER_TYPES
_FRACTIONS: Types = exp.DataType.REAL_TYPES
_MOMENTS: Types = ("timestamp", "timestampntz")
_KINDS: dict[str, Types] = {
    "text": _TEXTS,
    "number": (*_WHOLE, *_FRACTIONS),
    "date": ("date",),
    "moment": _MOMENTS,
    "truth": ("boolean",),
}
_ANSWERS = ("text", "varchar", "bigint", "int", "double", "date", *_MOMENTS, "boolean")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?")
_SUMS = "int128"
_ASKING: dict[str, tuple[type[exp.Expr], ...]] = {
    "text": (exp.Concat, exp.Lower, exp.Trim, exp.Replace, exp.Translate, exp.StrPosition),
    "number": (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Sum),
    "truth": (exp.And, exp.Or, exp.Not, exp.Where, exp.Having, exp.Join, exp.If),
}


def _kind(node: exp.Expr) -> str | None:
    """What it is, in the coarse way in which engines agree; None for null."""
    return next((kind for kind, types in _KINDS.items() if node.is_type(*types)), None)


def _cast_of(node: exp.Expr, to: Types, what: Types) -> bool:
    """Whether it is a cast to such a type of what has such a type."""
    return type(node) is exp.Cast and node.is_type(*to) and node.this.is_type(*what)


def fraction_to_whole(node: exp.Expr) -> bool:
    whole = isinstance(node.this, exp.Floor | exp.Ceil | exp.Round)
    return _cast_of(node, _WHOLE, _FRACTIONS) and not (whole and not node.this.args.get("decimals"))


def text_to_other(node: exp.Expr) -> bool:
    others: Types = (*_WHOLE, *_FRACTIONS, "date", *_MOMENTS, "boolean")
    return _cast_of(node, others, _TEXTS) and not _is_written_out(node)


def _is_written_out(node: exp.Expr) -> bool:
    """date '2024-01-31', timestamp '2024-01-31 23:59:59'"""
    form = _DATE if node.is_type("date") else _MOMENT if node.is_type(*_MOMENTS) else None
    return bool(form and isinstance(node.this, exp.Literal) and form.fullmatch(node.this.name))


def to_text(node: exp.Expr) -> bool:
    return _cast_of(node, _TEXTS, (*_FRACTIONS, *_MOMENTS))


def whole_division(node: exp.Expr) -> bool:
    return isinstance(node, exp.Div) and not any(
        side.is_type(*_FRACTIONS) for side in (node.this, node.expression)
    )


def days_between_moments(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.DateDiff)
        and unit(node) == "day"
        and any(side.is_type(*_MOMENTS) for side in (node.this, node.expression))
    )


def days_on(node: exp.Expr) -> bool:
    """A date or a time in a sum, but for a date and a 32-bit number that the tree shows."""
    if not isinstance(node, exp.Add | exp.Sub) or not _with_date(node):
        return False
    date, days = node.this, node.expression
    whole = isinstance(days, exp.Literal) and days.is_int
    shown = whole or (isinstance(days, exp.Cast) and days.is_type("int"))
    dated = isinstance(date, exp.Cast) and date.is_type("date")
    return not (isinstance(node, exp.Add) and dated and shown)


def _with_date(node: exp.Binary) -> bool:
    return not {_kind(node.this), _kind(node.expression)}.isdisjoint({"date", "moment"})


def mixed(node: exp.Expr) -> bool:
    """Compares, or gives in one column, a text and a number, a date and a time, …"""
    return any(len({*map(_kind, group)} - {None}) > 1 for group in _alike(node))


def _alike(node: exp.Expr) -> Iterable[Iterable[exp.Expr]]:
    """What has to be of one kind in it."""
    if isinstance(node, exp.EQ | exp.NEQ | exp.LT | exp.LTE | exp.GT | exp.GTE | exp.Nullif):
        return [(node.this, node.expression)]
    if isinstance(node, exp.In | exp.Coalesce):
        return [(node.this, *node.expressions)]
    if isinstance(node, exp.Case):
        return [(*(when.args["true"] for when in node.args["ifs"]), *_given(node, "default"))]
    if isinstance(node, exp.Union):
        return zip(node.left.selects, node.right.selects, strict=False)
    return []


def misfit(node: exp.Expr) -> bool:
    """A function, a sum or a condition of what it is not made for."""
    if isinstance(node, exp.Floor | exp.Round):
        return not node.this.is_type("double")
    if isinstance(node, exp.TimestampTrunc | exp.DateDiff):
        return not all(
            _kind(part) in ("date", "moment") for part in _given(node, "this", "expression")
        )
    asked = {kind for kind, nodes in _ASKING.items() if isinstance(node, nodes)}
    return any(_kind(part) not in (*asked, None) for part in _parts(node)) if asked else False


def _parts(node: exp.Expr) -> Iterable[exp.Expr]:
    """What of it has to be of the kind that it asks for."""
    if isinstance(node, exp.Join):
        return _given(node, "on")
    if isinstance(node, exp.If):
        return [node.this]
    if isinstance(node, exp.Add | exp.Sub) and _with_date(node):
        return []  # see days_on
    return node.iter_expressions()


def _given(node: exp.Expr, *parts: str) -> list[exp.Expr]:
    return [node.args[part] for part in parts if node.args.get(part)]


def unlisted(node: exp.Expr) -> bool:
    """A column whose type is not one of the subset's; inside, a sum may be what DuckDB makes it."""
    if not isinstance(node.parent, exp.Select) or node.arg_key != "expressions":
        return False
    inside = node.find_ancestor(exp.CTE, exp.Subquery) is not None
    return not node.is_type(*_ANSWERS, *((_SUMS,) if inside else ()))
