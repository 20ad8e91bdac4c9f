"""Garbage: what no commit refers to, once it is too old to belong to a run that goes on.

In an order in which no crash and no other run is harmed: objects are listed
first and what refers to them is read after that; a build that is superseded
goes before its files, since a reader follows the build and must find them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Literal, NamedTuple

from chartlake.errors import CorruptObject
from chartlake.lake import keys, marts
from chartlake.lake.references import (
    LiveSlot,
    held_objects,
    is_whole,
    live_slots,
    manifests_of,
    raw_objects,
    read_builds,
    sizes_of,
)
from chartlake.lake.store import Listed, Store
from chartlake.model import Build, Slot

__all__ = ["GRACE", "Collected", "Piece", "collect"]

GRACE = timedelta(days=7)
"""Nothing runs as long as this; what is younger may be somebody's attempt."""

Kind = Literal["raw", "build", "curated", "marts", "unfinished"]


class Piece(NamedTuple):
    """One object that nothing needs."""

    kind: Kind
    key: str
    size: int


class Collected(NamedTuple):
    """What was removed (or would be), and what kept the rest from being looked at."""

    pieces: tuple[Piece, ...]
    problems: tuple[CorruptObject, ...]

    @property
    def size(self) -> int:
        """How many bytes it was in all."""
        return sum(piece.size for piece in self.pieces)


def collect(
    store: Store, now: datetime, grace: timedelta = GRACE, *, dry_run: bool = False
) -> Collected:
    """Remove what is older than ``grace`` and referred to by nothing.

    Where a manifest or a build cannot be read, nobody knows what it refers to:
    nothing is removed there, and the problem is told.
    """
    pieces: list[Piece] = []
    problems: list[CorruptObject] = []
    before = now - grace
    built = cache(partial(_built, store))
    for feed in store.folders(keys.RAW):
        try:
            pieces += _raw_of(store, feed, before, built)
        except CorruptObject as problem:
            problems.append(problem)
    try:
        pieces += _curated(store, before)
    except CorruptObject as problem:
        problems.append(problem)
    pieces += [Piece("marts", each.key, each.size) for each in marts.leavings(store, before)]
    left = (listed for listed in store.unfinished() if listed.modified < before)
    pieces += [Piece("unfinished", listed.key, listed.size) for listed in left]
    if not dry_run:
        for piece in pieces:
            remove = store.delete_unfinished if piece.kind == "unfinished" else store.delete
            remove(piece.key)
    return Collected(tuple(pieces), tuple(problems))


def _raw_of(
    store: Store, feed: str, before: datetime, built: Callable[[], Set[tuple[str, str]]]
) -> list[Piece]:
    old = {each.key: each for each in store.listing(keys.raw_of(feed)) if each.modified < before}
    if not old:
        return []
    needed = set(held_objects(store, feed))  # before the manifests: see `references`
    there = set[Slot]()
    for manifest in manifests_of(store, feed):
        needed |= raw_objects(manifest)
        there.add(manifest.slot)
    pieces = [Piece("raw", key, each.size) for key, each in old.items() if key not in needed]
    slots = {slot for piece in pieces if (slot := keys.raw_slot(piece.key))}
    for slot in sorted(slots - there):
        if (feed, slot) in built():
            raise CorruptObject(
                f"{keys.manifest(feed, slot, 1)} is gone",
                why="a build holds its slot: what is there of it in raw may be its only copy",
                fix="restore it from a backup; until then nothing of the feed's raw is removed",
            )
    return pieces


def _built(store: Store) -> frozenset[tuple[str, str]]:
    """The slots that builds hold."""
    return frozenset(
        (slot.feed, str(slot.slot)) for _, build in read_builds(store) for slot in build.slots
    )


def _curated(store: Store, before: datetime) -> Iterator[Piece]:
    """Builds that are live for no slot, each before its files; then files of no build."""
    files = store.listing(keys.CURATED)
    made = list(read_builds(store))
    live = live_slots(made)
    ages = {listed.key: listed.modified for listed, _ in made}
    sizes = sizes_of(files)
    whole = cache(partial(is_whole, store))
    named: set[str] = set()
    for listed, build in made:
        named |= {file.key for file in build.files}
        if listed.modified < before and _is_superseded(listed, build, live, ages, whole, before):
            yield Piece("build", listed.key, listed.size)
            for file in build.files:
                if file.key in sizes:
                    yield Piece("curated", file.key, sizes[file.key])
    for listed in files:
        if listed.key not in named and listed.modified < before:
            yield Piece("curated", listed.key, listed.size)


def _is_superseded(
    listed: Listed,
    build: Build,
    live: Mapping[tuple[str, str], LiveSlot],
    ages: Mapping[str, datetime],
    whole: Callable[[Build], bool],
    before: datetime,
) -> bool:
    """Whether other builds are live for all its slots: whole ones, for longer than the grace.

    A reader may have listed the builds before the better one was there, and now read this one.
    """
    winners = (live[slot.feed, str(slot.slot)] for slot in build.slots)
    others = {winner.key: winner.build for winner in winners}
    return listed.key not in others and all(
        ages[key] < before and whole(other) for key, other in others.items()
    )
