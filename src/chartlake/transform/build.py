"""Building: which committed slots have no build yet, and making one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from chartlake.errors import CorruptObject
from chartlake.lake import aside, builds, keys, raw
from chartlake.lake.store import Store
from chartlake.model import Build, BuiltSlot, Slot
from chartlake.transform import drift
from chartlake.transform.engine import Engine
from chartlake.transform.piece import Built, Failed, Piece, Place

__all__ = [
    "TRANSFORM_VERSION",
    "Failed",
    "Place",
    "Progress",
    "Transformed",
    "build_slots",
    "silent",
    "unbuilt",
]

TRANSFORM_VERSION = 1
"""Raised when the same pages give other rows: then `chartlake rebuild` builds all again."""
_MOST_SLOTS = 1024
"""Of a piece: what takes longer is done too late."""
_PIECES_EACH = 2
"""So many pieces for each worker, so that none waits long for the last."""


Progress = Callable[[int, int], None]
"""Is told how many slots have been parsed so far, and of how many."""


def silent(done: int, of: int) -> None:
    """Say nothing."""


class Transformed(NamedTuple):
    """The build of a batch (None when nothing could be built) and the slots left out."""

    build: Build | None
    failed: tuple[Failed, ...]


def unbuilt(store: Store, since: str | None = None, at_least: int = 0) -> list[Place]:
    """The committed slots that no build covers, by a transform version of ``at_least`` so much.

    Of all months, or of those from ``since`` on: a build lies in the month of
    its last slot, so that it is not missed. No manifest is fetched.
    """
    committed = {
        Place(feed, slot, revision)
        for feed in raw.feeds(store)
        for slot, revision in raw.latest_revisions(store, feed, since=since).items()
    }
    for _, build in builds.read_builds(store, builds.list_builds(store, since)):
        # the load tells of a damaged one, and what it held is built again
        if isinstance(build, Build) and build.transform_version >= at_least:
            committed -= {Place(built.feed, built.slot, built.revision) for built in build.slots}
    return sorted(committed)


def build_slots(
    store: Store,
    engine: Engine,
    places: Sequence[Place],
    now: datetime,
    progress: Progress = silent,
) -> Transformed:
    """Parse the slots and commit them as one build; what fails is recorded and left out."""
    if not places:  # an engine need not even start
        return Transformed(None, ())
    attempt = keys.new_attempt()
    pieces = _pieces(places, engine)
    found = engine.build(store, attempt, pieces, lambda done: progress(done, len(places)))
    built = sorted(found, key=lambda each: each.number or 0)
    failed = list(chain.from_iterable(each.failed for each in built))
    for place, reason in failed:
        aside.record_failure(store, place.feed, place.slot, "transform", reason, now)
    try:
        build = _commit(store, attempt, built, now)
    except CorruptObject as error:  # a damaged build object stands where this one would
        build = None
        failed += [
            Failed(Place(slot.feed, slot.slot, slot.revision), error)
            for each in built
            for slot in each.slots
        ]
    return Transformed(build, tuple(failed))


def _pieces(places: Sequence[Place], engine: Engine) -> list[Piece]:
    """The places by feed and slot, so that each piece knows most of its records after a day."""
    by_feed, width = sorted(places), engine.width
    count = max(1, min(len(by_feed) // engine.smallest_piece, width * _PIECES_EACH))
    if count > width:
        count -= count % width  # so that all workers end at the same time
    if len(by_feed) > count * _MOST_SLOTS:
        count = -(-len(by_feed) // (_MOST_SLOTS * width)) * width
    size = -(-len(by_feed) // count)
    parts = [tuple(by_feed[begin : begin + size]) for begin in range(0, len(by_feed), size)]
    return [Piece(number if parts[1:] else None, part) for number, part in enumerate(parts)]


def _commit(store: Store, attempt: str, built: Sequence[Built], now: datetime) -> Build | None:
    slots = tuple(sorted(chain.from_iterable(each.slots for each in built), key=_in_order))
    if not slots:
        return None
    files = tuple(chain.from_iterable(each.files for each in built))
    fields = drift.total(each.fields for each in built)
    before = drift.remembered(store)
    found = drift.drifted(before, fields, slots)
    build = builds.commit(store, TRANSFORM_VERSION, slots, files, attempt, found)
    drift.learn(store, before, fields, build, now)
    return build


def _in_order(slot: BuiltSlot) -> tuple[str, Slot]:
    return slot.feed, slot.slot
