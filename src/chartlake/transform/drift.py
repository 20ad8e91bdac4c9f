"""Drift: fields that a source began to send, and those that it stopped sending.

Spotify changes its answers without a word. Nothing fails when it does: what is
declared is nullable, what is unknown is left in raw. But people should know. A
sample of the records that are decoded tells which fields there are, and the
lake remembers which there were (state, so it may be lost: then it is learned
anew). A field is told as new when no earlier build saw it; as gone when it is
one that tables are made of, stood in every record before, and stands in none.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from chartlake.errors import StorageError
from chartlake.lake.state import change_state, read_state
from chartlake.lake.store import Store
from chartlake.model import Build, BuiltSlot, Drift, Record, Undecodable, from_json
from chartlake.transform.columns import COLUMNS
from chartlake.transform.payloads import Album, Artist, Item, Listed, Play

__all__ = [
    "STATE",
    "Counts",
    "Fields",
    "Noted",
    "Remembered",
    "drifted",
    "learn",
    "noted",
    "remembered",
    "total",
]

logger = logging.getLogger(__name__)

STATE = "fields"
Counts = dict[str, dict[str, int]]
"""By resource, how many records of a sample had each field; all of them under an empty name."""

_FIRST, _THEN_EVERY = 40, 64
_DEEPEST = 6
_MOST_FIELDS = 400
_ENOUGH = 20
"""So many records without a field that all had before: it is gone."""
_MOST_NOTED = 20
_MOST_TOLD = 50
_LONGEST = 100
_OTHERS = ("audiobook", "chapter", "episode")
_INSIDE = {
    "external_ids": (".isrc", ".upc"),
    "followers": (".total",),
    "images": ("[].url", "[].width"),
}
_SHAPES: dict[str, type] = {
    "album": Album,
    "album_tracks": Item,
    "albums": Album,
    "artist": Artist,
    "artist_albums": Album,
    "artists": Artist,
    "playlist": Listed,
    "playlist_items": Listed,
    "recently_played": Play,
    "saved_tracks": Listed,
    "top_artists": Artist,
    "top_tracks": Item,
    "track": Item,
    "tracks": Item,
}


class Fields:
    """Counts the fields of a sample of records: the first of each kind, then one of some."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {}
        self._passed: Counter[str] = Counter()

    def look(self, resource: str, content: bytes) -> None:
        """Take note of a record that was decoded, if it is its turn."""
        number = self._passed[resource]
        self._passed[resource] += 1
        if number < _FIRST or number % _THEN_EVERY == 0:
            try:
                record = from_json(content, Any)
            except Undecodable:
                return  # it is a reject, which tells of itself
            self.see(_kind_of(resource, record), _paths(record))

    def see(self, resource: str, fields: Iterable[str]) -> None:
        """Take note of the fields of one record."""
        counts = self.counts.setdefault(resource, Counter())
        counts.update({"", *(field[:_LONGEST] for field in fields)})
        for rare, _ in counts.most_common()[_MOST_FIELDS:]:
            del counts[rare]


class Noted(Record, frozen=True):
    """A drift, the build in which it was seen, and when."""

    at: datetime
    build_id: str
    drift: Drift


class _Known(Record, frozen=True):
    """The fields of a resource so far: those that every record had, and all others."""

    always: frozenset[str]
    sometimes: frozenset[str] = frozenset()


class Remembered(Record, frozen=True):
    """The fields of all resources, the latest slot that they are of, and the latest drifts."""

    known: dict[str, _Known] = msgspec.field(default_factory=dict)
    latest: str = ""
    noted: tuple[Noted, ...] = ()


def total(counts: Iterable[Mapping[str, Mapping[str, int]]]) -> Counts:
    """The counts of several samples together."""
    found: dict[str, Counter[str]] = {}
    for each in counts:
        for resource, fields in each.items():
            found.setdefault(resource, Counter()).update(fields)
    return {resource: dict(fields) for resource, fields in sorted(found.items())}


def remembered(store: Store) -> Remembered:
    """What the lake remembers of fields; nothing where that is lost."""
    return read_state(store, STATE, Remembered) or Remembered()


def noted(store: Store) -> tuple[Noted, ...]:
    """The latest drifts, the last one first."""
    return tuple(reversed(remembered(store).noted))


def drifted(before: Remembered, counts: Counts, slots: Sequence[BuiltSlot]) -> tuple[Drift, ...]:
    """What is new and what is gone in the records of these slots.

    Nothing where no earlier build saw any, or where later slots were seen
    before: a history that is built again is no news.
    """
    if _latest(slots) < before.latest:
        return ()
    found = (
        Drift(resource=name, new=_new(known, now), gone=_gone(name, known, now))
        for name, now in counts.items()
        if (known := before.known.get(name))
    )
    return tuple(drift for drift in found if drift.new or drift.gone)


