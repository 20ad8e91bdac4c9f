"""What could not be used, kept with its reason: quarantined files and failures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from chartlake.errors import ChartlakeError, Refused
from chartlake.lake import keys
from chartlake.lake.store import Store
from chartlake.model import Record, Slot, as_text, sha256

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
            yield msgspec.json.decode(store.get(key), type=Failure)


def last_failed_slot(store: Store, feed: str, before: Slot) -> Slot | None:
    """The last slot before this one of which a failure is kept."""
    slots = (Slot(name) for name in store.folders(keys.failures_of(feed)))
    return max((slot for slot in slots if slot < before), default=None)


def first_failed_slot(store: Store, feed: str) -> Slot | None:
    """The first slot of a feed of which a failure is kept."""
    return next((Slot(name) for name in store.folders(keys.failures_of(feed))), None)


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
            yield msgspec.json.decode(store.get(key), type=Quarantined)
