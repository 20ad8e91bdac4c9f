"""Raw: pages exactly as received, and the manifests that commit them.

A raw object holds one attempt's pages, each in a zstd frame of its own, one
after another: the whole is a readable .zst stream, and one page is one range
read. A slot is committed by creating its manifest, which nobody can do twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import accumulate, groupby

import msgspec
import pyarrow as pa

from chartlake.errors import CorruptObject
from chartlake.lake import keys
from chartlake.lake.checkpoint import is_open
from chartlake.lake.store import Store
from chartlake.model import (
    Body,
    Feed,
    Manifest,
    Page,
    Slot,
    Snapshot,
    Undecodable,
    from_json,
    sha256,
    slot_month,
)

__all__ = [
    "commit",
    "committed",
    "compressed",
    "feeds",
    "hold",
    "is_committed",
    "last_before",
    "latest_revisions",
    "manifest_sha256",
    "mark_missed",
    "pages_to_keep",
    "read_kept",
    "read_manifest",
    "read_page",
    "read_pages",
    "read_standing",
    "recent_revisions",
]

_ZSTD_LEVEL = 6
_SUFFIX = {"application/json": "json", "text/csv": "csv"}


def commit(store: Store, snapshot: Snapshot, revision: int = 1) -> tuple[Manifest, bool]:
    """Store a snapshot and commit it; returns the manifest that stands and whether it is ours.

    Whoever loses the race gets the winner's manifest; the loser's pages are
    garbage that no one refers to.
    """
    attempt = keys.new_attempt()
    held = hold(store, snapshot.feed.name, snapshot.slot, snapshot.bodies, attempt)
    manifest = _manifest(snapshot, (*snapshot.kept, *held), attempt, revision)
    place = (snapshot.feed.name, snapshot.slot, revision)
    if store.create(keys.manifest(*place), msgspec.json.encode(manifest)):
        return manifest, True
    standing = read_manifest(store, *place)
    return standing, standing.attempt == attempt  # ours, where the answer to its write was lost


def hold(
    store: Store, feed: str, slot: Slot, bodies: Sequence[Body], attempt: str
) -> tuple[Page, ...]:
    """Store bodies that no manifest names yet, and say where each of them lies."""
    if not bodies:
        return ()
    frames = [compressed(body.content) for body in bodies]
    key = keys.raw(feed, slot, attempt, _SUFFIX[bodies[0].media_type])
    store.create(key, b"".join(frames))
    offsets = accumulate((len(frame) for frame in frames), initial=0)
    return tuple(_page(*parts, key) for parts in zip(bodies, frames, offsets, strict=False))


def read_manifest(store: Store, feed: str, slot: Slot, revision: int) -> Manifest:
    """The manifest of one revision of a slot."""
    key = keys.manifest(feed, slot, revision)
    try:
        return from_json(store.get(key), Manifest)
    except Undecodable as error:
        raise CorruptObject(f"{key} is not a manifest", why=str(error)) from error


def manifest_sha256(manifest: Manifest) -> str:
    """The identity of a manifest's content, from which build ids are made."""
    return sha256(msgspec.json.encode(manifest))


def latest_revisions(
    store: Store, feed: str, month: str = "", since: str | None = None
) -> dict[Slot, int]:
    """The committed slots of a feed, each with its standing revision.

    Of one month, of the months from ``since`` on, or of all. Only keys are
    listed; nothing is fetched.
    """
    folders = [month] if month or since is None else _months(store, feed, since)
    highest: dict[Slot, int] = {}
    for folder in folders:
        for key in store.keys(keys.manifests_of(feed, folder)):
            if found := keys.slot_and_revision(key):
                slot, revision = found
                highest[slot] = max(revision, highest.get(slot, 0))
    return highest


def recent_revisions(store: Store, feed: str, since: str | None) -> dict[Slot, int]:
    """The committed slots of the months from ``since`` on; of all months where those have none."""
    found = latest_revisions(store, feed, since=since)
    return found or (latest_revisions(store, feed) if since else found)


def _months(store: Store, feed: str, since: str) -> list[str]:
    months = store.folders(keys.manifests_of(feed))
    return [month for month in months if is_open(month, since)]


def committed(store: Store, feed: str, slot: Slot) -> Manifest | None:
    """The standing manifest of a slot: its highest revision, or None."""
    revision = latest_revisions(store, feed, slot_month(slot)).get(slot)
    return read_manifest(store, feed, slot, revision) if revision else None


def read_standing(store: Store, feed: str, slot: Slot) -> Manifest:
    """The standing manifest of a slot that is committed; FileNotFoundError where it is not."""
    manifest = committed(store, feed, slot)
    if manifest is None:
        raise FileNotFoundError(keys.manifest(feed, slot, 1))
    return manifest


def feeds(store: Store) -> list[str]:
    """The names of all feeds that the lake holds anything of."""
    return store.folders(keys.MANIFESTS)


