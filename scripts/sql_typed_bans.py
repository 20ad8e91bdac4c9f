"""What is banned of the types of values: found where the type of every column is known."""

from __future__ import annotations

import sql_typed_traps
from sql_ban import TRINO, TYPES, Ban

__all__ = ["TYPED_BANS"]

TYPED_BANS = (
    Ban(
        "cast of a fraction to a whole number",
        sql_typed_traps.fraction_to_whole,
        "DuckDB rounds, Spark cuts off",
        "cast(floor(x) as bigint)",
        "select cast(2.5e0 + 25e-2 as integer) as n",
    ),
    Ban(
        "cast of text to another type",
        sql_typed_traps.text_to_other,
        "each engine reads other spellings",
        "a column that the loader has typed",
        "select cast(t.x as integer) as n from (select '2.5' as x) t",
        "CAST_INVALID_INPUT",
    ),
    Ban(
        "cast of a fraction or a time to text",
        sql_typed_traps.to_text,
        "each engine writes them in its own way",
        "the value itself",
        "select cast(1e20 as varchar) as n",
    ),
    Ban(
        "/ between whole numbers",
        sql_typed_traps.whole_division,
        "Athena gives a whole number, Snowflake a decimal one, DuckDB and Spark a double",
        "cast(a as double) / b",
        "select 5 / 2 as n",
        evidence=TRINO + "mathematical operators, where division of integers truncates",
    ),
    Ban(
        "date_diff('day', …) of timestamps",
        sql_typed_traps.days_between_moments,
        "DuckDB counts midnights, Spark whole days of 24 hours",
        "date_diff('day', cast(a as date), cast(b as date))",
        "select date_diff('day', timestamp '2024-01-01 23:00:00', timestamp '2024-01-02 01:00:00')"
        " as n",
    ),
    Ban(
        "date + number in another form",
        sql_typed_traps.days_on,
        "Athena adds no number to a date, so this is rewritten where the tree shows a date",
        "cast(d as date) + cast(n as integer)",
        "select t.d + t.n as d from (select date '2024-01-01' as d, cast(1 as bigint) as n) t",
        evidence=TRINO + "date and time operators, where a date goes with an interval only",
    ),
    Ban(
        "values of two kinds",
        sql_typed_traps.mixed,
        "compared, or in one column: the others cast one, not always the same; Athena refuses",
        "two of one type",
        "select t.a = 1 as yes from (select '1.0' as a) t",
        "CAST_INVALID_INPUT",
    ),
    Ban(
        "a value of another kind than is asked for",
        sql_typed_traps.misfit,
        "sums of truths, letters of numbers, numbers as conditions: one engine casts, one refuses",
        "a value of the kind: a text, a number (for floor and round a double), a condition",
        "select sum(t.a) as n from (select true as a) t",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
    ),
    Ban(
        "an answer of another type",
        sql_typed_traps.unlisted,
        "a sum of whole numbers is wider in DuckDB, and what is null alone has no type",
        "cast(sum(n) as bigint), cast(null as date)",
        "select sum(1) as n",
        TYPES,
    ),
)
