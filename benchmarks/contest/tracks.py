"""Playlist items as Spotify wrote them in 2024, some 4 KB each, put together from templates.

All of a track comes from its number, so that the same number gives the same bytes: ids, names,
one to three artists, an album with three covers, and the countries where it is sold, named twice.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from typing import NamedTuple

_BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TO_BASE62 = bytes(_BASE62[byte % 62] for byte in range(256))
_CODES = (
    "AD AE AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CG CH "
    "CI CL CM CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ES ET FI FJ FM FR GA GB GD GE GH GM GN "
    "GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IS IT JM JO JP KE KG KH KI KM KN KR KW KZ LA LB "
    "LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MN MO MR MT MU MV MW MX MY MZ NA NE NG NI "
    "NL NO NP NR NZ OM PA PE PG PH PK PL PR PS PT PW PY QA RO RS RW SA SB SC SE SG SI SK SL SM SN "
    "SR ST SV SZ TD TG TH TJ TL TN TO TR TT TV TW TZ UA UG US UY UZ VC VE VN VU WS XK ZA ZM ZW"
)
_COUNTRIES = _CODES.split()
_ADJECTIVES = (
    "Velvet,Paper,Neon,Señorita,Midnight,Broken,Golden,Électrique,Silent,Wild,Blue,Lonely,Über,"
    "Burning,Hollow,Crystal,Electric,Summer,Winter,Last,Crooked,Marble,Amber,Distant,Hidden,Tiny,"
    "Restless,Coração,Faded,Scarlet,Northern,Plastic"
)
_FIRST = _ADJECTIVES.split(",")
_NOUNS = (
    "River,Mirror,Hearts,Noche,Signal,Garden,Fever,Echo,Shadow,Engine,Letters,Kingdom,Harbour,"
    "Satellite,Promise,Tides,Lantern,Avenue,Static,Ghost,Orchard,Machine,Parade,Comet,Thunder,"
    "Meadow,Skyline,Canción,Anthem,Compass,Ritual,Feather"
)
_SECOND = _NOUNS.split(",")
_MANNERS = ("", "", "", " - Remix", " (feat. Someone)", " - Live", r" \"12 Inch\"", " / Reprise")
_COVERS = (
    (640, "ab67616d0000b273"),
    (300, "ab67616d00001e02"),
    (64, "ab67616d00004851"),
)

ArtistOf = Callable[[int, int], int]
"""The artist's number, by that of the track and the place among its artists."""


class Track(NamedTuple):
    """A track object, cut where its popularity stands."""

    before: bytes
    after: bytes

    def content(self, popularity: int | None) -> bytes:
        """The object, with a popularity or without that key."""
        told = b"" if popularity is None else b',"popularity":%d' % popularity
        return b"".join((self.before, told, self.after))


def item(track: bytes, added_at: str) -> bytes:
    """A record of a playlist's page."""
    return _ITEM % (added_at.encode(), track)


