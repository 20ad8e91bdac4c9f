"""What a reader is given: a slot that is due, and what is known from before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from chartlake.errors import ConfigError
from chartlake.lake import raw
from chartlake.lake.store import Store
from chartlake.model import Body, Feed, Manifest, Request, Slot, Snapshot

__all__ = ["DueSlot", "Part", "Read", "check_same_source"]


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


def check_same_source(store: Store, feed: Feed, revisions: Mapping[Slot, int]) -> None:
    """A feed is one list for ever: another list under its name would falsify its history.

    ``revisions`` are all its committed slots, as `latest_revisions` gives them.
    """
    if not revisions:
        return
    slot = max(revisions)
    before = raw.read_manifest(store, feed.name, slot, revisions[slot]).feed
    if (before.source, before.source_id) != (feed.source, feed.source_id):
        raise ConfigError(
            f"feed {feed.name!r} followed {before.source} {before.source_id} so far, "
            f"now {feed.source} {feed.source_id}",
            why="a feed is one list for ever: its history would mix two",
            fix="give the new list a feed name of its own",
        )
