"""What the warehouse's SQL may not hold, since engines do not agree on it: each with its evidence.

An example is a SELECT in DuckDB's SQL. Where ``RUN`` is the evidence, a test runs it on DuckDB and,
as sqlglot translates it, on Spark, and sees that the answers differ. Else it is what the named
documentation says of an engine that cannot be run here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from sqlglot import exp

__all__ = ["BANS", "RUN", "Ban"]

RUN = "run on DuckDB and Spark"
_SNOWFLAKE = "Snowflake's documentation: "
_TRINO = "Trino's documentation: "
_WHOLE = (*exp.DataType.INTEGER_TYPES,)
_FRACTIONS = exp.DataType.REAL_TYPES
_MOMENTS = ("timestamp", "timestampntz")
# of Snowflake and Trino; only those that somebody could want as a name
_RESERVED = frozenset(
    {
        *("account", "all", "any", "check", "column", "connect", "current", "database", "distinct"),
        *("end", "except", "following", "for", "from", "full", "grant", "group", "in", "increment"),
        *("inner", "insert", "into", "is", "issue", "join", "lateral", "left", "like", "minus"),
        *("natural", "normalize", "of", "on", "or", "order", "organization", "qualify", "regexp"),
        *("revoke", "right", "row", "rows", "sample", "schema", "set", "skip", "some", "start"),
        *("table", "then", "to", "trigger", "uescape", "union", "unique", "unnest", "update"),
        *("using", "values", "view", "when", "whenever", "where", "with"),
    }
)


Types = Iterable[str | exp.DType]


class Ban(NamedTuple):
    """A construct: how it is found on the syntax tree, why it is refused, and what to write."""

    construct: str
    finds: Callable[[exp.Expr], bool]
    why: str
    instead: str
    example: str
    evidence: str = RUN
    typed: bool = False
    """Whether it is looked for where every column's table and type are known."""

    def __str__(self) -> str:
        return self.construct


def _is(*kinds: type[exp.Expr]) -> Callable[[exp.Expr], bool]:
    return lambda node: isinstance(node, kinds)


def _cast_of(node: exp.Expr, to: Types, what: Types) -> bool:
    """Whether it is a cast to such a type of what has such a type, as far as types are known."""
    return type(node) is exp.Cast and node.is_type(*to) and node.this.is_type(*what)


def _fraction_to_whole(node: exp.Expr) -> bool:
    rounded = isinstance(node.this, exp.Floor | exp.Ceil | exp.Round)
    return _cast_of(node, _WHOLE, _FRACTIONS) and not rounded


def _text_to_other(node: exp.Expr) -> bool:
    if isinstance(node.this, exp.Literal) and node.is_type("date", *_MOMENTS):
        return False  # date '2024-01-31'
    others: Types = (*_WHOLE, *_FRACTIONS, "date", *_MOMENTS, "boolean")
    return _cast_of(node, others, exp.DataType.TEXT_TYPES)


def _to_text(node: exp.Expr) -> bool:
    return _cast_of(node, exp.DataType.TEXT_TYPES, (*_FRACTIONS, *_MOMENTS))


def _whole_division(node: exp.Expr) -> bool:
    return isinstance(node, exp.Div) and not any(
        side.is_type(*_FRACTIONS) for side in (node.this, node.expression)
    )


def _open_division(node: exp.Expr) -> bool:
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


def _unit(node: exp.Expr) -> str:
    return str(node.args.get("unit") or "day").lower().strip("'")


def _other_unit(node: exp.Expr) -> bool:
    return isinstance(node, exp.DateDiff) and _unit(node) not in ("day", "second")


def _days_between_moments(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.DateDiff)
        and _unit(node) == "day"
        and any(side.is_type(*_MOMENTS) for side in (node.this, node.expression))
    )


def _seconds_not_cut(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.DateDiff)
        and _unit(node) == "second"
        and not all(isinstance(side, exp.TimestampTrunc) for side in (node.this, node.expression))
    )


def _trunc_alone(node: exp.Expr) -> bool:
    return isinstance(node, exp.TimestampTrunc | exp.DateTrunc) and not isinstance(
        node.parent, exp.DateDiff
    )


def _days_on(node: exp.Expr) -> bool:
    """date + n where the tree does not show a date and a 32-bit number."""
    if not isinstance(node, exp.Add | exp.Sub) or not node.this.is_type("date"):
        return False
    plain = isinstance(node.expression, exp.Cast) and node.expression.is_type("int")
    whole = isinstance(node.expression, exp.Literal) and node.expression.is_int
    return not (isinstance(node, exp.Add) and isinstance(node.this, exp.Cast) and (plain or whole))


def _with_zone(node: exp.Expr) -> bool:
    zoned = isinstance(node, exp.DataType) and node.is_type("timestamptz", "timestampltz", "timetz")
    return zoned or isinstance(node, exp.CurrentTimestamp | exp.AtTimeZone)


