"""A machine with its own database, counted by itself."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.properties.databases import InMemory
from tests.properties.machine import Schedules
from tests.properties.sources import write_charts
from tests.properties.world import Tally

_MEMORY = Path("/dev/shm")


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """A folder in memory, where there is such a thing."""
    folder = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def machine(quick_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Schedules]]:
    InMemory.quick(monkeypatch)
    charts_folder = quick_folder / "charts"
    charts_folder.mkdir()
    write_charts(charts_folder)

    class Here(Schedules):
        tally = Tally()
        charts = charts_folder
        database = InMemory()
        fresh = InMemory()

    yield Here
    for database in (Here.database, Here.fresh):
        database.close()
