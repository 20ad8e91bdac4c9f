"""What one load does inside its transaction: replace the slots that changed, refresh the marts.

A load looks at the lake's builds, at the calendar and at what the configuration says of charts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import duckdb
import pyarrow as pa

from chartlake.errors import CorruptObject
from chartlake.lake import builds, curated, keys
from chartlake.lake.store import Store
from chartlake.model import Build, BuiltSlot, naive_utc
from chartlake.schema import TABLES
from chartlake.warehouse import calendar, choices, layout
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.migrations import VERSION
from chartlake.warehouse.port import Loaded
from chartlake.warehouse.refresh import look_at_slots, refresh_marts, refresh_touched
from chartlake.warehouse.rows import as_table, insert, shown
from chartlake.warehouse.scopes import FeedFrom

__all__ = ["VERSION", "Changes", "Winners", "has_work", "history", "load", "refresh"]

_OF_THE_SLOT = "t.feed = b.feed and t.slot = b.slot"
_ARRIVES = "insert into {} by name from arriving semi join batch using (feed, slot, attempt_id)"
_LIVE = """
select feed, slot, attempt_id, revision, transform_version, slots_covered, build_id
from live_attempts semi join asked using (feed, slot)
"""

Winners = dict[tuple[str, str], tuple[Build, BuiltSlot]]
"""The slots whose live attempt changes, by feed and slot, each with its build."""


class Changes(NamedTuple):
    """Whether a load changed the file, and whether the rows that checks look at: from where on.

    ``since`` is None where it may be all of them.
    """

    file: bool
    marts: bool
    since: Sequence[FeedFrom] | None = None


def has_work(db: duckdb.DuckDBPyConnection, store: Store, now: datetime, chosen: Choices) -> bool:
    """Whether a load would change anything; only reads, of a file of this version."""
    return (
        bool(_unseen(db, _listed(store)))
        or calendar.changed(db, now)
        or bool(choices.changed(db, chosen))
    )


def load(
    db: duckdb.DuckDBPyConnection,
    store: Store,
    now: datetime,
    chosen: Choices,
    *,
    new_layout: bool,
) -> tuple[Loaded, Changes]:
    """Bring the tables and marts up to the lake's builds; also tells what changed.

    The caller holds the transaction. ``new_layout``: the marts have to be made anew anyhow.
    """
    listed, seen = _listed(store), _seen(db)
    there = {_build_id(key) for key in listed}
    found = dict(builds.read_builds(store, _unseen(db, listed)))
    unseen = {key: build for key, build in found.items() if isinstance(build, Build)}
    damaged = {key: error for key, error in found.items() if isinstance(error, CorruptObject)}
    while True:
        sound = [build for key, build in unseen.items() if key not in damaged]
        winners = _winners(db, sound, there)
        tables, errors = _read_files(store, winners)
        if not errors:
            break
        damaged |= {key: errors[b.build_id] for key, b in unseen.items() if b.build_id in errors}
    loaded = _replace_slots(db, winners, tables, there, now)
    now_seen = {key: at for key, at in listed.items() if key not in damaged}
    if now_seen != seen:
        _remember(db, now_seen)
    done = refresh(db, now, chosen, whole=new_layout, touched=loaded.slots)
    changes = done._replace(file=done.file or now_seen != seen)
    return loaded._replace(left_out=tuple(damaged.values())), changes


def refresh(
    db: duckdb.DuckDBPyConnection, now: datetime, chosen: Choices, *, whole: bool, touched: int
) -> Changes:
    """Write the calendar and the lists of the configuration anew, and what is made from them.

    ``whole``: all marts have to be made anew anyhow; ``touched``: how many slots were replaced, at
    which `look_at_slots` has looked. The caller holds the transaction.
    """
    markets = _markets(db)
    listed = choices.write(db, chosen)
    moved = {feed for feed, *_ in markets ^ _markets(db)}
    due = calendar.write(db, now)
    if whole or choices.needs_marts(listed - {choices.MARKETS}) or 2 * touched > _slots(db):
        refresh_marts(db)
        return Changes(True, True)
    if touched or due or moved:
        return Changes(True, True, refresh_touched(db, due, moved))
    return Changes(bool(listed), False)


def _markets(db: duckdb.DuckDBPyConnection) -> set[tuple[str, ...]]:
    return set(db.execute(f"select * from {choices.MARKETS}").fetchall())


def _slots(db: duckdb.DuckDBPyConnection) -> int:
    ((count,),) = db.execute("select count(*) from slots").fetchall()
    return int(count)


def _listed(store: Store) -> dict[str, datetime]:
    """When each build was written, by its key: one that was made again has another time."""
    return {listed.key: naive_utc(listed.modified) for listed in store.listing(keys.BUILDS)}


def _seen(db: duckdb.DuckDBPyConnection) -> dict[str, datetime | None]:
    return dict(db.execute("select build_key, written_at from seen_builds").fetchall())


def _unseen(db: duckdb.DuckDBPyConnection, listed: Mapping[str, datetime]) -> list[str]:
    """The builds to look at: new ones; all of them where one is gone whose rows are loaded."""
    seen = _seen(db)
    if gone := {_build_id(key) for key in seen.keys() - listed.keys()}:
        live = db.execute("select distinct build_id from live_attempts").fetchall()
        if any(build_id in gone for (build_id,) in live):
            return list(listed)
    return [key for key, at in listed.items() if key not in seen or seen[key] not in (None, at)]


def _remember(db: duckdb.DuckDBPyConnection, seen: Mapping[str, datetime]) -> None:
    db.execute("delete from seen_builds")
    if seen:
        insert(db, "seen_builds", as_table(("build_key", "written_at"), seen.items()))


def _build_id(key: str) -> str:
    return key.rsplit("/", 1)[-1].removesuffix(".json")


def _read_files(
    store: Store, winners: Winners
) -> tuple[list[tuple[str, pa.Table]], dict[str, CorruptObject]]:
    """The files of all winning builds by table, and the builds that have a damaged one."""
    tables: list[tuple[str, pa.Table]] = []
    errors: dict[str, CorruptObject] = {}
    for build in {build.build_id: build for build, _ in winners.values()}.values():
        try:
            tables += [(file.table, curated.read_table(store, file)) for file in build.files]
        except CorruptObject as error:
            errors[build.build_id] = error
    return tables, errors


def _winners(
    db: duckdb.DuckDBPyConnection, candidates: Sequence[Build], there: Collection[str]
) -> Winners:
    """The slots whose live attempt changes, each with the build that becomes live.

    What is loaded of a build that is not ``there`` any more counts for nothing; of one that
    was deleted and made again, the attempt that is there wins.
    """
    live = _live(db, candidates, there)
    winners: Winners = {}
    for build in candidates:
        for slot in build.slots:
            place, rank = (slot.feed, str(slot.slot)), builds.rank(build, slot)
            known, attempt = live.get(place, (None, None))
            if not known or rank > known or (rank == known and build.attempt != attempt):
                live[place], winners[place] = (rank, build.attempt), (build, slot)
    return winners


def _live(
    db: duckdb.DuckDBPyConnection, candidates: Sequence[Build], there: Collection[str]
) -> dict[tuple[str, str], tuple[builds.Rank, str]]:
    """The rank and attempt that is loaded of each slot of these builds."""
    slots = {(slot.feed, str(slot.slot)) for build in candidates for slot in build.slots}
    if not slots:
        return {}
    with shown(db, "asked", as_table(("feed", "slot"), slots)):
        found = db.execute(_LIVE).fetchall()
    return {
        (feed, slot): (builds.Rank.of(*rank), attempt)
        for feed, slot, attempt, *rank in found
        if rank[-1] in there
    }


def _replace_slots(
    db: duckdb.DuckDBPyConnection,
    winners: Winners,
    tables: Iterable[tuple[str, pa.Table]],
    there: Collection[str],
    now: datetime,
) -> Loaded:
    if not winners:
        look_at_slots(db)
        return Loaded(0, 0)
    with shown(db, "batch", history(winners, now)):
        look_at_slots(db, "batch")
        _forget_what_is_gone(db, there)
        db.execute("insert into load_history by name from batch")
        for table in TABLES:
            db.execute(f"delete from {table} t using batch b where {_OF_THE_SLOT}")
        added: Counter[str] = Counter()
        for table, rows in tables:
            with shown(db, "arriving", rows):
                added[table] += db.execute(_ARRIVES.format(table)).fetchall()[0][0]
    layout.added(db, added)
    return Loaded(len(winners), sum(slot.entries for _, slot in winners.values()))


def _forget_what_is_gone(db: duckdb.DuckDBPyConnection, there: Collection[str]) -> None:
    """Of the slots in ``batch``: builds that are gone may outrank what takes their place."""
    db.execute(
        f"delete from load_history t using batch b where {_OF_THE_SLOT} and "
        "(t.build_id = b.build_id or t.build_id not in (select unnest($there)))",
        {"there": sorted(there)},
    )


def history(winners: Winners, now: datetime) -> pa.Table:
    """The slots that become live, in the columns of load_history."""
    rows = [
        {
            "feed": feed,
            "slot": slot,
            "attempt_id": build.attempt,
            "build_id": build.build_id,
            "revision": built.revision,
            "transform_version": build.transform_version,
            "slots_covered": len(build.slots),
            "loaded_at": naive_utc(now),
        }
        for (feed, slot), (build, built) in winners.items()
    ]
    return pa.Table.from_pylist(rows)
