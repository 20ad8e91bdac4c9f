"""A reading that may be broken off: what it has is held in the lake, and picked up again.

A part is picked up only by a run of the same slot: later, the list is another.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from chartlake.errors import CorruptObject
from chartlake.extract.due import DueSlot, Part
from chartlake.lake import keys, raw
from chartlake.lake.state import FeedState, Held, change_state, feed_state, read_state
from chartlake.lake.store import Store
from chartlake.model import Body, Page

__all__ = ["Reading"]


class Reading:
    """One attempt to read a slot, with what earlier attempts had got of it."""

    def __init__(self, store: Store, slot: DueSlot) -> None:
        self._store = store
        self._slot = slot
        self._name = feed_state(slot.feed.name)
        self._state = read_state(store, self._name, FeedState) or FeedState()
        self._remember: list[Callable[[], None]] = []

    def due(self) -> DueSlot:
        """The slot for its reader."""
        return self._slot._replace(held=self._held(), hold=self._hold, then=self._remember.append)

    def done(self) -> None:
        """The slot is committed: forget what was held, remember what the reader asked for."""
        if self._state.held:
            self._change(None)
        for remember in self._remember:
            remember()

    def _held(self) -> Part | None:
        held = self._state.held
        if held is None or held.slot != self._slot.slot:
            return None
        try:
            bodies = tuple(self._body(page) for page in held.pages)
        except (FileNotFoundError, CorruptObject):
            return None
        return Part(bodies, held.requests, held.version)

    def _hold(self, part: Part) -> None:
        pages = raw.hold(
            self._store, self._slot.feed.name, self._slot.slot, part.bodies, keys.new_attempt()
        )
        held = Held(slot=self._slot.slot, pages=pages, requests=part.requests, version=part.version)
        self._change(held)

    def _change(self, held: Held | None) -> None:
        self._state = change_state(
            self._store,
            self._name,
            FeedState,
            lambda before: msgspec.structs.replace(before or FeedState(), held=held),
        )

    def _body(self, page: Page) -> Body:
        return Body(
            content=raw.read_kept(self._store, page, page.raw_key or ""),
            resource=page.resource,
            media_type=page.media_type,
            received_at=page.received_at,
            url=page.url,
            status=page.status,
            first_item=page.first_item,
            etag=page.etag,
        )
