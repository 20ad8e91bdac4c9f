"""Whose a playlist is, as its raw pages tell; the tables have only the owner's name."""

from __future__ import annotations

from chartlake.errors import CorruptObject
from chartlake.lake import raw
from chartlake.lake.references import last_feed
from chartlake.lake.store import Store
from chartlake.model import Feed, Manifest, Undecodable, from_json
from chartlake.transform.payloads import Playlist

__all__ = ["playlists_of"]


def playlists_of(store: Store, user_id: str) -> list[Feed]:
    """The playlist feeds that belong to a user, by its id."""
    return [
        feed
        for name in raw.feeds(store)
        if (feed := last_feed(store, name))
        and feed.source == "playlist"
        and _owner_of(store, name) == user_id
    ]


def _owner_of(store: Store, feed: str) -> str | None:
    """As the latest slot tells that can be read."""
    revisions = raw.latest_revisions(store, feed)
    manifests = (raw.read_manifest(store, feed, s, revisions[s]) for s in sorted(revisions)[::-1])
    return next((owner for m in manifests if (owner := _told_in(store, m))), None)


def _told_in(store: Store, manifest: Manifest) -> str | None:
    number = next((n for n, p in enumerate(manifest.pages) if p.resource == "playlist"), None)
    if number is None:
        return None
    try:
        playlist = from_json(raw.read_page(store, manifest, number), Playlist)
    except (FileNotFoundError, CorruptObject, Undecodable):
        return None  # expired or damaged: another slot tells
    return playlist.owner.id if playlist.owner else None
