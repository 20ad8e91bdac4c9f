"""What a payload tells of tracks, albums and artists: observation rows and credits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

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
    milliseconds,
    text,
    whole_number,
)
from chartlake.transform.records import check_id

__all__ = ["Observations", "Seen", "seen_in_album", "seen_in_artist", "seen_in_track"]

_Row = TrackObservation | AlbumObservation | ArtistObservation
_Credit = tuple[int, str | None, str | None]


class Seen(NamedTuple):
    """A track, an album or an artist as one record shows it, under an id that has been checked."""

    spotify_id: str
    thing: Item | Album | Artist
    at: datetime
    album_id: str | None = None  # of a track that doesn't name its album


class Observations:
    """Gathers what one slot tells of tracks, albums and artists, each once.

    The same thing may be seen whole and in short: each of its values is the
    latest that there is, of those seen at the same time the first.
    """

    def __init__(self) -> None:
        self._first: dict[type, dict[str, Seen]] = {Item: {}, Album: {}, Artist: {}}
        self._others: dict[tuple[type, str], list[Seen]] = {}

    def add(self, things: Iterable[Seen]) -> None:
        """What one record tells."""
        for seen in things:
            kind = type(seen.thing)
            known = self._first[kind].setdefault(seen.spotify_id, seen)
            if known is not seen and known != seen:  # mostly it is the same again
                self._others.setdefault((kind, seen.spotify_id), []).append(seen)

    def fill(self, rows: SlotRows) -> None:
        """Hand over the rows, in the order in which things were seen first."""
        for kind, things in self._first.items():
            for spotify_id, first in things.items():
                others = self._others.get((kind, spotify_id))
                _hand_over(rows, *(_merged([first, *others]) if others else _told_by(first)))


def seen_in_track(
    track: Item, track_id: str, at: datetime, album_id: str | None = None
) -> list[Seen]:
    """A track with its album and all their artists; ``album_id`` where it doesn't name its album.

    RejectRecord where an id is none, so that nothing is kept of a record that is refused.
    """
    found = [Seen(track_id, track, at, album_id), *_seen_in_artists(track.artists, at)]
    return found + seen_in_album(track.album, at) if track.album else found


def seen_in_album(album: Album, at: datetime) -> list[Seen]:
    """An album with its artists."""
    itself = [Seen(check_id(album.id, "album"), album, at)] if album.id else []
    return itself + _seen_in_artists(album.artists, at)


def seen_in_artist(artist: Artist, at: datetime) -> list[Seen]:
    """An artist, whole or as credited; nothing is known of one without an id."""
    return _seen_in_artists([artist], at)


def _seen_in_artists(artists: list[Artist] | None, at: datetime) -> list[Seen]:
    return [Seen(check_id(a.id, "artist"), a, at) for a in artists or () if a.id]


def _hand_over(rows: SlotRows, row: _Row, by: list[_Credit]) -> None:
    match row:
        case TrackObservation():
            rows.track_observations.append(row)
            rows.track_artists += [TrackArtist(row.track_id, *credit) for credit in by]
        case AlbumObservation():
            rows.album_observations.append(row)
            rows.album_artists += [AlbumArtist(row.album_id, *credit) for credit in by]
        case ArtistObservation():
            rows.artist_observations.append(row)


def _merged(times: list[Seen]) -> tuple[_Row, list[_Credit]]:
    latest, *earlier = sorted(times, key=lambda seen: seen.at, reverse=True)
    row, by = _told_by(latest)
    for seen in earlier:
        other, its = _told_by(seen)
        values = zip(row._fields, row, other, strict=True)
        missing: dict[str, Any] = {name: old for name, new, old in values if new is None}
        row, by = row._replace(**missing), by or its
    return row, by


def _told_by(seen: Seen) -> tuple[_Row, list[_Credit]]:
    return _row(seen), _credits(seen)


def _row(seen: Seen) -> _Row:
    match seen.thing:
        case Item():
            return _track(seen.thing, seen.spotify_id, seen.album_id, seen.at)
        case Album():
            return _album(seen.thing, seen.spotify_id, seen.at)
        case Artist():
            return _artist(seen.thing, seen.spotify_id, seen.at)


def _credits(seen: Seen) -> list[_Credit]:
    artists = [] if isinstance(seen.thing, Artist) else seen.thing.artists or []
    return [
        (place, artist.id or None, artist.name) for place, artist in enumerate(artists, start=1)
    ]


def _track(track: Item, track_id: str, album_id: str | None, at: datetime) -> TrackObservation:
    return TrackObservation(
        track_id=track_id,
        track_name=track.name,
        album_id=(track.album.id or None if track.album else None) or album_id,
        isrc=text(inner(track.external_ids, "isrc")),
        disc_number=whole_number(track.disc_number),
        track_number=whole_number(track.track_number),
        duration_ms=milliseconds(track.duration_ms),
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
