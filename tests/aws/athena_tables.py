"""The tables and views of Glue's catalog as relations of a DuckDB, as strict as Athena is.

A table is the Parquet files below its location, or below those of its partitions: a partition
that nobody added has no rows. Columns go by name and must have the declared types; times are
read to the millisecond. A view must still give the columns that it was made with.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from tests.warehouse.translated_back import back_from

__all__ = ["Failed", "Files", "Tables"]

PATH = "$path"
_HERE = "the database of the statement"
_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_INPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
_TYPES = {
    "string": ("varchar", {pa.string(), pa.large_string()}),
    "bigint": ("bigint", {pa.int64()}),
    "int": ("integer", {pa.int32()}),
    "boolean": ("boolean", {pa.bool_()}),
    "date": ("date", {pa.date32()}),
    "double": ("double", {pa.float64()}),
    "timestamp": ("timestamp", {pa.timestamp(unit) for unit in ("ms", "us", "ns")}),
}
_OF_VIEWS = {"timestamp(3)": "timestamp", "int": "integer", "string": "varchar"}
_VIEW = re.compile(r"/\* Presto View: ([A-Za-z0-9+/=]+) \*/")


class Failed(Exception):
    """Why a statement failed, as Athena would tell it."""


class Files:
    """Objects of S3 as files here, each fetched once; and what was looked up of Glue and S3.

    What was looked up is known until somebody writes there: `Aws` tells of every request.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[tuple[str, ...], Any] = {}
        self.sound: set[str] = set()
        """Texts of views that were found to give the columns that they tell."""

    def once(self, place: tuple[str, ...], look_up: Callable[[], Any]) -> Any:
        """What was looked up at a place, or is now."""
        if place not in self._known:
            self._known[place] = look_up()
        return self._known[place]

    def forget(self, is_gone: Callable[[tuple[str, ...]], bool]) -> None:
        """Look these places up again when they are asked for."""
        for place in [place for place in self._known if is_gone(place)]:
            del self._known[place]

    def below(self, s3: Any, location: str, key: str) -> tuple[list[Path], int]:
        """All that a table reads below its location, and how many bytes that are."""
        place = ("s3", key, location.rstrip("/") + "/")
        found: tuple[list[Path], int] = self.once(place, lambda: self._below(s3, location))
        return found

    def _below(self, s3: Any, location: str) -> tuple[list[Path], int]:
        found, size = [], 0
        for bucket, key, length in listed(s3, location):
            if length and not key.rpartition("/")[2].startswith(("_", ".")):
                size += length
                found.append(self._fetched(s3, bucket, key))
        return sorted(found), size

    def _fetched(self, s3: Any, bucket: str, key: str) -> Path:
        path = self.folder / bucket / key
        if not path.is_file():  # what lies in the lake's zones never changes
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return path


def listed(s3: Any, location: str) -> Iterator[tuple[str, str, int]]:
    """Bucket, key and size of each object below a location."""
    bucket, folder = urlsplit(location).netloc, urlsplit(location).path.strip("/")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{folder}/")
    for page in pages:
        yield from ((bucket, each["Key"], each["Size"]) for each in page.get("Contents", ()))


