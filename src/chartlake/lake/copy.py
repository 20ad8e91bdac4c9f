"""Copying a lake, such as from disk to S3: the copy is a lake, whatever happens meanwhile.

What commits (manifests, builds, runs of marts) is listed first and copied last, so nothing is
committed in the copy whose data is not there. A copy that was broken off goes on where it is
repeated: objects are created once, and lake.json tells that it is the same lake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from chartlake.errors import StorageError, UsageError
from chartlake.lake import format as lake_format
from chartlake.lake import keys
from chartlake.lake.ahead import read_ahead
from chartlake.lake.state import change_state, read_state
from chartlake.lake.store import Listed, Store
from chartlake.model import Record, sha256

__all__ = ["Copied", "copy_lake"]

Tell = Callable[[int, int], None]

_FIRST = (keys.TOMBSTONES, keys.EXPIRED)  # what is gone must not come back
_COMMITS = (keys.MANIFESTS, keys.BUILDS)
_DATA = (keys.RAW, keys.CURATED, keys.MARTS, keys.QUARANTINE, keys.FAILURES)


_COPIED = "copied-from"


class CopyOf(Record, frozen=True, kw_only=True):
    """Of which lake one is a copy that has a lake.json of its own: by the hash of the other's."""

    lake: str


class Copied(NamedTuple):
    """How many objects were copied, of how many bytes, and how many were there already.

    ``gone`` were removed from the source meanwhile.
    """

    objects: int
    size: int
    there: int
    gone: int


def copy_lake(source: Store, target: Store, now: datetime, tell: Tell) -> Copied:
    """Copy all of a lake; UsageError where the target is another lake, or there is none to copy.

    ``tell`` counts objects. Nobody may write to the target meanwhile.
    """
    _claim(source, target, now)
    listed = list(_in_order(source))
    there = {each.key: each.size for each in target.listing("")}
    missing = [each for each in listed if there.get(each.key) != each.size]
    done = size = gone = 0

    def moved(one: Listed) -> int | None:
        return _copy(source, target, one.key)

    for some in _stages(missing):  # each whole before the next
        for count in read_ahead(moved, some):
            done += count is not None
            gone += count is None
            size += count or 0
            tell(len(listed) - len(missing) + done + gone, len(listed))
    for key in source.keys(keys.STATE):
        _copy_state(source, target, key)
    return Copied(done, size, len(listed) - len(missing), gone)


def _claim(source: Store, target: Store, now: datetime) -> None:
    """Let the target be this lake, or see that it is; the first object of a copy."""
    ours, theirs = f"{source.url}/", f"{target.url}/"
    is_within = theirs.startswith(ours) or ours.startswith(theirs)
    if is_within and not target.url.startswith("memory:"):
        raise UsageError(
            f"{target.url} is the lake itself, or one lies in the other", fix="name another place"
        )
    if not source.folders(keys.MANIFESTS):
        raise UsageError(f"there is no lake to copy in {source.url}")
    source.create(keys.LAKE, lake_format.written_by_us(now))  # one from before there was a format
    identity = source.get(keys.LAKE)
    if target.create(keys.LAKE, identity) or target.get(keys.LAKE) == identity:
        return
    known = read_state(target, _COPIED, CopyOf)
    copied = known.lake if known else None
    if copied is None and not target.folders(keys.MANIFESTS):  # a run was there, and got nothing
        copied = sha256(identity)
        mine = CopyOf(lake=copied)
        change_state(target, _COPIED, CopyOf, lambda before: mine)
    if copied != sha256(identity):
        raise UsageError(
            f"{target.url} holds another lake",
            why="its lake.json is not that of this lake",
            fix="name a place that is empty, or in which a copy of this lake was begun",
        )


def _in_order(source: Store) -> Iterator[Listed]:
    commits = [each for zone in _COMMITS for each in source.listing(zone)]
    runs = [each for each in source.listing(keys.MARTS) if _is_run(each.key)]
    yield from (each for zone in _FIRST for each in source.listing(zone))
    data = (each for zone in _DATA for each in source.listing(zone))
    yield from (each for each in data if not _is_run(each.key))
    yield from (*commits, *runs)


def _stages(listed: list[Listed]) -> tuple[list[Listed], list[Listed], list[Listed]]:
    first = [each for each in listed if each.key.startswith(_FIRST)]
    last = [each for each in listed if each.key.startswith(_COMMITS) or _is_run(each.key)]
    done = {each.key for each in (*first, *last)}
    return first, [each for each in listed if each.key not in done], last


def _is_run(key: str) -> bool:
    return key.startswith(keys.MARTS) and key.endswith(".json")


def _copy(source: Store, target: Store, key: str) -> int | None:
    """How many bytes were copied; None where the object is gone."""
    try:
        content = source.get(key)
    except FileNotFoundError:
        return None
    if not target.create(key, content) and target.get(key) != content:
        raise StorageError(
            f"{target.url} holds another {key} than {source.url}",
            why="somebody wrote to the copy, or it was damaged",
            fix="copy to a place that is empty",
        )
    return len(content)


def _copy_state(source: Store, target: Store, key: str) -> None:
    """What changes is as it is now; whose turn it is there is nobody's here."""
    if not keys.is_lease(key):
        content = source.get(key)
        target.change(key, lambda before: content)
