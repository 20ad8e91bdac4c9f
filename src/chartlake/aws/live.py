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
from chartlake.lake.ahead import read_ahead
from chartlake.lake.builds import LiveSlot, Rank
from chartlake.lake.curated import read_table
from chartlake.lake.marts import MartsRun
from chartlake.lake.store import Store
from chartlake.model import Build, BuiltFile, naive_utc

__all__ = ["ATTEMPTS", "Live", "live_now", "revisions", "told_by"]

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


def revisions(live: Live) -> dict[tuple[str, str], int]:
    """The revision of each slot."""
    columns = (live.attempts[name].to_pylist() for name in ("feed", "slot", "revision"))
    return {(feed, slot): revision for feed, slot, revision in zip(*columns, strict=True)}


def live_now(store: Store, before: Live, now: datetime) -> Live:
    """What is live in the lake; ``before`` is what was, and all but new builds need no reading."""
    listed = {each.key: naive_utc(each.modified) for each in store.listing(keys.BUILDS)}
    known = _by_key(before.builds)
    if any(listed.get(key) != written for key, written in known.items()):
        before, known = _nothing(), {}
    found: dict[str, Build] = {}
    damaged: list[CorruptObject] = []
    for key, build in builds.read_builds(store, sorted(listed.keys() - known.keys())):
        if isinstance(build, Build):
            found[key] = build
        else:
            damaged.append(build)
    attempts = _attempts(store, before.attempts, found, now)
    seen = {key: listed[key] for key in (*known, *found)}
    return Live(
        attempts,
        _files(store, before.files, found, attempts),
        pa.table([pa.array(column) for column in (list(seen), list(seen.values()))], _BUILDS),
        tuple(damaged),
    )


def _attempts(
    store: Store, before: pa.Table, found: Mapping[str, Build], now: datetime
) -> pa.Table:
    """Those of before, replaced where a new build has a better one."""
    better = builds.live_slots(found.items())
    for row in before.filter(_is_one_of(before, better)).to_pylist():
        place = (row["feed"], row["slot"])
        if _rank(row) >= builds.rank(better[place].build, better[place].slot):
            del better[place]
    kept = before.filter(pc.invert(_is_one_of(before, better)))
    fresh = pa.Table.from_pylist(list(_rows(store, better, now)), ATTEMPTS)
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
    store: Store, live: Mapping[tuple[str, str], LiveSlot], now: datetime
) -> Iterator[dict[str, Any]]:
    by_key = {found.key: found.build for found in live.values()}
    told = dict(_told(store, by_key.values()))
    for (feed, slot), found in sorted(live.items()):
        build = found.build
        yield {
            "feed": feed,
            "slot": slot,
            "attempt_id": build.attempt,
            "build_id": build.build_id,
            "revision": found.slot.revision,
            "transform_version": build.transform_version,
            "slots_covered": len(build.slots),
            "loaded_at": naive_utc(now),
            "build_key": found.key,
            "entries": found.slot.entries,
            **told.get((feed, slot, build.attempt), {}),
        }


def _told(
    store: Store, made: Iterable[Build]
) -> Iterator[tuple[tuple[str, str, str], dict[str, Any]]]:
    """What the editions and readings of these builds say of their feeds, by slot and attempt."""
    wanted = [file for build in made for file in build.files if file.table in _TELLING]
    columns = ("feed", "slot", "attempt_id", *_TOLD.names)

    def rows(file: BuiltFile) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = read_table(store, file, columns).to_pylist()
        return found

    for some in read_ahead(rows, wanted):
        for row in some:
            place = (row["feed"], row["slot"], row["attempt_id"])
            yield place, {name: row[name] for name in _TOLD.names}


def _files(
    store: Store, before: pa.Table, found: Mapping[str, Build], attempts: pa.Table
) -> pa.Table:
    """The files of the builds that are live."""
    rows = [
        {"table_name": file.table, "path": store.places.url_of(file.key), "build_key": key}
        for key, build in found.items()
        for file in build.files
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
