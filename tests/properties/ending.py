"""How a world ends: whatever was before, after one clean run all is there and all is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import obstore

from chartlake.lake import keys
from tests.properties.databases import Database
from tests.properties.invariants import Broken, dump
from tests.properties.promises import check_due, check_settled, check_undisturbed
from tests.properties.world import Tally, World

__all__ = ["end"]

_COMMITTED = (keys.RAW, keys.MANIFESTS)


def end(world: World, fresh: Database | None, further: Sequence[str]) -> None:
    """7: kill whoever is at work, run once, and again; look; and do what else is to be done."""
    for name in world.names():
        world.kill(name, "die before")
    world.clean_run()
    _check(world)
    check_undisturbed(world.lake)
    check_due(world.lake, world.store, world.now, strict=True)
    _check_repeated(world, "run")
    if fresh:
        _check_same_in(fresh, world)
    for job in further:
        world.clean_run(job)
        _check(world)
        _check_repeated(world, job)


def _check(world: World) -> None:
    world.lake.sweep()
    check_settled(world.lake, world.look_at_warehouse())


def _check_repeated(world: World, job: str) -> None:
    before = world.lake.written
    world.clean_run(job)
    world.lake.sweep()
    if new := sorted(world.lake.written - before):
        raise Broken(7, f"a second clean {job} wrote {new}")


def _check_same_in(fresh: Database, world: World) -> None:
    """A fresh warehouse has the same rows, and a lake with the same manifests the same slots."""
    again = _another(fresh, world, (*_COMMITTED, keys.BUILDS, keys.CURATED))
    again.clean_run("load")
    with world.database.read() as mine, fresh.read() as other:
        if dump(mine) != dump(other):
            raise Broken(7, "a fresh warehouse has other rows")
    again = _another(fresh, world, _COMMITTED)
    for job in ("transform", "load"):
        again.clean_run(job)
    _check(again)
    if again.lake.live().keys() != world.lake.live().keys():
        raise Broken(7, "a fresh lake has other slots")


def _another(database: Database, world: World, zones: Sequence[str]) -> World:
    database.empty()
    other = World(database, Tally(), world.charts, None)
    for zone in zones:
        _copy(zone, world.objects, other.objects)
    other.lake.sweep()
    return other


def _copy(zone: str, old: Any, new: Any) -> None:
    for batch in obstore.list(old, zone):
        for meta in batch:
            obstore.put(new, meta["path"], obstore.get(old, meta["path"]).bytes())
