"""An engine for tests that parse in a way of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chartlake.lake.store import Store
from chartlake.model import Manifest
from chartlake.transform.engine import Count
from chartlake.transform.pages import Memory, SlotContent
from chartlake.transform.piece import Built, Piece, build_piece, parse_slot


class ParsingEngine:
    """Builds as the real one, in this process, from what its own `parse` gives."""

    width = 1
    smallest_piece = 1000

    def build(
        self, store: Store, attempt: str, pieces: Sequence[Piece], progress: Count
    ) -> Iterator[Built]:
        """One result for each piece, as they come."""
        for piece in pieces:
            yield build_piece(store, attempt, piece, parse=self.parse)

    def parse(self, store: Store, manifest: Manifest, memory: Memory) -> SlotContent:
        """What a slot tells."""
        return parse_slot(store, manifest, memory)
