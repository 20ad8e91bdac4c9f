"""What a payload tells of tracks, albums and artists: values for the tables of observations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from chartlake.transform.payloads import (
    Album,
    Artist,
    Item,
    flag,
    inner,
    largest,
    milliseconds,
    text,
    whole_number,
)
from chartlake.transform.records import check_id

__all__ = [
    "NOTHING",
    "Row",
    "Seen",
    "Thing",
    "joined",
    "merged",
    "seen_in_album",
    "seen_in_artist",
    "seen_in_track",
]


Row = tuple[Any, ...]
"""The values of the columns of a table of observations, the id first, without observed_at."""

Credits = tuple[tuple[str | None, str | None], ...]
"""The id and the name of each artist, in order."""

Thing = tuple[Row, Credits]
"""What is told of a track, an album or an artist, under an id that has been checked."""


class Seen(NamedTuple):
    """The things that one record tells of, by kind, in the order in which it names them."""

    tracks: tuple[Thing, ...] = ()
    albums: tuple[Thing, ...] = ()
    artists: tuple[Thing, ...] = ()


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
    credits, artists = _credits(track.artists), _artists(track.artists)
    if album is None:
        return Seen(((row, credits),), (), artists)
    itself = _album(album)
    return Seen(((row, credits),), itself, artists + _artists(album.artists))


def seen_in_album(album: Album) -> Seen:
    """An album with its artists."""
    return Seen((), _album(album), _artists(album.artists))


def seen_in_artist(artist: Artist) -> Seen:
    """An artist, whole or as credited; nothing is known of one without an id."""
    return Seen((), (), _artists([artist]))


def joined(seen: Iterable[Seen]) -> Seen:
    """What all of them tell, one after another."""
    kinds = zip(*seen, strict=True)
    return Seen(*(tuple(chain.from_iterable(things)) for things in kinds))


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
    return row, credits


def _album(album: Album) -> tuple[Thing, ...]:
    if not album.id:
        return ()
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
        largest(album.images),
    )
    return ((row, _credits(album.artists)),)


def _artists(artists: Sequence[Artist] | None) -> tuple[Thing, ...]:
    return tuple([(_artist(artist), ()) for artist in artists or () if artist.id])


def _artist(artist: Artist) -> Row:
    return (
        check_id(artist.id or "", "artist"),
        artist.name,
        whole_number(artist.popularity),
        whole_number(inner(artist.followers, "total")),
        largest(artist.images),
    )


def _credits(artists: Sequence[Artist] | None) -> Credits:
    return tuple([(artist.id or None, artist.name) for artist in artists or ()])


@lru_cache(4096)
def _first_day(released: str | None) -> date | None:
    """2019, 2019-05 and 2019-05-03 as their first day; None for what is no date, such as 0000."""
    parts = (released or "").split("-")
    try:
        return date.fromisoformat("-".join([*parts, "01", "01"][:3]))
    except ValueError:
        return None
