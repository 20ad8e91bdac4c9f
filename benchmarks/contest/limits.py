"""What no way can be faster than: reading the pages, and finding where their items lie.

Words: ``read`` LAKE (decompress all pages and check their hashes, as ours must), or ``items``
FILE… (msgspec: where each item of a page begins and ends; pages are in memory).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import msgspec

from chartlake.lake import raw
from chartlake.lake.store import open_store


class _Page(msgspec.Struct):
    items: list[msgspec.Raw]


def read(lake: str) -> float:
    """The seconds of reading all pages of a lake."""
    store = open_store(lake)
    begun = time.perf_counter()
    for feed in raw.feeds(store):
        for slot, revision in raw.latest_revisions(store, feed).items():
            for _ in raw.read_pages(store, raw.read_manifest(store, feed, slot, revision)):
                pass
    return time.perf_counter() - begun


def items(*files: str) -> float:
    """The seconds of splitting all pages into items, once they are in memory."""
    decoder, seconds = msgspec.json.Decoder(_Page), 0.0
    for file in files:
        pages = Path(file).read_bytes().splitlines()
        begun = time.perf_counter()
        for page in pages:
            decoder.decode(page)
        seconds += time.perf_counter() - begun
    return seconds


def main() -> None:
    what, *words = sys.argv[1:]
    seconds = {"read": read, "items": items}[what](*words)
    sys.stdout.write(json.dumps({"seconds": seconds}) + "\n")


if __name__ == "__main__":
    main()
