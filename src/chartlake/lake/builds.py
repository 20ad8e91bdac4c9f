"""Builds: the objects that commit curated files, and which attempt is live.

A build covers one slot or many. Its files are visible to no one until its
object exists; the object names its attempt, slots, files and row counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from chartlake.errors import CorruptObject
from chartlake.lake import keys
from chartlake.lake.checkpoint import is_open
from chartlake.lake.store import Store
from chartlake.model import (
    Build,
    BuiltFile,
    BuiltSlot,
    Drift,
    Slot,
    Undecodable,
    from_json,
    sha256,
    slot_month,
)

__all__ = [
    "LiveSlot",
    "Rank",
    "build_id",
    "commit",
    "list_builds",
    "live_slots",
    "rank",
    "read_build",
    "read_builds",
]


class Rank(NamedTuple):
    """How attempts of one slot compare: the greatest is live, whenever it arrived.

    The higher revision and transform version win, then the build that covers
    more slots, then the lower build id (kept inverted, so that greater wins).
    """

    revision: int
    transform_version: int
    slots_covered: int
    inverted_build_id: str

    @classmethod
    def of(cls, revision: int, transform_version: int, slots_covered: int, build_id: str) -> Rank:
        """The rank from the facts that decide it."""
        return cls(revision, transform_version, slots_covered, build_id.translate(_INVERT_HEX))


_INVERT_HEX = str.maketrans("0123456789abcdef", "fedcba9876543210")


def rank(build: Build, slot: BuiltSlot) -> Rank:
    """The rank of a build's attempt for one of its slots."""
    return Rank.of(slot.revision, build.transform_version, len(build.slots), build.build_id)


class LiveSlot(NamedTuple):
    """The build whose attempt of a slot is live."""

    key: str
    build: Build
    slot: BuiltSlot


def live_slots(made: Iterable[tuple[str, Build]]) -> dict[tuple[str, str], LiveSlot]:
    """The live attempt of each slot, by feed and slot, among these builds with their keys."""
    live: dict[tuple[str, str], LiveSlot] = {}
    for key, build in made:
        for slot in build.slots:
            place = (slot.feed, str(slot.slot))
            known = live.get(place)
            if known is None or rank(build, slot) > rank(known.build, known.slot):
                live[place] = LiveSlot(key, build, slot)
    return live


def build_id(manifest_hashes: Iterable[str], transform_version: int) -> str:
    """The identity of a build: what goes in, and how it is transformed."""
    return sha256("\n".join([f"transform {transform_version}", *sorted(manifest_hashes)]).encode())


def commit(
    store: Store,
    transform_version: int,
    slots: tuple[BuiltSlot, ...],
    files: tuple[BuiltFile, ...],
    attempt: str,
    drift: tuple[Drift, ...] = (),
) -> Build:
    """Commit files that are there; returns the build that stands."""
    hashes = (slot.manifest_sha256 for slot in slots)
    build = Build(
        build_id=build_id(hashes, transform_version),
        attempt=attempt,
        transform_version=transform_version,
        slots=slots,
        files=files,
        drift=drift,
    )
    key = keys.build(_month_of(slots), build.build_id)
    if store.create(key, msgspec.json.encode(build)):
        return build
    return read_build(store, key)


def list_builds(store: Store, since: str | None = None) -> Iterator[str]:
    """The keys of all builds by month, or of those in the months from ``since`` on."""
    if since is None:
        return store.keys(keys.BUILDS)
    months = (month for month in store.folders(keys.BUILDS) if is_open(month, since))
    return (key for month in months for key in store.keys(f"{keys.BUILDS}{month}/"))


def read_build(store: Store, key: str) -> Build:
    """One build by its key."""
    try:
        return from_json(store.get(key), Build)
    except Undecodable as error:
        raise CorruptObject(
            f"{key} is not a build",
            why=str(error),
            fix="restore it from a backup; or delete it, then: chartlake reconcile --all",
        ) from error


def read_builds(store: Store, listed: Iterable[str]) -> Iterator[tuple[str, Build | CorruptObject]]:
    """The builds with these keys one by one, or why one cannot be read.

    What is gone since it was listed, because it was superseded or purged, is left out.
    """
    for key in listed:
        try:
            yield key, read_build(store, key)
        except FileNotFoundError:
            continue
        except CorruptObject as error:
            yield key, error


def _month_of(slots: tuple[BuiltSlot, ...]) -> str:
    last: Slot = max(slot.slot for slot in slots)
    return slot_month(last)