def _without_name(node: exp.Expr) -> bool:
    """A column of an answer without a name of its own: each engine makes one up."""
    parent = node.parent
    if not isinstance(parent, exp.Select) or node.arg_key != "expressions":
        return False
    if parent.find_ancestor(exp.Exists, exp.In):
        return False
    return not isinstance(node, exp.Alias | exp.Column | exp.Star)


def _mixed(node: exp.Expr) -> bool:
    """Compares a text with what is none."""
    if not isinstance(node, exp.EQ | exp.NEQ | exp.LT | exp.LTE | exp.GT | exp.GTE):
        return False
    sides = (node.this, node.expression)
    known = [side for side in sides if side.type and not side.is_type("unknown", "null")]
    texts = [side.is_type(*exp.DataType.TEXT_TYPES) for side in known]
    return len(texts) == 2 and texts[0] != texts[1]


def _reserved(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.Identifier)
        and node.arg_key in ("alias", "this")
        and isinstance(node.parent, exp.Alias | exp.TableAlias)
        and node.name.lower() in _RESERVED
    )


def _all(node: exp.Expr) -> bool:
    if isinstance(node, exp.Group):
        return bool(node.args.get("all"))
    return isinstance(node, exp.Order) and any(
        ordered.this.sql().lower() == "all" for ordered in node.expressions
    )


def _using(node: exp.Expr) -> bool:
    return isinstance(node, exp.Join) and bool(
        node.args.get("using") or node.method.lower() == "natural"
    )


def _star_but(node: exp.Expr) -> bool:
    return isinstance(node, exp.Star) and any(node.args.values())