def is_committed(store: Store, feed: str, slot: Slot) -> bool:
    """Whether a slot has a manifest; nothing is fetched."""
    return slot in latest_revisions(store, feed, slot_month(slot))


def last_before(
    store: Store, feed: str, revisions: Mapping[Slot, int], slot: Slot
) -> Manifest | None:
    """The standing manifest of the last slot before this one that was read.

    ``revisions`` are the feed's committed slots, all or the last of them. Those that were
    missed tell only which one was read before them.
    """
    for before in sorted((each for each in revisions if each < slot), reverse=True):
        manifest = read_manifest(store, feed, before, revisions[before])
        if manifest.last_read:
            return committed(store, feed, manifest.last_read)
        if not manifest.missed:
            return manifest
    return None


def mark_missed(
    store: Store,
    feed: Feed,
    slot: Slot,
    chart_date: date,
    why: str,
    at: datetime,
    last_read: Slot | None = None,
) -> bool:
    """Settle a slot that nobody read in time; False where somebody had after all.

    The mark stands where the slot's manifest would, so that one of the two wins. It tells the
    last slot before it that was read, because marks may stand for months.
    """
    mark = Manifest(
        feed=feed,
        slot=slot,
        chart_date=chart_date,
        revision=1,
        attempt=keys.new_attempt(),
        raw_key="",
        pages=(),
        item_count=0,
        observed_at=at,
        missed=why,
        last_read=last_read,
    )
    return store.create(keys.manifest(feed.name, slot, 1), msgspec.json.encode(mark))


def read_pages(store: Store, manifest: Manifest) -> Iterator[bytes]:
    """The slot's pages as received, in order; CorruptObject where a hash does not match."""
    for key, pages in groupby(enumerate(manifest.pages), lambda numbered: numbered[1].raw_key):
        whole = store.get(key or manifest.raw_key)
        for number, page in pages:
            frame = whole[page.offset : page.offset + page.stored_bytes]
            yield _decompress(frame, page, f"page {number} of {key or manifest.raw_key}")


def read_page(store: Store, manifest: Manifest, number: int) -> bytes:
    """One page as received, by a range read; CorruptObject where its hash does not match."""
    page = manifest.pages[number]
    return read_kept(store, page, page.raw_key or manifest.raw_key)


def read_kept(store: Store, page: Page, raw_key: str) -> bytes:
    """One page of a raw object, by a range read; CorruptObject where its hash does not match."""
    frame = store.get_range(raw_key, page.offset, page.stored_bytes)
    return _decompress(frame, page, f"the page at {page.offset} of {raw_key}")


def pages_to_keep(manifest: Manifest) -> tuple[Page, ...]:
    """A slot's pages, each with the object it lies in, so that another slot can name them."""
    return tuple(
        msgspec.structs.replace(page, raw_key=page.raw_key or manifest.raw_key)
        for page in manifest.pages
    )


def _manifest(snapshot: Snapshot, pages: tuple[Page, ...], attempt: str, revision: int) -> Manifest:
    newest = pages[-1].raw_key if pages else None
    observed_at = snapshot.observed_at or snapshot.bodies[0].received_at
    return Manifest(
        feed=snapshot.feed,
        slot=snapshot.slot,
        chart_date=snapshot.chart_date,
        revision=revision,
        attempt=attempt,
        raw_key=newest or "",
        pages=tuple(
            msgspec.structs.replace(page, raw_key=None) if page.raw_key == newest else page
            for page in pages
        ),
        item_count=snapshot.item_count,
        observed_at=observed_at,
        requests=snapshot.requests,
        version=snapshot.version,
        unchanged_from=snapshot.unchanged_from,
        unchanged_count=snapshot.unchanged_count,
        since=snapshot.since,
        watermark=snapshot.watermark,
        warning=snapshot.warning,
    )


def _page(body: Body, frame: bytes, offset: int, raw_key: str) -> Page:
    return Page(
        resource=body.resource,
        media_type=body.media_type,
        offset=offset,
        stored_bytes=len(frame),
        length=len(body.content),
        sha256=sha256(body.content),
        received_at=body.received_at,
        url=body.url,
        status=body.status,
        first_item=body.first_item,
        etag=body.etag,
        raw_key=raw_key,
    )


def compressed(content: bytes) -> bytes:
    """A page as it lies in a raw object: a zstd frame."""
    return bytes(pa.Codec("zstd", compression_level=_ZSTD_LEVEL).compress(content, asbytes=True))


def _decompress(frame: bytes, page: Page, place: str) -> bytes:
    try:
        content = bytes(pa.decompress(frame, page.length, codec="zstd", asbytes=True))
    except (OSError, pa.ArrowException) as error:
        raise CorruptObject(f"{place} cannot be decompressed", why=str(error)) from error
    if sha256(content) != page.sha256:
        raise CorruptObject(
            f"{place} does not match its hash",
            why="the stored bytes changed after they were committed",
            fix="restore the object from a backup; the other slots are not affected",
        )
    return content
