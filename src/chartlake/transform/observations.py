"""What a payload tells of tracks, albums and artists: observation rows and credits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from chartlake.schema import (
    AlbumArtist,
    AlbumObservation,
    ArtistObservation,
    SlotRows,
    TrackArtist,
    TrackObservation,
)
from chartlake.transform.payloads import (
    Album,
    Artist,
    Item,
    flag,
    inner,
    text,
    whole_number,
)
from chartlake.transform.records import check_id

__all__ = ["Observations", "check_ids"]


class Observations:
    """Gathers what one slot tells of tracks, albums and artists; each once, as first seen."""

    def __init__(self, out: SlotRows, observed_at: datetime) -> None:
        self._out = out
        self._observed_at = observed_at
        self._seen: set[tuple[str, str]] = set()

    def add(self, track: Item, track_id: str) -> None:
        """A track with its album and all their artists; its ids have been checked."""
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


def check_ids(track: Item) -> None:
    """Before anything of a track is kept, so that a reject leaves nothing behind."""
    album = track.album or Album()
    if album.id:
        check_id(album.id, "album")
    for artist in [*(track.artists or []), *(album.artists or [])]:
        if artist.id:
            check_id(artist.id, "artist")


def _credits(artists: list[Artist]) -> list[tuple[int, str | None, str | None]]:
    return [
        (place, artist.id or None, artist.name) for place, artist in enumerate(artists, start=1)
    ]


def _track(track: Item, track_id: str, at: datetime) -> TrackObservation:
    duration = track.duration_ms
    return TrackObservation(
        track_id=track_id,
        track_name=track.name,
        album_id=(track.album.id or None) if track.album else None,
        isrc=text(inner(track.external_ids, "isrc")),
        disc_number=whole_number(track.disc_number),
        track_number=whole_number(track.track_number),
        duration_ms=whole_number(inner(duration, "totalMilliseconds") or duration),
        explicit=flag(track.explicit),
        popularity=whole_number(track.popularity),
        observed_at=at,
    )


def _album(album: Album, album_id: str, at: datetime) -> AlbumObservation:
    released = text(album.release_date)
    return AlbumObservation(
        album_id=album_id,
        album_name=album.name,
        album_type=text(album.album_type),
        total_tracks=whole_number(album.total_tracks),
        release_date=_first_day(released),
        release_date_text=released,
        release_date_precision=text(album.release_date_precision),
        upc=text(inner(album.external_ids, "upc")),
        label=text(album.label),
        popularity=whole_number(album.popularity),
        image_url=_largest(album.images),
        observed_at=at,
    )


def _artist(artist: Artist, artist_id: str, at: datetime) -> ArtistObservation:
    return ArtistObservation(
        artist_id=artist_id,
        artist_name=artist.name,
        popularity=whole_number(artist.popularity),
        followers=whole_number(inner(artist.followers, "total")),
        image_url=_largest(artist.images),
        observed_at=at,
    )


def _largest(images: Any) -> str | None:
    """The address of the widest picture."""
    listed = images if isinstance(images, list) else []
    known = [image for image in listed if text(inner(image, "url"))]
    widest = max(known, key=lambda image: whole_number(image.get("width")) or 0, default=None)
    return text(inner(widest, "url"))


def _first_day(released: str | None) -> date | None:
    """2019, 2019-05 and 2019-05-03 as their first day; None for what is no date, such as 0000."""
    parts = (released or "").split("-")
    try:
        return date.fromisoformat("-".join([*parts, "01", "01"][:3]))
    except ValueError:
        return None
