"""What happens on the last date: a song takes the lead, one arrives, one returns, one leaps.

The four songs are measured against the field of all the others, so that the story holds for
every seed; afterwards they are songs like any other and fall when their time has come.
"""

from dataclasses import replace
from datetime import date, timedelta

from chartlake.simulator.catalogue import Press
from chartlake.simulator.dice import Dice
from chartlake.simulator.records import Artist, Track
from chartlake.simulator.songs import Life, Lift, Song, compose, worldwide
from chartlake.simulator.titles import STORY_TITLES

CHART_LENGTH = 60


def story_tracks(
    dice: Dice, press: Press, artists: tuple[Artist, ...], last_date: date
) -> list[Track]:
    """The singles of the story, in the order of ``STORY_TITLES``."""
    english = [artist for artist in artists if artist.home in {"US", "GB", "SE", "NG"}]
    known = sorted(english, key=lambda artist: -artist.star)[:12]
    cast = zip(dice.shuffled(known, "story"), STORY_TITLES, (26, 0, 41, 33), strict=False)
    return [
        press.single(artist, title, last_date - timedelta(days=days_ago), title)
        for artist, title, days_ago in cast
    ]


class Story:
    """Places songs among the field on given days."""

    def __init__(self, dice: Dice, field: list[Song], last_date: date) -> None:
        """Measure by a field: all songs but those of the story."""
        self._dice = dice
        self._field = field
        self._last = last_date.toordinal()

    def songs(self, tracks: list[Track]) -> list[Song]:
        """The songs of ``story_tracks``."""
        tell = (self._leader, self._arrival, self._comeback, self._climber)
        return [part(track) for part, track in zip(tell, tracks, strict=True)]

    def _leader(self, track: Track) -> Song:
        """Climbs for weeks, is just behind on the day before, and leads on the last date."""
        song = self._song(track, Life(self._start(track), rise_days=9, fade_days=90))
        song = self._placed(song, self._last - 1, self._rank(self._last - 1, 1) - 0.06)
        ahead = self._rank(self._last, 1) + 0.07 - self._level(song, self._last)
        return song.lifted(Lift(self._last, ahead, fade_days=30))

    def _arrival(self, track: Track) -> Song:
        """Comes out on the last date and enters between the fourth and the seventh place."""
        song = self._song(track, Life(self._start(track), burst=0.5, fade_days=55))
        above = self._dice.whole(2, 5, "arrival")  # of the field; the leader is one more
        between = self._rank(self._last, above) + self._rank(self._last, above + 1)
        return self._placed(song, self._last, between / 2)

    def _comeback(self, track: Track) -> Song:
        """Had its run a month ago, left the chart, and is back on the last date."""
        song = self._song(track, Life(self._start(track), fade_days=16))
        song = self._placed(song, self._last - 36, self._rank(self._last - 36, 16))
        place = self._dice.whole(28, 44, "comeback")
        missing = self._rank(self._last, place) - self._level(song, self._last)
        return song.lifted(Lift(self._last, missing, fade_days=12))

    def _climber(self, track: Track) -> Song:
        """Stands in the middle for weeks and leaps a dozen places on the last date."""
        song = self._song(track, Life(self._start(track), rise_days=6, fade_days=120))
        song = self._placed(song, self._last - 1, self._rank(self._last - 1, 29))
        missing = self._rank(self._last, 15) - self._level(song, self._last)
        return song.lifted(Lift(self._last, missing, fade_days=25))

    def _song(self, track: Track, life: Life) -> Song:
        # liked everywhere alike, so that the markets tell much the same story
        song = compose(track, self._dice)
        mild = tuple(affinity / 4 for affinity in song.affinities)
        drift = tuple((high / 3, days, phase) for high, days, phase in song.drift)
        return replace(song, life=life, affinities=mild, lags=(0.0,) * len(mild), drift=drift)

    def _placed(self, song: Song, day: int, level: float) -> Song:
        return song.raised(level - self._level(song, day))

    def _level(self, song: Song, day: int) -> float:
        return worldwide(song.levels(day, self._dice))

    def _rank(self, day: int, place: int) -> float:
        levels = sorted((self._level(song, day) for song in self._field), reverse=True)
        return levels[place - 1]

    def _start(self, track: Track) -> int:
        return track.album.release_date.toordinal()
