"""From pages to the records of a slot: how each kind of page splits, and what its records tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from chartlake.errors import DataError
from chartlake.model import Manifest, Page, Undecodable, from_json, naive_utc
from chartlake.schema import SlotRows
from chartlake.transform.catalog import Catalog
from chartlake.transform.drift import Fields
from chartlake.transform.entries import Told
from chartlake.transform.known import Known, Read, Split
from chartlake.transform.payloads import PageOfItems
from chartlake.transform.records import reject

__all__ = [
    "Kind",
    "Memory",
    "PageRecords",
    "SlotContent",
    "batch_of",
    "content_of",
    "count",
    "in_order",
    "items_of",
    "records_of",
    "whole",
]


class Kind(NamedTuple):
    """A kind of page: how it splits into records, and what one of them tells.

    Where ``read`` needs to know of the page, ``about`` says what: it is given as second argument.
    """

    split: Split
    read: Callable[..., Any]
    about: Callable[[Page, int], str] | None = None


class Memory:
    """What parsing remembers from one slot to the next.

    The catalog, how its records look, and ``fields``, which those have.
    """

    def __init__(self, fields: Fields | None = None) -> None:
        self.catalog = Catalog()
        self.fields = fields or Fields()
        self._known: dict[tuple[str, str | None], Known] = {}

    def known(self, page: Page, number: int, kind: Kind) -> Known:
        """The known records of such pages as this one of a slot."""
        about = kind.about(page, number) if kind.about else None
        place = (page.resource, about)
        if place not in self._known:
            read = _reader(self.fields, page.resource, kind, about)
            self._known[place] = Known(self.catalog, read)
        return self._known[place]

    def lighten(self) -> None:
        """Forget how records look, where there are too many; what they tell is kept."""
        if self.catalog.is_heavy:
            self.catalog.settle()
            self.forget()

    def forget(self) -> None:
        """Forget how records look."""
        for known in self._known.values():
            known.forget()
        self._known = {}


def _reader(fields: Fields, resource: str, kind: Kind, about: str | None) -> Read:
    """Read a record of such pages; its fields are counted."""
    more = () if about is None else (about,)

    def read(content: bytes) -> Told:
        fields.look(resource, content)
        told: Told = kind.read(content, *more)
        return told

    return read


class PageRecords(NamedTuple):
    """The records of one page of a slot, by reference into the catalog.

    ``page`` is its number in the slot, ``first_item`` the 0-based place in the list at
    which it begins, ``observed_at`` when it was received: a slot may have pages of an
    earlier one.
    """

    page: int
    first_item: int
    observed_at: datetime
    references: Sequence[int]


class SlotContent(NamedTuple):
    """What a slot tells: rows that are its own, and records that other slots may have too."""

    rows: SlotRows
    pages: Sequence[PageRecords] = ()


def records_of(
    manifest: Manifest, pages: Iterable[bytes], kinds: Mapping[str, Kind], memory: Memory
) -> list[PageRecords]:
    """The records of all pages; DataError where a page is not what the manifest says."""
    found = []
    for number, (page, content) in enumerate(zip(manifest.pages, pages, strict=True)):
        kind = kinds.get(page.resource)
        if not kind:
            raise DataError(
                f"page {number} is a {page.resource}, which no {manifest.feed.source} has"
            )
        try:
            references = memory.known(page, number, kind).references(
                content, _at_its_place(page, kind.split)
            )
        except Undecodable as error:
            raise DataError(f"page {number} is not a {page.resource}", why=str(error)) from error
        at = naive_utc(page.received_at)
        found.append(PageRecords(number, page.first_item, at, references))
        memory.lighten()
    return found


class _Offset(msgspec.Struct):
    offset: Any = None


def _at_its_place(page: Page, split: Split) -> Split:
    """Split a page; Undecodable where it tells another place than the one that was asked for."""

    def checked(content: bytes) -> Sequence[msgspec.Raw]:
        records = split(content)
        told = from_json(content, _Offset).offset
        if type(told) is int and told != page.first_item:
            raise Undecodable(f"it begins at item {told}, not {page.first_item}")
        return records

    return checked


def in_order(pages: list[PageRecords]) -> list[PageRecords]:
    """The same pages of a ranked list; DataError where one does not begin where the last ended.

    Where a manifest is wrong about where a page begins, all its positions would be.
    """
    so_far = 0
    for page in pages:
        if page.references and page.first_item != so_far:
            raise DataError(
                f"page {page.page} begins at item {page.first_item}, after {so_far} items"
            )
        so_far += len(page.references)
    return pages


def count(pages: Iterable[PageRecords]) -> int:
    """How many records the pages have."""
    return sum(len(page.references) for page in pages)


def content_of(rows: SlotRows, pages: Sequence[PageRecords], memory: Memory) -> SlotContent:
    """A slot's rows and records; those that could not be used are among the rows, and why."""
    refused = memory.catalog.refused
    if refused:
        rows.rejects += [
            reject(page.page, item, *refused[each])
            for page in pages
            for item, each in enumerate(page.references)
            if each in refused
        ]
    return SlotContent(rows, pages)


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
