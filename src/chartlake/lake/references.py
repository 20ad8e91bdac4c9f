"""What refers to what: which raw objects a manifest or a held part needs, which build is live.

Whoever removes an object asks here first. The order matters where others write
at the same time: list the objects, then read the states, then the manifests. A
held part stays in its state until the manifest that names it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chartlake.errors import CorruptObject
from chartlake.lake import builds, keys, raw
from chartlake.lake.ahead import read_ahead
from chartlake.lake.builds import LiveSlot
from chartlake.lake.state import FeedState, feed_state, read_state
from chartlake.lake.store import Listed, Store
from chartlake.model import Build, Feed, Manifest, Undecodable, from_json, sha256

__all__ = [
    "LiveSlot",
    "held_objects",
    "is_whole",
    "last_feed",
    "live_slots",
    "manifests_of",
    "raw_objects",
    "read_builds",
    "sizes_of",
]


def manifests_of(store: Store, feed: str) -> Iterator[Manifest]:
    """All manifests of a feed in the order of their slots, older revisions too.

    CorruptObject where one cannot be read: then nobody knows what it refers to.
    """

    def read(key: str) -> Manifest | None:
        try:
            return from_json(store.get(key), Manifest)
        except FileNotFoundError:  # removed since it was listed
            return None
        except Undecodable as error:
            raise CorruptObject(f"{key} is not a manifest", why=str(error)) from error

    found = (key for key in store.keys(keys.manifests_of(feed)) if keys.slot_and_revision(key))
    return (manifest for manifest in read_ahead(read, found) if manifest)


def last_feed(store: Store, name: str) -> Feed | None:
    """A feed that is in the lake, as its last slot had it."""
    months = store.folders(keys.manifests_of(name))
    revisions = raw.latest_revisions(store, name, months[-1]) if months else {}
    last = max(revisions, default=None)
    return raw.read_manifest(store, name, last, revisions[last]).feed if last else None


def raw_objects(manifest: Manifest) -> frozenset[str]:
    """The raw objects that hold a slot's pages, of earlier slots too."""
    return frozenset(page.raw_key or manifest.raw_key for page in manifest.pages)


def held_objects(store: Store, feed: str) -> frozenset[str]:
    """The raw objects of a reading that was broken off and may still go on."""
    state = read_state(store, feed_state(feed), FeedState)
    held = state.held if state else None
    return frozenset(page.raw_key for page in held.pages if page.raw_key) if held else frozenset()


def read_builds(store: Store) -> Iterator[tuple[Listed, Build]]:
    """All builds; CorruptObject where one cannot be read."""

    def read(listed: Listed) -> Build | None:
        try:
            return builds.read_build(store, listed.key)
        except FileNotFoundError:
            return None

    listing = store.listing(keys.BUILDS)
    for listed, build in zip(listing, read_ahead(read, listing), strict=True):
        if build:
            yield listed, build


def live_slots(made: Iterable[tuple[Listed, Build]]) -> dict[tuple[str, str], LiveSlot]:
    """The live attempt of each slot, by feed and slot."""
    return builds.live_slots((listed.key, build) for listed, build in made)


def is_whole(store: Store, build: Build) -> bool:
    """Whether all files of a build are there and unharmed: each is read, for its hash."""
    try:
        return all(sha256(store.get(file.key)) == file.sha256 for file in build.files)
    except FileNotFoundError:
        return False


def sizes_of(listing: Iterable[Listed]) -> dict[str, int]:
    """The sizes of objects by their keys."""
    return {listed.key: listed.size for listed in listing}
