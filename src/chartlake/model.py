"""The vocabulary: frozen records that the stages pass to each other.

A *feed* is a configured thing to follow; a *slot* is its unit of work; a
*manifest* commits the raw pages of one slot; a *build* commits the curated
files of one slot or many. Manifests and builds are the JSON objects that the
lake stores, so their fields may only be added to.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Literal, NewType, TypeVar

import msgspec

__all__ = [
    "FEED_NAME",
    "SPOTIFY_ID",
    "UNDATED",
    "Body",
    "Build",
    "BuiltFile",
    "BuiltSlot",
    "Cadence",
    "Drift",
    "Feed",
    "Manifest",
    "Page",
    "Request",
    "Slot",
    "Snapshot",
    "Undecodable",
    "as_text",
    "from_json",
    "naive_utc",
    "sha256",
    "slot_at",
    "slot_month",
    "slot_of_date",
    "slot_time",
]

Slot = NewType("Slot", str)
"""A scheduled time in UTC as ``20260301T040000Z``, or a sha256 for an undated file."""

Cadence = Literal["edition", "day"]
"""What is ranked: every edition, or the last edition of each chart date."""

UNDATED = "undated"
_Shape = TypeVar("_Shape")
FEED_NAME = re.compile(r"(?=.{1,64}$)[a-z0-9]+(-[a-z0-9]+)*")
SPOTIFY_ID = re.compile(r"[A-Za-z0-9]{22}")
_SLOT_FORMAT = "%Y%m%dT%H%M%SZ"
_OF_FILES = ("charts-csv",)


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of all records: immutable, compared by value, stored as JSON."""


class Feed(Record, frozen=True, kw_only=True):
    """A thing to follow: one playlist, one chart, one account's plays.

    ``source`` is the kind of feed (``playlist``, ``charts-csv``), ``source_id``
    what it follows there. ``schedule`` is hourly, daily, weekly, a cron line in
    ``timezone``, or None for an irregular feed, of which nothing is ever due.
    """

    name: str
    source: str
    source_id: str
    schedule: str | None = None
    timezone: str = "UTC"
    cadence: Cadence = "edition"

    @property
    def is_of_files(self) -> bool:
        """Whether a person brings its files: any slot may still be filled, at any time."""
        return self.source in _OF_FILES


class Body(Record, frozen=True, kw_only=True):
    """One answer of a source, as received, with the facts of its request."""

    content: bytes
    resource: str
    media_type: str
    received_at: datetime
    url: str | None = None
    status: int | None = None
    first_item: int = 0
    etag: str | None = None


class Request(Record, frozen=True, kw_only=True):
    """The facts of one request, answered or not; the URL never holds a secret.

    ``status`` is None where no answer came, and ``error`` then says why.
    ``headers`` are those by which a service tells of its quota.
    """

    url: str
    at: datetime
    seconds: float
    status: int | None = None
    error: str | None = None
    headers: dict[str, str] = {}


class Page(Record, frozen=True, kw_only=True):
    """Where one body lies in a raw object, and how to know that it is unharmed.

    ``offset`` and ``stored_bytes`` give the zstd frame in the object, ``length``
    and ``sha256`` the body as received. ``first_item`` is the 0-based place in
    the list of the page's first item. ``raw_key`` is the object where it is not
    the manifest's own.
    """

    resource: str
    media_type: str
    offset: int
    stored_bytes: int
    length: int
    sha256: str
    received_at: datetime
    url: str | None = None
    status: int | None = None
    first_item: int = 0
    etag: str | None = None
    raw_key: str | None = None


