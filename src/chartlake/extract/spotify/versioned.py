"""Reading a list that is longer than a page and may be edited meanwhile.

The list tells its version. A list whose version is that of the slot before is
not read again, but for every so many slots, because a version is a hint and no
proof. The version is compared before and after paging, so that no torn list is
kept; and what was read before a quota ended is held for the next run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from chartlake.errors import Deferred, Unavailable
from chartlake.extract.due import DueSlot, Part
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.lake.raw import pages_to_keep
from chartlake.model import Body, Snapshot, Undecodable, from_json

__all__ = [
    "Page",
    "VersionedList",
    "decode",
    "further_pages",
    "not_whole",
    "page_of",
    "read_versioned",
    "unchanged",
]

_Shape = TypeVar("_Shape")
_TRIES = 3
_MOST_ITEMS = 11_000


class Page(msgspec.Struct):
    """A page of a list, as far as paging needs it."""

    items: list[Any]
    total: int | None = None
    offset: Any = None


class VersionedList(Protocol):
    """How one kind of list is asked for."""

    @property
    def name(self) -> str:
        """What it is, for people."""
        ...

    def ask_first(self, client: SpotifyClient, before: Body | None) -> Body | None:
        """The answer that tells the version; None where it is still as in ``before`` (304)."""
        ...

    def version(self, first: Body) -> str | None:
        """The version that this answer tells."""
        ...

    def ask_version(self, client: SpotifyClient) -> str | None:
        """The version now, by the smallest answer that tells it."""
        ...

    def pages(self, client: SpotifyClient, bodies: Sequence[Body]) -> Iterator[tuple[Body, Page]]:
        """All pages in order, each with its body; ``bodies`` are those that are there already."""
        ...


class _Torn(Exception):
    """The list changed while it was read."""


def read_versioned(
    client: SpotifyClient, source: VersionedList, full_read_every: int, due: DueSlot
) -> Snapshot:
    """Read the list whole, or find that it is unchanged.

    Unavailable where the items do not add up or the list never stands still.
    """
    bodies = _resumed(client, source, due)
    for _ in range(_TRIES):
        try:
            if not bodies:
                first = _first(client, source, full_read_every, due)
                if first is None:
                    return unchanged(client, due)
                bodies = [first]
            return _whole(client, source, due, bodies)
        except _Torn:
            bodies = []
    raise Unavailable(
        f"{source.name} was edited while it was read, {_TRIES} times in a row", fix="run again"
    )


def unchanged(client: SpotifyClient, due: DueSlot) -> Snapshot:
    """The snapshot of a list that is as it was at the slot before: it names those pages."""
    before = due.previous
    if before is None:
        raise ValueError("nothing was read before")
    return Snapshot(
        feed=due.feed,
        slot=due.slot,
        chart_date=due.chart_date,
        bodies=(),
        kept=pages_to_keep(before),
        item_count=before.item_count,
        observed_at=client.now,
        requests=tuple(client.requests),
        version=before.version,
        unchanged_from=before.unchanged_from or before.slot,
        unchanged_count=before.unchanged_count + 1,
    )


def further_pages(
    client: SpotifyClient,
    path: str,
    resource: str,
    limit: int,
    bodies: Sequence[Body],
    count: int,
    total: int | None,
    params: dict[str, str] | None = None,
) -> Iterator[tuple[Body, Page]]:
    """The pages from item ``count`` on, asked for by offset; from ``bodies`` where they are."""
    there = {body.first_item: body for body in bodies if body.resource == resource}
    while total is None or count < total:
        body = there.get(count) or client.get(
            path,
            resource,
            {"offset": str(count), "limit": str(limit), **(params or {})},
            first_item=count,
        )
        page = page_of(body)
        count, total = count + len(page.items), page.total
        yield body, page
        if not page.items or count > _MOST_ITEMS:
            return


def page_of(body: Body) -> Page:
    """A page; Unavailable where it is another one than was asked for."""
    page = decode(body, Page)
    if type(page.offset) is int and page.offset != body.first_item:
        raise Unavailable(
            f"{body.url} begins at item {page.offset}, not {body.first_item}",
            fix="run again; nothing of it was stored",
        )
    return page


def decode(body: Body, shape: type[_Shape]) -> _Shape:
    """The part of an answer that reading needs; Unavailable where it has another shape."""
    try:
        return from_json(body.content, shape)
    except Undecodable as error:
        raise Unavailable(
            f"{body.url} has another shape than a {body.resource}", why=str(error)
        ) from error


def not_whole(name: str, count: int, total: int | None) -> Unavailable:
    """The error of a list that has more or fewer items than it says."""
    return Unavailable(
        f"{name} gave {count:,} of {total or 0:,} items",
        why="Spotify's pages do not add up to the total that it states",
        fix="run again; nothing of it was stored",
    )


def _first(
    client: SpotifyClient, source: VersionedList, full_read_every: int, due: DueSlot
) -> Body | None:
    """The first answer; None where the slot before has the same version and may stand for it."""
    before = due.previous
    may_skip = before and before.version and before.unchanged_count + 1 < full_read_every
    if not before or not may_skip:
        return source.ask_first(client, None)
    page = before.pages[0]
    known = Body(
        content=b"",
        resource=page.resource,
        media_type=page.media_type,
        received_at=page.received_at,
        url=page.url,
        etag=page.etag,
    )
    first = source.ask_first(client, known)
    return first if first and source.version(first) != before.version else None


def _resumed(client: SpotifyClient, source: VersionedList, due: DueSlot) -> list[Body]:
    """What an earlier run had read of this slot, if the list is still the same."""
    if not due.held or not due.held.version:
        return []
    same = source.ask_version(client) == due.held.version
    return list(due.held.bodies) if same else []


def _whole(
    client: SpotifyClient, source: VersionedList, due: DueSlot, bodies: list[Body]
) -> Snapshot:
    version, count, total = source.version(bodies[0]), 0, None
    requests = due.held.requests if due.held else ()
    try:
        for body, page in source.pages(client, tuple(bodies)):
            if body not in bodies:
                bodies.append(body)
            count, total = count + len(page.items), page.total
        if len(bodies) > 1 and source.ask_version(client) != version:
            raise _Torn
    except (Deferred, Unavailable):
        if tuple(bodies) != (due.held.bodies if due.held else ()):
            due.hold(Part(tuple(bodies), (*requests, *client.requests), version))
        raise
    if count > _MOST_ITEMS or (total is not None and count != total):
        raise not_whole(source.name, count, total)
    return Snapshot(
        feed=due.feed,
        slot=due.slot,
        chart_date=due.chart_date,
        bodies=tuple(bodies),
        item_count=count,
        requests=(*requests, *client.requests),
        version=version,
    )