def track(number: int, artist_of: ArtistOf) -> Track:
    """The track with this number."""
    seed = blake2b(b"track %d" % number).digest()
    track_id = base62("track", number)
    album_id = base62("album", number)
    artists = [
        _artist(artist_of(number, place))
        for place in range(1 + seed[0] % 8 // 4 + seed[1] % 9 // 8)
    ]
    markets = _markets(seed[2] % 24)
    before = _BEFORE_POPULARITY % {
        b"markets": markets,
        b"explicit": b"true" if seed[3] < 90 else b"false",
        b"album_type": (b"album", b"album", b"single")[seed[4] % 3],
        b"album_id": album_id,
        b"images": _images(base62("image", number)),
        b"album": _name(seed[5:9]),
        b"release": _release(seed[9], seed[10], seed[11]),
        b"album_artist": artists[0],
        b"total": 1 + seed[12] % 20,
        b"artists": b",".join(artists),
        b"number": 1 + seed[12] % 20 * seed[13] // 256,
        b"duration": 90_000 + int.from_bytes(seed[14:17]) % 240_000,
        b"isrc": b"%s%s%07d" % (b"US GB DE FR BR".split()[seed[17] % 5], b"QX1", number % 10**7),
        b"track_id": track_id,
        b"name": _name(seed[18:22]),
    }
    return Track(before, b',"uri":"spotify:track:%s","is_local":false}' % track_id)


def popularity(number: int, day: int) -> int:
    """A number from 20 to 99 that is another one on four days of five."""
    settled = day - (blake2b(b"%d %d" % (number, day), digest_size=1).digest()[0] < 51)
    base = 20 + number * 7919 % 60
    return base + (settled * 13 + number) % 20


def base62(kind: str, number: int) -> bytes:
    """An id of 22 letters and digits."""
    seed = b"%s %d" % (kind.encode(), number)
    return blake2b(seed, digest_size=22).digest().translate(_TO_BASE62)


def _name(seed: bytes) -> bytes:
    words = (_FIRST[seed[0] % 32], _SECOND[seed[1] % 32])
    return f"{' '.join(words)}{_MANNERS[seed[2] % 8]}".encode()


def _release(year: int, month: int, day: int) -> bytes:
    """Mostly a day, sometimes a year alone."""
    if year % 16 == 0:
        return b'"release_date":"%d","release_date_precision":"year"' % (1960 + month % 60)
    when = (2023 - year % 12, 1 + month % 12, 1 + day % 28)
    return b'"release_date":"%d-%02d-%02d","release_date_precision":"day"' % when


@cache
def _markets(without: int) -> bytes:
    """Some lists of countries, of 175 to 185."""
    left = [code for place, code in enumerate(_COUNTRIES) if place % 24 != without or place < 48]
    return b",".join(b'"%s"' % code.encode() for code in left)


def _images(image: bytes) -> bytes:
    digest = blake2b(image, digest_size=12).hexdigest().encode()
    return b",".join(
        b'{"url":"https://i.scdn.co/image/%s%s","width":%d,"height":%d}'
        % (kind.encode(), digest, width, width)
        for width, kind in _COVERS
    )


def _artist(number: int) -> bytes:
    name = _name(blake2b(b"artist %d" % number, digest_size=4).digest()[:2] + b"\0")
    return _ARTIST.replace(b"ID", base62("artist", number)).replace(
        b"NAME", b"%s %d" % (name, number % 1000)
    )


_ARTIST = (
    b'{"external_urls":{"spotify":"https://open.spotify.com/artist/ID"},'
    b'"href":"https://api.spotify.com/v1/artists/ID","id":"ID","name":"NAME","type":"artist",'
    b'"uri":"spotify:artist:ID"}'
)
_BEFORE_POPULARITY = (
    b'{"preview_url":null,"available_markets":[%(markets)s],"explicit":%(explicit)s,'
    b'"type":"track","episode":false,"track":true,"album":{"available_markets":[%(markets)s],'
    b'"type":"album","album_type":"%(album_type)s",'
    b'"href":"https://api.spotify.com/v1/albums/%(album_id)s","id":"%(album_id)s",'
    b'"images":[%(images)s],"name":"%(album)s",%(release)s,"uri":"spotify:album:%(album_id)s",'
    b'"artists":[%(album_artist)s],'
    b'"external_urls":{"spotify":"https://open.spotify.com/album/%(album_id)s"},'
    b'"total_tracks":%(total)d},"artists":[%(artists)s],"disc_number":1,"track_number":%(number)d,'
    b'"duration_ms":%(duration)d,"external_ids":{"isrc":"%(isrc)s"},'
    b'"external_urls":{"spotify":"https://open.spotify.com/track/%(track_id)s"},'
    b'"href":"https://api.spotify.com/v1/tracks/%(track_id)s","id":"%(track_id)s",'
    b'"name":"%(name)s"'
)
_ITEM = (
    b'{"added_at":"%s","added_by":{"external_urls":{"spotify":"https://open.spotify.com/user/"},'
    b'"href":"https://api.spotify.com/v1/users/","id":"","type":"user","uri":"spotify:user:"},'
    b'"is_local":false,"primary_color":null,"track":%s,"video_thumbnail":{"url":null}}'
)
