"""What a manifest claims, as far as it can be checked before its pages are read.

Manifests are small files that anybody who reaches the lake may change. None may lead
out of its feed's folder, take more memory than a page has, or put rows under another name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from chartlake.errors import CorruptObject
from chartlake.lake import keys
from chartlake.model import FEED_NAME, Feed, Manifest, Page, Slot, naive_utc, slot_time
from chartlake.schedule import check_schedule

__all__ = ["MOST_BYTES", "check_manifest"]

MOST_BYTES = 64 * 1024 * 1024
"""No page is longer: an answer of the API has 8 MiB at most, a charts file 16."""

_NAME_IN_KEY = re.compile("[A-Za-z0-9_.-]*[A-Za-z0-9_-]")  # that no store refuses, nor takes for ..


def check_manifest(manifest: Manifest, feed: str, slot: Slot, revision: int) -> None:
    """CorruptObject where the manifest at this place cannot be true."""
    place = (manifest.feed.name, manifest.slot, manifest.revision)
    if place != (feed, slot, revision):
        said = " ".join(map(str, place))
        raise _lie(feed, slot, revision, f"it says that it is of {said}")
    try:
        for why in (*_of_slot(manifest), *_of_pages(manifest)):
            raise _lie(feed, slot, revision, why)
    except (ValueError, OverflowError, LookupError, OSError) as error:
        raise _lie(feed, slot, revision, str(error)) from error


def _lie(feed: str, slot: Slot, revision: int, why: str) -> CorruptObject:
    return CorruptObject(
        f"{keys.manifest(feed, slot, revision)} is not what was committed",
        why=why,
        fix="restore it from a backup; the other slots are not affected",
    )


def _of_slot(manifest: Manifest) -> Iterator[str]:
    _check_feed(manifest.feed)
    slot_time(manifest.slot)
    if not FEED_NAME.fullmatch(manifest.feed.name):
        yield f"{manifest.feed.name!r} is no name of a feed"
    if manifest.item_count < 0:
        yield f"it counts {manifest.item_count} items"
    if manifest.missed and manifest.pages:
        yield "it was missed, and has pages"
    times = [manifest.observed_at, *([manifest.since] if manifest.since else [])]
    for at in (*times, *(page.received_at for page in manifest.pages)):
        naive_utc(at)  # OverflowError before the year 1
        if at.tzinfo is None:
            yield f"its time {at} has no zone"


def _check_feed(feed: Feed) -> None:
    """ValueError or LookupError where it has a schedule or a time zone that nobody can follow."""
    ZoneInfo(feed.timezone)
    if feed.schedule is not None:
        check_schedule(feed.schedule)


def _of_pages(manifest: Manifest) -> Iterator[str]:
    for number, page in enumerate(manifest.pages):
        key = page.raw_key or manifest.raw_key
        names = key.split("/")
        is_key = all(_NAME_IN_KEY.fullmatch(name) for name in names)
        if not is_key or names[:2] != [keys.RAW.strip("/"), manifest.feed.name]:
            yield f"page {number} lies at {key!r}, which is not a place of this feed"
        if not _is_possible(page):
            yield (
                f"page {number} has {page.length} bytes in {page.stored_bytes} stored ones "
                f"at {page.offset}, from item {page.first_item}"
            )


def _is_possible(page: Page) -> bool:
    sizes = (page.offset, page.stored_bytes, page.length, page.first_item)
    is_in_reach = page.offset < 1 << 62 and page.first_item < 1 << 31
    return min(sizes) >= 0 and page.length <= MOST_BYTES and is_in_reach
