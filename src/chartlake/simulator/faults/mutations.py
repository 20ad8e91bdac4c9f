"""Odd things in an otherwise true answer, in whichever shape the answer is.

A *page* is an object with a list of ``items``, however deep it lies. A *thing* is the track,
album, artist or episode that an item is, or has as ``item`` or ``track`` (or both, in captures of
March 2026).
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus, urlsplit

import msgspec

from chartlake.simulator.faults.fault import NothingToChange

ELSEWHERE = "elsewhere.invalid"
ODD_DATES = ("0000", "2019-13-45")

Json = dict[str, Any]
Mutation = Callable[[Any, int], bool]


def mutate(body: bytes, mutation: str, item: int) -> bytes:
    """The body after a mutation; NothingToChange where it has nothing of the kind."""
    answer = msgspec.json.decode(body)
    if not MUTATIONS[mutation](answer, item):
        raise NothingToChange("its answer has nothing of the kind")
    return msgspec.json.encode(answer)


def _null_item(answer: Any, item: int) -> bool:
    """The item's track is null: no longer available."""
    return _replace_things(answer, item, lambda thing: None)


def _null_entry(answer: Any, item: int) -> bool:
    """The item itself is null, as in lists of playlists."""
    long_enough = (page for page in _pages(answer) if item < len(page["items"]))
    return _each(long_enough, lambda page: page["items"].__setitem__(item, None))


def _no_item(answer: Any, item: int) -> bool:
    """The item has neither ``item`` nor ``track``."""

    def strip(entry: Json) -> None:
        for key in _keys(entry):
            del entry[key]

    return _each((entry for entry in _entries(answer, item) if _keys(entry)), strip)


def _null_id(answer: Any, item: int) -> bool:
    """A track that is there, but without an id."""
    return _each(_things(answer, item), lambda thing: thing.update(id=None))


def _total_null(answer: Any, item: int) -> bool:
    """Pages do not know how many items there are."""
    return _each(_pages(answer), lambda page: page.update(total=None))


def _next_elsewhere(answer: Any, item: int) -> bool:
    """``next`` leads to another host, which would be sent the token."""

    def lead_away(page: Json) -> None:
        here = urlsplit(page.get("next") or page.get("href") or "/v1")
        page["next"] = here._replace(scheme="https", netloc=ELSEWHERE).geturl()

    return _each(_pages(answer), lead_away)


def _unknown_field(answer: Any, item: int) -> bool:
    """Fields that nobody has documented: in the answer, its pages, an item and its track."""
    objects = [answer, *_pages(answer), *_entries(answer, item), *_things(answer, item)]
    return _each(objects, lambda found: found.update(undocumented={"since": 2027, "kinds": [1]}))


def _odd_dates(answer: Any, item: int) -> bool:
    """Release dates that no calendar has, on every item by turns."""
    parts = [(0, answer)]
    for place in range(_length(answer)):
        for thing in _things(answer, place):
            parts += [(place, thing), (place, thing.get("album"))]
    dated = [(place, part) for place, part in parts if isinstance(part, dict)]
    dated = [(place, part) for place, part in dated if "release_date" in part]
    for place, part in dated:
        part["release_date"] = ODD_DATES[place % len(ODD_DATES)]
    return bool(dated)


def _odd_added_at(answer: Any, item: int) -> bool:
    """An item that was added on a day that no calendar has."""
    dated = (entry for entry in _entries(answer, item) if "added_at" in entry)
    return _each(dated, lambda entry: entry.update(added_at=f"{ODD_DATES[1]}T25:61:00Z"))


def _local_file(answer: Any, item: int) -> bool:
    """A file on the listener's disk stands where the track was."""
    if not _has_track(answer, item):
        return False
    marked = (entry for entry in _entries(answer, item) if "is_local" in entry)
    _each(marked, lambda entry: entry.update(is_local=True))
    return _replace_things(answer, item, _as_local_file)


