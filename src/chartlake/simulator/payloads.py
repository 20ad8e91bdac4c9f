"""Tracks, albums, artists and what else stands in a list, as the JSON objects of each shape.

- ``2026``: what an app in development mode gets: no popularity, no followers, no markets.
- ``2024``: what every app got before, with booleans named ``track`` and ``episode`` in the track.
- ``both``: the fields of 2024; the lists carry the old and the new keys (see ``lists``).
"""

from datetime import date
from hashlib import sha256
from typing import Literal
from urllib.parse import quote_plus

from chartlake.simulator.entries import Entry, Episode, LocalFile, Malformed, Unavailable
from chartlake.simulator.paging import Part, page
from chartlake.simulator.records import Album, Artist, Track
from chartlake.simulator.world import World

Shape = Literal["2026", "2024", "both"]
Json = dict[str, object]

API = "https://api.spotify.com/v1"
MARKET_CODES = ("AR", "BR", "CA", "DE", "FR", "GB", "IN", "JP", "MX", "SE", "US", "ZA")
# the sizes that Spotify gives, and how the ids of its images begin
_COVER = ((640, "ab67616d0000b273"), (300, "ab67616d00001e02"), (64, "ab67616d00004851"))
_PORTRAIT = ((640, "ab6761610000e5eb"), (320, "ab67616100005174"), (160, "ab6761610000f178"))
_SHOW = ((640, "ab6765630000ba8a"), (300, "ab67656300005f1f"), (64, "ab6765630000f68d"))


