"""What stands at the places of a playlist: tracks, and what real lists have among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chartlake.simulator.blemishes import Blemishes
from chartlake.simulator.dice import Dice
from chartlake.simulator.records import Track


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A place in a playlist whose track is gone."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A track whose id is not an id."""

    track: Track


@dataclass(frozen=True, slots=True)
class LocalFile:
    """Somebody's own file: it has a text and no id."""

    artist: str
    album: str
    title: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Episode:
    """A podcast episode among the tracks."""

    episode_id: str
    show_id: str
    name: str
    show: str
    release_date: date
    duration_ms: int


Entry = Track | Unavailable | Malformed | LocalFile | Episode

_LOCAL_FILE = LocalFile("Garagem 12", "Ensaios", "Demo Sem Nome (ao vivo)", 203)


def blemished(chart: Sequence[Track], flaws: Blemishes, day: date, dice: Dice) -> list[Entry]:
    """The chart with flaws in it, at its own length."""
    entries: list[Entry] = list(chart)
    for spot in flaws.unavailable:
        entries[spot.position - 1] = Unavailable()
    for spot in flaws.malformed:
        entries[spot.position - 1] = Malformed(chart[spot.position - 1])
    for spot in flaws.local_files:
        entries.insert(spot.position - 1, _LOCAL_FILE)
    for spot in flaws.episodes:
        entries.insert(spot.position - 1, _episode(day, dice))
    return entries[: len(chart)]


def _episode(day: date, dice: Dice) -> Episode:
    return Episode(
        episode_id=dice.base62("episode", day),
        show_id=dice.base62("show"),
        name=f"Side {day.isocalendar().week}: Why Choruses Got Shorter",
        show="Liner Notes Aloud",
        release_date=day,
        duration_ms=2_184_000,
    )
