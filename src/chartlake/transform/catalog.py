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

__all__ = ["KINDS", "NUMBER", "Catalog", "Columns", "Kind", "Things", "reference"]


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
_POPULARITY = TABLES["track_observations"].arrow.names.index("popularity") - _COMMON
_HEAVY = 12_000
"""Records whose values take some 40 MB as Python's objects."""


NUMBER = 2**32 - 1
"""The bits of a reference that are the record's number."""


def reference(number: int, popularity: int) -> int:
    """A record by number, but with another popularity of its one track: often all that changes."""
    return number | (popularity + 1) << 32


class Columns:
    """Rows of one shape by number, of which all but the latest are Arrow columns already."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._settled: list[pa.RecordBatch] = []
        self._settled_count = 0
        self._rows: list[tuple[Any, ...]] = []

    def __len__(self) -> int:
        return self._settled_count + len(self._rows)

    def append(self, row: tuple[Any, ...]) -> int:
        """Keep a row; its number, from 0."""
        self._rows.append(row)
        return self._settled_count + len(self._rows) - 1

    def row(self, number: int) -> tuple[Any, ...]:
        """The row again."""
        if number >= self._settled_count:
            return self._rows[number - self._settled_count]
        (row,) = self.table().slice(number, 1).to_pylist()
        return tuple(row.values())

    def table(self) -> pa.Table:
        """All rows, each column in one piece."""
        self.settle()
        table = pa.Table.from_batches(self._settled, self._schema).combine_chunks()
        self._settled = table.to_batches()
        return table

    def settle(self) -> None:
        """Make columns of the latest rows: they take a tenth of the memory."""
        if self._rows:
            values = zip(*self._rows, strict=True)
            arrays = [pa.array(v, f.type) for v, f in zip(values, self._schema, strict=True)]
            self._settled.append(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
            self._settled_count += len(self._rows)
            self._rows = []


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
        for credit in credits:
            self.credits.append(credit)
        self.credit_ends.append(len(self.credits))
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
            row = (*row[:_POPULARITY], popularity, *row[_POPULARITY + 1 :])
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
        self._weight = 0
        self._settled = False

    def __len__(self) -> int:
        return len(self.listing_of)

    @property
    def is_heavy(self) -> bool:
        """Whether it is time to settle."""
        return self._weight > _HEAVY

    @property
    def is_settled(self) -> bool:
        """Whether it has had so many records that it settled before now."""
        return self._settled

    def add(self, told: Told) -> int:
        """Keep what a record tells; its number."""
        listing = self.listings.append(told.listing) if told.listing else -1
        listening = self.listenings.append(told.listening) if told.listening else -1
        kinds = zip(self.things, told.seen, strict=True)
        self._weight += 1
        return self._add(
            listing, listening, [[things.number(thing) for thing in seen] for things, seen in kinds]
        )

    def refuse(self, reason: str, content: bytes) -> int:
        """Keep why a record can't be used; its number."""
        number = self._add(-1, -1, [[] for _ in KINDS])
        self.refused[number] = (reason, content)
        self._weight += 1
        return number

    def differ_in_popularity(self, one: int, other: int) -> tuple[int, int] | None:
        """The popularity of the one track that two records tell of, if that is all they differ in.

        Records that were kept since the catalog settled.
        """
        tracks = [self._track_of(number) for number in (one, other)]
        if None in tracks or self._all_but_tracks(one) != self._all_but_tracks(other):
            return None
        rows = [list(track[0]) for track in tracks if track]
        first, second = (row.pop(_POPULARITY) for row in rows)
        same = rows[0] == rows[1] and len({track[1] for track in tracks if track}) == 1
        return (first, second) if same and None not in (first, second) else None

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
        self._weight = 0
        self._settled = True

    def _add(self, listing: int, listening: int, numbers: Sequence[Sequence[int]]) -> int:
        self.listing_of.append(listing)
        self.listening_of.append(listening)
        for seen, ends, mine in zip(self.seen, self.seen_ends, numbers, strict=True):
            seen.extend(mine)
            ends.append(len(seen))
        return len(self.listing_of) - 1

    def _all_but_tracks(self, number: int) -> list[Any]:
        """What a record tells, but for its tracks."""
        listing, listening = self.listing_of[number], self.listening_of[number]
        return [
            listing < 0 or self.listings.row(listing),
            listening < 0 or self.listenings.row(listening),
            *(self._seen_of(number, kind) for kind in range(1, len(KINDS))),
        ]

    def _track_of(self, number: int) -> Thing | None:
        found = self._seen_of(number, 0)
        return self.things[0].thing(found[0]) if len(found) == 1 else None

    def _seen_of(self, number: int, kind: int) -> list[int]:
        ends = self.seen_ends[kind]
        return self.seen[kind][ends[number - 1] if number else 0 : ends[number]].tolist()


def _schema(table: str, names: Sequence[str]) -> pa.Schema:
    return pa.schema([TABLES[table].arrow.field(name) for name in names])
