"""A statement that somebody asks, and what is wrong with it as an error of who asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from chartlake.errors import UsageError

__all__ = ["asked"]

# who asks can mend these; all else that goes wrong is of the file, the disk or the memory
_OF_THE_QUERY = (
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.NotSupportedError,
    duckdb.PermissionException,
    duckdb.ProgrammingError,
    duckdb.TransactionException,
)


@contextmanager
def asked(sql: str) -> Iterator[None]:
    """UsageError where this is not one statement, or fails in the block."""
    try:
        statements = len(duckdb.extract_statements(sql))
        if statements != 1:
            raise UsageError(f"a query is one statement, and here are {statements}")
        yield
    except _OF_THE_QUERY as error:
        raise UsageError("the query failed", why=str(error)) from error