def learn(store: Store, before: Remembered, counts: Counts, build: Build, now: datetime) -> None:
    """Remember the fields of a build; nothing is written where they are as they were ``before``.

    A lake in which that fails is no worse a lake.
    """

    def learned(before: Remembered | None) -> Remembered:
        before = before or Remembered()
        latest = _latest(build.slots)
        is_news = latest >= before.latest and all(
            n.build_id != build.build_id for n in before.noted
        )
        told = [Noted(now, build.build_id, drift) for drift in build.drift if is_news]
        known = _learned(before.known, counts, is_news=latest >= before.latest)
        noted = (*before.noted, *told)[-_MOST_NOTED:]
        # the time alone is no reason to write
        same = known == before.known and noted == before.noted
        return before if same else Remembered(known, max(latest, before.latest), noted)

    if learned(before) != before:
        try:
            change_state(store, STATE, Remembered, learned)
        except StorageError as error:
            logger.warning("the fields of a build are not remembered: %s", error)


def _latest(slots: Sequence[BuiltSlot]) -> str:
    """The latest slot that has a time."""
    return max((str(slot.slot) for slot in slots if slot.slot.endswith("Z")), default="")


def _new(known: _Known, now: Mapping[str, int]) -> tuple[str, ...]:
    if len(known.always | known.sometimes) >= _MOST_FIELDS:  # they are names of its own making
        return ()
    return tuple(sorted(set(now) - known.always - known.sometimes)[:_MOST_TOLD])


def _gone(resource: str, known: _Known, now: Mapping[str, int]) -> tuple[str, ...]:
    missing = (known.always & _declared(resource)) - set(now)
    return tuple(sorted(field for field in missing if _is_lacking(field, now)))


def _learned(before: Mapping[str, _Known], counts: Counts, *, is_news: bool) -> dict[str, _Known]:
    return dict(before) | {
        name: _both(before[name], _gone(name, before[name], now) if is_news else (), now)
        if name in before
        else _first(now)
        for name, now in counts.items()
    }


def _first(now: Mapping[str, int]) -> _Known:
    always = frozenset(field for field, count in now.items() if count == now.get(_parent(field)))
    return _Known(always, frozenset(now) - always)


def _both(known: _Known, gone: Iterable[str], now: Mapping[str, int]) -> _Known:
    """What is gone is unknown from then on: should it come back, it is new again."""
    more = sorted(set(now) - known.always - known.sometimes)
    room = max(0, _MOST_FIELDS - len(known.always | known.sometimes))
    fields = (known.always | known.sometimes | set(more[:room])) - set(gone)
    always = {field for field in known.always & fields if not _is_lacking(field, now)}
    return _Known(frozenset(always), fields - always)


def _is_lacking(field: str, now: Mapping[str, int]) -> bool:
    """Whether some records lack it; where none has it, a few may be chance."""
    lacking = now.get(_parent(field), 0) - now.get(field, 0)
    return lacking >= (1 if field in now else _ENOUGH)


def _kind_of(resource: str, record: Any) -> str:
    """What is no track has other fields, and counts as a kind of its own."""
    for name in ("item", "track"):
        inside = record.get(name) if isinstance(record, dict) else None
        if isinstance(inside, dict) and inside.get("type") in _OTHERS:
            return f"{resource} ({inside['type']})"
    return resource


def _parent(field: str) -> str:
    """What holds a field; a record itself is the empty name."""
    return field.rpartition(".")[0].removesuffix("[]")


def _paths(value: Any, prefix: str = "", depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for each in value[:_FIRST]:
            if isinstance(each, dict):
                yield from _paths(each, f"{prefix}[]", depth)
    elif isinstance(value, dict):
        for name, inside in value.items():
            path = f"{prefix}.{name}" if prefix else name
            yield path
            yield from _paths(inside, path, depth + 1)


@cache
def _declared(resource: str) -> frozenset[str]:
    """The fields that tables are made of."""
    if resource == "charts_csv":
        return frozenset(COLUMNS)
    shape = _SHAPES.get(resource.partition(" ")[0])
    return frozenset(_fields_of(shape)) if shape else frozenset()


def _fields_of(shape: type, prefix: str = "") -> Iterator[str]:
    for name, hint in get_type_hints(shape).items():
        path = f"{prefix}.{name}" if prefix else name
        yield path
        yield from (path + inside for inside in _INSIDE.get(name, ()))
        for part in (hint, *get_args(hint)):
            inner = get_args(part)[0] if get_origin(part) is list else part
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                yield from _fields_of(inner, path if inner is part else f"{path}[]")