def _episode(answer: Any, item: int) -> bool:
    """An episode of a podcast stands where the track was."""
    return _has_track(answer, item) and _replace_things(answer, item, _as_episode)


MUTATIONS: dict[str, Mutation] = {
    "null_item": _null_item,
    "null_entry": _null_entry,
    "no_item": _no_item,
    "null_id": _null_id,
    "total_null": _total_null,
    "next_elsewhere": _next_elsewhere,
    "unknown_field": _unknown_field,
    "odd_dates": _odd_dates,
    "odd_added_at": _odd_added_at,
    "local_file": _local_file,
    "episode": _episode,
}


def _pages(answer: Any) -> Iterator[Json]:
    """The outermost pages: in a list of albums, not those of the albums' tracks."""
    if isinstance(answer, list):
        for part in answer:
            yield from _pages(part)
    elif isinstance(answer, dict):
        if isinstance(answer.get("items"), list):
            yield answer
            return
        for part in answer.values():
            yield from _pages(part)


def _entries(answer: Any, item: int) -> Iterator[Json]:
    for page in _pages(answer):
        if item < len(page["items"]) and isinstance(page["items"][item], dict):
            yield page["items"][item]


def _keys(entry: Json) -> list[str]:
    """Where an item keeps its thing; nowhere if it is one. A track may have a *flag* ``track``."""
    return [key for key in ("item", "track") if isinstance(entry.get(key), dict)]


def _things(answer: Any, item: int) -> Iterator[Json]:
    if not any(_pages(answer)) and isinstance(answer, dict) and "id" in answer:
        yield answer  # one track, asked for by its id
    for entry in _entries(answer, item):
        keys = _keys(entry)
        yield from (entry[key] for key in keys) if keys else (entry,)


def _has_track(answer: Any, item: int) -> bool:
    return any(thing.get("type") == "track" for thing in _things(answer, item))


def _length(answer: Any) -> int:
    return max((len(page["items"]) for page in _pages(answer)), default=1)


def _replace_things(answer: Any, item: int, new: Callable[[Json], Json | None]) -> bool:
    """Put something else in the place of tracks that stand in an item, or are one."""

    def put(page: Json) -> None:
        entry = page["items"][item]
        if keys := _keys(entry):
            entry.update({key: new(entry[key]) for key in keys})
        else:
            page["items"][item] = new(entry)

    return _each((page for page in _pages(answer) if any(_entries(page, item))), put)


def _each(found: Any, change: Callable[[Json], None]) -> bool:
    """Change all that was found, and say whether there was any."""
    things = list(found)
    for thing in things:
        change(thing)
    return bool(things)


def _as_local_file(track: Json) -> Json:
    nowhere: Json = {"external_urls": {}, "href": None, "id": None, "uri": None}
    artist = (track.get("artists") or [{"name": "Nobody"}])[0]["name"]
    album = (track.get("album") or {}).get("name", "Nothing")
    seconds = track.get("duration_ms", 0) // 1000
    parts = map(quote_plus, (artist, album, track["name"], str(seconds)))
    dateless = {"release_date": None, "release_date_precision": None, "album_type": None}
    return {
        **track,
        **nowhere,
        "album": {"artists": [], **nowhere, **dateless, "images": [], "name": album},
        "artists": [{**nowhere, "name": artist, "type": "artist"}],
        "external_ids": {},
        "is_local": True,
        "uri": ":".join(("spotify:local", *parts)),
    }


def _as_episode(track: Json) -> Json:
    of_tracks = {"album", "artists", "disc_number", "track_number", "external_ids", "popularity"}
    kept = {key: value for key, value in track.items() if key not in of_tracks}
    flags = {"episode": True, "track": False} if "track" in track else {}
    show = {"id": "0" * 22, "name": "Counting Bars", "type": "show"}
    uri = f"spotify:episode:{track['id']}"
    return {**kept, **flags, "type": "episode", "uri": uri, "show": show, "languages": ["en"]}
