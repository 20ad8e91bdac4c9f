"""Databases of the Glue catalog: tables over Parquet, Athena's views, and partitions.

A view is kept as Athena keeps its own: JSON in base64, in a comment. That form is known from what
Athena writes, and from no documentation of AWS.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from chartlake.aws.relations import Relation
from chartlake.errors import StorageError

__all__ = ["Database", "add_partitions", "drop", "make", "parquet"]

_TOGETHER = 8
_AT_ONCE = 100  # as many partitions as Glue takes with one request
_PRESTO = {"string": "varchar", "int": "integer"}


class Database:
    """One database, as it is now."""

    def __init__(self, glue: Any, name: str) -> None:
        self._glue = glue
        self.name = name
        self._there = {table["Name"]: table for table in _tables(glue, name)}

    def put_all(
        self, tables: Iterable[tuple[Relation, str]], views: Iterable[Relation] = ()
    ) -> None:
        """Put tables with their places, then views, many at a time: each takes a while."""
        with ThreadPoolExecutor(_TOGETHER, thread_name_prefix="glue") as pool:
            list(pool.map(lambda each: self.put_table(*each), tables))
            list(pool.map(self.put_view, views))

    def put_table(self, relation: Relation, location: str) -> None:
        """Let a table of this name be over the Parquet files in that place."""
        self._put(relation, {"TableType": "EXTERNAL_TABLE", **parquet(relation, location)})

    def put_view(self, relation: Relation) -> None:
        """Let the name stand for the relation's SELECT."""
        text = _presto_view(self.name, relation)
        self._put(
            relation,
            {
                "TableType": "VIRTUAL_VIEW",
                "Parameters": {"presto_view": "true", "comment": "Presto View"},
                "PartitionKeys": [],
                # Athena refuses a view that says nothing of a SerDe, and looks at nothing of it
                "StorageDescriptor": {
                    "Columns": relation.hive_columns,
                    "Location": "",
                    "SerdeInfo": {"Name": "-", "SerializationLibrary": "-"},
                },
                "ViewOriginalText": text,
                "ViewExpandedText": "/* Presto View */",
            },
        )

    def drop_others(self, names: Collection[str]) -> None:
        """Remove what an older chartlake has put here and this one does not."""
        for name in [name for name in self._there if name not in names]:
            self._glue.delete_table(DatabaseName=self.name, Name=name)
            del self._there[name]

    def _put(self, relation: Relation, about: dict[str, Any]) -> None:
        wanted = {"Name": relation.name, "Description": relation.grain, **about}
        known = self._there.get(relation.name)
        if known is None:
            self._glue.create_table(DatabaseName=self.name, TableInput=wanted)
        elif not _holds(known, wanted):
            self._glue.update_table(DatabaseName=self.name, TableInput=wanted, SkipArchive=True)
        self._there[relation.name] = wanted


def parquet(relation: Relation, location: str) -> dict[str, Any]:
    """What Glue has to know of Parquet files in a place."""
    formats = "org.apache.hadoop.hive.ql.io.parquet"
    return {
        "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE"},
        "StorageDescriptor": {
            "Columns": relation.hive_columns,
            "Location": location,
            "InputFormat": f"{formats}.MapredParquetInputFormat",
            "OutputFormat": f"{formats}.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{formats}.serde.ParquetHiveSerDe"},
        },
    }


def add_partitions(glue: Any, database: str, wanted: Mapping[str, Collection[str]]) -> int:
    """Let the tables of a database know these months too; how many were new."""
    count = 0
    for table in _tables(glue, database):
        months = set(wanted.get(table["Name"], ())) - _months(glue, database, table["Name"])
        count += len(months)
        _create_partitions(glue, database, table, sorted(months))
    return count


def make(glue: Any, name: str) -> Database:
    """A database that is new, or that a killed run has left."""
    with suppress(glue.exceptions.AlreadyExistsException):
        glue.create_database(DatabaseInput={"Name": name, "Description": "made by chartlake"})
    return Database(glue, name)


def drop(glue: Any, database: str) -> None:
    """Remove a database with its tables; their files stay."""
    with suppress(glue.exceptions.EntityNotFoundException):
        names = [table["Name"] for table in _tables(glue, database)]
        for some in _cut(names):
            told = glue.batch_delete_table(DatabaseName=database, TablesToDelete=list(some))
            _check(f"drop {database}", told, "EntityNotFoundException")
        glue.delete_database(Name=database)


def _create_partitions(
    glue: Any, database: str, table: Mapping[str, Any], months: Sequence[str]
) -> None:
    storage = table["StorageDescriptor"]
    place = storage["Location"].rstrip("/")
    for some in _cut(months):
        inputs = [
            {
                "Values": [month],
                "StorageDescriptor": storage | {"Location": f"{place}/slot_month={month}/"},
            }
            for month in some
        ]
        told = glue.batch_create_partition(
            DatabaseName=database, TableName=table["Name"], PartitionInputList=inputs
        )
        # another run may have added one meanwhile
        _check(f"add months to {database}.{table['Name']}", told, "AlreadyExistsException")


def _check(doing: str, told: Mapping[str, Any], passes: str) -> None:
    """Of many things at once Glue tells the errors in its answer."""
    for error in told.get("Errors", ()):
        detail = error.get("ErrorDetail", {})
        if detail.get("ErrorCode") != passes:
            raise StorageError(
                f"cannot {doing}",
                why=f"{detail.get('ErrorCode')}: {detail.get('ErrorMessage')}",
                fix="the next run tries again",
            )


def _months(glue: Any, database: str, table: str) -> set[str]:
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName=database, TableName=table, ExcludeColumnSchema=True
    )
    return {partition["Values"][0] for page in pages for partition in page["Partitions"]}


def _tables(glue: Any, database: str) -> Iterator[dict[str, Any]]:
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    return (table for page in pages for table in page["TableList"])


def _holds(known: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether all that is wanted stands there; Glue adds words of its own."""
    return all(
        _holds(known[name], value)
        if isinstance(value, Mapping) and isinstance(known.get(name), Mapping)
        else known.get(name) == value
        for name, value in wanted.items()
    )


def _presto_view(database: str, relation: Relation) -> str:
    columns = [
        {"name": column["Name"], "type": _PRESTO.get(column["Type"], column["Type"])}
        for column in relation.hive_columns
    ]
    said = {
        "originalSql": relation.select,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": columns,
    }
    coded = base64.b64encode(json.dumps(said).encode()).decode()
    return f"/* Presto View: {coded} */"


def _cut(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))