class Payloads:
    """The objects of a world on a day, in one shape."""

    def __init__(self, world: World, shape: Shape, base_url: str) -> None:
        """Write the objects of ``world`` in ``shape``; pages inside them are at ``base_url``."""
        self.shape: Shape = shape
        self._world = world
        self._base_url = base_url
        self._old = shape != "2026"

    def entry(self, entry: Entry, day: date) -> Json | None:
        """Whatever stands at a place of a playlist; null for a track that is gone."""
        match entry:
            case Unavailable():
                return None
            case Malformed(track):
                broken = {"base62": track.track_id, "revision": 2}
                return self.track(track, day) | {"id": broken}
            case LocalFile():
                return self._local_file(entry)
            case Episode():
                return self._episode(entry)
            case Track():
                return self.track(entry, day)

    def track(self, track: Track, day: date) -> Json:
        """A full track object."""
        payload = {
            "album": self.simple_album(track.album),
            **self.simple_track(track),
            "external_ids": {"isrc": track.isrc},
        }
        if self._old:
            payload |= {"episode": False, "track": True}
            payload["popularity"] = self._world.popularity(track, day)
            if track.single:
                # relinked: the single's id plays the album's recording
                payload["linked_from"] = links("track", track.single.track_id)
                payload["is_playable"] = True
        return payload

    def album(self, album: Album, tracks: tuple[Track, ...], day: date) -> Json:
        """A full album object; its page of tracks is always complete."""
        url = f"{self._base_url}/v1/albums/{album.album_id}/tracks"
        line = f"{album.release_date.year} {album.label}"
        payload = {
            **self.simple_album(album),
            "copyrights": [{"text": f"© {line}", "type": "C"}, {"text": f"℗ {line}", "type": "P"}],
            "external_ids": {"upc": album.upc},
            "genres": [],
            "tracks": page(url, tracks, Part(0, 50), self.simple_track),
        }
        if self._old:
            popularity = max(self._world.popularity(track, day) for track in tracks)
            payload |= {"label": album.label, "popularity": popularity}
        return payload

    def artist(self, artist: Artist, day: date) -> Json:
        """A full artist object."""
        payload = {
            **_named_artist(artist),
            "images": _images("https://i.scdn.co/image", _PORTRAIT, artist.artist_id),
        }
        if self._old:
            total = self._world.followers(artist, day)
            payload |= {"followers": {"href": None, "total": total}, "genres": []}
            payload["popularity"] = self._world.artist_popularity(artist, day)
        return payload

    def simple_album(self, album: Album, group: str | None = None) -> Json:
        """An album as it stands in tracks and lists; ``group`` is its place with an artist."""
        payload = {
            "album_type": album.album_type,
            "artists": [_named_artist(artist) for artist in album.artists],
            **links("album", album.album_id),
            "images": _images("https://i.scdn.co/image", _COVER, album.album_id),
            "name": album.name,
            "release_date": album.release_text,
            "release_date_precision": album.precision,
            "total_tracks": album.total_tracks,
        }
        if self._old and group:
            payload["album_group"] = group
        return payload | self._markets()

    def simple_track(self, track: Track) -> Json:
        """A track as it stands in an album."""
        payload = {
            "artists": [_named_artist(artist) for artist in track.artists],
            "disc_number": 1,
            "duration_ms": track.duration_ms,
            "explicit": track.explicit,
            **links("track", track.track_id),
            "is_local": False,
            "name": track.name,
            "track_number": track.track_number,
        }
        return payload | self._markets() | ({"preview_url": None} if self._old else {})

    def _markets(self) -> Json:
        return {"available_markets": MARKET_CODES} if self._old else {}

    def _local_file(self, file: LocalFile) -> Json:
        nowhere: Json = {"external_urls": {}, "href": None, "id": None}
        parts = map(quote_plus, (file.artist, file.album, file.title, str(file.seconds)))
        payload = {
            "album": {
                "album_type": None,
                "artists": [],
                **nowhere,
                "images": [],
                "name": file.album,
                "release_date": None,
                "release_date_precision": None,
                "type": "album",
                "uri": None,
            },
            "artists": [{**nowhere, "name": file.artist, "type": "artist", "uri": None}],
            "disc_number": 0,
            "duration_ms": file.seconds * 1000,
            "explicit": False,
            "external_ids": {},
            **nowhere,
            "is_local": True,
            "name": file.title,
            "track_number": 0,
            "type": "track",
            "uri": ":".join(("spotify:local", *parts)),
        }
        if self._old:
            payload |= {"available_markets": [], "popularity": 0, "preview_url": None}
        return payload

    def _episode(self, episode: Episode) -> Json:
        described = {
            "explicit": False,
            "is_externally_hosted": False,
            "languages": ["pt-BR"],
            "images": _images("https://i.scdn.co/image", _SHOW, episode.show_id),
        }
        text = "Two engineers count bars."
        payload = {
            **links("episode", episode.episode_id),
            **described,
            "audio_preview_url": None,
            "description": text,
            "duration_ms": episode.duration_ms,
            "html_description": f"<p>{text}</p>",
            "is_playable": True,
            "language": "pt-BR",
            "name": episode.name,
            "release_date": episode.release_date.isoformat(),
            "release_date_precision": "day",
            "resume_point": {"fully_played": False, "resume_position_ms": 0},
            "show": {
                **links("show", episode.show_id),
                **described,
                **self._markets(),
                "copyrights": [],
                "description": "Records, taken apart.",
                "html_description": "<p>Records, taken apart.</p>",
                "media_type": "audio",
                "name": episode.show,
                "publisher": "Cassette & Sons",
                "total_episodes": 88,
            },
        }
        return payload | ({"episode": True, "track": False} if self._old else {})


def links(kind: str, item_id: str) -> Json:
    """The fields by which every object says what and where it is."""
    return {
        "external_urls": {"spotify": f"https://open.spotify.com/{kind}/{item_id}"},
        "href": f"{API}/{kind}s/{item_id}",
        "id": item_id,
        "type": kind,
        "uri": f"spotify:{kind}:{item_id}",
    }


def _named_artist(artist: Artist) -> Json:
    return {**links("artist", artist.artist_id), "name": artist.name}


def _images(host: str, sizes: tuple[tuple[int, str], ...], key: str) -> list[Json]:
    picture = sha256(key.encode()).hexdigest()[:24]
    return [
        {"height": size, "url": f"{host}/{prefix}{picture}", "width": size}
        for size, prefix in sizes
    ]
