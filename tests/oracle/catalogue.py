"""The feeds and things of which worlds are made: few, and chosen to be mistaken for each other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from tests.oracle.facts import Credit, OracleFeed

NOW = datetime(2020, 11, 1, 12)
"""When worlds end: a week after the clocks of Berlin were set back."""

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)

FEEDS = (
    OracleFeed(
        name="regional-us-weekly",
        first_slot=datetime(2020, 6, 25),  # a Thursday
        step=WEEK,
        schedule="weekly",
        source="charts-csv",
        source_id="regional-us-weekly",
        family="regional-weekly",
        market="us",
    ),
    OracleFeed(
        name="regional-de-weekly",
        first_slot=datetime(2020, 7, 2),
        step=WEEK,
        schedule="weekly",
        source="charts-csv",
        source_id="regional-de-weekly",
        family="regional-weekly",
        market="de",
    ),
    OracleFeed(
        name="regional-global-daily",
        first_slot=datetime(2020, 10, 12),
        step=DAY,
        schedule="daily",
        source="charts-csv",
        source_id="regional-global-daily",
        family="regional-daily",
        market="global",
    ),
    OracleFeed(
        name="top-50-de",
        first_slot=datetime(2020, 10, 12, 4),
        step=DAY,
        schedule="0 4 * * *",
        source_id="d" * 22,
        family="top-50",
        market="de",
    ),
    OracleFeed(
        name="berlin-hourly",
        first_slot=datetime(2020, 10, 24, 14),
        step=HOUR,
        schedule="hourly",
        source_id="b" * 22,
        timezone="Europe/Berlin",
        family="top-50",
        market="berlin",
    ),
    OracleFeed(
        name="berlin-days",
        first_slot=datetime(2020, 10, 24, 14),
        step=HOUR,
        schedule="0 * * * *",
        source_id="c" * 22,
        timezone="Europe/Berlin",
        cadence="day",
    ),
    OracleFeed(
        name="now-and-then",
        first_slot=datetime(2020, 10, 1, 9, 41, 7),
        step=None,
        schedule=None,
        source_id="e" * 22,
        family="top-50",
        market="de",  # a second list of one market
    ),
)
"""Feeds of tracks, and of whatever else may stand in a playlist."""

ARTIST_FEED = OracleFeed(
    name="my-artists",
    first_slot=datetime(2020, 10, 13),
    step=DAY,
    schedule="daily",
    source="top-items",
    source_id="me/artists",
)
ALBUM_FEED = OracleFeed(
    name="albums-us-weekly",
    first_slot=datetime(2020, 6, 25),
    step=WEEK,
    schedule="weekly",
    source_id="f" * 22,
    family="albums",
    market="us",
)
READINGS = (
    OracleFeed(
        name="fill",
        first_slot=datetime(2020, 10, 14),
        step=DAY,
        schedule="daily",
        source="hydration",
        source_id="fill",
        ranks=False,
    ),
    OracleFeed(
        name="a-second-fill",
        first_slot=datetime(2020, 10, 14, 7),
        step=None,
        schedule=None,
        source="hydration",
        source_id="a-second-fill",
        ranks=False,
    ),
)


class Thing(NamedTuple):
    """What may stand at a position."""

    kind: str
    key: str | None
    track_id: str | None
    name: str | None
    artists: str | None


def _track(key: str, name: str | None, artists: str | None) -> Thing:
    return Thing("track", key, key, name, artists)


# Spotify ids are case-sensitive and only look like text: two differ by case alone, one is all
# digits with leading zeros, one reads as a number with an exponent.
TRACKS = (
    _track("4uLU6hMCjMI75M1A2tKUQC", "Song One", "Ann"),
    _track("4ulu6hmcjmi75m1a2tkuqc", " song one ", "ANN"),
    _track("0000000000000000000017", "Don\u2019t", "Bob, Cid"),
    _track("1e00000000000000000009", "don't", "bob, cid "),
    _track("7m9OqQk4RVRkw9JJdeAw9x", "Don`t", "Bob, Cid"),
    _track("NULLnullNaNtruefalse00", "Yes", "Tyler, The Creator"),
    _track("9999999999999999999999", None, "Ann"),
)
ONE_SONG = TRACKS[2:5]
"""Three ids, one text."""
OTHERS = (
    Thing("episode", "5Xt5DXGzch68nYYamXrNxZ", None, "Talk", None),
    Thing("local", "spotify:local:Bob:::1", None, "At home", "Bob"),
    Thing("unavailable", None, None, None, None),
)
ARTIST_IDS = ("AnnAnnAnnAnnAnnAnnAnn1", "BobBobBobBobBobBobBob2", "annannannannannannann1")
ARTISTS = (
    Thing("artist", ARTIST_IDS[0], None, "Ann", None),
    Thing("artist", ARTIST_IDS[1], None, "Bob", None),
    Thing("artist", ARTIST_IDS[2], None, None, None),
)
ALBUM_IDS = ("Album1Album1Album1Albu", "Album2Album2Album2Albu", "album1album1album1albu")
ALBUMS = (
    Thing("album", ALBUM_IDS[0], None, "First", "Ann"),
    Thing("album", ALBUM_IDS[1], None, "Second", "Bob, Cid"),
    Thing("album", ALBUM_IDS[2], None, "Third", None),
)

CREDITS: tuple[tuple[Credit, ...], ...] = (
    (),
    (Credit(ARTIST_IDS[0], "Ann"),),
    (Credit(ARTIST_IDS[1], "Bob"), Credit(None, "Cid")),
    (Credit(ARTIST_IDS[0], "Ann"), Credit(ARTIST_IDS[1], "Bob"), Credit(ARTIST_IDS[0], "ann")),
    (Credit(None, "Ann"), Credit(None, "Ann")),
    (Credit(ARTIST_IDS[2], None),),
)
ISRCS = (None, "", "us-abc-20-00001", "USABC2000001", "US ABC 20 00002")

ROSTER = (
    ("artist", ARTIST_IDS[0]),
    ("artist", ARTIST_IDS[2]),
    ("track", TRACKS[0].key or ""),
    ("track", "spotify:local:Bob:::1"),
    ("album", ALBUM_IDS[0]),
    ("isrc", "USABC2000001"),
    ("name", "bob"),
    ("name", "cid"),
    ("name", "tyler"),
    ("name", "tyler, the creator"),
)
EXCLUDED = (
    ("item", TRACKS[0].key or ""),
    ("item", ALBUM_IDS[0]),
    ("artist", ARTIST_IDS[0]),
    ("artist", ARTIST_IDS[1]),
    ("name", "ann"),
    ("name", "bob, cid"),
    ("name", "cid"),
    ("kind", "episode"),
    ("kind", "album"),
)
