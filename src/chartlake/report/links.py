"""The links between a row and the bytes that it was read from, as facts to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["BuildLink", "CuratedFile", "ManifestLink", "PageLink", "Record"]


@dataclass(frozen=True)
class CuratedFile:
    """The Parquet file that holds the row; ``verified``: its hash was compared now."""

    key: str
    rows: int
    size: int
    sha256: str
    verified: bool


@dataclass(frozen=True)
class BuildLink:
    """The live attempt of the slot, and the build that committed it (no key: it is gone)."""

    key: str | None
    build_id: str
    attempt: str
    revision: int
    transform_version: int
    slots_covered: int
    loaded_at: datetime
    file: CuratedFile | None = None


@dataclass(frozen=True)
class ManifestLink:
    """The commit of the slot's pages; ``verified``: it is the one that the build was made from."""

    key: str
    sha256: str
    verified: bool
    revision: int
    observed_at: datetime
    pages: int
    records: int
    requests: int
    unchanged_from: str | None
    warning: str | None


@dataclass(frozen=True)
class PageLink:
    """The page as received, and where it lies; ``verified``: its hash was compared now."""

    number: int
    raw_key: str
    offset: int
    stored_bytes: int
    length: int
    sha256: str
    verified: bool
    resource: str
    media_type: str
    url: str | None
    status: int | None
    received_at: datetime


@dataclass(frozen=True)
class Record:
    """The record's own bytes, ``start`` to before ``end`` of the page; base64 if no UTF-8."""

    number: int
    start: int
    end: int
    text: str | None
    base64: str | None
    header: str | None
