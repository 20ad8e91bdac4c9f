"""What a feed follows: one model for each kind of source."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from chartlake.model import FEED_NAME, SPOTIFY_ID, Cadence
from chartlake.schedule import check_schedule
from chartlake.settings.sections import Section

__all__ = [
    "FEED_SETTINGS",
    "ArtistCatalogFeed",
    "FeedName",
    "FeedSettings",
    "HydrationFeed",
    "PlaylistFeed",
    "RecentlyPlayedFeed",
    "SavedTracksFeed",
    "TopItemsFeed",
]


def _spotify_id(kind: str) -> Callable[[str], str]:
    link = re.compile(
        rf"(?:https?://open\.spotify\.com/(?:intl-\w+/)?{kind}/|spotify:{kind}:)?(\w+)(?:\?.*)?"
    )

    def read(text: str) -> str:
        match = link.fullmatch(text.strip())
        if not match or not SPOTIFY_ID.fullmatch(match[1]):
            article = "an" if kind == "artist" else "a"
            raise ValueError(
                f"{text!r} is not {article} {kind}: give its link, its URI, or its id of 22 "
                "letters and digits"
            )
        return match[1]

    return read


def _schedule(text: str) -> str:
    check_schedule(text)
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{text!r} is not a time zone such as UTC or Europe/Berlin") from error
    return text


def _name_of(thing: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not FEED_NAME.fullmatch(text):
            raise ValueError(f"{text!r}: {thing} name has small letters, digits and single hyphens")
        return text

    return check


FeedName = Annotated[str, BeforeValidator(_name_of("a feed's"))]
_Account = Annotated[str, AfterValidator(_name_of("an account's"))]
_Playlist = Annotated[str, AfterValidator(_spotify_id("playlist"))]
_Artist = Annotated[str, AfterValidator(_spotify_id("artist"))]
_AlbumGroup = Literal["album", "single", "compilation", "appears_on"]


class _Feed(Section):
    schedule: Annotated[str, AfterValidator(_schedule)] | None = None
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    cadence: Cadence = "edition"
    account: _Account = "default"


class PlaylistFeed(_Feed):
    """A playlist, as a ranked list."""

    source: Literal["playlist"]
    playlist: _Playlist
    full_read_every: Annotated[int, Field(ge=1)] = 7

    @property
    def source_id(self) -> str:
        """What is followed there."""
        return self.playlist


class TopItemsFeed(_Feed):
    """A listener's top tracks or artists."""

    source: Literal["top-items"]
    items: Literal["tracks", "artists"] = "tracks"
    time_range: Literal["short", "medium", "long"] = "short"
    length: Annotated[int, Field(ge=1, le=1000)] = 50

    @property
    def source_id(self) -> str:
        """Whose, of what, over which time."""
        return f"{self.account}/{self.items}/{self.time_range}_term"


class RecentlyPlayedFeed(_Feed):
    """What a listener played last."""

    source: Literal["recently-played"]

    @property
    def source_id(self) -> str:
        """Whose."""
        return self.account


class SavedTracksFeed(_Feed):
    """The tracks that a listener saved."""

    source: Literal["saved-tracks"]
    full_read_every: Annotated[int, Field(ge=1)] = 7

    @property
    def source_id(self) -> str:
        """Whose."""
        return self.account


class ArtistCatalogFeed(_Feed):
    """The albums and tracks of artists: a release radar."""

    source: Literal["artist-catalog"]
    artists: Annotated[tuple[_Artist, ...], Field(min_length=1)]
    groups: Annotated[tuple[_AlbumGroup, ...], Field(min_length=1)] = ("album", "single")
    daily_requests: Annotated[int, Field(ge=1)] = 200

    @property
    def source_id(self) -> str:
        """Always the same: artists may come and go."""
        return "artists"


class HydrationFeed(_Feed):
    """Fills in what charts files name by its id only."""

    source: Literal["hydration"]
    daily_requests: Annotated[int, Field(ge=1)] = 200

    @property
    def source_id(self) -> str:
        """Always the same."""
        return "wanted"


FeedSettings = Annotated[
    PlaylistFeed
    | TopItemsFeed
    | RecentlyPlayedFeed
    | SavedTracksFeed
    | ArtistCatalogFeed
    | HydrationFeed,
    Field(discriminator="source"),
]
"""One feed to follow."""

FEED_SETTINGS: dict[str, type[_Feed]] = {
    "playlist": PlaylistFeed,
    "top-items": TopItemsFeed,
    "recently-played": RecentlyPlayedFeed,
    "saved-tracks": SavedTracksFeed,
    "artist-catalog": ArtistCatalogFeed,
    "hydration": HydrationFeed,
}
"""The models by source."""
