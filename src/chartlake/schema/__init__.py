"""The curated tables, declared once.

Each row type (see `rows`) is a table: its docstring states the grain, its fields are
the columns with what they mean. Arrow types, DuckDB tables, the data
dictionary and later every cloud's tables come from here.

Every table also starts with the ``feed``, ``slot`` and ``attempt_id`` columns
(`COMMON`). Times are UTC without a zone, because no two engines agree on
zones. Changes are additive: a new column reads as null in old files.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache

import pyarrow as pa

from chartlake.schema.rows import (
    AlbumArtist,
    AlbumObservation,
    ArtistObservation,
    Edition,
    Entry,
    MissedSlot,
    PlayObservation,
    Reading,
    Reject,
    SlotRows,
    TrackArtist,
    TrackObservation,
)

__all__ = [
    "COMMON",
    "TABLES",
    "AlbumArtist",
    "AlbumObservation",
    "ArtistObservation",
    "Column",
    "Edition",
    "Entry",
    "MissedSlot",
    "PlayObservation",
    "Reading",
    "Reject",
    "SlotRows",
    "Table",
    "TrackArtist",
    "TrackObservation",
]


@dataclass(frozen=True)
class Column:
    """A column: Arrow type, whether it may be null, and what it means."""

    name: str
    type: pa.DataType
    nullable: bool
    meaning: str


@dataclass(frozen=True)
class Table:
    """A curated table, made from its row type."""

    name: str
    row: type
    key: tuple[str, ...]

    @property
    def grain(self) -> str:
        """The first line of the row type's docstring."""
        return str(self.row.__doc__).splitlines()[0]

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns in order: the common ones, then the row type's own."""
        return COMMON + _columns(self.row)

    @property
    def arrow(self) -> pa.Schema:
        """The Arrow schema of the table's files."""
        return pa.schema([pa.field(c.name, c.type, c.nullable) for c in self.columns])


_ARROW: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    bool: pa.bool_(),
    date: pa.date32(),
    datetime: pa.timestamp("us"),
}

COMMON = (
    Column("feed", pa.string(), False, "name of the feed"),
    Column("slot", pa.string(), False, "the feed's unit of work: 20260301T040000Z, or a sha256"),
    Column("attempt_id", pa.string(), False, "attempt of the build that wrote the row"),
)

_KEYS = {
    "editions": (),
    "readings": (),
    "entries": ("position",),
    "play_observations": ("position",),
    "track_observations": ("track_id",),
    "album_observations": ("album_id",),
    "artist_observations": ("artist_id",),
    "track_artists": ("track_id", "artist_position"),
    "album_artists": ("album_id", "artist_position"),
    "rejects": ("page", "item"),
    "missed_slots": (),
}


@cache
def _columns(row: type) -> tuple[Column, ...]:
    hints = typing.get_type_hints(row, include_extras=True)
    return tuple(_column(name, *typing.get_args(hint)) for name, hint in hints.items())


def _column(name: str, python_type: typing.Any, meaning: str) -> Column:
    nullable = isinstance(python_type, types.UnionType)
    base = typing.get_args(python_type)[0] if nullable else python_type
    return Column(name, _ARROW[base], nullable, meaning)


def _tables() -> dict[str, Table]:
    rows = typing.get_type_hints(SlotRows)
    return {
        f.name: Table(f.name, typing.get_args(rows[f.name])[0], ("feed", "slot", *_KEYS[f.name]))
        for f in fields(SlotRows)
    }


TABLES: dict[str, Table] = _tables()
"""Every curated table by name, in the order in which they are documented."""
