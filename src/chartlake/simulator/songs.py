"""How many people play a song on a day: the only thing that decides a chart.

Plays are kept as logarithms, called levels: a level of 0.7 more means twice the plays.
"""

from dataclasses import dataclass, replace
from math import exp, fsum, inf, log, sin, tanh, tau

from chartlake.simulator.dice import Dice
from chartlake.simulator.records import Track

# by share of plays; Global is their sum
COUNTRIES: dict[str, tuple[str, float]] = {
    "Brazil": ("BR", 0.13),
    "Germany": ("DE", 0.10),
    "United Kingdom": ("GB", 0.12),
    "India": ("IN", 0.12),
    "Japan": ("JP", 0.10),
    "Mexico": ("MX", 0.14),
    "United States": ("US", 0.29),
}
_CODES = tuple(code for code, _ in COUNTRIES.values())
_SHARES = tuple(share for _, share in COUNTRIES.values())
_HOME_ADVANTAGE = {"JP": 1.9, "IN": 1.6, "BR": 1.5, "MX": 1.4, "DE": 1.5, "GB": 0.4, "US": 0.3}
_NOISE = 0.04
_SILENT = -inf

Levels = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """The life cycle of a song: a slow rise, or a burst at release, and a long fade."""

    start: int
    rise_days: float = 0.0
    burst: float = 0.0
    fade_days: float = inf

    def level(self, age: float) -> float:
        """The level at this age in days, counted from the start."""
        rising = 2.6 * exp(-age / self.rise_days) if self.rise_days else 0.0
        return self.burst * exp(-age / 6) - rising - age / self.fade_days


@dataclass(frozen=True, slots=True)
class Lift:
    """A new interest in a song from one day on (a film, a clip, a tour), which wears off."""

    first: int
    height: float
    fade_days: float

    def level(self, day: int) -> float:
        """What it adds on this day."""
        return self.height * exp((self.first - day) / self.fade_days) if day >= self.first else 0.0


@dataclass(frozen=True, slots=True)
class Song:
    """A track and the world's interest in it."""

    track: Track
    base: float
    life: Life
    affinities: Levels
    lags: tuple[float, ...]
    drift: tuple[tuple[float, float, float], ...]
    lifts: tuple[Lift, ...] = ()
    until: int = 10**9

    def levels(self, day: int, dice: Dice) -> Levels:
        """The level in each country, in the order of ``COUNTRIES``; ``-inf`` if not out."""
        if not self.track.album.release_date.toordinal() <= day < self.until:
            return (_SILENT,) * len(_CODES)
        steady, age = self.steady(day), day - self.life.start
        if self.life.rise_days:
            lives = [self.life.level(max(0.0, age - lag)) for lag in self.lags]
        else:
            lives = [self.life.level(age)] * len(_CODES)
        parts = zip(self.affinities, lives, self._noises(day, dice), strict=True)
        return tuple([steady + affinity + life + noise for affinity, life, noise in parts])

    def steady(self, day: int) -> float:
        """What is the same in every country on this day."""
        level = self.base + fsum(lift.level(day) for lift in self.lifts)
        for height, days, phase in self.drift:
            level += height * sin(tau * (day / days + phase))
        return level

    def raised(self, amount: float) -> "Song":
        """The same song, more popular for all its life."""
        return replace(self, base=self.base + amount)

    def lifted(self, lift: Lift) -> "Song":
        """The same song with one more lift."""
        return replace(self, lifts=(*self.lifts, lift))

    def _noises(self, day: int, dice: Dice) -> list[float]:
        # one hash for all countries: hashing is a large part of the cost of a chart
        thrown = dice.digest("noise", self.track.track_id, day, size=2 * len(_CODES))
        pairs = zip(thrown[::2], thrown[1::2], strict=True)
        # the sum of two bytes has a standard deviation of 104
        return [_NOISE * (one + other - 255) / 104 for one, other in pairs]


def worldwide(levels: Levels) -> float:
    """The level of all countries together."""
    plays = fsum(share * exp(level) for share, level in zip(_SHARES, levels, strict=True))
    return log(plays) if plays else _SILENT


def compose(track: Track, dice: Dice, *, old: bool = False) -> Song:
    """The song of a track: its quality, its audience, its life."""
    recording = track.single or track  # the album version takes over the life of its single
    key = recording.track_id
    life = _old_life(recording) if old else _new_life(recording, dice)
    # the best are close together: no song is so good that nothing can pass it
    quality = 0.9 * tanh(0.7 * dice.normal("quality", key))
    guest_star = 0.3 * max([0.0, *(guest.star for guest in track.artists[1:])])
    base = quality + track.artists[0].star + guest_star + _album_place(recording)
    return Song(
        track=track,
        base=base - (1.25 if old else 0.0),
        life=life,
        affinities=tuple(_affinity(recording, code, dice) for code in _CODES),
        lags=tuple(_lag(recording, code, life, dice) for code in _CODES),
        drift=_drift(recording, dice),
    )


def _new_life(track: Track, dice: Dice) -> Life:
    start, key = track.album.release_date.toordinal(), track.track_id
    if track.track_number > 2 or dice.chance(0.45, "burst", key):
        # known artists start high and fall; the rest of an album falls fastest
        fade = dice.between(18, 60, "fade", key)
        return Life(start, 0.0, dice.between(-0.1, 0.75, "height", key), fade)
    rise = dice.between(3, 16, "rise", key)
    return Life(start, rise, 0.0, dice.between(35, 150, "fade", key))


def _old_life(track: Track) -> Life:
    return Life(track.album.release_date.toordinal())


def _album_place(track: Track) -> float:
    return 0.0 if track.track_number == 1 else -0.25 - 0.06 * track.track_number


def _affinity(track: Track, code: str, dice: Dice) -> float:
    home = track.artists[0].home == code
    reach = 0.35 * dice.normal("reach", track.artists[0].name, code)
    taste = 0.35 * dice.normal("taste", track.track_id, code)
    # songs in a language of their own travel less
    abroad = -0.7 if track.artists[0].home in {"JP", "IN", "DE", "BR", "MX"} else 0.0
    return taste + (_HOME_ADVANTAGE[code] if home else reach + abroad)


def _lag(track: Track, code: str, life: Life, dice: Dice) -> float:
    """Growers reach other countries some days later."""
    if not life.rise_days or track.artists[0].home == code:
        return 0.0
    return dice.between(0, 9, "lag", track.track_id, code)


def _drift(track: Track, dice: Dice) -> tuple[tuple[float, float, float], ...]:
    key = track.track_id
    return (
        (0.16, dice.between(40, 110, "slow", key), dice.unit("slow phase", key)),
        (0.07, dice.between(9, 22, "fast", key), dice.unit("fast phase", key)),
    )
