"""The Glue catalog: how a table of `chartlake.schema` is told to Athena."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from chartlake.schema import Table

__all__ = ["HiveColumn", "hive_columns", "hive_type"]

_HIVE = {
    pa.string(): "string",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
}


class HiveColumn(NamedTuple):
    """A column as Hive, Glue and Athena name its type, and what it means."""

    name: str
    type: str
    meaning: str


def hive_type(arrow: pa.DataType) -> str:
    """Hive's name of an Arrow type. KeyError for a type that no curated table has."""
    return _HIVE[arrow]


def hive_columns(table: Table) -> list[HiveColumn]:
    """The columns of a table's files in order; the partition's key, slot_month, is not in them."""
    return [HiveColumn(each.name, hive_type(each.type), each.meaning) for each in table.columns]
