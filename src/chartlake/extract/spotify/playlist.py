"""A playlist as a ranked list, through the Web API, in the shape of 2026 or the earlier one.

The playlist object carries the first page; the rest is asked for by offset,
never by following ``next``. A list that is edited while it is read would be
torn, so its version is compared before and after.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, TypeVar

import msgspec

from chartlake.errors import Refused, Unavailable
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.model import Body, Feed, Slot, Snapshot, Undecodable, from_json

__all__ = ["read_playlist"]

_Shape = TypeVar("_Shape")
_TRIES = 3
_MOST_ITEMS = 11_000
_TYPES = "track,episode"  # without it Spotify shows episodes as missing tracks


class _Page(msgspec.Struct):
    items: list[msgspec.Raw]
    total: int | None = None


class _Playlist(msgspec.Struct):
    snapshot_id: str | None = None
    # loosely typed: Spotify leaves the page out, or null, where it may not be read
    items: Any = None
    tracks: Any = None


class _Torn(Exception):
    """The playlist changed while it was read."""


def read_playlist(
    client: SpotifyClient, feed: Feed, slot: Slot, chart_date: date | None
) -> Snapshot:
    """Read all items of the feed's playlist; Unavailable where they do not add up."""
    for _ in range(_TRIES):
        try:
            bodies, item_count = _read_once(client, feed.source_id)
        except _Torn:
            continue
        except Refused as refusal:
            raise _explained(refusal, feed) from refusal
        return Snapshot(
            feed=feed, slot=slot, chart_date=chart_date, bodies=bodies, item_count=item_count
        )
    raise Unavailable(
        f"playlist {feed.source_id} was edited while it was read, {_TRIES} times in a row",
        fix="run again",
    )


def _read_once(client: SpotifyClient, playlist_id: str) -> tuple[tuple[Body, ...], int]:
    path = f"/playlists/{playlist_id}"
    first = client.get(path, "playlist", {"additional_types": _TYPES})
    playlist = _decode(first, _Playlist)
    bodies, count, total = [first], 0, None
    for body, page in _pages(client, first, path, playlist):
        if body is not first:
            bodies.append(body)
        count, total = count + len(page.items), page.total
    if len(bodies) > 1 and _version(client, path) != playlist.snapshot_id:
        raise _Torn
    if total is not None and count != total:
        raise Unavailable(
            f"playlist {playlist_id} gave {count} of {total} items",
            why="Spotify's pages do not add up to the total that it states",
            fix="run again; nothing of it was stored",
        )
    return tuple(bodies), count


def _pages(
    client: SpotifyClient, first: Body, path: str, playlist: _Playlist
) -> Iterator[tuple[Body, _Page]]:
    """The pages in order, each with its body; the first is inside the playlist object if at all."""
    listing, largest_page, embedded = "items", 50, playlist.items  # as of February 2026
    if embedded is None and playlist.tracks is not None:
        listing, largest_page, embedded = "tracks", 100, playlist.tracks
    page = _embedded(embedded)
    if page:
        yield first, page
    count = len(page.items) if page else 0
    while page is None or (page.items and (page.total is None or count < page.total)):
        body = client.get(
            f"{path}/{listing}", "playlist_items", _slice(count, largest_page), first_item=count
        )
        page = _decode(body, _Page)
        count += len(page.items)
        if count > _MOST_ITEMS:
            raise Unavailable(
                f"{path[1:]} gave more than {_MOST_ITEMS:,} items",
                why="Spotify's playlists hold 10,000; this answer has no end",
            )
        yield body, page


def _embedded(page: Any) -> _Page | None:
    """The page inside the playlist object, where Spotify gave one that starts at the top."""
    try:
        decoded = msgspec.convert(page, dict[str, Any])
    except msgspec.ValidationError:
        return None
    if not isinstance(decoded.get("items"), list) or decoded.get("offset"):
        return None
    total = decoded.get("total")
    if total and not decoded["items"]:
        return None
    return _Page(items=decoded["items"], total=total if isinstance(total, int) else None)


def _slice(offset: int, limit: int) -> dict[str, str]:
    return {"offset": str(offset), "limit": str(limit), "additional_types": _TYPES}


def _version(client: SpotifyClient, path: str) -> str | None:
    body = client.get(path, "playlist_version", {"fields": "snapshot_id"})
    return _decode(body, _Playlist).snapshot_id


def _decode(body: Body, shape: type[_Shape]) -> _Shape:
    try:
        return from_json(body.content, shape)
    except Undecodable as error:
        raise Unavailable(
            f"{body.url} has another shape than a playlist", why=str(error)
        ) from error


def _explained(refusal: Refused, feed: Feed) -> Refused:
    known = {
        403: (
            f"Spotify does not let this app read the items of playlist {feed.source_id} (403)",
            "in development mode only its owner and collaborators may",
        ),
        404: (
            f"Spotify does not show playlist {feed.source_id} to this app (404)",
            "it does not exist, or it is Spotify's own, which apps without extended "
            "quota cannot read",
        ),
    }
    if refusal.status not in known:
        return refusal
    what, why = known[refusal.status]
    fix = (
        "use a playlist that you own, or import the chart: "
        "chartlake import regional-global-daily-*.csv"
    )
    return Refused(what, why=why, fix=fix, status=refusal.status)