class Snapshot(Record, frozen=True, kw_only=True):
    """All that a source gave for one slot of a feed, checked and ready to commit.

    ``kept`` are pages that lie in raw already, of an earlier slot or an earlier
    part of this reading; they come before ``bodies``. ``version`` is the source's
    own name for the state of a list. For plays, ``since`` is how far earlier
    slots had got and ``watermark`` how far this one has. ``warning`` tells people
    what is not as it should be, though nothing failed.
    """

    feed: Feed
    slot: Slot
    chart_date: date | None
    bodies: tuple[Body, ...]
    item_count: int
    observed_at: datetime | None = None
    kept: tuple[Page, ...] = ()
    requests: tuple[Request, ...] = ()
    version: str | None = None
    unchanged_from: Slot | None = None
    unchanged_count: int = 0
    since: datetime | None = None
    watermark: datetime | None = None
    warning: str | None = None


class Manifest(Record, frozen=True, kw_only=True):
    """The commit of a slot's raw pages: it exists only when all of them do.

    An unchanged slot has the pages of ``unchanged_from``, the slot that was last
    read whole; ``unchanged_count`` numbers such slots since then. A slot that was
    ``missed`` (and why) has no pages: nobody read it while it could be read;
    ``last_read`` is the slot that was read before it.
    """

    feed: Feed
    slot: Slot
    chart_date: date | None
    revision: int
    attempt: str
    raw_key: str
    pages: tuple[Page, ...]
    item_count: int
    observed_at: datetime
    requests: tuple[Request, ...] = ()
    version: str | None = None
    unchanged_from: Slot | None = None
    unchanged_count: int = 0
    since: datetime | None = None
    watermark: datetime | None = None
    warning: str | None = None
    missed: str | None = None
    last_read: Slot | None = None
    format: int = 1


class BuiltSlot(Record, frozen=True, kw_only=True):
    """What one slot became: records in = entries + rejects."""

    feed: str
    slot: Slot
    revision: int
    manifest_sha256: str
    records: int
    entries: int
    rejects: int


class BuiltFile(Record, frozen=True, kw_only=True):
    """One curated Parquet file of a build."""

    table: str
    key: str
    rows: int
    size: int
    sha256: str


class Drift(Record, frozen=True, kw_only=True):
    """Fields of a kind of records that no earlier build saw, and such as all had and none has."""

    resource: str
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


class Build(Record, frozen=True, kw_only=True):
    """The commit of curated files over one slot or many."""

    build_id: str
    attempt: str
    transform_version: int
    slots: tuple[BuiltSlot, ...]
    files: tuple[BuiltFile, ...]
    drift: tuple[Drift, ...] = ()
    format: int = 1


class Undecodable(ValueError):
    """Bytes are not the JSON that they should be."""


def from_json(content: bytes | msgspec.Raw, shape: type[_Shape]) -> _Shape:
    """Decode JSON into ``shape``; Undecodable for whatever is wrong with it."""
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(str(error)) from error


def as_text(file_name: str) -> str:
    """A file's name as text: on Linux it may be any bytes, which JSON and terminals refuse."""
    return file_name.encode("utf-8", "replace").decode()


def sha256(content: bytes) -> str:
    """The hex digest by which bytes are known everywhere in the lake."""
    return hashlib.sha256(content).hexdigest()


def naive_utc(moment: datetime) -> datetime:
    """The same instant in UTC without a zone, as the tables hold it (no engine agrees on zones)."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def slot_at(moment: datetime) -> Slot:
    """The slot of a scheduled time; ``moment`` must know its zone."""
    text = naive_utc(moment).isoformat(timespec="seconds")
    return Slot(text.replace("-", "").replace(":", "") + "Z")


def slot_of_date(day: date) -> Slot:
    """The slot of a dated file: its chart date at 00:00Z, never converted to a zone."""
    return Slot(day.isoformat().replace("-", "") + "T000000Z")


@lru_cache(4096)
def slot_time(slot: Slot) -> datetime | None:
    """The scheduled time (UTC) of a slot, or None for an undated file's."""
    if not slot.endswith("Z"):
        return None
    return datetime.strptime(slot, _SLOT_FORMAT).replace(tzinfo=UTC)


def slot_month(slot: Slot) -> str:
    """The month folder of a slot: ``2026-03``, or ``undated``."""
    return f"{slot[:4]}-{slot[4:6]}" if slot.endswith("Z") else UNDATED
