"""What the warehouse's SQL may not hold, since engines do not agree on it, and why."""

from __future__ import annotations

from sqlglot import exp

import sql_traps
from sql_ban import NAMES, SNOWFLAKE, TRINO, TYPES, Ban
from sql_typed_bans import TYPED_BANS

__all__ = ["BANS", "PLAIN_BANS", "TYPED_BANS"]

PLAIN_BANS = (
    Ban(
        "try_cast",
        sql_traps.is_a(exp.TryCast),
        "what cannot be cast differs by engine, and what can be differs as with cast",
        "a check that the value is usable, and cast",
        "select try_cast('2.5' as integer) as n",
    ),
    Ban(
        "/ by what may be 0",
        sql_traps.open_division,
        "DuckDB and Athena give infinity, Spark and Snowflake fail",
        "a / nullif(b, 0), or case when b > 0 then a / b end",
        "select 1e0 / t.x as n from (select 0e0 as x) t",
        "DIVIDE_BY_ZERO",
    ),
    Ban(
        "a decimal number",
        sql_traps.decimal,
        "its places, and those of what is made with it, are other ones in each engine",
        "5e-1, which is a double, or whole numbers of 64 bits",
        "select 1.0 / 3 as n",
    ),
    Ban(
        "date_diff in other units than day and second",
        sql_traps.other_unit,
        "DuckDB counts limits that were passed, Spark whole months",
        "date_diff('day', …)",
        "select date_diff('month', date '2024-01-31', date '2024-02-01') as n",
    ),
    Ban(
        "date_diff('second', …) of times that are not cut to seconds",
        sql_traps.seconds_not_cut,
        "DuckDB counts seconds that began, Spark whole ones",
        "date_diff('second', date_trunc('second', a), date_trunc('second', b))",
        "select date_diff('second', timestamp '2024-01-01 00:00:00.9',"
        " timestamp '2024-01-01 00:00:01.1') as n",
    ),
    Ban(
        "date_trunc outside date_diff",
        sql_traps.trunc_alone,
        "in Spark the answer has a time zone",
        "cast(x as date)",
        "select date_trunc('day', timestamp '2024-01-01 23:00:00') as t",
        TYPES,
    ),
    Ban(
        "dayofweek",
        sql_traps.is_a(exp.DayOfWeek, exp.DayOfWeekIso, exp.Extract),
        "weeks begin on another day, and at another number",
        "date_diff('day', date '1970-01-01', d), which was a Thursday",
        "select dayofweek(date '2024-01-07') as n",
    ),
    Ban(
        "times with a zone",
        sql_traps.with_zone,
        "a zone's text, its default and its cast differ",
        "timestamp, which is UTC here",
        "select cast(timestamptz '2024-01-01 00:00:00+02' as varchar) as t",
    ),
    Ban(
        "upper",
        sql_traps.is_a(exp.Upper),
        "DuckDB changes letter by letter, Java makes SS of ß",
        "translate(x, 'abc…', 'ABC…') for codes, lower(x) for names",
        "select upper('ß') as t",
    ),
    Ban(
        "substring",
        sql_traps.is_a(exp.Substring),
        "position 0 is before the first letter, or is the first",
        "position, replace or a column of its own",
        "select substr('abc', 0, 2) as t",
    ),
    Ban(
        "like",
        sql_traps.is_a(exp.Like),
        "a backslash is a letter, or takes away the next one's meaning",
        "position(part in text) > 0",
        r"select 'a\b' like 'a\b' as yes",
        "INVALID_FORMAT.ESC_IN_THE_MIDDLE",
    ),
    Ban(
        "ilike",
        sql_traps.is_a(exp.ILike),
        "small letters are not the same in all alphabets",
        "position(lower(part) in lower(text)) > 0",
        "select 'ΟΔΟΣ' ilike 'οδοσ' as yes",
    ),
    Ban(
        "regular expressions",
        sql_traps.is_a(exp.RegexpLike, exp.RegexpExtract, exp.RegexpReplace, exp.RegexpILike),
        "RE2's and Java's differ: whether $ stands before a last line end, what there is",
        "position or replace",
        "select regexp_matches('a' || chr(10), 'a$') as yes",
    ),
    Ban(
        "greatest and least",
        sql_traps.is_a(exp.Greatest, exp.Least),
        "with a null DuckDB and Spark take the rest, Snowflake and Athena give null",
        "case when a > b then a else b end",
        "select greatest(1, null) as n",
        evidence=SNOWFLAKE + "GREATEST, which is NULL if any argument is",
    ),
    Ban(
        "arg_max and arg_min",
        sql_traps.is_a(exp.ArgMax, exp.ArgMin),
        "DuckDB passes over a null answer, Spark gives it",
        "row_number() over (… order by …) and where place = 1",
        "select arg_max(t.a, t.b) as n"
        " from (select null as a, 2 as b union all select 1 as a, 1 as b) t",
    ),
    Ban(
        "qualify",
        sql_traps.is_a(exp.Qualify),
        "Spark and Athena have none, and what stands for it gives * one column more",
        "a CTE with the window, and where",
        "select * from (select 1 as a) t qualify row_number() over (order by a) = 1",
    ),
    Ban(
        "unnest and lateral",
        sql_traps.is_a(exp.Unnest, exp.Lateral, exp.Explode),
        "a LEFT JOIN of an empty list becomes an inner one: its row is gone",
        "a table with one row for each part",
        "select t.a, u.b from (select 1 as a, cast([] as integer[]) as l) t"
        " left join unnest(t.l) as u(b) on true",
    ),
    Ban(
        "lists and structs",
        sql_traps.is_a(exp.Array, exp.Struct, exp.Bracket, exp.ArrayAgg, exp.List),
        "places count from 1 or from 0; what is outside is null or an error",
        "columns and rows",
        "select [3, 4][3] as n",
        "INVALID_ARRAY_INDEX",
    ),
    Ban(
        "group by all",
        sql_traps.group_by_all,
        "in Athena ALL is how grouping sets are counted, and columns must follow",
        "the columns",
        "select t.a, count(*) as n from (select 1 as a) t group by all",
        evidence=TRINO + "SELECT, where GROUP BY is [ALL | DISTINCT] and then grouping elements",
    ),
    Ban(
        "a column of an answer without a name",
        sql_traps.without_name,
        "each engine makes up another name",
        "as name",
        "select count(*) from (select 1 as a) t",
        NAMES,
    ),
    Ban(
        "a reserved word as a name",
        sql_traps.reserved,
        "it is a keyword in Snowflake or Athena",
        "another name",
        "select following.a from (select 1 as a) following",
        evidence=SNOWFLAKE + "reserved keywords; Trino's the same",
    ),
)

BANS = (*PLAIN_BANS, *TYPED_BANS)
