"""From pages to records: what one page holds, and what became of each record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from chartlake.errors import DataError
from chartlake.model import Manifest, Page, Undecodable, from_json, naive_utc
from chartlake.schema import Entry, PlayObservation, SlotRows
from chartlake.transform.observations import Observations, Seen
from chartlake.transform.payloads import PageOfItems
from chartlake.transform.records import RejectRecord, reject

__all__ = [
    "Found",
    "RawRecord",
    "Split",
    "batch_of",
    "gather",
    "in_order",
    "items_of",
    "records_of",
    "whole",
]

Split = Callable[[bytes], Sequence[msgspec.Raw]]


class RawRecord(NamedTuple):
    """One record as received, and its place.

    ``number`` and ``item`` are its page and its place there, ``ordinal`` its
    place over all pages of the slot, each from 0. ``observed_at`` is when the
    page was received: a slot may have pages of an earlier one.
    """

    content: msgspec.Raw
    page: Page
    number: int
    item: int
    ordinal: int
    observed_at: datetime

    @property
    def position(self) -> int:
        """Its rank in the list that the page is a part of, from 1."""
        return self.page.first_item + self.item + 1

    @property
    def is_null(self) -> bool:
        """Whether there is nothing where a record should be."""
        return bytes(self.content) == b"null"


class Found(NamedTuple):
    """What one record tells."""

    seen: Sequence[Seen] = ()
    entry: Entry | None = None
    play: PlayObservation | None = None


def records_of(
    manifest: Manifest, pages: Iterable[bytes], split_by_resource: Mapping[str, Split]
) -> Iterator[RawRecord]:
    """The records of all pages; DataError where a page is not what the manifest says."""
    ordinal = 0
    for number, (page, content) in enumerate(zip(manifest.pages, pages, strict=True)):
        split = split_by_resource.get(page.resource)
        if not split:
            raise DataError(
                f"page {number} is a {page.resource}, which no {manifest.feed.source} has"
            )
        try:
            found = split(content)
            _check_offset(page, content)
        except Undecodable as error:
            raise DataError(f"page {number} is not a {page.resource}", why=str(error)) from error
        at = naive_utc(page.received_at)
        for item, raw in enumerate(found):
            yield RawRecord(raw, page, number, item, ordinal, at)
            ordinal += 1


class _Offset(msgspec.Struct):
    offset: Any = None


def _check_offset(page: Page, content: bytes) -> None:
    """Undecodable where a page of a list tells another place than the one that was asked for."""
    told = from_json(content, _Offset).offset
    if type(told) is int and told != page.first_item:
        raise Undecodable(f"it begins at item {told}, not {page.first_item}")


def in_order(records: Iterable[RawRecord]) -> Iterator[RawRecord]:
    """The same records of a ranked list; DataError where one is not the next place of it.

    Where a manifest is wrong about where a page begins, all its positions would be.
    """
    for record in records:
        if record.position != record.ordinal + 1:
            raise DataError(
                f"page {record.number} begins at item {record.page.first_item}, "
                f"after {record.ordinal} items"
            )
        yield record


def gather(
    records: Iterable[RawRecord], read: Callable[[RawRecord], Found]
) -> tuple[SlotRows, int]:
    """The rows of all records, those that ``read`` refuses as rejects; and how many there were."""
    rows, observations, count = SlotRows(), Observations(), 0
    for record in records:
        count += 1
        try:
            found = read(record)
        except (Undecodable, RejectRecord) as reason:
            payload = bytes(record.content).decode("utf-8", "replace")
            rows.rejects.append(reject(record.number, record.item, reason, payload))
            continue
        rows.entries += [found.entry] if found.entry else []
        rows.play_observations += [found.play] if found.play else []
        observations.add(found.seen)
    observations.fill(rows)
    return rows, count


def items_of(content: bytes) -> list[msgspec.Raw]:
    """The records of a page of a list."""
    return from_json(content, PageOfItems).items


def batch_of(name: str) -> Split:
    """The records of an answer to many ids at once, which lie under ``name``."""

    def split(content: bytes) -> list[msgspec.Raw]:
        fields = from_json(content, dict[str, msgspec.Raw])
        if name not in fields:
            raise Undecodable(f"it has no {name}")
        return from_json(fields[name], list[msgspec.Raw])

    return split


def whole(content: bytes) -> list[msgspec.Raw]:
    """The page itself, which is one object."""
    from_json(content, dict[str, msgspec.Raw])
    return [msgspec.Raw(content)]
