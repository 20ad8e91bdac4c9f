"""Lists that change a little from day to day, as charts do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import NamedTuple

LENGTH = 100
_HITS = 200  # tracks that many lists have
_HITS_IN_LIST = 30


class Listed(NamedTuple):
    """A track at a place of a list, and the day on which it came."""

    track: int
    since: int


def charts(playlists: int) -> Iterator[list[list[Listed]]]:
    """For each day all lists: two to six of a hundred leave, as many come, a dozen move.

    A third of what comes is a hit that other lists have too, one in ten was there before.
    """
    chance, new = Random(5), count(_HITS)
    lists = [_first(chance, new) for _ in range(playlists)]
    gone: list[list[int]] = [[] for _ in lists]
    for day in count(1):
        yield [[*entries] for entries in lists]
        for entries, left in zip(lists, gone, strict=True):
            _change(entries, left, day, chance, new)


def strangers(playlists: int) -> Iterator[list[list[Listed]]]:
    """For each day all lists, of tracks that no list ever had."""
    new = count()
    for day in count():
        yield [[Listed(next(new), day) for _ in range(LENGTH)] for _ in range(playlists)]


def _first(chance: Random, new: Iterator[int]) -> list[Listed]:
    hits = chance.sample(range(_HITS), _HITS_IN_LIST)
    own = [next(new) for _ in range(LENGTH - _HITS_IN_LIST)]
    entries = [Listed(track, 0) for track in (*hits, *own)]
    chance.shuffle(entries)
    return entries


def _change(
    entries: list[Listed], gone: list[int], day: int, chance: Random, new: Iterator[int]
) -> None:
    for _ in range(chance.randint(2, 6)):
        gone.append(entries.pop(chance.randrange(LENGTH // 2, len(entries))).track)
        track = _comes(chance, new, gone)
        if track in {listed.track for listed in entries}:
            track = next(new)
        entries.insert(chance.randrange(LENGTH), Listed(track, day))
    for _ in range(12):
        moved = entries.pop(chance.randrange(LENGTH))
        entries.insert(chance.randrange(LENGTH), moved)


def _comes(chance: Random, new: Iterator[int], gone: list[int]) -> int:
    kind = chance.random()
    if kind < 1 / 3:
        return chance.randrange(_HITS)
    return chance.choice(gone) if kind < 0.43 else next(new)