BANS = (
    Ban(
        "cast of a fraction to a whole number",
        _fraction_to_whole,
        "DuckDB rounds, Spark cuts off",
        "cast(floor(x) as bigint)",
        "select cast(2.5e0 + 0.25 as integer) as n",
        typed=True,
    ),
    Ban(
        "try_cast",
        _is(exp.TryCast),
        "what cannot be cast differs by engine, and what can be differs as with cast",
        "a check that the value is usable, and cast",
        "select try_cast('2.5' as integer) as n",
    ),
    Ban(
        "cast of text to another type",
        _text_to_other,
        "each engine reads other spellings",
        "a column that the loader has typed",
        "select cast(t.x as integer) as n from (select '2.5' as x) t",
        typed=True,
    ),
    Ban(
        "cast of a fraction or a time to text",
        _to_text,
        "each engine writes them in its own way",
        "the value itself",
        "select cast(1e20 as varchar) as n",
        typed=True,
    ),
    Ban(
        "/ between whole numbers",
        _whole_division,
        "Athena gives a whole number, Snowflake a decimal one, DuckDB and Spark a double",
        "cast(a as double) / b",
        "select 5 / 2 as n",
        _TRINO + "division of two integers gives an integer, so 5 / 2 is 2",
        typed=True,
    ),
    Ban(
        "/ by what may be 0",
        _open_division,
        "DuckDB and Athena give infinity, Spark and Snowflake fail",
        "a / nullif(b, 0), or case when b > 0 then a / b end",
        "select 1e0 / t.x as n from (select 0e0 as x) t",
    ),
    Ban(
        "date_diff in other units than day and second",
        _other_unit,
        "DuckDB counts limits that were passed, Spark whole months",
        "date_diff('day', …)",
        "select date_diff('month', date '2024-01-31', date '2024-02-01') as n",
    ),
    Ban(
        "date_diff('day', …) of timestamps",
        _days_between_moments,
        "DuckDB counts midnights, Spark whole days of 24 hours",
        "date_diff('day', cast(a as date), cast(b as date))",
        "select date_diff('day', timestamp '2024-01-01 23:00:00', timestamp '2024-01-02 01:00:00')"
        " as n",
        typed=True,
    ),
    Ban(
        "date_diff('second', …) of times that are not cut to seconds",
        _seconds_not_cut,
        "DuckDB counts seconds that began, Spark whole ones",
        "date_diff('second', date_trunc('second', a), date_trunc('second', b))",
        "select date_diff('second', timestamp '2024-01-01 00:00:00.9',"
        " timestamp '2024-01-01 00:00:01.1') as n",
    ),
    Ban(
        "date_trunc outside date_diff",
        _trunc_alone,
        "in Spark the answer has a time zone",
        "cast(x as date)",
        "select date_trunc('day', timestamp '2024-01-01 23:00:00') as t",
    ),
    Ban(
        "date + number in another form",
        _days_on,
        "Athena adds no number to a date, so this is rewritten where the tree shows a date",
        "cast(d as date) + cast(n as integer)",
        "select t.d + t.n as d from (select date '2024-01-01' as d, cast(1 as bigint) as n) t",
        _TRINO + "a date is added to an interval, never to a number",
        typed=True,
    ),
    Ban(
        "dayofweek",
        _is(exp.DayOfWeek, exp.DayOfWeekIso, exp.Extract),
        "weeks begin on another day, and at another number",
        "date_diff('day', date '1970-01-01', d), which was a Thursday",
        "select dayofweek(date '2024-01-07') as n",
    ),
    Ban(
        "times with a zone",
        _with_zone,
        "a zone's text, its default and its cast differ",
        "timestamp, which is UTC here",
        "select cast(timestamptz '2024-01-01 00:00:00+02' as varchar) as t",
    ),
    Ban(
        "upper",
        _is(exp.Upper),
        "DuckDB changes letter by letter, Java makes SS of ß",
        "translate(x, 'abc…', 'ABC…') for codes, lower(x) for names",
        "select upper('ß') as t",
    ),
    Ban(
        "substring",
        _is(exp.Substring),
        "position 0 is before the first letter, or is the first",
        "position, replace or a column of its own",
        "select substr('abc', 0, 2) as t",
    ),
    Ban(
        "like",
        _is(exp.Like),
        "a backslash is a letter, or takes away the next one's meaning",
        "position(part in text) > 0",
        r"select 'a\b' like 'a\b' as yes",
    ),
    Ban(
        "ilike",
        _is(exp.ILike),
        "small letters are not the same in all alphabets",
        "position(lower(part) in lower(text)) > 0",
        "select 'ΟΔΟΣ' ilike 'οδοσ' as yes",
    ),
    Ban(
        "regular expressions",
        _is(exp.RegexpLike, exp.RegexpExtract, exp.RegexpReplace, exp.RegexpILike),
        "RE2's and Java's differ: whether $ stands before a last line end, what there is",
        "position or replace",
        "select regexp_matches('a' || chr(10), 'a$') as yes",
    ),
    Ban(
        "greatest and least",
        _is(exp.Greatest, exp.Least),
        "with a null DuckDB and Spark take the rest, Snowflake and Athena give null",
        "case when a > b then a else b end",
        "select greatest(1, null) as n",
        _SNOWFLAKE + "GREATEST returns NULL if any argument is NULL",
    ),
    Ban(
        "arg_max and arg_min",
        _is(exp.ArgMax, exp.ArgMin),
        "DuckDB passes over a null answer, Spark gives it",
        "row_number() over (… order by …) and where place = 1",
        "select arg_max(t.a, t.b) as n"
        " from (select null as a, 2 as b union all select 1 as a, 1 as b) t",
    ),
    Ban(
        "qualify",
        _is(exp.Qualify),
        "Spark and Athena have none, and what stands for it gives * one column more",
        "a CTE with the window, and where",
        "select * from (select 1 as a) t qualify row_number() over (order by a) = 1",
    ),
    Ban(
        "unnest and lateral",
        _is(exp.Unnest, exp.Lateral, exp.Explode),
        "a LEFT JOIN of an empty list becomes an inner one: its row is gone",
        "a table with one row for each part",
        "select t.a, u.b from (select 1 as a, cast([] as integer[]) as l) t"
        " left join unnest(t.l) as u(b) on true",
    ),
    Ban(
        "lists and structs",
        _is(exp.Array, exp.Struct, exp.Bracket, exp.ArrayAgg, exp.List),
        "places count from 1 or from 0; what is outside is null or an error",
        "columns and rows",
        "select [3, 4][3] as n",
    ),
    Ban(
        "using and natural joins",
        _using,
        "Athena refuses a joined column that is named with its table",
        "on a.k = b.k",
        "select b.k from (select 1 as k) a left join (select 2 as k) b using (k)",
        _TRINO + "with USING the join column belongs to neither table and cannot be qualified",
    ),
    Ban(
        "group by all, order by all",
        _all,
        "Athena has neither",
        "the columns",
        "select t.a, count(*) as n from (select 1 as a) t group by all",
        _TRINO + "in GROUP BY, ALL is the quantifier of grouping sets, and columns must follow",
    ),
    Ban(
        "* without some columns",
        _star_but,
        "Athena has none, and sqlglot leaves the words in or the columns",
        "the columns",
        "select * exclude (a) from (select 1 as a, 2 as b) t",
        _TRINO + "SELECT knows no EXCLUDE, EXCEPT or REPLACE",
    ),
    Ban(
        "a column of an answer without a name",
        _without_name,
        "each engine makes up another name",
        "as name",
        "select count(*) from (select 1 as a) t",
    ),
    Ban(
        "text compared with what is no text",
        _mixed,
        "DuckDB, Spark and Snowflake cast one side, not always the same; Athena refuses",
        "two of one type",
        "select t.a = 1 as yes from (select '1' as a) t",
        _TRINO + "there is no implicit conversion between character and numeric types",
        typed=True,
    ),
    Ban(
        "a reserved word as a name",
        _reserved,
        "it is a keyword in Snowflake or Athena",
        "another name",
        "select following.a from (select 1 as a) following",
        _SNOWFLAKE + "reserved keywords; Trino's: reserved keywords",
    ),
)
