"""What the lake holds of one account, and taking it out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec

from chartlake.lake import keys, purge, raw, tombstones
from chartlake.lake.references import last_feed, manifests_of, read_builds
from chartlake.lake.shrink import holds_any
from chartlake.lake.state import feed_state
from chartlake.lake.store import Store
from chartlake.lake.tombstones import FORGOTTEN
from chartlake.model import Feed, Undecodable, from_json, slot_at

__all__ = [
    "begun",
    "bury_late",
    "close_and_bury",
    "feeds_of",
    "forget_facts",
    "is_forgotten",
    "is_of",
    "remove_leavings",
]

_OF_NO_ACCOUNT = frozenset({"artist-catalog", "charts-csv", "hydration", "playlist"})


def feeds_of(store: Store, account: str) -> list[Feed]:
    """The feeds that follow an account itself: what it played, saved, heard most."""
    found = [feed for name in raw.feeds(store) if (feed := last_feed(store, name))]
    return [feed for feed in found if is_of(feed, account)]


def is_of(feed: Feed, account: str) -> bool:
    """Whether a feed follows an account itself; what it may read is another matter."""
    return feed.source not in _OF_NO_ACCOUNT and feed.source_id.split("/")[0] == account


def is_forgotten(store: Store, feed: Feed) -> bool:
    """Whether a feed was closed because its user is to be forgotten."""
    tombstone = tombstones.closed(store, feed)
    return tombstone is not None and tombstone.why == FORGOTTEN


def begun(store: Store) -> list[Feed]:
    """The feeds that were closed because their user was forgotten, maybe by an interrupted call."""
    return [
        Feed(name=mark.feed, source=mark.source, source_id=mark.source_id)
        for mark in tombstones.closed_feeds(store)
        if mark.why == FORGOTTEN
    ]


def close_and_bury(store: Store, feed: Feed, now: datetime) -> int:
    """Ask for a feed no more, and note that all its slots are to be gone; how many they are."""
    tombstones.close(store, feed, slot_at(now), FORGOTTEN, now)
    slots = purge.select(store, feed.name)
    tombstones.bury(store, feed.name, slots, FORGOTTEN, now)
    return len(slots)


def bury_late(store: Store, now: datetime) -> None:
    """Note that what was committed of forgotten feeds since they were closed is to be gone too.

    On S3 nothing keeps a reading out that is under way meanwhile. Another source that has got
    the name of such a feed since then is not meant.
    """
    for feed in begun(store):
        late = {
            manifest.slot: manifest.revision
            for manifest in manifests_of(store, feed.name)
            if (manifest.feed.source, manifest.feed.source_id) == (feed.source, feed.source_id)
        }
        tombstones.bury(store, feed.name, late, FORGOTTEN, now)


def remove_leavings(store: Store, feeds: Iterable[str]) -> int:
    """Remove what no commit refers to, and what the feeds remember; how many objects.

    Files of builds that were never committed hold rows too, whatever their age, and so may
    what killed writes left. Nobody else may write meanwhile: it would miss its files.
    """
    names = set(feeds)
    left = [keys.state(feed_state(name)) for name in names]
    places = purge.buried_slots(store, names).keys()
    files = list(store.keys(keys.CURATED))
    named = {file.key for _, build in read_builds(store) for file in build.files}
    left += [key for key in files if key not in named and holds_any(store, key, places)]
    for key in left:
        store.delete(key)
    prefixes = tuple(keys.that_may_name(names))
    unfinished = [each.key for each in store.unfinished() if each.key.startswith(prefixes)]
    for key in unfinished:
        store.delete_unfinished(key)
    return len(left) + len(unfinished)


def forget_facts(store: Store, facts: Collection[str]) -> None:
    """Forget these of the facts that were seen about an app's reach."""
    for key in store.keys(keys.STATE):
        if key.startswith(keys.STATE + "capabilities-"):
            store.change(key, lambda before: _without(before, facts))


def _without(before: bytes | None, facts: Collection[str]) -> bytes:
    try:
        known = from_json(before or b"{}", dict[str, dict[str, msgspec.Raw]])
    except Undecodable:  # state that cannot be read counts as not there
        return b"{}"
    rest = {what: seen for what, seen in known.get("facts", {}).items() if what not in facts}
    return msgspec.json.encode({**known, "facts": rest})
