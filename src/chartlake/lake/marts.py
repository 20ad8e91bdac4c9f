"""Marts as Parquet: each run's files in a folder of its own, and which run counts.

    marts/000001-6f…/slots.parquet       written first: of which slots the marts are made
    marts/000001-6f…/chart_movements/00000.parquet
    marts/000001-6f….json                written last; it names every file

Nobody sees a run before its object is there. The last one counts; the one before it
stays too, for those who are reading it. All of it can be made again from the builds.

A run that holds a slot of which a tombstone says that it is to be gone is removed, whole. A
removal writes its tombstones before it looks for runs; a run looks for tombstones after it was
committed. So one of them sees the other, whatever the order, and no clock or lock is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from chartlake.errors import CorruptObject, DataError
from chartlake.lake import keys, marts_shown
from chartlake.lake.curated import stored
from chartlake.lake.marts_slots import (
    Place,
    removed_of,
    runs_to_remove,
    slots_table,
    write_slots,
)
from chartlake.lake.store import Listed, Store
from chartlake.model import BuiltFile, Record, Undecodable, from_json, sha256

__all__ = [
    "Begun",
    "MartsRun",
    "attempts_digest",
    "begin",
    "commit",
    "digest_of",
    "drop_former",
    "drop_removed",
    "leavings",
    "published",
    "read_run",
    "to_remove",
    "write_file",
]

_KEPT = 2
_ROW_GROUP = 1 << 18
_AGAIN = "make them again: chartlake marts"
_SHOWN = 3


class MartsRun(Record, frozen=True, kw_only=True):
    """The commit of all marts: which engine made them, when, and with which chartlake.

    ``rows`` counts each mart; a mart without rows has a file as well, for its columns (of
    Athena's marts it has none). ``attempts`` tells which attempts of the slots went in.
    """

    run: str
    engine: str
    made_at: datetime
    chartlake: str
    rows: dict[str, int]
    files: tuple[BuiltFile, ...]
    slots: BuiltFile
    format: int = 1
    attempts: str = ""


class Begun(NamedTuple):
    """A run whose marts are being written, and the file of the slots that it is made of."""

    run: str
    slots: BuiltFile


def begin(store: Store, revisions: Mapping[Place, int] | pa.Table) -> Begun:
    """Begin a run that is made of these slots (feed, slot), each in this revision.

    Or of a sorted table with these columns. Nothing else may go into its marts. DataError where
    one of the slots is to be gone.
    """
    slots = revisions if isinstance(revisions, pa.Table) else slots_table(revisions)
    if found := removed_of(store, slots):
        raise _of_removed(found)
    run = _new_run(store)
    return Begun(run, write_slots(store, run, slots))


def _new_run(store: Store) -> str:
    """A name that no other run has, and that sorts after those there are, whatever clocks say."""
    last = max((keys.run_of(key) for key in store.keys(keys.MARTS)), default="")
    number = int(last.partition("-")[0] or 0) + 1
    return f"{number:06d}-{keys.new_attempt()}"


def write_file(
    store: Store, run: str, mart: str, part: int, schema: pa.Schema, rows: Iterable[pa.RecordBatch]
) -> BuiltFile:
    """Store one file of a mart with its rows in this order; every column may be null.

    A cluster may write a part twice: who finds other bytes there takes a name of its own,
    and the run names the one that counts.
    """
    plain = pa.schema([pa.field(field.name, field.type) for field in schema])
    sink = pa.BufferOutputStream()
    count = 0
    with pq.ParquetWriter(sink, plain, compression="zstd", store_schema=False) as writer:
        for batch in _groups(rows):
            writer.write_table(batch.cast(plain), row_group_size=_ROW_GROUP)
            count += batch.num_rows
    content = sink.getvalue().to_pybytes()
    names = (f"{part:05d}", f"{part:05d}-{keys.new_attempt()}")
    key = stored(store, content, *(keys.mart(run, mart, name) for name in names))
    return BuiltFile(table=mart, key=key, rows=count, size=len(content), sha256=sha256(content))


def _groups(rows: Iterable[pa.RecordBatch]) -> Iterable[pa.Table]:
    """Small batches put together to row groups, so that a reader can skip many rows at a time."""
    waiting: list[pa.RecordBatch] = []
    for batch in rows:
        waiting.append(batch)
        if sum(each.num_rows for each in waiting) >= _ROW_GROUP:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def attempts_digest(attempts: Iterable[tuple[str, str, str]]) -> str:
    """By which runs compare of what they were made: feed, slot and attempt of each live slot."""
    return digest_of(" ".join(each) for each in sorted(attempts))


def digest_of(lines: Iterable[str]) -> str:
    """The same of lines in order, each of a live slot."""
    known = hashlib.sha256()
    for line in lines:
        known.update(f"{line}\n".encode())
    return known.hexdigest()


def commit(
    store: Store,
    begun: Begun,
    engine: str,
    now: datetime,
    files: Mapping[str, Iterable[BuiltFile]],
    attempts: str = "",
) -> MartsRun:
    """Let the run count whose files these are, by mart; first goes what it does not name.

    DataError, and nothing of it stays, where a slot was removed meanwhile that it holds.
    """
    made = MartsRun(
        run=begun.run,
        engine=engine,
        made_at=now,
        chartlake=version("chartlake"),
        rows={mart: sum(file.rows for file in some) for mart, some in files.items()},
        files=tuple(file for some in files.values() for file in some),
        slots=begun.slots,
        attempts=attempts,
    )
    named = {made.slots.key, *(file.key for file in made.files)}
    for key in store.keys(keys.marts_of(made.run)):
        if key not in named:
            store.delete(key)
    store.create(keys.marts_run(made.run), msgspec.json.encode(made))
    # only now: who removes slots from here on finds the run
    if problem := _problem(store, made.run, named):
        listing = store.listing(keys.MARTS)
        _drop(store, [listed for listed in listing if keys.run_of(listed.key) == made.run])
        raise problem
    return made


def _problem(store: Store, run: str, named: set[str]) -> DataError | None:
    """Why a run that was committed just now must not count."""
    found = runs_to_remove(store, [run])
    if run in found:
        return _of_removed(found[run])
    if lost := sorted(named.difference(store.keys(keys.marts_of(run)))):
        return DataError(
            "files of the marts are gone, so they do not count",
            why=f"{lost[0]} was removed before all of them were there",
            fix=_AGAIN,
        )
    return None


def _of_removed(places: list[Place]) -> DataError:
    names = ", ".join(f"{feed} {slot}" for feed, slot in places[:_SHOWN])
    more = f" and {len(places) - _SHOWN:,} more" if len(places) > _SHOWN else ""
    return DataError(
        "the marts hold what was removed, so they do not count",
        why=f"they were made with slots that are purged or forgotten: {names}{more}"
        if places
        else "slots were purged or forgotten while they were made, and their files with them",
        fix=f"chartlake gc, which completes the removal; then {_AGAIN}",
    )


def published(store: Store) -> MartsRun | None:
    """The run that counts; None where there is none. CorruptObject where it cannot be read."""
    runs = _committed(store.keys(keys.MARTS))
    return read_run(store, runs[-1]) if runs else None


def read_run(store: Store, run: str) -> MartsRun | None:
    """A run by its name; None where it is gone. CorruptObject where it cannot be read."""
    key = keys.marts_run(run)
    try:
        return from_json(store.get(key), MartsRun)
    except FileNotFoundError:
        return None
    except Undecodable as error:
        raise CorruptObject(f"{key} is no run of the marts", why=str(error), fix=_AGAIN) from error


def drop_former(store: Store) -> None:
    """Remove the runs that were committed before the last two, and that nobody's tables show."""
    listing = store.listing(keys.MARTS)
    former = set(_committed(listed.key for listed in listing)[:-_KEPT])
    former -= marts_shown.shown(store)
    _drop(store, [listed for listed in listing if keys.run_of(listed.key) in former])


def drop_removed(store: Store) -> list[Listed]:
    """Remove the runs, committed or not, that hold what tombstones say is to be gone."""
    listing = store.listing(keys.MARTS)
    gone = runs_to_remove(store, _runs(listing))
    return _drop(store, [listed for listed in listing if keys.run_of(listed.key) in gone])


def to_remove(store: Store) -> dict[str, list[Place]]:
    """Those runs, each with the slots; without any where it does not say what it holds."""
    return runs_to_remove(store, _runs(store.listing(keys.MARTS)))


def _runs(listing: Iterable[Listed]) -> list[str]:
    return sorted({run for listed in listing if (run := keys.run_of(listed.key))})


def _drop(store: Store, gone: list[Listed]) -> list[Listed]:
    """Each run's object before its files: a reader follows it, and must find them all."""
    for listed in sorted(gone, key=lambda each: not each.key.endswith(".json")):
        store.delete(listed.key)
    return gone


def leavings(store: Store, before: datetime) -> list[Listed]:
    """Files of runs that were never committed, from before that time."""
    listing = store.listing(keys.MARTS)
    committed = set(_committed(listed.key for listed in listing))
    return [
        listed
        for listed in listing
        if keys.run_of(listed.key) not in committed and listed.modified < before
    ]


def _committed(found: Iterable[str]) -> list[str]:
    """The runs of which there is an object, in the order in which they began."""
    return sorted(keys.run_of(key) for key in found if key.endswith(".json") and keys.run_of(key))
