"""The invented world: who is on which chart on which day.

Start with ``World.chart``. Everything is a pure function of the seed, the last date, the days of
history and what is asked, never of the order of the questions or of the process that asks.
"""

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from math import exp, inf
from typing import ClassVar

from chartlake.simulator.blemishes import Blemishes
from chartlake.simulator.catalogue import Press, sign_artists
from chartlake.simulator.dice import Dice
from chartlake.simulator.entries import Entry, blemished
from chartlake.simulator.library import DAYS_BEFORE, Library
from chartlake.simulator.listening import Listening, Play
from chartlake.simulator.mixtapes import Mixtape, prepared
from chartlake.simulator.names import OWNER_ID
from chartlake.simulator.records import Album, Artist, Track
from chartlake.simulator.songs import COUNTRIES, Song, compose, worldwide
from chartlake.simulator.story import CHART_LENGTH, Story, story_tracks
from chartlake.simulator.users import USERS, User

MARKETS: tuple[str, ...] = ("Global", *COUNTRIES)


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist that shows the chart of one market."""

    playlist_id: str
    name: str
    market: str
    owner_id: str
    slug: str
    public: ClassVar[bool] = True
    gone: ClassVar[bool] = False
    followers: ClassVar[tuple[str, ...]] = ()
    collaborators: ClassVar[tuple[str, ...]] = ()

    def opens_to(self, user_id: str | None) -> bool:
        """Whether somebody owns it."""
        return user_id == self.owner_id


class World:
    """Artists, albums, tracks and eight daily charts of 60, from one seed.

    Charts read naturally from ``first_date`` to six weeks past ``last_date``; later no new records
    come out. On ``last_date`` the Global chart has a new number one, a debut in its top ten, a
    leap, a re-entry and exits (with a history of 40 days or more).

    Its ``users`` listen, save and follow; ``mixtapes`` are the playlists that they made, by id: the
    only thing here that may be changed.
    """

    def __init__(
        self,
        seed: int = 1,
        last_date: date = date(2026, 11, 20),
        days: int = 120,
        *,
        blemishes: Blemishes | None = None,
    ) -> None:
        """Invent a world; ``blemishes`` are those of the demo unless given."""
        if days < 1:
            raise ValueError(f"days is {days}: a world needs at least 1 day of history")
        self.seed, self.last_date, self.days = seed, last_date, days
        self.blemishes = Blemishes() if blemishes is None else blemishes
        self._dice = Dice(seed)
        self.artists: tuple[Artist, ...] = sign_artists(self._dice)
        self._songs = self._compose()
        self.playlists: tuple[Playlist, ...] = tuple(map(self._playlist, MARKETS))
        self._charts: dict[date, dict[str, tuple[Track, ...]]] = {}
        self.users: tuple[User, ...] = USERS
        tapes = prepared(self._dice, self._old_tracks)
        self.mixtapes: dict[str, Mixtape] = {tape.playlist_id: tape for tape in tapes}

    @property
    def first_date(self) -> date:
        """The first date of the history."""
        return self.last_date - timedelta(days=self.days - 1)

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        """All tracks, also those still to be released."""
        return tuple(song.track for song in self._songs)

    @cached_property
    def albums(self) -> tuple[Album, ...]:
        """All albums, EPs and singles."""
        return tuple(tracks[0].album for tracks in self._album_tracks.values())

    def find_track(self, track_id: str, day: date) -> Track | None:
        """The track with this id, if it is out on this day."""
        song = self._song_of.get(track_id)
        return song.track if song and song.track.album.release_date <= day else None

    def find_album(self, album_id: str, day: date) -> tuple[Album, tuple[Track, ...]] | None:
        """The album with this id and its tracks in order, if it is out on this day."""
        tracks = self._album_tracks.get(album_id)
        return (tracks[0].album, tracks) if tracks and tracks[0].album.release_date <= day else None

    def find_artist(self, artist_id: str) -> Artist | None:
        """The artist with this id."""
        return self._artist_of.get(artist_id)

    def find_playlist(self, playlist_id: str) -> Playlist | Mixtape | None:
        """The chart or mixtape with this id."""
        charts = (p for p in self.playlists if p.playlist_id == playlist_id)
        return next(charts, None) or self.mixtapes.get(playlist_id)

    def find_user(self, user_id: str | None) -> User | None:
        """The user with this id."""
        return next((user for user in self.users if user.user_id == user_id), None)

    def artist_albums(self, artist: Artist, day: date) -> list[tuple[str, Album]]:
        """Albums, then singles, then those of others with the artist as guest, newest first."""
        theirs = {t.album.album_id: t.album for t in self._tracks_of.get(artist.artist_id, ())}
        out = [album for album in theirs.values() if album.release_date <= day]
        grouped = [(a.album_type if artist in a.artists else "appears_on", a) for a in out]
        grouped.sort(key=lambda pair: (pair[1].release_date, pair[1].album_id), reverse=True)
        return sorted(grouped, key=lambda pair: ("album", "single", "appears_on").index(pair[0]))

    def top_tracks(self, artist: Artist, day: date) -> list[Track]:
        """The ten most played tracks of an artist."""
        out = [t for t in self._tracks_of.get(artist.artist_id, ()) if t.album.release_date <= day]
        return sorted(out, key=lambda track: -self.popularity(track, day))[:10]

    def plays(self, user: User, until: datetime) -> list[Play]:
        """The truth about what a user has heard since the first date, oldest first."""
        return self.listening.plays(user, until)

    @cached_property
    def listening(self) -> Listening:
        """What the users play."""
        ids = {playlist.market: playlist.playlist_id for playlist in self.playlists}
        return Listening(self._dice, self.chart, self._old_tracks, ids, self.first_date)

    @cached_property
    def library(self) -> Library:
        """What the users keep."""
        return Library(self._dice, self.listening, self.artists, self.first_date)

    def chart(self, market: str, day: date) -> list[Track]:
        """The 60 most played tracks of a market on a day, most played first."""
        if market not in MARKETS:
            raise ValueError(f"market {market!r} is not one of {', '.join(MARKETS)}")
        if day not in self._charts:
            self._charts[day] = self._charts_of(day)
        return list(self._charts[day][market])

    def entries(self, playlist: Playlist, day: date) -> list[Entry]:
        """What the playlist holds on a day: the chart, with the day's blemishes."""
        days_ago = (self.last_date - day).days
        chart = self.chart(playlist.market, day)
        return blemished(chart, self.blemishes.of(playlist.market, days_ago), day, self._dice)

    def is_out(self, playlist: Playlist, day: date) -> bool:
        """Whether nothing about this playlist can be had on this day."""
        return bool(self.blemishes.of(playlist.market, (self.last_date - day).days).outages)

    def snapshot_id(self, playlist: Playlist, day: date) -> str:
        """The version of the playlist on a day, in Spotify's form: base64 of "revision,hash"."""
        digest = self._dice.digest("snapshot", playlist.playlist_id, day, size=20).hex()
        return b64encode(f"{day.toordinal() % 10000},{digest}".encode()).decode()

    def popularity(self, track: Track, day: date) -> int:
        """0 to 100, by how much a track is played on the day; drifts by a point or two."""
        level = worldwide(self._song_of[track.track_id].levels(day.toordinal(), self._dice))
        return 0 if level == -inf else max(1, min(100, round(74 + 9 * level)))

    def artist_popularity(self, artist: Artist, day: date) -> int:
        """That of the artist's most played track, a little less."""
        theirs = (
            self.popularity(track, day) for track in self._tracks_of.get(artist.artist_id, ())
        )
        return max(0, max(theirs, default=20) - 3)

    def followers(self, artist: Artist, day: date) -> int:
        """Grows by the day, faster for stars."""
        age = (day - date(2018, 1, 1)).days
        growth = 1 + 0.0004 * max(0, age) * (1 + self._dice.unit("growth", artist.name))
        return int(90_000 * exp(2.1 * artist.star) * growth)

    def playlist_followers(self, playlist: Playlist, day: date) -> int:
        """Grows by some dozens a day."""
        start = self._dice.whole(4_000, 900_000, "followers", playlist.slug)
        return start + (day - date(2024, 1, 1)).days * self._dice.whole(5, 60, playlist.slug)

    def _compose(self) -> tuple[Song, ...]:
        press = Press(self._dice, self.artists)
        singles = story_tracks(self._dice, press, self.artists, self.last_date)
        old = press.old_songs(self.last_date)
        recent = press.history(self.last_date, self.days)
        field = [compose(track, self._dice) for track in recent]
        field += [compose(track, self._dice, old=True) for track in old]
        field = _hand_over(field)
        return (*field, *Story(self._dice, field, self.last_date).songs(singles))

    def _charts_of(self, day: date) -> dict[str, tuple[Track, ...]]:
        number = day.toordinal()
        played = [(song.track, song.levels(number, self._dice)) for song in self._songs]
        out = [(track, levels) for track, levels in played if levels[0] > -inf]
        by_market = [[worldwide(levels) for _, levels in out]]
        by_market += [[levels[country] for _, levels in out] for country in range(len(COUNTRIES))]
        charts: dict[str, tuple[Track, ...]] = {}
        for market, levels in zip(MARKETS, by_market, strict=True):
            # released order breaks ties, so the order is the same everywhere
            ranked = sorted(range(len(out)), key=levels.__getitem__, reverse=True)
            charts[market] = tuple(out[index][0] for index in ranked[:CHART_LENGTH])
        return charts

    def _playlist(self, market: str) -> Playlist:
        name = f"Top {CHART_LENGTH} {market}"
        playlist_id = self._dice.base62("playlist", name)
        return Playlist(playlist_id, name, market, OWNER_ID, name.lower().replace(" ", "-"))

    @cached_property
    def _old_tracks(self) -> list[Track]:
        """Out long before the first date, so that they can be had on any day."""
        limit = self.first_date - timedelta(days=DAYS_BEFORE)
        return [track for track in self.tracks if track.album.release_date <= limit]

    @cached_property
    def _song_of(self) -> dict[str, Song]:
        return {song.track.track_id: song for song in self._songs}

    @cached_property
    def _artist_of(self) -> dict[str, Artist]:
        return {artist.artist_id: artist for artist in self.artists}

    @cached_property
    def _album_tracks(self) -> dict[str, tuple[Track, ...]]:
        found: dict[str, tuple[Track, ...]] = {}
        for track in sorted(self.tracks, key=lambda track: track.track_number):
            album_id = track.album.album_id
            found[album_id] = (*found.get(album_id, ()), track)
        return found

    @cached_property
    def _tracks_of(self) -> dict[str, list[Track]]:
        found: dict[str, list[Track]] = {}
        for track in self.tracks:
            for artist in track.artists:
                found.setdefault(artist.artist_id, []).append(track)
        return found


def _hand_over(songs: list[Song]) -> list[Song]:
    """A single ends on the day when the album with the same recording comes out."""
    ends = {
        song.track.single.track_id: song.track.album.release_date.toordinal()
        for song in songs
        if song.track.single is not None
    }
    return [
        replace(song, until=ends[song.track.track_id]) if song.track.track_id in ends else song
        for song in songs
    ]
