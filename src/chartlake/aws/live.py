"""What is live now: the attempts of all slots, and the files that hold their rows.

Read from the builds that were written since the last run of the marts, and from what that run
says of those before. Where a build is gone since then, or was written again, from all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from chartlake.errors import CorruptObject
from chartlake.lake import builds, keys
from chartlake.lake import marts as runs
from chartlake.lake.ahead import read_ahead
from chartlake.lake.builds import LiveSlot, Rank
from chartlake.lake.curated import read_table
from chartlake.lake.marts import MartsRun
from chartlake.lake.store import Store
from chartlake.model import Build, naive_utc

__all__ = ["ATTEMPTS", "Live", "digest", "live_now", "told_by"]

_TOLD = pa.schema(
    [
        ("scheduled_at", pa.timestamp("us")),
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("schedule", pa.string()),
        ("timezone", pa.string()),
        ("cadence", pa.string()),
    ]
)
"""What an edition or a reading says of its feed."""

ATTEMPTS = pa.schema(
    [
        ("feed", pa.string()),
        ("slot", pa.string()),
        ("attempt_id", pa.string()),
        ("build_id", pa.string()),
        ("revision", pa.int64()),
        ("transform_version", pa.int64()),
        ("slots_covered", pa.int64()),
        ("loaded_at", pa.timestamp("us")),
        ("build_key", pa.string()),
        ("entries", pa.int64()),
        *_TOLD,
    ]
)
_FILES = pa.schema([("table_name", pa.string()), ("path", pa.string()), ("build_key", pa.string())])
_BUILDS = pa.schema([("build_key", pa.string()), ("written_at", pa.timestamp("us"))])
_TELLING = ("editions", "readings")
_NAME = "\n"  # stands in no feed's name and in no slot


class Live(NamedTuple):
    """Three tables: one row per slot, per file that holds a live row, and per build looked at.

    ``left_out`` tells of builds that are damaged: their slots have no attempt of theirs.
    """

    attempts: pa.Table
    files: pa.Table
    builds: pa.Table
    left_out: tuple[CorruptObject, ...] = ()

    @property
    def months(self) -> dict[str, set[str]]:
        """The months of which there are files, by table."""
        found: dict[str, set[str]] = {}
        pairs = zip(self.files["table_name"], self.files["path"], strict=True)
        for table, path in pairs:
            found.setdefault(str(table), set()).add(keys.curated_month(str(path)))
        return found


def digest(live: Live) -> str:
    """By which runs compare of what they were made: see `chartlake.lake.marts`."""
    columns = (live.attempts[name] for name in ("feed", "slot", "attempt_id"))
    lines = pc.binary_join_element_wise(*columns, " ")  # they are sorted by feed and slot
    return runs.digest_of(line for chunk in lines.chunks for line in chunk.to_pylist())


def live_now(store: Store, before: Live, now: datetime) -> Live:
    """What is live in the lake; ``before`` is what was, and all but new builds need no reading."""
    listed = {each.key: naive_utc(each.modified) for each in store.listing(keys.BUILDS)}
    known = _by_key(before.builds)
    if any(listed.get(key) != written for key, written in known.items()):
        before, known = _nothing(), {}
    found: dict[str, _Read] = {}
    damaged: list[CorruptObject] = []
    for key, build in _read_all(store, sorted(listed.keys() - known.keys())):
        if isinstance(build, _Read):
            found[key] = build
        else:
            damaged.append(build)
    attempts = _attempts(before.attempts, found, now)
    seen = {key: listed[key] for key in (*known, *found)}
    return Live(
        attempts,
        _files(store, before.files, found, attempts),
        pa.table([pa.array(column) for column in (list(seen), list(seen.values()))], _BUILDS),
        tuple(damaged),
    )


class _Read(NamedTuple):
    """A build, and what its editions and readings say of their feeds, by feed and slot."""

    build: Build
    told: dict[tuple[str, str], dict[str, Any]]


def _read_all(store: Store, listed: Iterable[str]) -> Iterator[tuple[str, _Read | CorruptObject]]:
    """Many at a time; one that is gone meanwhile is left out, one that is damaged is told."""

    def read(key: str) -> tuple[str, _Read | CorruptObject | None]:
        try:
            build = builds.read_build(store, key)
            return key, _Read(build, _told(store, build))
        except FileNotFoundError:
            return key, None
        except CorruptObject as error:
            return key, error

    for key, build in read_ahead(read, listed):
        if build is not None:
            yield key, build


def _attempts(before: pa.Table, found: Mapping[str, _Read], now: datetime) -> pa.Table:
    """Those of before, replaced where a new build has a better one."""
    better = builds.live_slots((key, each.build) for key, each in found.items())
    for row in before.filter(_is_one_of(before, better)).to_pylist():
        place = (row["feed"], row["slot"])
        if _rank(row) >= builds.rank(better[place].build, better[place].slot):
            del better[place]
    kept = before.filter(pc.invert(_is_one_of(before, better)))
    fresh = pa.Table.from_pylist(list(_rows(better, found, now)), ATTEMPTS)
    in_order = [("feed", "ascending"), ("slot", "ascending")]
    return pa.concat_tables([kept, fresh]).sort_by(in_order)


def _is_one_of(attempts: pa.Table, places: Iterable[tuple[str, str]]) -> pa.ChunkedArray:
    wanted = pa.array([_NAME.join(place) for place in places], pa.string())
    return pc.is_in(
        pc.binary_join_element_wise(attempts["feed"], attempts["slot"], _NAME), value_set=wanted
    )


def _rank(row: Mapping[str, Any]) -> Rank:
    return Rank.of(row["revision"], row["transform_version"], row["slots_covered"], row["build_id"])


def _rows(
    live: Mapping[tuple[str, str], LiveSlot], found: Mapping[str, _Read], now: datetime
) -> Iterator[dict[str, Any]]:
    for place, each in sorted(live.items()):
        build = each.build
        yield {
            "feed": each.slot.feed,
            "slot": each.slot.slot,
            "attempt_id": build.attempt,
            "build_id": build.build_id,
            "revision": each.slot.revision,
            "transform_version": build.transform_version,
            "slots_covered": len(build.slots),
            "loaded_at": naive_utc(now),
            "build_key": each.key,
            "entries": each.slot.entries,
            **found[each.key].told.get(place, {}),
        }


def _told(store: Store, build: Build) -> dict[tuple[str, str], dict[str, Any]]:
    """What the editions and readings of a build say of their feeds."""
    columns = ("feed", "slot", *_TOLD.names)
    files = (file for file in build.files if file.table in _TELLING)
    rows = (row for file in files for row in read_table(store, file, columns).to_pylist())
    return {(row["feed"], row["slot"]): {name: row[name] for name in _TOLD.names} for row in rows}


def _files(
    store: Store, before: pa.Table, found: Mapping[str, _Read], attempts: pa.Table
) -> pa.Table:
    """The files of the builds that are live."""
    rows = [
        {"table_name": file.table, "path": store.places.url_of(file.key), "build_key": key}
        for key, each in found.items()
        for file in each.build.files
    ]
    every = pa.concat_tables([before, pa.Table.from_pylist(rows, _FILES)])
    counts = pc.is_in(every["build_key"], value_set=attempts["build_key"].combine_chunks())
    return every.filter(counts)


def told_by(store: Store, last: MartsRun | None) -> Live:
    """What a run says was live; nothing where it does not, because another engine made it."""
    names = {"live_attempts": ATTEMPTS, "live_files": _FILES, "live_builds": _BUILDS}
    told = {file.table: file for file in last.files if file.table in names} if last else {}
    if told.keys() != names.keys():
        return _nothing()
    try:
        tables = [read_table(store, told[name]) for name in names]
        return Live(*(t.cast(s) for t, s in zip(tables, names.values(), strict=True)))
    except (CorruptObject, ValueError, pa.ArrowException):  # it can be made from the builds
        return _nothing()


def _by_key(seen: pa.Table) -> dict[str, datetime]:
    columns = (seen[name].to_pylist() for name in _BUILDS.names)
    return dict(zip(*columns, strict=True))


def _nothing() -> Live:
    return Live(ATTEMPTS.empty_table(), _FILES.empty_table(), _BUILDS.empty_table())
