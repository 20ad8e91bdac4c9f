"""What the listeners play: the truth that recently-played shows the last fifty lines of.

Most music is heard in sessions in the morning, the afternoon and the evening; some days are silent;
every so often somebody skips through more than fifty songs within the hour, so that who asks
rarely has a gap. Each day is a pure function of the user and the date.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

from chartlake.simulator.dice import Dice
from chartlake.simulator.records import Artist, Track
from chartlake.simulator.users import User

TimeRange = Literal["short_term", "medium_term", "long_term"]
RANGE_DAYS: dict[TimeRange, int] = {"short_term": 28, "medium_term": 182, "long_term": 365}
VISIBLE = 50  # plays that Spotify shows, however many there were
MOST_TOP_ITEMS = 99

_SESSION_HOURS = (6, 12, 18)  # far enough apart for the longest session to end before the next
_BINGE_EVERY = 17  # days
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Play:
    """A track that was heard, when it ended, and the kind and id of what it was played from."""

    track: Track
    played_at: datetime
    context: tuple[str, str] | None


class Listening:
    """The plays of every user from the first date of a world on."""

    def __init__(
        self,
        dice: Dice,
        chart: Callable[[str, date], Sequence[Track]],
        favourites: Sequence[Track],
        playlist_ids: dict[str, str],
        first_date: date,
    ) -> None:
        """Users hear the ``chart`` of their market, and ``favourites`` of old."""
        self._dice = dice
        self._chart = chart
        self._old = favourites
        self._playlist_ids = playlist_ids
        self._first = first_date
        self.on = lru_cache(maxsize=4096)(self._on)
        self._rotation = lru_cache(maxsize=512)(self._make_rotation)

    def plays(self, user: User, until: datetime) -> list[Play]:
        """Everything a user has heard so far, oldest first."""
        return [play for play in self._days(user, self._first, until) if play.played_at <= until]

    def recent(self, user: User, until: datetime) -> list[Play]:
        """The last plays that Spotify still shows, newest first."""
        found: list[Play] = []
        day = until.date()
        while day >= self._first and len(found) < VISIBLE:
            found += [play for play in reversed(self.on(user, day)) if play.played_at <= until]
            day -= _DAY
        return found[:VISIBLE]

    def top_tracks(self, user: User, time_range: TimeRange, day: date) -> list[Track]:
        """The tracks a user has heard most in the weeks or months before a day."""
        by_id = {play.track.track_id: play.track for play in self._range(user, time_range, day)}
        counts = Counter(play.track.track_id for play in self._range(user, time_range, day))
        return [by_id[track_id] for track_id, _ in counts.most_common(MOST_TOP_ITEMS)]

    def top_artists(self, user: User, time_range: TimeRange, day: date) -> list[Artist]:
        """The artists a user has heard most in the weeks or months before a day."""
        heard = (play.track.artists[0] for play in self._range(user, time_range, day))
        return [artist for artist, _ in Counter(heard).most_common(MOST_TOP_ITEMS)]

    def favourites(self, user: User) -> list[Track]:
        """Songs of earlier years that a user comes back to."""
        return self._dice.shuffled(self._old, "favourites", user.user_id)[:45]

    def _range(self, user: User, time_range: TimeRange, day: date) -> Iterator[Play]:
        # up to the midnight before: a ranking that moves once a day, as Spotify's does
        end = datetime.combine(day, time(), UTC)
        first = max(self._first, day - RANGE_DAYS[time_range] * _DAY)
        return self._days(user, first, end - timedelta(microseconds=1))

    def _days(self, user: User, first: date, until: datetime) -> Iterator[Play]:
        for number in range((until.date() - first).days + 1):
            yield from self.on(user, first + number * _DAY)

    def _on(self, user: User, day: date) -> tuple[Play, ...]:
        words = ("listening", user.user_id, day)
        turn = self._dice.whole(0, _BINGE_EVERY - 1, "binge", user.user_id)
        if day.toordinal() % _BINGE_EVERY == turn:
            return tuple(self._session(user, day, 18, binge=True))
        if self._dice.chance(0.15, "silent", *words):
            return ()
        hours = [hour for hour in _SESSION_HOURS if self._dice.chance(user.appetite, hour, *words)]
        return tuple(play for hour in hours for play in self._session(user, day, hour))

    def _session(self, user: User, day: date, hour: int, *, binge: bool = False) -> Iterator[Play]:
        words = ("session", user.user_id, day, hour)
        seconds = hour * 3600 + self._dice.between(0, 5000, "start", *words)
        now = datetime.combine(day, time(), UTC) + timedelta(milliseconds=int(seconds * 1000))
        songs = self._dice.whole(55, 65, "songs", *words) if binge else self._songs(words)
        context = self._context(user, words)
        for number in range(songs):
            track = self._track(user, day, (*words, number))
            now += timedelta(milliseconds=self._heard(track, binge, (*words, number)))
            yield Play(track, now, context)

    def _songs(self, words: tuple[object, ...]) -> int:
        return self._dice.whole(3, 18, "songs", *words)

    def _context(self, user: User, words: tuple[object, ...]) -> tuple[str, str] | None:
        if self._dice.chance(0.4, "context", *words):
            return "playlist", self._playlist_ids[user.market]
        return None

    def _track(self, user: User, day: date, words: tuple[object, ...]) -> Track:
        rotation = self._rotation(user, day - day.weekday() * _DAY)
        # the first of the list are heard several times as often as the last
        return rotation[int(len(rotation) * self._dice.unit("track", *words) ** 1.6)]

    def _make_rotation(self, user: User, monday: date) -> list[Track]:
        new = list(self._chart(user.market, monday))[:40]
        return self._dice.shuffled([*new, *self.favourites(user)], user.user_id, monday)

    def _heard(self, track: Track, binge: bool, words: tuple[object, ...]) -> int:
        if binge or self._dice.chance(0.1, "skipped", *words):
            return self._dice.whole(30_000, 50_000, "skip", *words)
        return track.duration_ms