class Tables:
    """What one statement names, made in a database of its own."""

    def __init__(
        self, db: duckdb.DuckDBPyConnection, glue: Any, s3: Any, files: Files, key: str
    ) -> None:
        self._db, self._glue, self._s3, self._files, self._key = db, glue, s3, files, key
        self._made: set[tuple[str, str]] = set()
        self.scanned = 0

    def text(self, asked: str, database: str) -> str:
        """The statement as DuckDB's, with all that it names made; Failed where Athena fails."""
        translated, names = _translated(asked)
        for schema, name, with_path in names:
            kept = (schema or database).lower() + (PATH if with_path else "")
            if (kept, name) not in self._made:
                self._make((schema or database).lower(), name, kept)
                self._made.add((kept, name))
        return translated.replace(_HERE, database.lower())

    def _make(self, schema: str, name: str, kept: str) -> None:
        entry = self._entry(schema, name)
        if entry.get("TableType") == "VIRTUAL_VIEW":
            text = self._view(name, entry)
        elif entry.get("TableType") == "EXTERNAL_TABLE":
            text = self._table(name, entry, with_path=kept.endswith(PATH))
        else:
            raise Failed(f"HIVE_UNSUPPORTED_FORMAT: {name} is a {entry.get('TableType')}")
        self._db.execute(f'create schema if not exists "{kept}"')
        self._db.execute(f'create view "{kept}"."{name}" as {text}')

    def _entry(self, schema: str, name: str) -> dict[str, Any]:
        place = ("glue", self._key, schema, name)
        entry: dict[str, Any] = self._files.once(place, lambda: self._looked_up(schema, name))
        return entry

    def _looked_up(self, schema: str, name: str) -> dict[str, Any]:
        try:
            entry: dict[str, Any] = self._glue.get_table(DatabaseName=schema, Name=name)["Table"]
        except self._glue.exceptions.EntityNotFoundException:
            where = f"awsdatacatalog.{schema}.{name}"
            raise Failed(f"TABLE_NOT_FOUND: line 1:1: Table '{where}' does not exist") from None
        return entry

    def _view(self, name: str, entry: dict[str, Any]) -> str:
        coded = _VIEW.fullmatch(entry.get("ViewOriginalText", "").strip())
        marks = (entry.get("ViewExpandedText"), entry.get("Parameters", {}).get("presto_view"))
        if not coded or marks != ("/* Presto View */", "true"):
            raise Failed(f"INVALID_VIEW: {name} is no view of Presto")
        view = json.loads(base64.b64decode(coded[1]))
        if view["catalog"].lower() != "awsdatacatalog":
            raise Failed(f"INVALID_VIEW: {name} is in the catalog {view['catalog']}")
        text = self.text(view["originalSql"], view["schema"])
        if entry["ViewOriginalText"] not in self._files.sound:
            self._check_view(name, entry, text, view["columns"])
            self._files.sound.add(entry["ViewOriginalText"])
        return text

    def _check_view(
        self, name: str, entry: dict[str, Any], text: str, columns: list[dict[str, str]]
    ) -> None:
        told = [(c["name"], _OF_VIEWS.get(c["type"], c["type"])) for c in columns]
        gives = [
            (row[0].lower(), {"hugeint": "bigint"}.get(row[1].lower(), row[1].lower()))
            for row in self._db.execute(f"describe {text}").fetchall()
        ]
        if told != gives:
            odd = sorted(set(told) ^ set(gives)) or "their order"
            raise Failed(f"INVALID_VIEW: View '{name}' is stale or in invalid state: {odd}")
        if [c["Name"] for c in entry["StorageDescriptor"]["Columns"]] != [c for c, _ in told]:
            raise Failed(f"INVALID_VIEW: the catalog tells other columns of {name}")

    def _table(self, name: str, entry: dict[str, Any], *, with_path: bool) -> str:
        stored = entry["StorageDescriptor"]
        columns = {c["Name"].lower(): c["Type"].lower() for c in stored["Columns"]}
        keys = [key["Name"].lower() for key in entry.get("PartitionKeys", ())]
        selects = []
        for values, place in self._places(entry):
            _check_format(name, place)
            paths, size = self._files.below(self._s3, place["Location"], self._key)
            self.scanned += size
            if paths:
                given = "".join(
                    f", '{value}' as \"{key}\"" for key, value in zip(keys, values, strict=True)
                )
                selects.append(self._select(columns, paths, given, with_path=with_path))
        nothing = [f'null::{_sql_type(kind)} as "{column}"' for column, kind in columns.items()]
        nothing += [f'null::varchar as "{key}"' for key in (*keys, *([PATH] if with_path else ()))]
        return " union all ".join([*selects, f"select {', '.join(nothing)} where false"])

    def _places(self, entry: dict[str, Any]) -> list[tuple[list[str], dict[str, Any]]]:
        if not entry.get("PartitionKeys"):
            return [([], entry["StorageDescriptor"])]
        place = ("glue", self._key, entry["DatabaseName"], entry["Name"], "partitions")
        found: list[Any] = self._files.once(place, lambda: self._partitions(entry))
        return [(each["Values"], each["StorageDescriptor"]) for each in found]

    def _partitions(self, entry: dict[str, Any]) -> list[dict[str, Any]]:
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=entry["DatabaseName"], TableName=entry["Name"]
        )
        return [each for page in pages for each in page["Partitions"]]

    def _select(
        self, columns: dict[str, str], paths: list[Path], given: str, *, with_path: bool
    ) -> str:
        there: set[str] = set()
        for path in paths:
            there |= _checked(path, columns)
        picked = [_picked(column, kind, column in there) for column, kind in columns.items()]
        path_of = f"'s3:/' || substr(filename, {len(str(self._files.folder)) + 1})"
        last = f', {path_of} as "{PATH}"' if with_path else ""
        names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
        read = f"read_parquet([{names}], union_by_name = true, filename = true)"
        return f"select {', '.join(picked)}{given}{last} from {read}"


