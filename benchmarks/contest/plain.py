"""The same pages in the easier form that all rivals are given: uncompressed lines of JSON.

One line is a page: feed, slot, the time at which it was received, where in the list it begins, and
the items as received. Rivals need not read manifests, decompress, check a hash or know that the
first page lies inside a playlist object. That is in their favour, and its making is not timed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from chartlake.lake import raw
from chartlake.lake.store import Store, open_store
from chartlake.model import Manifest, naive_utc

_WHOLE = "whole"


class _Page(msgspec.Struct):
    items: msgspec.Raw = msgspec.Raw(b"[]")


class _Playlist(msgspec.Struct):
    tracks: _Page


def by_day(store: Store) -> Iterator[tuple[str, list[Manifest]]]:
    """The manifests of each slot's name, in order of time."""
    slots: dict[str, list[Manifest]] = {}
    for feed in raw.feeds(store):
        for slot, revision in raw.latest_revisions(store, feed).items():
            slots.setdefault(slot, []).append(raw.read_manifest(store, feed, slot, revision))
    yield from sorted(slots.items())


def make_plain(lake: Path, folder: Path) -> list[Path]:
    """One file a day in ``folder``, unless they are there."""
    done = folder / _WHOLE
    if not done.exists() or done.stat().st_mtime < lake.stat().st_mtime:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        store = open_store(str(lake))
        for slot, manifests in by_day(store):
            with (folder / f"{slot[:8]}.ndjson").open("wb") as file:
                for manifest in manifests:
                    file.writelines(_lines(store, manifest))
        done.touch()
    return sorted(folder.glob("*.ndjson"))


def _lines(store: Store, manifest: Manifest) -> Iterator[bytes]:
    for page, content in zip(manifest.pages, raw.read_pages(store, manifest), strict=True):
        if page.resource == "playlist":
            items = msgspec.json.decode(content, type=_Playlist).tracks.items
        else:
            items = msgspec.json.decode(content, type=_Page).items
        at = naive_utc(page.received_at).isoformat(timespec="microseconds")
        told = f'{{"feed":"{manifest.feed.name}","slot":"{manifest.slot}","observed_at":"{at}",'
        yield f'{told}"first_item":{page.first_item},"items":'.encode() + bytes(items) + b"}\n"
