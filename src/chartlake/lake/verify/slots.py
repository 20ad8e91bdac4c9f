"""A feed's slots: its manifests, the raw pages that they commit, and raw that nobody commits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from chartlake.lake import forget, keys, raw, retention, tombstones
from chartlake.lake.ahead import read_ahead
from chartlake.lake.references import held_objects, raw_objects
from chartlake.lake.store import Listed, Store
from chartlake.lake.verify.findings import Findings
from chartlake.lake.verify.pages import PageCheck, Problem
from chartlake.model import Feed, Manifest, Slot, Undecodable, from_json, sha256

__all__ = ["GC", "FeedSlots", "Hashes", "note_orphan", "place_of", "verify_feed"]

RESTORE = "restore it from a backup; the other slots are not affected"
GC = "chartlake gc"

Hashes = dict[int, frozenset[str]]
"""By `place_of` a committed slot, the hashes by which builds may know its manifest."""

_ASK_FOR_WHAT_IS_MISSING = ("artist-catalog", "hydration")
"""Sources that read nothing at all where nothing is missing, or the day's requests are spent."""


class FeedSlots(NamedTuple):
    """What is known of a feed's slots: who followed it since when, and which are committed."""

    name: str
    feeds: tuple[tuple[Slot, Feed], ...]
    committed: frozenset[Slot]


class _Read(NamedTuple):
    key: str
    content: bytes
    manifest: Manifest | None
    problems: list[Problem]
    unreadable: str | None = None


def place_of(feed: str, slot: str, revision: int) -> int:
    """A slot's revision as a number: a million of them have to fit in memory."""
    return hash((feed, slot, revision))


def verify_feed(
    store: Store, feed: str, young: datetime, findings: Findings, hashes: Hashes
) -> FeedSlots:
    """Check a feed's manifests and raw objects; adds to ``hashes`` for the builds."""
    listing = {listed.key: listed for listed in store.listing(keys.raw_of(feed))}
    needed = set(held_objects(store, feed))
    check = _FeedCheck(store, feed, findings)
    feeds: list[tuple[Slot, Feed]] = []
    for read in _manifests(store, feed):
        if manifest := check.manifest(read):
            hashes[place_of(feed, manifest.slot, manifest.revision)] = frozenset(
                {raw.manifest_sha256(manifest), sha256(read.content)}
            )
            needed |= raw_objects(manifest)
            if manifest.slot.endswith("Z") and (not feeds or feeds[-1][1] != manifest.feed):
                feeds.append((manifest.slot, manifest.feed))
    findings.count("raw", objects=len(listing), bytes=sum(o.size for o in listing.values()))
    if not check.unreadable:  # else nobody knows what it refers to
        for listed in listing.values():
            if listed.key not in needed:
                note_orphan("raw", "no manifest refers to this object", listed, young, findings)
    return FeedSlots(feed, tuple(feeds), frozenset(check.slots))


def _manifests(store: Store, feed: str) -> Iterator[_Read]:
    pages = PageCheck(store)

    def read(key: str) -> _Read | None:
        try:
            content = store.get(key)
        except FileNotFoundError:  # removed since it was listed
            return None
        try:
            manifest = from_json(content, Manifest)
        except Undecodable as error:
            return _Read(key, content, None, [], str(error))
        return _Read(key, content, manifest, pages.problems(manifest))

    return (found for found in read_ahead(read, store.keys(keys.manifests_of(feed))) if found)


class _FeedCheck:
    """The checks of one manifest after another."""

    def __init__(self, store: Store, feed: str, findings: Findings) -> None:
        self._store = store
        self._feed = feed
        self._findings = findings
        self._expired = retention.expired(store, feed)
        self._buried = tombstones.buried(store, feed)
        self._is_closed = tombstones.of_feed(store, feed) is not None
        self.slots: set[Slot] = set()
        self.unreadable = False
        findings.count("slots", purged=len(self._buried), expired=len(self._expired))

    def manifest(self, read: _Read) -> Manifest | None:
        """One manifest that can be believed; None where what it says is not so."""
        place = keys.slot_and_revision(read.key)
        if place:
            self.slots.add(place[0])
        manifest = read.manifest
        if manifest is None or place is None:
            self.unreadable = True
            why = f" ({read.unreadable})" if read.unreadable else ""
            self._error(f"this is not a manifest{why}", read.key, RESTORE)
            return None
        if read.key != keys.manifest(manifest.feed.name, manifest.slot, manifest.revision):
            told = f"{manifest.feed.name} {manifest.slot} revision {manifest.revision}"
            self.unreadable = True
            self._error(f"the manifest says it is of {told}", read.key, RESTORE)
            return None
        self._count(manifest)
        self._check_pages(read, manifest)
        if manifest.slot in self._buried:
            self._check_buried(read.key, manifest)
        elif self._is_closed and forget.is_forgotten(self._store, manifest.feed):
            self._error("its user was forgotten, and the slot is there", read.key, GC)
        return manifest

    def _count(self, manifest: Manifest) -> None:
        missed = manifest.missed is not None
        self._findings.count("manifests", objects=1, missed=missed, records=manifest.item_count)
        self._findings.count("raw", pages=len(manifest.pages))
        had_nothing_to_ask = manifest.feed.source in _ASK_FOR_WHAT_IS_MISSING
        is_empty = not manifest.pages and not missed
        if is_empty and (manifest.item_count or not had_nothing_to_ask):
            self._error("the manifest names no pages", manifest.slot, RESTORE)

    def _check_pages(self, read: _Read, manifest: Manifest) -> None:
        for problem in read.problems:
            if problem.is_gone and manifest.slot in self._expired:
                continue  # given up for their age, as the mark says
            where = f"{problem.key} (of {manifest.feed.name} {manifest.slot})"
            self._findings.error("raw", problem.what, where, RESTORE)

    def _check_buried(self, key: str, manifest: Manifest) -> None:
        mark = tombstones.of_slot(self._store, self._feed, manifest.slot)
        if manifest.revision <= mark.revision:
            self._error("the slot was purged, and its manifest is there", key, GC)

    def _error(self, what: str, where: str, fix: str) -> None:
        self._findings.error("manifests", what, where, fix)


def note_orphan(zone: str, what: str, listed: Listed, young: datetime, findings: Findings) -> None:
    """Something that nothing refers to: an attempt under way, or what a crash left."""
    findings.count(zone, orphans=1)
    if listed.modified >= young:
        findings.note(zone, f"{what}: an attempt under way, or a run that was killed", listed.key)
    else:
        findings.error(zone, what, listed.key, f"{GC} removes it")
