"""Who sings what: the artists, albums and tracks of a world, from the newest release back.

Releases are numbered backwards in time, so a world with a longer history adds older records and
leaves the newer ones as they were.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from math import exp, fsum, tanh

from chartlake.simulator.dice import Dice
from chartlake.simulator.names import ARTISTS, LABELS
from chartlake.simulator.records import Album, Artist, Track
from chartlake.simulator.titles import Titles

WEEKS_AHEAD = 6  # of releases that are still to come on the last date
_RUN_IN_DAYS = 170  # of releases before the first date, so that the first chart is a full one
_DAYS_PER_RELEASE = 1.15
_OLD_RELEASES = 48
_FRIDAY = 4


def sign_artists(dice: Dice) -> tuple[Artist, ...]:
    """All artists; a few stand far above the rest, as they do."""
    signed = []
    for home, names in ARTISTS.items():
        for name in names:
            star = 0.8 * tanh(0.45 * dice.normal("star", name))
            signed.append(Artist(dice.base62("artist", name), name, home, star))
    return tuple(signed)


class Press:
    """Makes records: every track comes from here, with its ids, codes and names."""

    def __init__(self, dice: Dice, artists: tuple[Artist, ...]) -> None:
        """Press the records of these artists; what is pressed first chooses its titles first."""
        self._dice = dice
        self._titles = Titles(dice)
        self._artists = artists
        # stars release more, and are asked to sing along more
        self._weights = [exp(0.9 * artist.star) for artist in artists]
        self._pressed = 0

    def history(self, last_date: date, days: int) -> list[Track]:
        """Everything released from before the first date until some weeks after the last."""
        span = WEEKS_AHEAD * 7 + days + _RUN_IN_DAYS
        tracks: list[Track] = []
        for number in range(int(span / _DAYS_PER_RELEASE)):
            ago = int(number * _DAYS_PER_RELEASE) - WEEKS_AHEAD * 7
            released = self._release_day(last_date - timedelta(days=ago), number)
            tracks.extend(self._release(released, number))
        return tracks

    def old_songs(self, last_date: date) -> list[Track]:
        """Songs of earlier years, some known only by year or month."""
        tracks: list[Track] = []
        for number in range(_OLD_RELEASES):
            # more of the last ten years than of the decades before
            years = 2 + 45 * self._dice.unit("old", number) ** 2.2
            released = last_date - timedelta(days=int(365.25 * years))
            precision = self._dice.pick(("day", "day", "month", "year"), "precision", number)
            size = self._dice.pick((1, 1, 2, 4), "old size", number)
            artist = self._artist("old artist", number)
            tracks.extend(self._record(artist, released, size, f"old {number}", precision))
        return tracks

    def single(self, artist: Artist, title: str, released: date, words: str) -> Track:
        """One song on its own, under a given title."""
        return next(self._record(artist, released, 1, words, title=title))

    def _release_day(self, day: date, number: int) -> date:
        if self._dice.chance(0.25, "any weekday", number):
            return day
        return day - timedelta(days=(day.weekday() - _FRIDAY) % 7)

    def _release(self, released: date, number: int) -> Iterator[Track]:
        artist, words = self._artist("artist of", number), f"release {number}"
        kind = self._dice.unit("kind", number)
        if kind > 0.125:
            yield from self._record(artist, released, 1, words)
        elif kind > 0.065:
            size = self._dice.whole(3, 5, "ep size", number)
            yield from self._record(artist, released, size, words)
        else:
            size = self._dice.whole(8, 12, "album size", number)
            lead = None
            if self._dice.chance(0.5, "lead single", number):
                earlier = released - timedelta(days=self._dice.whole(21, 49, "lead", number))
                lead = next(self._record(artist, earlier, 1, f"lead of {number}"))
                yield lead
            yield from self._record(artist, released, size, words, lead=lead)

    def _artist(self, *words: object) -> Artist:
        at = self._dice.unit(*words) * fsum(self._weights)
        for artist, weight in zip(self._artists, self._weights, strict=True):
            at -= weight
            if at <= 0:
                return artist
        return self._artists[-1]

    def _record(
        self,
        artist: Artist,
        released: date,
        size: int,
        words: str,
        precision: str = "day",
        *,
        lead: Track | None = None,
        title: str | None = None,
    ) -> Iterator[Track]:
        names = [title or self._titles.song(artist.home, words, n) for n in range(1, size + 1)]
        if lead is not None:
            names[0] = lead.name
        casts = [self._cast(artist, words, n) for n in range(1, size + 1)]
        full = [_with_guests(self._dice, *cast) for cast in zip(names, casts, strict=True)]
        album = self._album(artist, full[0], released, size, words, precision)
        for index, (name, cast) in enumerate(zip(full, casts, strict=True)):
            if index == 0 and lead is not None:
                yield self._again(lead, album)
            else:
                yield self._track(name, cast, album, index + 1)

    def _cast(self, artist: Artist, words: str, number: int) -> tuple[Artist, ...]:
        cast = [artist]
        guests = self._dice.pick((0, 0, 0, 0, 1, 1, 2), "guests", words, number)
        for guest in range(guests):
            other = self._artist("guest", words, number, guest)
            if other not in cast:
                cast.append(other)
        return tuple(cast)

    def _album(
        self, artist: Artist, name: str, released: date, size: int, words: str, precision: str
    ) -> Album:
        kind = "album" if size > 5 else "single"
        name = self._titles.album() if size > 1 else name
        digits = f"{self._dice.whole(10**11, 10**12 - 1, 'upc', words)}"
        return Album(
            album_id=self._dice.base62("album", artist.name, name, words),
            name=name,
            album_type=kind,
            artists=(artist,),
            release_date=released,
            precision=precision,
            upc=digits + _check_digit(digits),
            label=self._dice.pick(LABELS, "label", artist.name),
            total_tracks=size,
        )

    def _track(self, name: str, cast: tuple[Artist, ...], album: Album, number: int) -> Track:
        self._pressed += 1
        key = (cast[0].name, name, album.album_id)
        return Track(
            track_id=self._dice.base62("track", *key),
            name=name,
            artists=cast,
            album=album,
            track_number=number,
            duration_ms=self._dice.whole(118_000, 274_000, "duration", *key),
            explicit=self._dice.chance(0.24, "explicit", *key),
            isrc=self._isrc(cast[0], album),
        )

    def _again(self, lead: Track, album: Album) -> Track:
        """The single's recording on its album: another id, the same ISRC."""
        return Track(
            track_id=self._dice.base62("track", lead.artists[0].name, lead.name, album.album_id),
            name=lead.name,
            artists=lead.artists,
            album=album,
            track_number=1,
            duration_ms=lead.duration_ms,
            explicit=lead.explicit,
            isrc=lead.isrc,
            single=lead,
        )

    def _isrc(self, artist: Artist, album: Album) -> str:
        registrant = f"{LABELS.index(album.label):02d}"
        year = album.release_date.year % 100
        return f"{artist.home}L{registrant}{year:02d}{self._pressed:05d}"


def _with_guests(dice: Dice, name: str, cast: tuple[Artist, ...]) -> str:
    # some titles name the guests and some do not; both read the same in `artists`
    if len(cast) == 1 or "(feat." in name or dice.chance(0.3, "unnamed guests", name):
        return name
    return f"{name} (feat. {' & '.join(guest.name for guest in cast[1:])})"


def _check_digit(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return str(-total % 10)
