"""What distinct records tell, each kept once; slots refer to it by number.

Most of a day's records are those of the day before. Each is decoded and its
values are kept once; then a slot is a list of references, and its rows are taken
from here by Arrow, many at a time.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa

from chartlake.schema import COMMON, TABLES
from chartlake.transform.entries import Listening, Listing, Told
from chartlake.transform.observations import Thing

__all__ = ["KINDS", "NUMBER", "POPULARITY", "Catalog", "Columns", "Kind", "Things", "reference"]


_KEPT_BYTES = 16_000
"""Of a record that can't be used: more characters than are kept of it have."""


class Kind(NamedTuple):
    """A kind of things: its table of observations, and the table of their credits, if any."""

    observations: str
    credits: str | None


KINDS = (
    Kind("track_observations", "track_artists"),
    Kind("album_observations", "album_artists"),
    Kind("artist_observations", None),
)
"""The kinds in the order in which `Seen` has them."""

_COMMON = len(COMMON)
POPULARITY = TABLES["track_observations"].arrow.names.index("popularity") - _COMMON
"""Its place in the row of a track."""
_HEAVY = 25_000
"""Rows, told by some 4,000 tracks, that take 16 MB as Python's objects."""


NUMBER = 2**32 - 1
"""The bits of a reference that are the record's number."""


def reference(number: int, popularity: int) -> int:
    """A record by number, but with another popularity of its one track: often all that changes."""
    return number | (popularity + 1) << 32


class Columns:
    """Rows of one shape by number, of which all but the latest are Arrow columns already."""

    def __init__(self, schema: pa.Schema) -> None:
        self.count = 0
        self._settled = schema.empty_table()
        self._rows: list[tuple[Any, ...]] = []

    def append(self, row: tuple[Any, ...]) -> int:
        """Keep a row; its number, from 0."""
        self._rows.append(row)
        self.count += 1
        return self.count - 1

    def extend(self, rows: Sequence[tuple[Any, ...]]) -> int:
        """Keep some rows; the number of the next."""
        self._rows.extend(rows)
        self.count += len(rows)
        return self.count

    def row(self, number: int) -> tuple[Any, ...]:
        """The row again."""
        first = self.count - len(self._rows)
        if number >= first:
            return self._rows[number - first]
        (row,) = self._settled.slice(number, 1).to_pylist()
        return tuple(row.values())

    def settle(self) -> pa.Table:
        """Make columns of the latest rows, which take a tenth of the memory; all rows."""
        if self._rows:
            schema = self._settled.schema
            values = zip(*self._rows, strict=True)
            arrays = [pa.array(v, f.type) for v, f in zip(values, schema, strict=True)]
            latest = pa.Table.from_arrays(arrays, schema=schema)
            self._settled = pa.concat_tables([self._settled, latest]).combine_chunks()
            self._rows = []
        return self._settled


class Things:
    """The distinct things of one kind, with the credits of each."""

    def __init__(self, kind: Kind) -> None:
        own = list(TABLES[kind.observations].arrow)[_COMMON:-1]  # observed_at is the slot's
        self.kind = kind
        self.rows = Columns(pa.schema(own))
        self.credits = Columns(pa.schema(list(TABLES["track_artists"].arrow)[-2:]))
        self.credit_ends = array("i")
        self._latest: dict[str, tuple[int, Thing]] = {}

    def number(self, thing: Thing) -> int:
        """The number of a thing: a new one where its id was last seen with other values."""
        row, credits = thing
        known = self._latest.get(row[0])
        if known is not None and known[1] == thing:
            return known[0]
        self.credit_ends.append(self.credits.extend(credits))
        number = self.rows.append(row)
        self._latest[row[0]] = number, thing
        return number

    def thing(self, reference: int) -> Thing:
        """The thing again, with the popularity that the reference has."""
        number, popularity = reference & NUMBER, (reference >> 32) - 1
        begin = self.credit_ends[number - 1] if number else 0
        credits = [self.credits.row(place) for place in range(begin, self.credit_ends[number])]
        row = self.rows.row(number)
        if popularity >= 0:
            row = (*row[:POPULARITY], popularity, *row[POPULARITY + 1 :])
        return row, tuple((key, name) for key, name in credits)

    def settle(self) -> None:
        """Keep columns alone; what comes again gets another number, which changes no result."""
        self.rows.settle()
        self.credits.settle()
        self._latest = {}


class Catalog:
    """Records by number, and what each of them tells."""

    def __init__(self) -> None:
        self.things = tuple(Things(kind) for kind in KINDS)
        self.listings = Columns(_schema("entries", Listing._fields))
        self.listenings = Columns(_schema("play_observations", Listening._fields))
        # of each record its listing and its listening (-1: none), and where its things end
        self.listing_of, self.listening_of = array("i"), array("i")
        self.seen = tuple(array("i") for _ in KINDS)
        self.seen_ends = tuple(array("i") for _ in KINDS)
        self.refused: dict[int, tuple[str, bytes]] = {}
        self.rows = 0
        self._unsettled = 0

    def __len__(self) -> int:
        return len(self.listing_of)

    @property
    def is_heavy(self) -> bool:
        """Whether it is time to settle."""
        return self._unsettled > _HEAVY

    def add(self, told: Told) -> int:
        """Keep what a record tells; its number."""
        listing, listening = told.listing, told.listening
        self.listing_of.append(self.listings.append(listing) if listing else -1)
        self.listening_of.append(self.listenings.append(listening) if listening else -1)
        for things, numbers, ends, seen in zip(
            self.things, self.seen, self.seen_ends, told.seen, strict=True
        ):
            for thing in seen:
                numbers.append(things.number(thing))
            ends.append(len(numbers))
        more = 1 + sum(map(len, told.seen))
        self.rows += more
        self._unsettled += more
        return len(self.listing_of) - 1

    def refuse(self, reason: str, content: bytes) -> int:
        """Keep why a record can't be used; its number."""
        number = self.add(Told())
        self.refused[number] = (reason, content[:_KEPT_BYTES])
        return number

    def played_at(self, references: Iterable[int]) -> list[datetime]:
        """When the plays among these records were."""
        places = (self.listening_of[reference & NUMBER] for reference in references)
        return [self.listenings.row(place)[0] for place in places if place >= 0]

    def settle(self) -> None:
        """Keep columns alone; what the records tell stays as it is."""
        for things in self.things:
            things.settle()
        self.listings.settle()
        self.listenings.settle()
        self._unsettled = 0


def _schema(table: str, names: Sequence[str]) -> pa.Schema:
    return pa.schema([TABLES[table].arrow.field(name) for name in names])
