"""What a feed follows: one model for each kind of source."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from chartlake.model import Cadence
from chartlake.schedule import check_schedule
from chartlake.settings.names import name_of, spotify_id, time_zone
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


def _schedule(text: str) -> str:
    check_schedule(text)
    return text


FeedName = Annotated[str, BeforeValidator(name_of("a feed's"))]
_Account = Annotated[str, AfterValidator(name_of("an account's"))]
_Playlist = Annotated[str, AfterValidator(spotify_id("playlist"))]
_Artist = Annotated[str, AfterValidator(spotify_id("artist"))]
_AlbumGroup = Literal["album", "single", "compilation", "appears_on"]


class _Feed(Section):
    schedule: Annotated[str, AfterValidator(_schedule)] | None = None
    timezone: Annotated[str, AfterValidator(time_zone)] = "UTC"
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
