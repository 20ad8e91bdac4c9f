"""A lake and a warehouse of any released layout open in this one, lose nothing, and go on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pytest

from chartlake.lake.format import LakeFormat
from chartlake.settings import read_settings
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.migrations import MIGRATIONS, VERSION
from chartlake.wiring.project import Project, open_project
from tests.golden import make

GOLDEN = Path(__file__).parent
LAYOUTS = ("layout-1", "layout-3", "layout-4", "layout-5", "layout-6")
TABLES = "editions", "entries", "track_observations", "track_artists"


@pytest.fixture(params=LAYOUTS, scope="module")
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(layout: str, tmp_path: Path) -> Path:
    """A project with a copy of the golden lake and warehouse."""
    return _unpacked(layout, tmp_path)


@pytest.fixture(scope="module")
def gone_on(layout: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after a run on the day after its last."""
    folder = _unpacked(layout, tmp_path_factory.mktemp(layout))
    make.read_a_day(folder, make.NEXT_DAY)
    return folder


def _unpacked(layout: str, folder: Path) -> Path:
    data = folder / "chartlake-data"
    shutil.copytree(GOLDEN / layout / "lake", data / "lake")
    packed = pa.BufferReader((GOLDEN / layout / "warehouse.duckdb.zst").read_bytes())
    with pa.CompressedInputStream(packed, "zstd") as stream:
        (data / "warehouse.duckdb").write_bytes(stream.read())
    return folder


def opened(folder: Path) -> Project:
    return open_project(read_settings(folder), make.at(make.NEXT_DAY))


def expected(layout: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GOLDEN / layout / "expected.json").read_text())
    return found


def rows_now(warehouse: DuckDBWarehouse, table: str, columns: Iterable[str]) -> list[list[Any]]:
    names = ", ".join(columns)
    found = warehouse.query(f"select {names} from {table} order by all").rows
    return [[make.plain(value) for value in row] for row in found]


def assert_all_is_there(warehouse: DuckDBWarehouse, layout: str) -> None:
    for table, then in expected(layout).items():
        assert rows_now(warehouse, table, then["columns"]) == then["rows"], table


def test_its_rows_can_be_asked_for_before_any_load(folder: Path, layout: str) -> None:
    warehouse = opened(folder).warehouse
    assert_all_is_there(warehouse, layout)
    assert [c.name for c in warehouse.check() if c.failures and c.severity == "error"] == []


def test_a_load_changes_no_row(folder: Path, layout: str) -> None:
    here = opened(folder)
    assert here.pipeline.transform().build is None
    assert here.pipeline.load().slots == 0
    assert_all_is_there(here.warehouse, layout)


def test_its_warehouse_can_be_made_again_from_its_lake(folder: Path, layout: str) -> None:
    here = opened(folder)
    here.warehouse.path.unlink()
    here.pipeline.load()
    assert_all_is_there(here.warehouse, layout)


def test_a_new_run_goes_on(gone_on: Path, layout: str) -> None:
    warehouse = opened(gone_on).warehouse
    for table in TABLES:
        then = expected(layout)[table]
        now = rows_now(warehouse, table, then["columns"])
        assert [row for row in then["rows"] if row not in now] == []
        assert len(now) > len(then["rows"])
    editions = warehouse.query(
        "select chart_date::varchar, missing_before from chart_editions "
        "where feed = 'top-60' order by chart_date"
    )
    assert editions.rows == [
        ("2026-11-16", 0),
        ("2026-11-17", 0),
        ("2026-11-19", 1),
        ("2026-11-20", 0),
    ]
    assert [c.name for c in warehouse.check() if c.failures and c.severity == "error"] == []


def test_what_was_applied_to_it_is_recorded(gone_on: Path, layout: str) -> None:
    was = int(layout.removeprefix("layout-"))
    warehouse = opened(gone_on).warehouse
    applied = warehouse.query("select * from applied_migrations order by number").rows
    assert [number for number, _, _ in applied] == [step.number for step in MIGRATIONS]
    assert warehouse.query("select version from warehouse_version").rows == [(VERSION,)]
    at = [time for number, _, time in applied if number > was]
    assert at == [make.at(make.NEXT_DAY)().replace(tzinfo=None)] * (VERSION - was)
    before = {time for number, _, time in applied if number <= was}
    first_load = datetime(2026, 11, 16, 5)
    assert before == ({None} if was < 3 else {first_load})  # layout 3 is the first to tell


def test_its_lake_says_its_format_from_the_first_write_on(gone_on: Path, layout: str) -> None:
    told = (GOLDEN / layout / "lake" / "lake.json").exists()
    said = (gone_on / "chartlake-data" / "lake" / "lake.json").read_bytes()
    found = msgspec.json.decode(said, type=LakeFormat)
    assert found.format == 1
    assert found.created_at == make.at(make.DAYS[0] if told else make.NEXT_DAY)()


def test_there_is_a_golden_lake_of_this_layout() -> None:
    assert LAYOUTS[-1] == f"layout-{VERSION}"
    assert {each.name for each in GOLDEN.glob("layout-*")} == set(LAYOUTS)


def test_a_row_less_and_a_value_changed_would_be_seen(folder: Path, layout: str) -> None:
    warehouse = opened(folder).warehouse
    for damage in ("delete from entries where position = 60", "update entries set page = 9"):
        with duckdb.connect(str(warehouse.path)) as db:
            db.execute(damage)
        with pytest.raises(AssertionError):
            assert_all_is_there(warehouse, layout)
