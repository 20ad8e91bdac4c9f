"""Rows that no world has: plays, catalogues, an undated file, letters in which engines differ."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from tests.oracle.facts import slot_name

Rows = list[dict[str, Any]]

FIRST = datetime(2020, 10, 24, 20, 0, 0, 250_000)
HOUR = timedelta(hours=1)

# what an engine may make of a letter, of what stands at the ends, or inside a text of SQL or Java
NAMES = (
    "ΣΊΣΥΦΟΣ",  # sigmas: one of them ends the word
    "σίσυφος",
    "σίσυφοσ",
    "İstanbul",  # a dotted capital I, which Java makes two letters of
    "istanbul",
    "STRASSE",
    "Straße",
    "\u00a0Ann\u3000",  # spaces, but not that of the keyboard
    "Ann",
    "\tAnn",
    "back\\slash \\u0041 %s _% ${x}",
    'it\'s "quoted" `so`',
    "Don\u2019t",
    "🎵 夢 Beyonce\u0301",
    "ǅ",
    "",
)

ODD_ROWS: dict[str, Rows] = {
    # in small letters and trimmed, as the load writes them
    "roster_terms": [
        {"kind": "name", "value": name} for name in ("σίσυφοσ", "ann", "istanbul", "back", "🎵")
    ],
    "excluded_terms": [
        {"kind": "name", "value": name} for name in ("straße", 'it\'s "quoted" `so`')
    ],
}


def odd_slots() -> dict[str, Rows]:
    """The rows by table."""
    found: dict[str, Rows] = {
        "editions": [_edition(FIRST + hour * HOUR) for hour in range(6) if hour != 3],
        "entries": [],
        "due_editions": [
            {"feed": "odd", "scheduled_at": at, "chart_date": at.date()}
            for at in (FIRST + hour * HOUR for hour in range(9))
        ],
    }
    for number, edition in enumerate(found["editions"]):
        found["entries"] += _entries(edition, number)
    undated = {"slot": "f" * 64, "scheduled_at": None, "chart_date": None, "item_count": 1}
    found["editions"].append({**found["editions"][0], **undated})
    found["entries"].append({**found["entries"][0], "slot": "f" * 64})
    for more in (_plays(), _catalog(), _observations(), _rejects()):
        for table, rows in more.items():
            found.setdefault(table, []).extend(rows)
    return found


def _of(feed: str, at: datetime) -> dict[str, Any]:
    return {"feed": feed, "slot": slot_name(at), "attempt_id": "an attempt"}


def _edition(at: datetime) -> dict[str, Any]:
    return {
        **_of("odd", at),
        "scheduled_at": at,
        "chart_date": at.date(),
        "observed_at": at + timedelta(seconds=59, milliseconds=900),
        "source": "playlist",
        "source_id": "odd",
        "schedule": "hourly",
        "timezone": "UTC",
        "cadence": "edition",
        "item_count": len(NAMES),
    }


def _entries(edition: dict[str, Any], number: int) -> Rows:
    """Every name by turns in another place; the first item has a name only now and then."""
    turned = [*range(number, len(NAMES)), *range(number)]
    return [
        {
            **{name: edition[name] for name in ("feed", "slot", "attempt_id")},
            "position": place,
            "item_kind": "track",
            "item_key": f"odd-{which:02d}",
            "track_id": f"odd-{which:02d}",
            "item_name": NAMES[which] if which or number % 2 else None,
            "artist_names": NAMES[-1 - which] if which != 1 else None,
            "streams": 10**12 - which if number else None,
            "page": 0,
            "item": place,
        }
        for place, which in enumerate(turned, start=1)
    ]


def _reading(feed: str, at: datetime, source: str, count: int) -> dict[str, Any]:
    about: dict[str, Any] = {"scheduled_at": at, "chart_date": at.date(), "observed_at": at + HOUR}
    about |= {"source": source, "source_id": "me", "timezone": "UTC", "cadence": "edition"}
    return {**_of(feed, at), **about, "item_count": count, "joins_previous": False}


def _plays() -> dict[str, Rows]:
    """Two feeds that saw the same plays, some of them twice, and one of nothing that is left."""
    readings, plays = [], []
    for feed in ("plays", "also-plays"):
        for turn in range(3):
            at = FIRST + turn * HOUR
            readings.append(_reading(feed, at, "recently-played", 4))
            for place in range(4):
                which = turn + place
                plays.append(
                    {
                        **_of(feed, at),
                        "position": place + 1,
                        "account": "me" if which % 2 else "Ünï'x",
                        "played_at": FIRST - which * HOUR / 7,
                        "item_kind": "track" if which else "unavailable",
                        "item_key": f"odd-{which:02d}" if which else None,
                        "track_id": f"odd-{which:02d}" if which else None,
                        "item_name": NAMES[which],
                        "page": 0,
                        "item": place,
                    }
                )
    return {"readings": readings, "play_observations": plays}


def _catalog() -> dict[str, Rows]:
    """A feed that follows artists, of whom one comes later and one only takes part."""
    found: dict[str, Rows] = {"readings": [], "album_observations": [], "album_artists": []}
    for day in range(3):
        at = FIRST + day * 24 * HOUR
        found["readings"].append(_reading("catalog", at, "artist-catalog", 3))
        for album in range(day + 2):
            key = {**_of("catalog", at), "album_id": f"album {album}"}
            release = date(2020, 1 + album, 1) if album else None
            found["album_observations"].append(
                {
                    **key,
                    "album_name": NAMES[album] if day else None,
                    "album_type": ("album", None, "single", "compilation")[album],
                    "total_tracks": album or None,
                    "release_date": release,
                    "release_date_text": str(release) if release else "0000",
                    "observed_at": at + HOUR,
                }
            )
            for place, artist in enumerate(("first", "second", None)[album % 2 :], start=1):
                names = {"artist_id": artist, "artist_name": NAMES[place + album]}
                found["album_artists"].append({**key, "artist_position": place, **names})
    return found


def _observations() -> dict[str, Rows]:
    """Of the same things at the same moments, by two feeds, each with nulls of its own."""
    tracks, artists, credits = [], [], []
    for number, feed in enumerate(("catalog", "plays")):
        for turn in range(2):
            at = FIRST + turn * 24 * HOUR if feed == "catalog" else FIRST + turn * HOUR
            seen = {**_of(feed, at), "observed_at": FIRST + turn * HOUR}
            for which in range(6):
                told = (which + number + turn) % 3
                tracks.append(
                    {
                        **seen,
                        "track_id": f"odd-{which:02d}",
                        "track_name": NAMES[which] if told else None,
                        "album_id": f"album {which % 3}" if told != 1 else None,
                        "isrc": ("usΣ-1", "", None)[told],
                        "explicit": (True, False, None)[told],
                        "popularity": None if told == 2 else which,
                    }
                )
                key = {**_of(feed, at), "track_id": f"odd-{which:02d}", "artist_position": 1}
                credits.append({**key, "artist_id": ("first", None, "second")[told]})
                credits[-1]["artist_name"] = NAMES[which]
            counts = {"popularity": 50 if turn else None, "followers": 2**40 + number}
            artists.append({**seen, "artist_id": "first", "artist_name": NAMES[turn], **counts})
    return {"track_observations": tracks, "artist_observations": artists, "track_artists": credits}


def _rejects() -> dict[str, Rows]:
    common = {"page": 0, "item": 99, "reason": "odd", "payload": "{}"}
    missed = FIRST + 3 * HOUR
    lost: dict[str, Any] = {"scheduled_at": missed, "noted_at": missed + HOUR}
    lost |= {"chart_date": missed.date(), "source": "playlist", "why": "nobody"}
    return {
        "rejects": [{**_of("odd", FIRST), **common}],
        "missed_slots": [{**_of("odd", missed), **lost}],
    }
