"""Putting back a raw object that was lost or damaged, from the bytes that it was made of."""

from __future__ import annotations

from chartlake.errors import CorruptObject
from chartlake.lake import raw
from chartlake.lake.store import Store
from chartlake.model import Manifest

__all__ = ["restore"]


def restore(store: Store, manifest: Manifest, content: bytes) -> bool:
    """Put back the one page of a slot where it is lost or damaged; whether it was.

    CorruptObject where the bytes in the store would not be those that were committed.
    """
    page = manifest.pages[0]
    try:
        raw.read_page(store, manifest, 0)
    except (FileNotFoundError, CorruptObject):
        frame, key = raw.compressed(content), page.raw_key or manifest.raw_key
        if page.offset or len(manifest.pages) > 1 or len(frame) != page.stored_bytes:
            raise CorruptObject(
                f"{key} is lost or damaged, and these bytes do not fit into its place",
                fix=f"chartlake purge {manifest.feed.name} --date {manifest.chart_date}, "
                "then: chartlake import --replace",
            ) from None
        store.delete(key)
        return store.create(key, frame)
    return False
