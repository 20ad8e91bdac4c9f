"""How each banned construct is found: on the tree, or on the tree with the types of its columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp

_WHOLE = (*exp.DataType.INTEGER_TYPES,)
_FRACTIONS = exp.DataType.REAL_TYPES
_MOMENTS = ("timestamp", "timestampntz")
# of Snowflake and Trino; only those that somebody could want as a name
_RESERVED = frozenset(
    {
        *("all", "any", "check", "column", "connect", "current", "database", "distinct"),
        *("end", "except", "following", "for", "from", "full", "grant", "group", "in", "increment"),
        *("inner", "insert", "into", "is", "issue", "join", "lateral", "left", "like", "minus"),
        *("natural", "normalize", "of", "on", "or", "order", "organization", "qualify", "regexp"),
        *("revoke", "right", "row", "rows", "sample", "schema", "set", "skip", "some", "start"),
        *("table", "then", "to", "trigger", "uescape", "union", "unique", "unnest", "update"),
        *("using", "values", "view", "when", "whenever", "where", "with"),
    }
)


Types = Iterable[str | exp.DType]


def is_a(*kinds: type[exp.Expr]) -> Callable[[exp.Expr], bool]:
    return lambda node: isinstance(node, kinds)


def cast_of(node: exp.Expr, to: Types, what: Types) -> bool:
    """Whether it is a cast to such a type of what has such a type, as far as types are known."""
    return type(node) is exp.Cast and node.is_type(*to) and node.this.is_type(*what)


def fraction_to_whole(node: exp.Expr) -> bool:
    rounded = isinstance(node.this, exp.Floor | exp.Ceil | exp.Round)
    return cast_of(node, _WHOLE, _FRACTIONS) and not rounded


def text_to_other(node: exp.Expr) -> bool:
    if isinstance(node.this, exp.Literal) and node.is_type("date", *_MOMENTS):
        return False  # date '2024-01-31'
    others: Types = (*_WHOLE, *_FRACTIONS, "date", *_MOMENTS, "boolean")
    return cast_of(node, others, exp.DataType.TEXT_TYPES)


def to_text(node: exp.Expr) -> bool:
    return cast_of(node, exp.DataType.TEXT_TYPES, (*_FRACTIONS, *_MOMENTS))


def whole_division(node: exp.Expr) -> bool:
    return isinstance(node, exp.Div) and not any(
        side.is_type(*_FRACTIONS) for side in (node.this, node.expression)
    )


def open_division(node: exp.Expr) -> bool:
    """A divisor that may be 0: no number, no nullif(…, 0), not asked in a `when` around it."""
    if not isinstance(node, exp.Div):
        return False
    divisor = node.expression.unnest()
    if isinstance(divisor, exp.Nullif):
        return False
    if isinstance(divisor, exp.Literal):
        return float(divisor.this) == 0
    around = node.find_ancestor(exp.If)
    asked = {one.this.sql() for one in around.this.find_all(exp.GT)} if around else set()
    return divisor.sql() not in asked


def unit(node: exp.Expr) -> str:
    return str(node.args.get("unit") or "day").lower().strip("'")


def other_unit(node: exp.Expr) -> bool:
    return isinstance(node, exp.DateDiff) and unit(node) not in ("day", "second")


def days_between_moments(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.DateDiff)
        and unit(node) == "day"
        and any(side.is_type(*_MOMENTS) for side in (node.this, node.expression))
    )


def seconds_not_cut(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.DateDiff)
        and unit(node) == "second"
        and not all(isinstance(side, exp.TimestampTrunc) for side in (node.this, node.expression))
    )


def trunc_alone(node: exp.Expr) -> bool:
    return isinstance(node, exp.TimestampTrunc | exp.DateTrunc) and not isinstance(
        node.parent, exp.DateDiff
    )


def days_on(node: exp.Expr) -> bool:
    """date + n where the tree does not show a date and a 32-bit number."""
    if not isinstance(node, exp.Add | exp.Sub) or not node.this.is_type("date"):
        return False
    plain = isinstance(node.expression, exp.Cast) and node.expression.is_type("int")
    whole = isinstance(node.expression, exp.Literal) and node.expression.is_int
    return not (isinstance(node, exp.Add) and isinstance(node.this, exp.Cast) and (plain or whole))


def with_zone(node: exp.Expr) -> bool:
    zoned = isinstance(node, exp.DataType) and node.is_type("timestamptz", "timestampltz", "timetz")
    return zoned or isinstance(node, exp.CurrentTimestamp | exp.AtTimeZone)


def without_name(node: exp.Expr) -> bool:
    """A column of an answer without a name of its own: each engine makes one up."""
    parent = node.parent
    if not isinstance(parent, exp.Select) or node.arg_key != "expressions":
        return False
    if parent.find_ancestor(exp.Exists, exp.In):
        return False
    return not isinstance(node, exp.Alias | exp.Column | exp.Star)


def mixed(node: exp.Expr) -> bool:
    """Compares a text with what is none."""
    if not isinstance(node, exp.EQ | exp.NEQ | exp.LT | exp.LTE | exp.GT | exp.GTE):
        return False
    sides = (node.this, node.expression)
    known = [side for side in sides if side.type and not side.is_type("unknown", "null")]
    texts = [side.is_type(*exp.DataType.TEXT_TYPES) for side in known]
    return len(texts) == 2 and texts[0] != texts[1]


def reserved(node: exp.Expr) -> bool:
    return isinstance(node, exp.Identifier) and node.name.lower() in _RESERVED


def group_by_all(node: exp.Expr) -> bool:
    return isinstance(node, exp.Group) and bool(node.args.get("all"))
