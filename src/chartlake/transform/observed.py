"""The things that slots tell of: each once for each slot, whatever it is told of it.

A track may stand in a list twice, an artist is credited on many tracks, and an album may be
seen whole and in short: of all sightings in a slot one row is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from chartlake.schema import COMMON, TABLES
from chartlake.transform.catalog import NUMBER, Catalog, Things
from chartlake.transform.observations import Thing, merged
from chartlake.transform.parts import Part, Records, lists, numbers_of, taken

__all__ = ["Observed", "credits", "observations", "observed"]


class Observed(NamedTuple):
    """Each thing once for each slot: the slot's place, the thing's number, when it was seen.

    ``popularity`` is as in `Records`.
    """

    slots: pa.Array
    things: pa.Array
    popularity: pa.Array
    at: pa.Array


def observed(records: Records, catalog: Catalog, kind: int) -> Observed:
    """The things of one kind that slots tell of, in the order of the slots."""
    things = catalog.things[kind]
    mine = lists(catalog.seen_ends[kind], numbers_of(catalog.seen[kind])).take(records.numbers)
    of = pc.list_parent_indices(mine)
    slots, at, seen = records.slots.take(of), records.observed_at.take(of), mine.flatten()
    ids = things.rows.settle().column(0).dictionary_encode().combine_chunks().indices
    key = _paired(slots, ids.take(seen))
    seen = seen.cast(pa.int64()) if kind else _paired(records.popularity.take(of), seen)
    if pc.count_distinct(key).as_py() < len(key):
        key, seen, at = _each_once(key, seen, at, things)
    return Observed(
        slots=pc.shift_right(key, 32).cast(pa.int32()),
        things=pc.bit_wise_and(seen, NUMBER).cast(pa.int32()),
        popularity=pc.shift_right(seen, 32),
        at=at,
    )


def _each_once(
    key: pa.Array, seen: pa.Array, at: pa.Array, things: Things
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """The same, each key once: where sightings differ they are merged, and the last time counts."""
    grouped = (
        pa.table({"key": key, "seen": seen, "at": at})
        .group_by("key", use_threads=False)
        .aggregate([("seen", "min"), ("seen", "max"), ("at", "max")])
        .combine_chunks()
    )
    # groups do not quite come in the order in which they begin: some slots would be interleaved
    order = pc.sort_indices(pc.shift_right(grouped["key"].combine_chunks(), 32))
    keys, first, standing, last = (
        grouped[name].combine_chunks().take(order)
        for name in ("key", "seen_min", "seen_max", "at_max")
    )
    differ = pc.not_equal(first, standing)
    if pc.any(differ).as_py():
        unlike = keys.filter(differ)
        mask = pc.is_in(key, unlike)
        times = zip(*(each.filter(mask).to_pylist() for each in (key, seen, at)), strict=True)
        standing = pc.replace_with_mask(standing, differ, _merged(times, unlike, things))
    return keys, standing, last


def _paired(high: pa.Array, low: pa.Array) -> pa.Array:
    """Two numbers in one."""
    return pc.add(pc.shift_left(high.cast(pa.int64()), 32), low.cast(pa.int64()))


def _merged(times: Iterable[tuple[int, int, Any]], keys: pa.Array, things: Things) -> pa.Array:
    """For each key the thing that its several sightings make together, by number."""
    sightings: dict[int, list[tuple[Thing, Any]]] = {}
    for key, seen, at in times:
        sightings.setdefault(key, []).append((things.thing(seen), at))
    numbers = [things.number(merged(sightings[key])) for key in keys.to_pylist()]
    return pa.array(numbers, pa.int64())


def observations(observed: Observed, things: Things) -> Part:
    """The rows of what was observed."""
    columns = taken(things.rows, observed.things)
    changed = pc.greater(observed.popularity, 0)
    if pc.any(changed).as_py():
        popularity = pc.subtract(observed.popularity, 1)
        columns["popularity"] = pc.if_else(changed, popularity, columns["popularity"])
    return Part(observed.slots, columns | {"observed_at": observed.at})


def credits(observed: Observed, things: Things) -> Part:
    """The artists of each thing, in order."""
    places = pa.array(range(things.credits.count), pa.int32())
    mine = lists(things.credit_ends, places).take(observed.things)
    of = pc.list_parent_indices(mine)
    first = pa.array(mine.offsets).slice(0, len(mine)).take(of).cast(pa.int64())
    position = pc.add(pc.subtract(pa.array(range(len(of)), pa.int64()), first), 1)
    names = list(TABLES[str(things.kind.credits)].arrow.names)[len(COMMON) :]
    its_id = next(iter(taken(things.rows, observed.things.take(of)).values()))
    columns = {names[0]: its_id, names[1]: position}
    return Part(observed.slots.take(of), columns | taken(things.credits, mine.flatten()))