@cache
def _translated(asked: str) -> tuple[str, tuple[tuple[str, str, bool], ...]]:
    """A SELECT as DuckDB's, and the tables that it names: schema, name, whether with paths."""
    trees = sqlglot.parse(asked, read="athena")
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise Failed("NOT_SUPPORTED: only SELECT and UNLOAD (by this stand-in)")
    tree, names = trees[0], []
    with_path = any(column.name == PATH for column in tree.find_all(exp.Column))
    stars = [star for star in tree.find_all(exp.Star) if isinstance(star.parent, exp.Select)]
    if with_path and stars:
        raise Failed('NOT_SUPPORTED: * beside "$path" (by this stand-in)')
    for table in _tables_of(tree):
        if table.catalog.lower() not in ("", "awsdatacatalog"):
            raise Failed(f"CATALOG_NOT_FOUND: Catalog '{table.catalog}' not found")
        schema, name = table.db.lower(), table.name.lower()
        names.append((schema, name, with_path))
        kept = (schema or _HERE) + (PATH if with_path else "")
        table.set("catalog", None)
        table.set("db", exp.to_identifier(kept, quoted=True))
        table.set("this", exp.to_identifier(name, quoted=True))
    return back_from(tree), tuple(names)


def _tables_of(tree: exp.Expr) -> list[exp.Table]:
    """Those that are not made by the statement itself."""
    inner = {
        id(reference)
        for scope in traverse_scope(tree)
        for name, (reference, source) in scope.selected_sources.items()
        if not isinstance(source, exp.Table)
    }
    return [
        table
        for table in tree.find_all(exp.Table)
        if id(table) not in inner and isinstance(table.this, exp.Identifier)
    ]


def _check_format(name: str, stored: dict[str, Any]) -> None:
    serde = stored.get("SerdeInfo", {}).get("SerializationLibrary")
    if (serde, stored.get("InputFormat")) != (_SERDE, _INPUT):
        raise Failed(f"HIVE_UNSUPPORTED_FORMAT: {name}: {serde}, {stored.get('InputFormat')}")


def _checked(path: Path, columns: dict[str, str]) -> set[str]:
    """The columns of a file, which must have the types that the table tells."""
    schema = pq.read_schema(path)
    for field in schema:
        kind = columns.get(field.name.lower())
        if kind and field.type not in _TYPES[kind][1]:
            raise Failed(
                f"HIVE_BAD_DATA: Field {field.name}'s type {field.type} in parquet file "
                f"{path.name} is incompatible with type {kind} defined in table schema"
            )
    return {name.lower() for name in schema.names}


def _picked(column: str, kind: str, is_there: bool) -> str:
    if not is_there:
        return f'null::{_sql_type(kind)} as "{column}"'
    if kind == "timestamp":
        return f'date_trunc(\'millisecond\', "{column}")::timestamp as "{column}"'
    return f'"{column}"'


def _sql_type(kind: str) -> str:
    if kind not in _TYPES:
        raise Failed(f"NOT_SUPPORTED: the type {kind} (by this stand-in)")
    return _TYPES[kind][0]
