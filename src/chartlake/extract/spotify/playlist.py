"""A playlist as a ranked list, in the shape of 2026 or the earlier one.

The playlist object carries its version and the first page; the rest is asked
for by offset, never by following ``next``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from chartlake.errors import Refused
from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.capabilities import MODE, playlist_fact
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.versioned import Page, decode, further_pages, read_versioned
from chartlake.model import Body, Snapshot

__all__ = ["read_playlist"]

_TYPES = {"additional_types": "track,episode"}  # without it episodes show as missing tracks


class _Playlist(msgspec.Struct):
    snapshot_id: str | None = None
    # loosely typed: Spotify leaves the page out, or null, where it may not be read
    items: Any = None
    tracks: Any = None


def read_playlist(client: SpotifyClient, full_read_every: int, due: DueSlot) -> Snapshot:
    """Read all items of the feed's playlist, unless it is unchanged."""
    playlist_id = due.feed.source_id
    try:
        snapshot = read_versioned(client, _PlaylistList(playlist_id), full_read_every, due)
    except Refused as refusal:
        raise _explained(client, refusal, playlist_id) from refusal
    client.capabilities.note(playlist_fact(playlist_id), "readable")
    return snapshot


class _PlaylistList(NamedTuple):
    playlist_id: str

    @property
    def name(self) -> str:
        return f"playlist {self.playlist_id}"

    @property
    def path(self) -> str:
        return f"/playlists/{self.playlist_id}"

    def ask_first(self, client: SpotifyClient, before: Body | None) -> Body | None:
        same_question = before and before.url == client.url(self.path, _TYPES)
        etag = before.etag if before and same_question else None
        return client.get_if_changed(self.path, "playlist", _TYPES, etag=etag)

    def version(self, first: Body) -> str | None:
        return decode(first, _Playlist).snapshot_id

    def ask_version(self, client: SpotifyClient) -> str | None:
        return self.version(client.get(self.path, "playlist", {"fields": "snapshot_id"}))

    def pages(self, client: SpotifyClient, bodies: Sequence[Body]) -> Iterator[tuple[Body, Page]]:
        """The first page is inside the playlist object, if at all."""
        first = bodies[0]
        playlist = decode(first, _Playlist)
        listing, largest_page, embedded = "items", 50, playlist.items  # as of February 2026
        if embedded is None and playlist.tracks is not None:
            listing, largest_page, embedded = "tracks", 100, playlist.tracks
        count, total = 0, None
        if page := _embedded(embedded):
            count, total = len(page.items), page.total
            yield first, page
            if not page.items:
                return
        yield from further_pages(
            client,
            f"{self.path}/{listing}",
            "playlist_items",
            largest_page,
            bodies,
            count,
            total,
            _TYPES,
        )


def _embedded(page: Any) -> Page | None:
    """The page inside the playlist object, where Spotify gave one that starts at the top."""
    if not isinstance(page, dict) or not isinstance(page.get("items"), list) or page.get("offset"):
        return None
    total = page.get("total")
    if total and not page["items"]:
        return None
    return Page(items=page["items"], total=total if isinstance(total, int) else None)


def _explained(client: SpotifyClient, refusal: Refused, playlist_id: str) -> Refused:
    if refusal.status == 403:
        client.capabilities.note(playlist_fact(playlist_id), "its items are not shown to this app")
        client.capabilities.note(MODE, "development")
        what = f"Spotify does not let this app read the items of playlist {playlist_id} (403)"
        said = f"Spotify says: {refusal.why}; " if refusal.why else ""
        why = (
            f"{said}in development mode only its owner and collaborators may read them, "
            "and only with a sign-in of theirs; a user who is not on the app's list, or an owner "
            "without Premium, gets the same answer"
        )
    elif refusal.status == 404:
        client.capabilities.note(playlist_fact(playlist_id), "not shown to this app")
        what = f"Spotify does not show playlist {playlist_id} to this app (404)"
        why = (
            "it does not exist, or it is Spotify's own, which apps without extended quota "
            "cannot read"
        )
    else:
        return refusal
    fix = (
        "use a playlist that you own, and sign in as its owner (chartlake login, with --account "
        "NAME for another than the default); for one of Spotify's charts import its files: "
        "chartlake import regional-global-daily-*.csv; chartlake doctor tells what the app may do"
    )
    return Refused(what, why=why, fix=fix, status=refusal.status)
