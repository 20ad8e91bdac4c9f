"""What the invented world is made of: artists, albums, tracks."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Artist:
    """A solo artist, duo or band; ``star`` is how far above the ordinary they stand."""

    artist_id: str
    name: str
    home: str
    star: float


@dataclass(frozen=True, slots=True)
class Album:
    """An album, EP or single as released; ``release_date`` is only as sure as ``precision``."""

    album_id: str
    name: str
    album_type: str
    artists: tuple[Artist, ...]
    release_date: date
    precision: str
    upc: str
    label: str
    total_tracks: int

    @property
    def release_text(self) -> str:
        """The release date as far as it is known: a day, a month or a year."""
        return self.release_date.isoformat()[: {"year": 4, "month": 7, "day": 10}[self.precision]]


@dataclass(frozen=True, slots=True)
class Track:
    """A recording at its place on an album; ``single`` is the same recording's earlier release."""

    track_id: str
    name: str
    artists: tuple[Artist, ...]
    album: Album
    track_number: int
    duration_ms: int
    explicit: bool
    isrc: str
    single: "Track | None" = field(default=None, repr=False)
