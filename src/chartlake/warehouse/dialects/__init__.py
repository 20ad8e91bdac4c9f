"""The SELECTs of the warehouse in the SQL of other engines, as scripts/dialects.py wrote them."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal, get_args

from chartlake.errors import UsageError
from chartlake.warehouse.sql import Check

__all__ = ["DIALECTS", "Dialect", "check_text", "dialect_text"]

Dialect = Literal["athena", "snowflake", "spark"]
"""Whose SQL: Athena's (Trino's), Snowflake's, or Spark's."""

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)


def dialect_text(name: str, dialect: Dialect) -> str:
    """The SELECT of a view, mart, state or check that is a file; its header comments come first."""
    folder = files(__name__) / dialect
    file = folder / f"{name}.sql"
    if not file.is_file():
        raise UsageError(
            f"there is no {name} in the SQL of {dialect}",
            why=None if folder.is_dir() else f"the dialects are {', '.join(DIALECTS)}",
            fix="make dialects, if it is new",
        )
    return file.read_text(encoding="utf-8")


def check_text(check: Check, dialect: Dialect) -> str:
    """The SELECT of a check; of one that is made from a table's key the same for all."""
    is_file = check.text.startswith("--")  # with what it says
    return dialect_text(check.name, dialect) if is_file else check.text
