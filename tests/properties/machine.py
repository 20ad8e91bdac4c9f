"""Schedules of a small world, as hypothesis draws them."""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.properties.databases import Database
from tests.properties.ending import end
from tests.properties.invariants import Broken
from tests.properties.jobs import JOBS
from tests.properties.scheduler import Order
from tests.properties.sources import BEGINNING, CHART_DAYS, VARIANTS, Mood
from tests.properties.world import How, Tally, World

MOST_WORKERS = 3
LATEST = BEGINNING + timedelta(days=75)
which = st.integers(0, MOST_WORKERS - 1)


def schedules(number: int, *, steps: int = 20, until_broken: bool = False) -> settings:
    """So many schedules; ``until_broken`` they are the same ones each time, and nobody shrinks."""
    return settings(
        max_examples=number,
        stateful_step_count=steps,
        derandomize=until_broken,
        phases=[Phase.generate] if until_broken else list(Phase),
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


moods: st.SearchStrategy[Mood] = st.sampled_from(("well", "well", "well", "torn", "down", "gone"))
hows: st.SearchStrategy[How] = st.sampled_from(("writes", "writes", "operations"))
deaths: st.SearchStrategy[Order] = st.sampled_from(("die before", "die after"))
files = st.tuples(st.integers(0, len(CHART_DAYS) - 1), st.integers(0, VARIANTS - 1))
jobs = st.sampled_from([*JOBS, "run", "run", "import_file"])


class Schedules(RuleBasedStateMachine):
    """Starts, steps, kills, and the time that passes; each ends with one clean run."""

    tally = Tally()
    charts: Path
    database: Database
    fresh: Database

    def __init__(self) -> None:
        super().__init__()
        self.folder: Path | None = None
        self.world: World | None = None

    @initialize(
        on_disk=st.booleans(),
        afresh=st.booleans(),
        further=st.sampled_from(((), (), ("compact",), ("rebuild", "compact"))),
    )
    def begin(self, on_disk: bool, afresh: bool, further: tuple[str, ...]) -> None:
        """Lakes are in memory, where nobody waits, or in a folder; what the end looks at, too."""
        self.compared_with = self.fresh if afresh else None
        self.further = further
        self.folder = Path(tempfile.mkdtemp(dir=self.charts.parent)) if on_disk else None
        self.database.empty()
        self.world = World(self.database, self.tally, self.charts, self.folder)

    @property
    def at(self) -> World:
        assert self.world
        return self.world

    def pick(self, number: int) -> str:
        names = self.at.names()
        return names[number % len(names)]

    @rule(job=jobs, mood=moods, file=files, replace=st.booleans(), old=st.booleans())
    @precondition(lambda self: len(self.at.names()) < MOST_WORKERS)
    def start(self, job: str, mood: Mood, file: tuple[int, int], replace: bool, old: bool) -> None:
        self.at.start(job, mood=mood, file=file, replace=replace, old=old)

    @rule(turns=st.lists(st.tuples(which, hows, st.integers(1, 12)), min_size=1, max_size=8))
    @precondition(lambda self: self.at.names())
    def overlap(self, turns: list[tuple[int, How, int]]) -> None:
        for number, how, times in turns:
            if self.at.names():
                self.at.go(self.pick(number), how, times)

    @rule(number=which)
    @precondition(lambda self: self.at.names())
    def finish(self, number: int) -> None:
        self.at.finish(self.pick(number))

    @rule(number=which, how=hows, times=st.integers(0, 12), death=deaths)
    @precondition(lambda self: self.at.names())
    def kill(self, number: int, how: How, times: int, death: Order) -> None:
        name = self.pick(number)
        self.at.go(name, how, times)
        self.at.kill(name, death)

    @rule(job=jobs, file=files, replace=st.booleans(), order=st.lists(st.booleans(), max_size=12))
    @precondition(lambda self: not self.at.names() and self.at.now < LATEST)
    def race(self, job: str, file: tuple[int, int], replace: bool, order: list[bool]) -> None:
        """Two of a kind over a slot that has just become due, in turns from write to write."""
        self.at.tick(self.at.hours_to_next_slot() + 6)
        pair = [self.at.start(job, file=file, replace=replace) for _ in range(2)]
        for name in pair:
            self.at.go(name, "writes", 1)  # up to its first write
        for is_second in order:
            self.at.go(pair[is_second], "writes", 1)
        for name in pair:
            self.at.finish(name)

    @rule(job=st.sampled_from(("run", "extract")), writes=st.integers(1, 4))
    @precondition(lambda self: not self.at.names() and self.at.now < LATEST)
    def overtaken(self, job: str, writes: int) -> None:
        """A reading begins just before its slot passes, and commits when that is over."""
        self.at.tick(max(0, self.at.hours_to_next_slot() - 6))
        slow = self.at.start(job)
        self.at.go(slow, "writes", writes)
        self.at.tick(12)
        self.at.clean_run("reconcile")
        self.at.finish(slow)

    @rule(day=files, better=st.integers(0, VARIANTS - 1))
    @precondition(lambda self: not self.at.names())
    def correction(self, day: tuple[int, int], better: int) -> None:
        """A file is brought, and a corrected one after it."""
        for variant, replace in ((day[1], False), (better, True)):
            job = self.at.start("import_file", file=(day[0], variant), replace=replace)
            self.at.finish(job)

    @rule(hours=st.sampled_from((6, 18, 72, 240, 600, 600)))
    @precondition(lambda self: self.at.now < LATEST)
    def tick(self, hours: int) -> None:
        self.at.tick(hours)

    @rule(hours=st.sampled_from((-6, 6)))
    @precondition(lambda self: self.at.now < LATEST)
    def tick_to_a_slot(self, hours: int) -> None:
        """To just before the next slot is due, or just after."""
        self.at.tick(max(0, self.at.hours_to_next_slot() + hours))

    @rule()
    @precondition(lambda self: self.at.now < LATEST)
    def quiet_run(self) -> None:
        """Nothing goes wrong for once."""
        self.at.clean_run()
        self.at.tick(240)

    @invariant()
    def all_holds(self) -> None:
        if self.world:
            self.world.look()

    def teardown(self) -> None:
        try:
            if self.world and sys.exception() is None:
                end(self.world, self.compared_with, self.further)
        finally:
            if isinstance(sys.exception(), Broken) and not self.tally.broken_after:
                self.tally.broken_after = self.tally.schedules
            if self.world:
                self.world.close()
            if self.folder:
                shutil.rmtree(self.folder)
