"""A playlist object and its pages, in the shape of 2026 or the earlier one.

Declared is only what is used, and everything that Spotify may leave out is
optional: an undeclared field costs nothing, a missing one no record.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import msgspec

from chartlake.errors import DataError
from chartlake.model import Manifest, naive_utc
from chartlake.schema import (
    AlbumArtist,
    AlbumObservation,
    ArtistObservation,
    Entry,
    SlotRows,
    TrackArtist,
    TrackObservation,
)
from chartlake.transform.records import RejectRecord, check_id, edition, item_key, reject

__all__ = ["parse_playlist"]


class _Owner(msgspec.Struct):
    id: str | None = None
    display_name: str | None = None


class _PageOfItems(msgspec.Struct):
    items: list[msgspec.Raw] = []


class _Playlist(msgspec.Struct):
    name: str | None = None
    owner: _Owner | None = None
    snapshot_id: str | None = None
    # the page, or whatever Spotify puts there where it may not be read
    items: msgspec.Raw = msgspec.Raw(b"null")
    tracks: msgspec.Raw = msgspec.Raw(b"null")


class _Image(msgspec.Struct):
    url: str | None = None
    width: int | None = None


class _Artist(msgspec.Struct):
    id: str | None = None
    name: str | None = None
    popularity: int | None = None
    followers: dict[str, Any] | None = None
    images: list[_Image] | None = None


class _Album(msgspec.Struct):
    id: str | None = None
    name: str | None = None
    album_type: str | None = None
    total_tracks: int | None = None
    release_date: str | None = None
    release_date_precision: str | None = None
    external_ids: dict[str, str | None] | None = None
    label: str | None = None
    popularity: int | None = None
    images: list[_Image] | None = None
    artists: list[_Artist] | None = None


class _Show(msgspec.Struct):
    name: str | None = None


class _Item(msgspec.Struct):
    """A track, an episode or a local file."""

    id: str | None = None
    uri: str | None = None
    type: str | None = None
    name: str | None = None
    artists: list[_Artist] | None = None
    album: _Album | None = None
    show: _Show | None = None
    external_ids: dict[str, str | None] | None = None
    disc_number: int | None = None
    track_number: int | None = None
    duration_ms: int | dict[str, Any] | None = None  # seen as {"totalMilliseconds": …}
    explicit: bool | None = None
    popularity: int | None = None
    is_local: bool | None = None


class _Listed(msgspec.Struct):
    """One record of a page. ``item`` since February 2026, ``track`` before; both in between."""

    added_at: str | None = None
    is_local: bool | None = None
    item: _Item | None = None
    track: _Item | None = None


def parse_playlist(manifest: Manifest, pages: Iterable[bytes]) -> SlotRows:
    """The rows of a slot: one page is the playlist object, further ones hold the rest of its items.

    DataError where a page as a whole is not what the manifest says it is.
    """
    rows = _Rows(naive_utc(manifest.observed_at))
    playlist = _Playlist()
    for number, (page, content) in enumerate(zip(manifest.pages, pages, strict=True)):
        try:
            if page.resource == "playlist":
                playlist = msgspec.json.decode(content, type=_Playlist)
                items = _embedded_items(playlist)
            else:
                items = msgspec.json.decode(content, type=_PageOfItems).items
        except msgspec.MsgspecError as error:
            raise DataError(f"page {number} is not a {page.resource}", why=str(error)) from error
        for place, raw in enumerate(items):
            rows.add(raw, number, place, page.first_item + place + 1)
    return rows.of_edition(manifest, playlist)


def _embedded_items(playlist: _Playlist) -> list[msgspec.Raw]:
    embedded = playlist.items if bytes(playlist.items) != b"null" else playlist.tracks
    try:
        return msgspec.json.decode(embedded, type=_PageOfItems).items
    except msgspec.ValidationError:  # not shown here: the items are in pages of their own
        return []


class _Rows:
    """Gathers the rows of one slot; each observation once, as first seen."""

    def __init__(self, observed_at: datetime) -> None:
        self._out = SlotRows()
        self._observed_at = observed_at
        self._seen: set[tuple[str, str]] = set()

    def add(self, raw: msgspec.Raw, page: int, place: int, position: int) -> None:
        """One record: an entry with what it tells of its track, or a reject."""
        try:
            listed = msgspec.json.decode(raw, type=_Listed | None) or _Listed()
            item = listed.item or listed.track
            entry = _entry(listed, item, page, place, position)
            if item and entry.track_id:
                _check_ids(item)
        except (msgspec.MsgspecError, RejectRecord) as reason:
            payload = bytes(raw).decode("utf-8", "replace")
            self._out.rejects.append(reject(page, place, reason, payload))
            return
        self._out.entries.append(entry)
        if item and entry.track_id:
            self._observe(item, entry.track_id)

    def of_edition(self, manifest: Manifest, playlist: _Playlist) -> SlotRows:
        """All rows, with the edition they belong to."""
        owner = playlist.owner or _Owner()
        self._out.editions.append(
            edition(
                manifest,
                len(self._out.entries) + len(self._out.rejects),
                title=playlist.name,
                owner=owner.display_name or owner.id,
                spotify_snapshot_id=playlist.snapshot_id,
            )
        )
        return self._out

    def _observe(self, track: _Item, track_id: str) -> None:
        artists = track.artists or []
        if self._is_new("track", track_id):
            self._out.track_observations.append(_track(track, track_id, self._observed_at))
            self._out.track_artists += [TrackArtist(track_id, *c) for c in _credits(artists)]
        album = track.album
        if album and album.id:
            by = album.artists or []
            if self._is_new("album", album.id):
                self._out.album_observations.append(_album(album, album.id, self._observed_at))
                self._out.album_artists += [AlbumArtist(album.id, *c) for c in _credits(by)]
            artists = artists + by
        for artist in artists:
            if artist.id and self._is_new("artist", artist.id):
                self._out.artist_observations.append(_artist(artist, artist.id, self._observed_at))

    def _is_new(self, what: str, spotify_id: str) -> bool:
        before = len(self._seen)
        self._seen.add((what, spotify_id))
        return len(self._seen) > before


def _check_ids(track: _Item) -> None:
    """Before anything of a track is kept, so that a reject leaves nothing behind."""
    album = track.album or _Album()
    if album.id:
        check_id(album.id, "album")
    for artist in [*(track.artists or []), *(album.artists or [])]:
        if artist.id:
            check_id(artist.id, "artist")


def _entry(listed: _Listed, item: _Item | None, page: int, place: int, position: int) -> Entry:
    kind = _kind(listed, item)
    known = item or _Item()
    spotify_id = check_id(known.id, kind) if known.id else None
    artists = _artist_text(known)
    return Entry(
        position=position,
        item_kind=kind,
        item_key=None
        if kind == "unavailable"
        else item_key(kind, spotify_id, known.uri, known.name, artists),
        track_id=spotify_id if kind == "track" else None,
        item_name=known.name,
        artist_names=artists,
        added_at=_moment(listed.added_at),
        label=None,
        streams=None,
        reported_rank=None,
        reported_previous_rank=None,
        reported_peak=None,
        reported_time_on_chart=None,
        page=page,
        item=place,
    )


def _kind(listed: _Listed, item: _Item | None) -> str:
    if item is None:
        return "unavailable"
    if listed.is_local or item.is_local or (item.uri or "").startswith("spotify:local:"):
        return "local"
    if item.type in ("episode", "audiobook"):
        return item.type
    return "track" if item.id or item.uri or item.name else "unavailable"


def _artist_text(item: _Item) -> str | None:
    if item.artists:
        return ", ".join(artist.name or "" for artist in item.artists) or None
    return item.show.name if item.show else None


def _credits(artists: list[_Artist]) -> list[tuple[int, str | None, str | None]]:
    return [
        (place, artist.id or None, artist.name) for place, artist in enumerate(artists, start=1)
    ]


def _track(track: _Item, track_id: str, at: datetime) -> TrackObservation:
    duration = track.duration_ms
    if isinstance(duration, dict):
        duration = duration.get("totalMilliseconds")
    return TrackObservation(
        track_id=track_id,
        track_name=track.name,
        album_id=track.album.id if track.album else None,
        isrc=(track.external_ids or {}).get("isrc"),
        disc_number=track.disc_number,
        track_number=track.track_number,
        duration_ms=duration if isinstance(duration, int) else None,
        explicit=track.explicit,
        popularity=track.popularity,
        observed_at=at,
    )


def _album(album: _Album, album_id: str, at: datetime) -> AlbumObservation:
    return AlbumObservation(
        album_id=album_id,
        album_name=album.name,
        album_type=album.album_type,
        total_tracks=album.total_tracks,
        release_date=_first_day(album.release_date),
        release_date_text=album.release_date,
        release_date_precision=album.release_date_precision,
        upc=(album.external_ids or {}).get("upc"),
        label=album.label,
        popularity=album.popularity,
        image_url=_largest(album.images),
        observed_at=at,
    )


def _artist(artist: _Artist, artist_id: str, at: datetime) -> ArtistObservation:
    followers = (artist.followers or {}).get("total")
    return ArtistObservation(
        artist_id=artist_id,
        artist_name=artist.name,
        popularity=artist.popularity,
        followers=followers if isinstance(followers, int) else None,
        image_url=_largest(artist.images),
        observed_at=at,
    )


def _largest(images: list[_Image] | None) -> str | None:
    return max(images, key=lambda image: image.width or 0).url if images else None


def _first_day(text: str | None) -> date | None:
    """2019, 2019-05 and 2019-05-03 as their first day; None for what is no date, such as 0000."""
    parts = (text or "").split("-")
    try:
        return date.fromisoformat("-".join([*parts, "01", "01"][:3]))
    except ValueError:
        return None


def _moment(text: str | None) -> datetime | None:
    try:
        return naive_utc(datetime.fromisoformat(text)) if text else None
    except (ValueError, OverflowError):
        return None
