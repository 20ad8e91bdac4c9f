"""The tracks that a listener saved, newest first.

Spotify gives this list no version, so one is made of what changes when a track
is saved or removed: how many there are, and which was saved last and when.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.versioned import Page, further_pages, page_of, read_versioned
from chartlake.model import Body, Snapshot

__all__ = ["read_saved_tracks"]

_PATH = "/me/tracks"
_RESOURCE = "saved_tracks"
_LARGEST_PAGE = 50


def read_saved_tracks(client: SpotifyClient, full_read_every: int, due: DueSlot) -> Snapshot:
    """Read all saved tracks, unless they are unchanged."""
    return read_versioned(client, _SavedTracks(due.feed.source_id), full_read_every, due)


class _SavedTracks:
    def __init__(self, account: str) -> None:
        self.name = f"the list of saved tracks of account {account}"

    def ask_first(self, client: SpotifyClient, before: Body | None) -> Body | None:
        return client.get_if_changed(
            _PATH, _RESOURCE, _slice(_LARGEST_PAGE), etag=before.etag if before else None
        )

    def version(self, first: Body) -> str | None:
        page = page_of(first)
        newest = page.items[0] if page.items and isinstance(page.items[0], dict) else {}
        track = newest.get("track")
        track_id = track.get("id") if isinstance(track, dict) else None
        parts = (page.total, newest.get("added_at"), track_id)
        return " ".join(map(str, parts))

    def ask_version(self, client: SpotifyClient) -> str | None:
        return self.version(client.get(_PATH, _RESOURCE, _slice(1)))

    def pages(self, client: SpotifyClient, bodies: Sequence[Body]) -> Iterator[tuple[Body, Page]]:
        first = bodies[0]
        page = page_of(first)
        yield first, page
        if page.items:
            yield from further_pages(
                client, _PATH, _RESOURCE, _LARGEST_PAGE, bodies, len(page.items), page.total
            )


def _slice(limit: int) -> dict[str, Any]:
    return {"offset": "0", "limit": str(limit)}
