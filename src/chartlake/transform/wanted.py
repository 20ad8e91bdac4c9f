"""What is charted but was never observed: what hydration should ask for.

Counted from curated, each build once. How far the counting has come is state:
where it is lost, or a slot was built again, all is counted anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from datetime import date, timedelta
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from chartlake.errors import CorruptObject
from chartlake.lake import builds
from chartlake.lake.curated import read_table
from chartlake.lake.state import change_state, read_state
from chartlake.lake.store import Store
from chartlake.model import SPOTIFY_ID, Build, Record

__all__ = ["STATE", "Counted", "Wanted", "bring_up_to_date", "mark_missing", "waiting"]

STATE = "hydration"
_KINDS = ("track", "album", "artist")
_ASK_AGAIN = timedelta(days=30)
_COLUMNS = {
    "entries": ("item_kind", "item_key"),
    # a track counts as observed when Spotify told something of it
    "track_observations": ("track_id", "duration_ms", "album_id"),
    "album_observations": ("album_id",),
    "artist_observations": ("artist_id",),
}


class Counted(Record, frozen=True, kw_only=True):
    """The state: which builds were counted, and what they told of ids, by kind.

    ``charted`` says how many entries name an id that is not in ``observed``;
    ``missing`` when Spotify said that it does not know one.
    """

    builds: frozenset[str] = frozenset()
    charted: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    observed: dict[str, frozenset[str]] = msgspec.field(default_factory=dict)
    missing: dict[str, date] = msgspec.field(default_factory=dict)


class Wanted(NamedTuple):
    """What was never observed: by kind, how many entries name each id."""

    charted: Mapping[str, Mapping[str, int]]
    missing: Mapping[str, date]

    def on(self, day: date) -> list[tuple[str, str]]:
        """Kind and id of what to ask for on that day, most charted first.

        What Spotify did not know is asked for again after 30 days.
        """
        known = [
            (-times, kind, spotify_id)
            for kind, ids in self.charted.items()
            for spotify_id, times in ids.items()
            if spotify_id not in self.missing or day - self.missing[spotify_id] >= _ASK_AGAIN
        ]
        return [(kind, spotify_id) for _, kind, spotify_id in sorted(known)]


def bring_up_to_date(store: Store) -> Wanted:
    """Count the builds that were not counted yet."""
    before, after = _counted(store)
    if after is before:
        return Wanted(before.charted, before.missing)

    def keep(now: Counted | None) -> Counted:
        if now and now.builds != before.builds:  # another run has counted meanwhile
            return now
        return msgspec.structs.replace(after, missing=_still_missing(now or before, after))

    kept = change_state(store, STATE, Counted, keep)
    return Wanted(kept.charted, kept.missing)


def waiting(store: Store) -> int:
    """How many ids are wanted, without those that Spotify does not know; nothing is written."""
    before, after = _counted(store)
    missing = _still_missing(before, after)
    return sum(i not in missing for ids in after.charted.values() for i in ids)


def mark_missing(store: Store, ids: Iterable[str], day: date) -> None:
    """Remember that Spotify does not know these ids."""
    marks = dict.fromkeys(ids, day)

    def mark(now: Counted | None) -> Counted:
        known = now or Counted()
        return msgspec.structs.replace(known, missing=known.missing | marks)

    if marks:
        change_state(store, STATE, Counted, mark)


def _counted(store: Store) -> tuple[Counted, Counted]:
    """The state as it is, and as it should be: the same where every build was counted."""
    before = read_state(store, STATE, Counted) or Counted()
    present = set(builds.list_builds(store))
    if present == before.builds:
        return before, before
    made = _readable(store, sorted(present))
    present = set(made)
    is_further = before.builds <= present and not _built_again(made, before.builds)
    tally = _Tally(before if is_further else Counted())
    live = builds.live_slots(made.items())
    for key in made.keys() - tally.builds:
        build = made[key]
        slots = {(s.feed, s.slot) for s in build.slots if live[s.feed, s.slot].key == key}
        try:
            tables = _tables(store, build, slots)
        except (CorruptObject, pa.ArrowException):
            continue  # the load tells of it; counted when it is whole again
        tally.add(key, tables)
    return before, tally.counted()


def _readable(store: Store, present: Iterable[str]) -> dict[str, Build]:
    """The builds without those that are damaged: the load tells of them."""
    found = builds.read_builds(store, present)
    return {key: build for key, build in found if isinstance(build, Build)}


def _built_again(made: Mapping[str, Build], counted: Set[str]) -> bool:
    """Whether a build covers a slot of another that is in the counts already."""
    slots = {(s.feed, s.slot) for key in counted for s in made[key].slots}
    return any((s.feed, s.slot) in slots for key in made.keys() - counted for s in made[key].slots)


class _Tally:
    """Adds builds up."""

    def __init__(self, before: Counted) -> None:
        self.builds = set(before.builds)
        self._charted = {kind: dict(before.charted.get(kind, {})) for kind in _KINDS}
        self._observed = {kind: set(before.observed.get(kind, ())) for kind in _KINDS}

    def add(self, key: str, tables: Mapping[str, list[pa.Table]]) -> None:
        self.builds.add(key)
        for entries in tables.get("entries", []):
            for kind, spotify_id, times in _named(entries):
                before = self._charted[kind].get(spotify_id, 0)
                self._charted[kind][spotify_id] = before + times
        for kind in _KINDS:
            for rows in tables.get(f"{kind}_observations", []):
                self._observed[kind] |= set(rows[f"{kind}_id"].to_pylist())

    def counted(self) -> Counted:
        """All counts, without what was observed."""
        return Counted(
            builds=frozenset(self.builds),
            charted={
                kind: {i: n for i, n in ids.items() if i not in self._observed[kind]}
                for kind, ids in self._charted.items()
            },
            observed={kind: frozenset(ids) for kind, ids in self._observed.items()},
        )


def _named(entries: pa.Table) -> Iterable[tuple[str, str, int]]:
    """Kind, id and number of entries; keys that are no Spotify ids are left out."""
    counts = entries.group_by(["item_kind", "item_key"]).aggregate([([], "count_all")])
    for row in counts.to_pylist():
        kind, key = row["item_kind"], row["item_key"]
        if kind in _KINDS and key and SPOTIFY_ID.fullmatch(key):
            yield kind, key, row["count_all"]


def _tables(store: Store, build: Build, slots: Set[tuple[str, str]]) -> dict[str, list[pa.Table]]:
    """The rows of these slots of a build, only the columns that counting needs."""
    found: dict[str, list[pa.Table]] = {}
    in_part = len(slots) < len(build.slots)
    for file in build.files:
        if file.table not in _COLUMNS or not slots:
            continue
        columns = {*_COLUMNS[file.table], *(("feed", "slot") if in_part else ())}
        rows = read_table(store, file, sorted(columns))
        if columns - set(rows.column_names):
            raise CorruptObject(f"{file.key} is not a file of {file.table}")
        if in_part:
            rows = rows.filter(_in(rows, slots))
        if file.table == "track_observations":
            rows = rows.filter(pc.or_(rows["duration_ms"].is_valid(), rows["album_id"].is_valid()))
        found.setdefault(file.table, []).append(rows)
    return found


def _in(rows: pa.Table, slots: Set[tuple[str, str]]) -> pa.Array:
    places = zip(rows["feed"].to_pylist(), rows["slot"].to_pylist(), strict=True)
    return pa.array([place in slots for place in places], pa.bool_())


def _still_missing(now: Counted, after: Counted) -> dict[str, date]:
    observed = frozenset[str]().union(*after.observed.values())
    return {i: day for i, day in now.missing.items() if i not in observed}
