"""Tracks, albums and artists as Spotify gives them, and as nobody should."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.transform.written import Members, Text

Json = dict[str, Any]

NAMES = (
    "Song",
    "Two",
    "",
    "夢 é e\u0301 🎵",
    'x"items":[y',
    '{"added_at":',
    ',{"added_at":"2026',
    "}]",
    "},{",
    '"popularity":5',
    '","popularity":77,"a":"',
    "back\\",
    "line\nline\t\x01",
    "\u2028</script>",
)
POPULARITIES = (0, 5, 9, 10, 55, 99, 100, 101, 999)
ODD_POPULARITIES = (
    *(1000, 123_456, -1, None, ..., 55.5, 5.0, "55", True, {"total": 5}, [5], 2**63, 2**80),
    *(Text("5e1"), Text("-0"), Text("1e400"), Text(" 55")),
)


def spotify_id(kind: str, number: int) -> str:
    return f"{number}{kind}{'x' * 21}"[:22]


def without(whole: Json) -> Json:
    """The same without what is ..."""
    return {name: value for name, value in whole.items() if value is not ...}


def artist(number: int, *, whole: bool = False, **changes: Any) -> Json:
    its_id = spotify_id("V", number)
    found: Json = {
        "href": f"https://api.test/v1/artists/{its_id}",
        "id": its_id,
        "name": f"Vera {number}",
        "type": "artist",
        "uri": f"spotify:artist:{its_id}",
    }
    more = {"followers": {"total": 12 + number}, "popularity": 40, "images": images(number)}
    return without(found | (more if whole else {}) | changes)


def images(number: int) -> list[Json]:
    widths: list[Any] = [[64, 640], [640, 64, 640], [None, 1], ["9", 3], [0, 0], [], [2**70, 5]]
    return [
        {"height": width, "url": f"https://img.test/{number}-{place}", "width": width}
        for place, width in enumerate(widths[number % len(widths)])
    ]


def album(number: int, *, whole: bool = False, **changes: Any) -> Json:
    dates = ("2025-12-05", "1999", "2019-05", "0000", "", None, 2019, "2019-02-30")
    its_id = spotify_id("A", number)
    found: Json = {
        "album_type": ("album", "single", None, 5)[number % 4],
        "artists": [artist(number)],
        "id": its_id,
        "images": images(number),
        "name": f"First {number}",
        "release_date": dates[number % len(dates)],
        "release_date_precision": "day",
        "total_tracks": 9,
        "uri": f"spotify:album:{its_id}",
    }
    return without(found | (_more_of_album(number) if whole else {}) | changes)


def _more_of_album(number: int) -> Json:
    inside = [track(number, album=...), None, track(number + 1, album=..., id=None)]
    return {
        "label": "Small",
        "popularity": 33,
        "external_ids": {"upc": f"0190{number}"},
        "tracks": {"items": inside, "offset": 0},
    }


def track(number: int, **changes: Any) -> Json:
    """With so much behind its popularity as Spotify has there."""
    its_id = spotify_id("T", number)
    found: Json = {
        "album": album(number // 2),
        "artists": [artist(number), artist(number + 1)],
        "available_markets": ["IS", "NO"],
        "disc_number": 1,
        "duration_ms": 201_000 + number,
        "explicit": False,
        "external_ids": {"isrc": f"QZABC250000{number}"},
        "id": its_id,
        "is_local": False,
        "name": NAMES[number % len(NAMES)],
        "popularity": 55,
        "preview_url": "https://p.test/mp3",
        "track_number": number,
        "type": "track",
        "uri": f"spotify:track:{its_id}",
    }
    return without(found | changes)


# What nobody should give ------------------------------------------------------------------------

_CHANGES: tuple[Json, ...] = (
    {"album": None},
    {"album": ...},
    {"album": {"id": None, "name": "Demos", "artists": [{"id": spotify_id("V", 1)}]}},
    {"album": {"id": "", "release_date": "2020"}},
    {"artists": []},
    {"artists": None},
    {"artists": [{"id": None, "name": None}, {"name": "only a name"}]},
    {"artists": [artist(1, whole=True), artist(1), artist(2, popularity=1)]},
    {"id": None},
    {"id": None, "uri": None},
    {"id": None, "uri": None, "name": None},
    {"id": "", "uri": "spotify:local:Vera:Demos:Rough:183", "is_local": True},
    {"type": "episode", "artists": ..., "show": {"name": "Talk, Talk"}},
    {"type": "episode", "artists": [], "show": None},
    {"type": "audiobook"},
    {"duration_ms": {"totalMilliseconds": 9}},
    {"duration_ms": {"totalMilliseconds": 0}},
    {"duration_ms": "x", "explicit": 1, "disc_number": 2**70, "track_number": -(2**63)},
    {"external_ids": {"isrc": 5}},
    {"external_ids": [], "popularity": {"x": 1}},
    {"items": [{"items": [1, {"added_at": "x"}]}, {"items": []}]},
    {"z": [[], {}, [{}], "}]"]},
)
_REFUSED: tuple[Json, ...] = (
    {"id": "short"},
    {"id": "é" * 22},
    {"id": 5},
    {"name": 5},
    {"is_local": 1},
    {"artists": [None]},
    {"artists": [{"id": "no id"}]},
    {"artists": {"id": spotify_id("V", 1)}},
    {"album": []},
    {"album": {"id": "no id"}},
    {"popularity": Text("1e400")},
    {"show": "x"},
)


def _twice(number: int) -> Members:
    """A track whose members come twice, one of them under an escaped name."""
    return Members(
        [
            ("popularity", 5),
            *track(number).items(),
            (Text('"popul\\u0061rity"'), number),
            ("name", "the second"),
        ]
    )


def odd_track(random: Random, number: int) -> Any:
    """A track that can be used all the same."""
    if random.randrange(8) == 0:
        return _twice(number)
    if random.randrange(4) == 0:
        return track(number, popularity=random.choice(ODD_POPULARITIES[:-1]))
    return track(number, **random.choice(_CHANGES))


def refused_track(random: Random, number: int) -> Any:
    """A track that cannot be used."""
    return random.choice([5, "x", [], True, track(number, **random.choice(_REFUSED))])


# Records of lists -------------------------------------------------------------------------------

_LISTED: tuple[Callable[[Any], Any], ...] = (
    lambda track: {"added_at": "2026-02-27T05:00:00Z", "is_local": False, "item": track},
    lambda track: {"added_at": "2026-02-27T05:00:00Z", "is_local": False, "track": track},
    lambda track: {"item": track, "added_by": {"id": "x"}, "added_at": "2026-02-27T05:00:00+02:00"},
)
_ODD_LISTED: tuple[Callable[[Any], Any], ...] = (
    lambda _: None,
    lambda _: {},
    lambda track: {"added_at": "yesterday", "item": track},
    lambda track: {"added_at": 5, "item": None, "track": track},
    lambda track: {"added_at": None, "item": track, "track": None, "items": [{}, {"items": []}]},
    lambda track: {"added_at": "0001-01-01T00:00:00+14:00", "is_local": True, "item": track},
    lambda track: Members([("item", track), ("item", None), ("added_at", "2026-02-27")]),
    lambda track: {"added_at": "2026-02-27T05:00:00.25", "video_thumbnail": {"url": None}},
)


def listed(random: Random, item: Any, kind: int = 0) -> Any:
    """A track in a playlist, or among those that were saved."""
    if random.randrange(5) == 0:
        return random.choice(_ODD_LISTED)(item)
    return _LISTED[kind % len(_LISTED)](item)


def play(random: Random, item: Any, minute: int) -> Any:
    """A track that was played."""
    context: Any = {"type": "playlist", "uri": "spotify:playlist:x"}
    if random.randrange(8) == 0:
        context = random.choice([None, {}, 5, {"type": 5, "uri": None}])
        item = random.choice([None, item])
    at = f"2026-02-27T05:{minute:02d}:00.123Z"
    return {"track": item, "played_at": at, "context": context}
