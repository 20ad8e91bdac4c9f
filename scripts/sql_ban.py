"""What a ban is: a construct that the warehouse's SQL may not hold, since engines differ on it.

An example is a SELECT in DuckDB's SQL. Where ``RUN`` is the evidence, a test runs it on DuckDB and,
as sqlglot translates it, on Spark, and sees the difference. Else the evidence is what the named
documentation says of an engine that cannot be run here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sqlglot import exp

__all__ = ["NAMES", "ROWS", "RUN", "SNOWFLAKE", "TRINO", "TYPES", "Ban"]

RUN = "run on DuckDB and Spark"
SNOWFLAKE = "Snowflake's documentation: "
TRINO = "Trino's documentation: "

ROWS, TYPES, NAMES = "other rows", "other types", "other names"


class Ban(NamedTuple):
    """A construct: how it is found on the syntax tree, why it is refused, and what to write."""

    construct: str
    finds: Callable[[exp.Expr], bool]
    why: str
    instead: str
    example: str
    differs: str = ROWS
    """What of Spark's answer, or the condition with which it fails."""
    evidence: str = RUN

    def __str__(self) -> str:
        return self.construct
