"""How each banned construct is found on the syntax tree, where no types are needed for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from sql_reserved import RESERVED

_MOST = 2**63 - 1


def is_a(*kinds: type[exp.Expr]) -> Callable[[exp.Expr], bool]:
    return lambda node: isinstance(node, kinds)


def open_division(node: exp.Expr) -> bool:
    """A divisor that may be 0: no number, no nullif(…, 0), not asked in a `when` around it."""
    if not isinstance(node, exp.Div):
        return False
    divisor = node.expression.unnest()
    if isinstance(divisor, exp.Nullif):
        return not _is_zero(divisor.expression)
    if isinstance(divisor, exp.Literal):
        return divisor.is_string or _is_zero(divisor)
    return not any(_asks(when.this, divisor) for when in _decided_by(node))


def _is_zero(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.this) == 0


def _decided_by(node: exp.Expr) -> Iterator[exp.If]:
    """Each `when` whose `then` holds it; what counts rows or looks at them is worked out before."""
    while node.parent and not isinstance(node, exp.AggFunc | exp.Window | exp.Query):
        if isinstance(node.parent, exp.If) and node.arg_key == "true":
            yield node.parent
        node = node.parent


def _asks(condition: exp.Expr, divisor: exp.Expr) -> bool:
    """Whether it holds only where the divisor is greater than 0."""
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        return _asks(condition.this, divisor) or _asks(condition.expression, divisor)
    return (
        isinstance(condition, exp.GT)
        and condition.this.unnest() == divisor
        and _is_zero(condition.expression)
    )


def decimal(node: exp.Expr) -> bool:
    """A number that no type of the subset has: 0.5 (5e-1 is a double), or one beyond 64 bits."""
    if not isinstance(node, exp.Literal) or node.is_string or "e" in node.name.lower():
        return False
    return not node.is_int or int(node.name) > _MOST


def unit(node: exp.Expr) -> str:
    return str(node.args.get("unit") or "day").lower().strip("'")


def other_unit(node: exp.Expr) -> bool:
    return isinstance(node, exp.DateDiff) and unit(node) not in ("day", "second")


def seconds_not_cut(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.DateDiff)
        and unit(node) == "second"
        and not all(
            isinstance(side, exp.TimestampTrunc) and unit(side) == "second"
            for side in (node.this, node.expression)
        )
    )


def trunc_alone(node: exp.Expr) -> bool:
    return isinstance(node, exp.TimestampTrunc | exp.DateTrunc) and not isinstance(
        node.parent, exp.DateDiff
    )


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


def reserved(node: exp.Expr) -> bool:
    return isinstance(node, exp.Identifier) and node.name.lower() in RESERVED


def group_by_all(node: exp.Expr) -> bool:
    return isinstance(node, exp.Group) and bool(node.args.get("all"))
