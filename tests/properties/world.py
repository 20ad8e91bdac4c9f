"""A small world: one lake, one warehouse, a clock, and workers of the real code that get in each
other's way. Everything that happens in it is told to it, step by step."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Literal

import pytest
from obstore.store import LocalStore, MemoryStore

from chartlake import pipeline, schedule
from chartlake.lake import keys
from chartlake.lake.store import Store
from chartlake.pipeline import Pipeline
from chartlake.transform import build
from tests.properties import oracle, sources
from tests.properties.databases import NAME, Database
from tests.properties.invariants import Broken, LakeWatch, Live, Place, WarehouseWatch
from tests.properties.jobs import JOBS, Work
from tests.properties.promises import Promise
from tests.properties.scheduler import Order, SteppedStore, Turns, Worker
from tests.properties.sources import FEEDS, Mood

LONGEST = timedelta(days=1)
"""No worker lives as long as this: the checkpoint counts on it, and garbage collection on more."""
LAST = sources.BEGINNING + timedelta(days=365)
How = Literal["operations", "writes"]


@dataclass
class Tally:
    """What was tried, over many schedules."""

    schedules: int = 0
    workers: int = 0
    steps: int = 0
    kills: int = 0
    broken_after: int = 0

    def __str__(self) -> str:
        return (
            f"{self.schedules} schedules, {self.workers} workers, {self.kills} kills, "
            f"{self.steps} steps"
        )


class World:
    """What goes on between the workers, and what must hold at each moment."""

    def __init__(self, database: Database, tally: Tally, charts: Path, folder: Path | None) -> None:
        self.tally, self.database, self.charts = tally, database, charts
        self.objects = LocalStore(folder) if folder else MemoryStore()
        self.store = Store(lambda: self.objects, "lake", folder)
        self.lake = LakeWatch(self.store, self.objects)
        self.warehouse = WarehouseWatch(self.lake)
        self.now = sources.BEGINNING
        self.workers: dict[str, Worker] = {}
        self.version = 1
        self._born: dict[str, datetime] = {}
        self._versions: dict[str, int] = {}
        self._turns, self._broken = Turns(), list[Broken]()
        self._found: dict[Place, Live] = {}
        self._attempts, self._names = count(), count()
        tally.schedules += 1

    def start(
        self,
        job: str,
        *,
        mood: Mood = "well",
        file: tuple[int, int] = (0, 0),
        replace: bool = False,
        old: bool = False,
    ) -> str:
        """Start a worker on a job; nothing of it runs yet. ``old``: by a program not upgraded."""
        if job == "rebuild":
            self.version = 2
        name = f"{job}-{next(self._names)}"
        version = 1 if old and job != "rebuild" else self.version

        def work(worker: Worker) -> None:
            self._do(worker, job, mood, file, replace, version)

        worker = Worker(name, work)
        worker.happened = self._happened
        self.workers[name], self._born[name], self._versions[name] = worker, self.now, version
        self.tally.workers += 1
        return name

    def step(self, name: str, order: Order = "go on") -> None:
        """Let one worker do its next operation."""
        worker = self.workers[name]
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(keys, "new_attempt", self._attempt)
            for module in (build, pipeline):
                patched.setattr(module, "TRANSFORM_VERSION", self._versions[name])
            worker.resume(order)
        self.tally.steps += 1
        if worker.is_done:
            del self.workers[name]
            if worker.error and not isinstance(worker.error, Broken):
                raise Broken(0, f"{name} fell over: {worker.error!r}") from worker.error
            self._broken += [worker.error] if isinstance(worker.error, Broken) else []
        if self._broken:
            raise self._broken[0]

    def names(self) -> list[str]:
        """Who is at work."""
        return list(self.workers)

    def go(self, name: str, how: How, number: int) -> None:
        """Let a worker do some operations, or all up to where it is about to write again."""
        for _ in range(number):
            self._pass_on(name)
            while name in self.workers and how == "writes" and not self.workers[name].is_write:
                self._pass_on(name)

    def finish(self, name: str) -> None:
        """Let a worker come to its end."""
        while name in self.workers:
            self._pass_on(name)

    def clean_run(self, job: str = "run") -> None:
        """One job alone, from its beginning to its end."""
        self.finish(self.start(job))

    def kill(self, name: str, order: Order) -> None:
        """Kill a worker before or after what it is about to do."""
        if name in self.workers:
            self.tally.kills += 1
            self.step(name, order)
            self.finish(name)

    def tick(self, hours: int) -> None:
        """Time passes; no worker lives for ever."""
        now = self.now + timedelta(hours=hours)
        for name in self.names():
            if self._born[name] + LONGEST <= now:
                self.kill(name, "die before")
        self.now = now

    def hours_to_next_slot(self) -> int:
        """Until a slot of a feed passes and the next one is due."""
        following = (next(schedule.due(feed, self.now, LAST)) for feed in FEEDS)
        return int((min(following) - self.now) / timedelta(hours=1))

    def look(self) -> None:
        """All that can be checked at any moment; a warehouse changes only while one is in it."""
        self.lake.sweep()
        if self._turns.holder(NAME):
            self.look_at_warehouse()

    def look_at_warehouse(self) -> dict[Place, Live]:
        """What a reader finds now."""
        with self.database.read() as db:
            self._found = self.warehouse.look(db) if db else {}
        return self._found

    def close(self) -> None:
        """Kill whoever is left."""
        for name in list(self.workers):
            worker = self.workers.pop(name)
            while not worker.is_done:
                worker.resume("die before")

    def _pass_on(self, name: str) -> None:
        """A step of this worker; or of the one that it waits for."""
        if worker := self.workers.get(name):
            self.step(self._turns.who_can_go(worker).name)

    def _do(
        self,
        worker: Worker,
        job: str,
        mood: Mood,
        file: tuple[int, int],
        replace: bool,
        version: int,
    ) -> None:
        reader = sources.Reader(mood, lambda: self.now, worker.pause)
        work = Work(
            Pipeline(
                store=SteppedStore(worker, self.objects, self.store, self._turns),
                readers={feed.name: reader for feed in FEEDS},
                engine=oracle.VersionedEngine(version),
                warehouse=self.database.of(worker, self._turns),
                clock=lambda: self.now,
                workers=1,
            ),
            FEEDS,
            sources.chart_file(self.charts, sources.CHART_DAYS[file[0]], file[1]),
            replace,
        )
        promise = Promise(self.lake, self.store, work)
        JOBS[job](work)
        promise.check(self._found)

    def _happened(self, at: str) -> None:
        try:
            verb, _, what = at.partition(" ")
            if verb in ("commit", "published"):
                self.look_at_warehouse()
            elif verb != "sql":
                self.lake.committed(what)
        except Broken as broken:
            self._broken.append(broken)

    def _attempt(self) -> str:
        return hashlib.sha256(str(next(self._attempts)).encode()).hexdigest()[:16]
