"""Chart files made up for the tests, in the formats that Spotify gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

OLD_HEADER = 'Position,"Track Name",Artist,Streams,URL'
WEEKLY_HEADER = (
    "rank,uri,artist_names,track_name,source,peak_rank,previous_rank,weeks_on_chart,streams"
)


def track_id(name: str) -> str:
    """A well-formed id for an invented name."""
    return (name * 22)[:22]


def old_chart(names: Sequence[str], streams: int = 1_000_000) -> str:
    """The format until 2021; each name is a track of its own."""
    rows = [
        f'{place},"Song {name}","Artist {name}",{streams - place},'
        f"https://open.spotify.com/track/{track_id(name)}"
        for place, name in enumerate(names, start=1)
    ]
    return "\n".join([OLD_HEADER, *rows]) + "\n"


def write_chart(folder: Path, date: str, names: Sequence[str], chart: str = "regional-is") -> Path:
    """A daily chart file of a date."""
    file = folder / f"{chart}-daily-{date}.csv"
    file.write_text(old_chart(names), encoding="utf-8")
    return file
