"""Fetching the manifests and raw objects of slots, ahead of the parser where that waits.

A bucket answers in some twenty milliseconds, in which hundreds of records are
parsed: so slots that come next are fetched meanwhile, a few at a time. A local
disk answers at once, and threads would only be in the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from chartlake.errors import CorruptObject, StorageError
from chartlake.lake import raw
from chartlake.lake.ahead import read_ahead
from chartlake.lake.store import Store
from chartlake.model import Manifest, Slot
from chartlake.transform.claims import check_manifest

__all__ = ["Fetched", "Place", "fetched"]

_SLOTS_AHEAD = 8


class Place(NamedTuple):
    """A committed slot at its standing revision."""

    feed: str
    slot: Slot
    revision: int


class Fetched(NamedTuple):
    """A slot's manifest, or why it can't be used; and the store that has its pages."""

    place: Place
    manifest: Manifest | CorruptObject
    store: Store


def fetched(store: Store, places: Iterable[Place]) -> Iterator[Fetched]:
    """The slots one by one, in order."""
    if store.url.startswith("s3:"):
        return read_ahead(partial(_with_pages, store), places, _SLOTS_AHEAD)
    return (Fetched(place, _manifest(store, place), store) for place in places)


class _Ahead(Store):
    """A store of which some objects are here already."""

    def __init__(self, store: Store, objects: dict[str, bytes]) -> None:
        super().__init__(lambda: None, store.url)
        self._behind = store
        self._here = objects

    def get(self, key: str) -> bytes:
        """The whole object."""
        return self._here[key] if key in self._here else self._behind.get(key)


def _with_pages(store: Store, place: Place) -> Fetched:
    manifest = _manifest(store, place)
    objects: dict[str, bytes] = {}
    if isinstance(manifest, Manifest):
        for key in {page.raw_key or manifest.raw_key for page in manifest.pages}:
            with suppress(FileNotFoundError, StorageError):  # whoever needs it is told
                objects[key] = store.get(key)
    return Fetched(place, manifest, _Ahead(store, objects))


def _manifest(store: Store, place: Place) -> Manifest | CorruptObject:
    try:
        manifest = raw.read_manifest(store, *place)
        check_manifest(manifest, *place)
    except FileNotFoundError as error:  # a name that is no slot's lies among the manifests
        return CorruptObject(f"{place.feed} {place.slot}: this is no slot", why=str(error))
    except CorruptObject as error:
        return error
    return manifest
