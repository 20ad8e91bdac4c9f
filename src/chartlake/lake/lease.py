"""A turn that one machine after another has, where no lock file can be: a lease in the store.

An object says who has the turn and until when. It is changed by compare-and-swap, and renewed
as long as the holder lives; who was killed loses it within a minute. It rests on the clocks of the
machines, so it is a courtesy, as all turns are: what must be right does not depend on it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import msgspec

from chartlake.errors import StorageError
from chartlake.model import Record, Undecodable, from_json

__all__ = ["Lease", "held"]

_LASTS = timedelta(seconds=60)
_RENEWED_EVERY = 20.0
_ASKED_EVERY = 2.0

Swap = Callable[[Callable[[bytes | None], bytes]], bytes]
"""Replaces the lease by what a function makes of it, and tells what stands; loses no change."""


class Lease(Record, frozen=True, kw_only=True):
    """Who has the turn, and until when."""

    holder: str
    until: datetime


@contextmanager
def held(swap: Swap, seconds: float) -> Iterator[bool]:
    """Have the turn while the block runs; waits up to ``seconds``, and gives whether it is had."""
    me = secrets.token_hex(8)
    until = time.monotonic() + seconds
    has_it = _take(swap, me)
    while not has_it and time.monotonic() < until:
        time.sleep(min(_ASKED_EVERY, max(0.0, until - time.monotonic())))
        has_it = _take(swap, me)
    if not has_it:
        yield False
        return
    over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(swap, me, over), name="lease", daemon=True)
    renewing.start()
    try:
        yield True
    finally:
        over.set()
        renewing.join()
        with suppress(StorageError):  # it ends by itself
            swap(lambda before: _given_up(before, me))


def _take(swap: Swap, me: str) -> bool:
    now = datetime.now(UTC)

    def taken(before: bytes | None) -> bytes:
        known = _read(before)
        if before is not None and known and known.holder != me and known.until > now:
            return before
        return msgspec.json.encode(Lease(holder=me, until=now + _LASTS))

    standing = _read(swap(taken))
    return standing is not None and standing.holder == me


def _renew(swap: Swap, me: str, over: threading.Event) -> None:
    while not over.wait(_RENEWED_EVERY):
        with suppress(StorageError):  # the next time may be better
            _take(swap, me)


def _given_up(before: bytes | None, me: str) -> bytes:
    known = _read(before)
    if before is not None and known and known.holder != me:
        return before
    return msgspec.json.encode(Lease(holder=me, until=datetime.now(UTC)))


def _read(content: bytes | None) -> Lease | None:
    """None where there is none, or where it can't be read: then nobody has it."""
    with suppress(Undecodable):
        return from_json(content, Lease) if content is not None else None
    return None
