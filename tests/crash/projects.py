"""Real projects of some days over the simulated Spotify, and what they hold."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chartlake.schema import TABLES
from chartlake.simulator import Blemishes, Simulator, World
from tests.charts import write_chart
from tests.commands import run_here
from tests.e2e.projects import write_project

FIRST = datetime(2026, 2, 25, 6, tzinfo=UTC)
NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)  # nobody was there on the day before
UNLIKE = (
    *("attempt_id", "build_id", "loaded_at", "noted_at", "observed_at", "last_observed_at"),
    *("lag_seconds", "valid_from", "valid_to"),
)
"""What two warehouses of the same content need not agree in."""
BOOKKEEPING = ("load_history", "seen_builds", "warehouse_version", "rows_in_disorder")

Tables = dict[str, Counter[tuple[Any, ...]]]


class StandingClock:
    """Stands in for ``datetime`` where the product asks what time it is."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self, zone: tzinfo) -> datetime:
        return self.at.astimezone(zone)


@contextmanager
def standing(at: datetime) -> Iterator[StandingClock]:
    """The time that commands of this process see."""
    clock = StandingClock(at)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chartlake.wiring.clock.datetime", clock)
        yield clock


@contextmanager
def prepared(folder: Path, days: int = 3, playlists: int = 2) -> Iterator[Simulator]:
    """A project of some days with a run each, and two charts files; the day before NOW has none.

    The simulator's time is NOW when this is entered.
    """
    world = World(seed=3, last_date=date(2026, 3, 2), blemishes=Blemishes.none())
    clock = StandingClock(NOW)
    with Simulator(world, lambda: clock.at) as spotify:
        write_project(folder, spotify, world.playlists[:playlists])
        toml = folder / "chartlake.toml"
        toml.write_text(toml.read_text().replace("[spotify]", "[spotify]\nworkers = 1"))
        for number in range(days):
            clock.at = FIRST + timedelta(days=number)
            with standing(clock.at):
                assert run_here("run", "--project", folder).code == 0
        clock.at = NOW
        with standing(NOW):
            charts = [
                write_chart(folder, "2026-02-20", "abcde"),
                write_chart(folder, "2026-02-22", "bacde"),
            ]
            assert run_here("import", *charts, "--project", folder).code == 0
        yield spotify


def copy_of(project: Path, to: Path) -> Path:
    """The same project in another folder, which is made anew."""
    shutil.rmtree(to, ignore_errors=True)
    return Path(shutil.copytree(project, to))


def tables(project: Path) -> Tables:
    """What the warehouse of a project holds."""
    return rows_of(project / "chartlake-data" / "warehouse.duckdb")


def rows_of(
    warehouse: Path,
    unlike: tuple[str, ...] = UNLIKE,
    but_for: tuple[str, ...] = BOOKKEEPING,
) -> Tables:
    """All rows of all tables and marts, but for names and times that differ by nature."""
    if not warehouse.exists():
        return {}
    kept = f"columns(lambda name: not list_contains({list(unlike)}, name))"
    with closing(duckdb.connect(str(warehouse), read_only=True)) as db:
        found = db.execute("select table_name from duckdb_tables() order by all").fetchall()
        return {
            name: Counter(db.execute(f"select {kept} from {name}").fetchall())
            for (name,) in found
            if name not in but_for
        }


def of_slots(found: Tables) -> dict[tuple[str, str], Counter[tuple[Any, ...]]]:
    """The rows of the loaded tables by feed and slot."""
    slots: dict[tuple[str, str], Counter[tuple[Any, ...]]] = {}
    for table, rows in found.items():
        if table in TABLES:
            for row, count in rows.items():
                slots.setdefault(row[:2], Counter())[table, *row] = count
    return slots
