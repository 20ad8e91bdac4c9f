"""What a payload tells of tracks, albums and artists: values for the tables of observations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

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

__all__ = ["NOTHING", "Seen", "Thing", "merged", "seen_in_album", "seen_in_artist", "seen_in_track"]


class Thing(NamedTuple):
    """What is told of a track, an album or an artist, under an id that has been checked.

    ``row`` has the values of its table's columns, the id first, without
    observed_at; ``credits`` the id and name of each of its artists, in order.
    """

    row: tuple[Any, ...]
    credits: tuple[tuple[str | None, str | None], ...] = ()


class Seen(NamedTuple):
    """The things that one record tells of, by kind, in the order in which it names them."""

    tracks: tuple[Thing, ...] = ()
    albums: tuple[Thing, ...] = ()
    artists: tuple[Thing, ...] = ()

    def __add__(self, other: Seen) -> Seen:  # type: ignore[override]  # not those of one kind
        """What both tell."""
        return Seen(
            self.tracks + other.tracks, self.albums + other.albums, self.artists + other.artists
        )


NOTHING = Seen()


def seen_in_track(track: Item, track_id: str, album_id: str | None = None) -> Seen:
    """A track with its album and all their artists; ``album_id`` where it doesn't name its album.

    RejectRecord where an id is none, so that nothing is kept of a record that is refused.
    """
    album = track.album
    row = (
        track_id,
        track.name,
        (album.id or None if album else None) or album_id,
        text(inner(track.external_ids, "isrc")),
        whole_number(track.disc_number),
        whole_number(track.track_number),
        milliseconds(track.duration_ms),
        flag(track.explicit),
        whole_number(track.popularity),
    )
    itself = Thing(row, _credits(track.artists))
    found = _seen_in_artists(track.artists)
    if album is None:
        return Seen((itself,), (), found)
    _, albums, artists = seen_in_album(album)
    return Seen((itself,), albums, found + artists)


def seen_in_album(album: Album) -> Seen:
    """An album with its artists."""
    if not album.id:
        return Seen((), (), _seen_in_artists(album.artists))
    released = text(album.release_date)
    row = (
        check_id(album.id, "album"),
        album.name,
        text(album.album_type),
        whole_number(album.total_tracks),
        _first_day(released),
        released,
        text(album.release_date_precision),
        text(inner(album.external_ids, "upc")),
        text(album.label),
        whole_number(album.popularity),
        _largest(album.images),
    )
    return Seen((), (Thing(row, _credits(album.artists)),), _seen_in_artists(album.artists))


def seen_in_artist(artist: Artist) -> Seen:
    """An artist, whole or as credited; nothing is known of one without an id."""
    return Seen((), (), _seen_in_artists([artist]))


def merged(times: Iterable[tuple[Thing, Any]]) -> Thing:
    """What several sightings tell of one thing: each with its time, in the order seen.

    The same thing may be seen whole and in short: each of its values is the
    latest that there is, of those seen at the same time the first.
    """
    latest, *earlier = sorted(times, key=lambda seen: seen[1], reverse=True)
    row, credits = latest[0]
    for (other, its), _ in earlier:
        row = tuple(old if new is None else new for new, old in zip(row, other, strict=True))
        credits = credits or its
    return Thing(row, credits)


def _seen_in_artists(artists: Sequence[Artist] | None) -> tuple[Thing, ...]:
    return tuple([_artist(artist) for artist in artists or () if artist.id])


def _artist(artist: Artist) -> Thing:
    return Thing(
        (
            check_id(artist.id or "", "artist"),
            artist.name,
            whole_number(artist.popularity),
            whole_number(inner(artist.followers, "total")),
            _largest(artist.images),
        )
    )


def _credits(artists: Sequence[Artist] | None) -> tuple[tuple[str | None, str | None], ...]:
    return tuple([(artist.id or None, artist.name) for artist in artists or ()])


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
