"""What a reader is given: a slot that is due, and what is known from before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from chartlake.model import Body, Feed, Manifest, Request, Slot, Snapshot

__all__ = ["DueSlot", "Part", "Read"]


class Part(NamedTuple):
    """The beginning of a reading that was broken off, and the list's version at that time."""

    bodies: tuple[Body, ...]
    requests: tuple[Request, ...] = ()
    version: str | None = None


class DueSlot(NamedTuple):
    """A slot to be read.

    ``previous`` is the manifest of the feed's last slot before this one,
    ``held`` what a run before this one had read of this same slot. A reading
    that is broken off gives ``hold`` what it has; ``then`` takes what is to be
    remembered once the slot is committed.
    """

    feed: Feed
    slot: Slot
    chart_date: date
    previous: Manifest | None = None
    held: Part | None = None
    hold: Callable[[Part], None] = lambda part: None
    then: Callable[[Callable[[], None]], None] = lambda remember: None


Read = Callable[[DueSlot], Snapshot]
"""Reads one slot from its source, or says why not: any ChartlakeError but StorageError."""
