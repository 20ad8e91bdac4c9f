"""Mutable state: the few things that change, each one small JSON object of its own.

None of it is needed for correctness: what is lost is learned, counted or asked
for again. So state that cannot be read counts as not there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import msgspec

from chartlake.lake import keys
from chartlake.lake.store import Store
from chartlake.model import Page, Record, Request, Slot, Undecodable, from_json

__all__ = ["FeedState", "Held", "change_state", "feed_state", "read_state"]

logger = logging.getLogger(__name__)

_State = TypeVar("_State")


class Held(Record, frozen=True, kw_only=True):
    """The pages of a slot whose reading was broken off: a later run asks for the rest.

    They lie in raw, no manifest names them yet, and as long as this one does
    they are no garbage. ``version`` is the list's version when they were read.
    """

    slot: Slot
    pages: tuple[Page, ...]
    requests: tuple[Request, ...] = ()
    version: str | None = None


class FeedState(Record, frozen=True, kw_only=True):
    """What a feed remembers between runs.

    ``albums`` are those whose tracks are there already, with how many they were.
    ``spent`` counts its requests by the hour (UTC).
    """

    held: Held | None = None
    albums: dict[str, int] = msgspec.field(default_factory=dict)
    spent: dict[str, int] = msgspec.field(default_factory=dict)


def feed_state(feed: str) -> str:
    """The name of a feed's state."""
    return f"feed-{feed}"


def read_state(store: Store, name: str, shape: type[_State]) -> _State | None:
    """The state of that name; None where it is not there or cannot be read."""
    try:
        return _decoded(store.get(keys.state(name)), name, shape)
    except FileNotFoundError:
        return None


def change_state(
    store: Store, name: str, shape: type[_State], change: Callable[[_State | None], _State]
) -> _State:
    """Replace a state by what ``change`` makes of it; it may be called again after a lost race."""

    def changed(before: bytes | None) -> bytes:
        known = _decoded(before, name, shape) if before is not None else None
        return msgspec.json.encode(change(known))

    return msgspec.json.decode(store.change(keys.state(name), changed), type=shape)


def _decoded(content: bytes, name: str, shape: type[_State]) -> _State | None:
    try:
        return from_json(content, shape)
    except Undecodable as error:
        logger.warning("state %s cannot be read and is made anew: %s", name, error)
        return None
