"""The sections of chartlake.toml that say what counts in the charts, and for whom."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from chartlake.settings.names import isrc, item, name_of, spotify_id, words
from chartlake.settings.sections import Section

__all__ = [
    "ChartsSettings",
    "ChecksSettings",
    "ExcludeSettings",
    "Markets",
    "RosterSettings",
]

_Artist = Annotated[str, AfterValidator(spotify_id("artist"))]
_Track = Annotated[str, AfterValidator(spotify_id("track"))]
_Album = Annotated[str, AfterValidator(spotify_id("album"))]
_Isrc = Annotated[str, AfterValidator(isrc)]
_Name = Annotated[str, AfterValidator(words)]
_Item = Annotated[str, AfterValidator(item)]
_Kind = Literal["track", "artist", "album", "episode", "audiobook", "local"]
_Family = Annotated[str, BeforeValidator(name_of("a family's"))]
_Market = Annotated[str, BeforeValidator(name_of("a market's"))]
_Feed = Annotated[str, AfterValidator(name_of("a feed's"))]


class RosterSettings(Section):
    """What a label or a fan follows: all of it is one roster."""

    artists: tuple[_Artist, ...] = ()
    tracks: tuple[_Track, ...] = ()
    albums: tuple[_Album, ...] = ()
    isrcs: tuple[_Isrc, ...] = ()
    names: tuple[_Name, ...] = ()


class ExcludeSettings(Section):
    """What is no part of a chart for its owner; positions stay as they are."""

    items: tuple[_Item, ...] = ()
    artists: tuple[_Artist, ...] = ()
    names: tuple[_Name, ...] = ()
    kinds: tuple[_Kind, ...] = ()


class ChartsSettings(Section):
    """How the marts count."""

    recordings: Literal["apart", "as-one"] = "apart"


class ChecksSettings(Section):
    """Which checks of severity error may fail and let a load be published all the same."""

    as_warnings: tuple[str, ...] = ()


def _each_feed_once(
    families: dict[str, dict[str, str]],
) -> dict[str, dict[str, str]]:
    places = Counter(feed for markets in families.values() for feed in markets.values())
    for feed, times in places.items():
        if times > 1:
            said = [
                f"{f}.{m}" for f, markets in families.items() for m in markets if markets[m] == feed
            ]
            raise ValueError(f"feed {feed!r} is one market's list, and here of {', '.join(said)}")
    return families


Markets = Annotated[dict[_Family, dict[_Market, _Feed]], AfterValidator(_each_feed_once)]
"""By family of lists and market the feed that is its list there."""
