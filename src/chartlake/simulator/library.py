"""What the listeners keep: saved tracks and albums, and the artists they follow."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeVar

from chartlake.simulator.dice import Dice
from chartlake.simulator.listening import Listening
from chartlake.simulator.records import Album, Artist, Track
from chartlake.simulator.users import User

_DAY = timedelta(days=1)
DAYS_BEFORE = 600  # of the first date: in these the old favourites were saved

T = TypeVar("T")
Saved = tuple[datetime, Track]


class Library:
    """The libraries of all users; nothing is ever taken out again."""

    def __init__(
        self, dice: Dice, listening: Listening, artists: Sequence[Artist], first_date: date
    ) -> None:
        """Users save what they hear, and follow some of ``artists``."""
        self._dice = dice
        self._listening = listening
        self._artists = artists
        self._first = first_date
        self._saved_on = lru_cache(maxsize=4096)(self._saves_of_a_day)

    def tracks(self, user: User, until: datetime) -> list[Saved]:
        """The saved tracks with the time of saving, newest first."""
        return _once(self._saves(user, until), lambda track: track.track_id)

    def albums(self, user: User, until: datetime) -> list[tuple[datetime, Album]]:
        """The saved albums with the time of saving, newest first."""
        wanted = (
            (saved_at, track.album)
            for saved_at, track in self._saves(user, until)
            if self._dice.chance(0.2, "whole album", user.user_id, track.album.album_id)
        )
        return _once(wanted, lambda album: album.album_id)

    def followed(self, user: User) -> list[Artist]:
        """The followed artists, by name."""
        of_home = (
            artist
            for artist in self._artists
            if self._dice.chance(
                0.6 if artist.home == user.country else 0.15, "follows", user.user_id, artist.name
            )
        )
        return sorted(of_home, key=lambda artist: artist.name)

    def _saves(self, user: User, until: datetime) -> Iterator[Saved]:
        """Oldest first; a track may come again."""
        yield from self._old_saves(user)
        for number in range((until.date() - self._first).days + 1):
            for saved in self._saved_on(user, self._first + number * _DAY):
                if saved[0] <= until:
                    yield saved

    def _old_saves(self, user: User) -> list[Saved]:
        start = datetime.combine(self._first - DAYS_BEFORE * _DAY, time(20), UTC)
        favourites = self._listening.favourites(user)
        minutes = (
            self._dice.whole(0, (DAYS_BEFORE - 1) * 1440, "saved", user.user_id, track.track_id)
            for track in favourites
        )
        saves = zip((start + timedelta(minutes=m) for m in minutes), favourites, strict=True)
        return sorted(saves, key=lambda saved: saved[0])

    def _saves_of_a_day(self, user: User, day: date) -> tuple[Saved, ...]:
        return tuple(
            (play.played_at.replace(microsecond=0), play.track)
            for play in self._listening.on(user, day)
            if self._dice.chance(0.06, "saves", user.user_id, play.played_at)
        )


def _once(saves: Iterator[tuple[datetime, T]], key: Callable[[T], str]) -> list[tuple[datetime, T]]:
    first: dict[str, tuple[datetime, T]] = {}
    for saved_at, thing in saves:
        first.setdefault(key(thing), (saved_at, thing))
    return list(reversed(first.values()))
