"""What could not be used, kept with its reason: quarantined files and failures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import msgspec

from chartlake.errors import ChartlakeError, Refused
from chartlake.lake import keys
from chartlake.lake.store import Store
from chartlake.model import Record, Slot, Undecodable, as_text, from_json, sha256

__all__ = [
    "Failure",
    "Quarantined",
    "first_failed_slot",
    "kept_aside",
    "last_failed_slot",
    "list_failures",
    "list_quarantined",
    "quarantine",
    "record_failure",
    "release",
]


_Note = TypeVar("_Note", bound=Record)


class Failure(Record, frozen=True, kw_only=True):
    """Why a slot could not be extracted or transformed. It informs and closes nothing.

    ``status`` is the HTTP status of a refusal.
    """

    feed: str
    slot: Slot
    stage: str
    what: str
    why: str | None
    at: datetime
    status: int | None = None


class Quarantined(Record, frozen=True, kw_only=True):
    """A whole file kept aside, and why."""

    name: str
    sha256: str
    size: int
    reason: str
    at: datetime


def record_failure(
    store: Store, feed: str, slot: Slot, stage: str, error: ChartlakeError, at: datetime
) -> None:
    """Keep the reason why a slot is still open; the same reason is kept once."""
    failure = Failure(
        feed=feed,
        slot=slot,
        stage=stage,
        what=error.what,
        why=error.why,
        at=at,
        status=error.status if isinstance(error, Refused) else None,
    )
    digest = sha256(f"{stage}\n{error.what}\n{error.why}".encode())[:16]
    store.create(keys.failure(feed, slot, digest), msgspec.json.encode(failure))


def list_failures(store: Store, slots: Iterable[tuple[str, Slot]]) -> Iterator[Failure]:
    """Why these slots are still open."""
    for feed, slot in slots:
        for key in store.keys(keys.failures_of(feed, slot)):
            yield from _read(store, key, Failure)


def last_failed_slot(store: Store, feed: str, before: Slot) -> Slot | None:
    """The last slot before this one of which a failure is kept."""
    slots = (Slot(name) for name in store.folders(keys.failures_of(feed)))
    return max((slot for slot in slots if slot < before), default=None)


def first_failed_slot(store: Store, feed: str, since: Slot) -> Slot | None:
    """The first slot of a feed, from one on, of which a failure is kept."""
    slots = (Slot(name) for name in store.folders(keys.failures_of(feed)))
    return next((slot for slot in slots if slot >= since), None)


def quarantine(store: Store, name: str, content: bytes, reason: str, at: datetime) -> Quarantined:
    """Keep a file's bytes and the reason; the same bytes are kept once, with the first reason."""
    digest = sha256(content)
    kept = Quarantined(name=as_text(name), sha256=digest, size=len(content), reason=reason, at=at)
    store.create(keys.quarantined(digest), content)
    store.create(keys.quarantined(digest) + ".json", msgspec.json.encode(kept))
    return kept


def kept_aside(store: Store) -> set[str]:
    """The hashes of what lies in quarantine; nothing is fetched."""
    kept = (key.removeprefix(keys.QUARANTINE) for key in store.keys(keys.QUARANTINE))
    return {name.removesuffix(".json") for name in kept}


def release(store: Store, digest: str) -> None:
    """Forget a file that has found its place in the lake after all."""
    store.delete(keys.quarantined(digest) + ".json")
    store.delete(keys.quarantined(digest))


def list_quarantined(store: Store) -> Iterator[Quarantined]:
    """Everything kept aside."""
    for key in store.keys(keys.QUARANTINE):
        if key.endswith(".json"):
            yield from _read(store, key, Quarantined)


def _read(store: Store, key: str, shape: type[_Note]) -> Iterator[_Note]:
    """The note, if it is there and can be read: it informs only, and must stop nobody."""
    with suppress(FileNotFoundError, Undecodable):
        yield from_json(store.get(key), shape)
