"""The search: every word of the query stands somewhere in the names, or a code is the code."""

import re
from datetime import date

from chartlake.simulator.records import Album, Artist, Track
from chartlake.simulator.world import World

Found = Track | Album | Artist
KINDS = ("track", "album", "artist")


def search(world: World, query: str, kind: str, day: date) -> list[Found]:
    """What is out on a day and fits a query such as ``paper comet`` or ``isrc:SEL012600001``."""
    return [thing for thing in _all(world, kind, day) if _fits(thing, query)]


def _all(world: World, kind: str, day: date) -> list[Found]:
    if kind == "artist":
        return list(world.artists)
    if kind == "album":
        return [album for album in world.albums if album.release_date <= day]
    return [track for track in world.tracks if track.album.release_date <= day]


def _fits(thing: Found, query: str) -> bool:
    # track:, album: and artist: say where to look; names are looked at all together here
    words = re.sub(r"\b(track|album|artist):", " ", query.replace('"', " ")).casefold().split()
    text = _text(thing)
    return all(word in text for word in words)


def _text(thing: Found) -> str:
    match thing:
        case Artist():
            return thing.name.casefold()
        case Album():
            return " ".join([thing.name, *_names(thing.artists), f"upc:{thing.upc}"]).casefold()
    names = [thing.name, thing.album.name, *_names(thing.artists)]
    return " ".join([*names, f"isrc:{thing.isrc}"]).casefold()


def _names(artists: tuple[Artist, ...]) -> list[str]:
    return [artist.name for artist in artists]
