"""Readers and writers of one file: editions are whole; a load that fails leaves the last one."""

from __future__ import annotations

import multiprocessing
import os
import resource
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from chartlake.errors import StorageError, UsageError
from chartlake.lake import raw
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.publish import draft_of, publish, turn, wal_of
from tests.charts import write_chart
from tests.commands import PROGRAM
from tests.crash.faults import DisturbedStore, Fault
from tests.warehouse.test_load import chart
from tests.warehouse.worlds import NOW, WorldPipeline, snapshot_of

LOADS = 30
COUNTS = """
select
    (select count(*) from editions),
    (select count(*) from entries),
    (select count(*) from chart_movements),
    (select count(*) from chart_editions),
    (select count(distinct slot) from load_history),
    (select count(*) from seen_builds)
"""


@pytest.fixture
def here(tmp_path: Path) -> WorldPipeline:
    """A warehouse with one edition in it."""
    pipeline = WorldPipeline(tmp_path)
    pipeline.deliver([chart(1, "a", "b")])
    return pipeline


def beside(path: Path) -> list[str]:
    """What lies in the warehouse's folder for the warehouse."""
    return sorted(file.name for file in path.parent.iterdir() if "warehouse" in file.name)


def as_it_is(path: Path) -> tuple[int, int]:
    """Which file it is, and when it was last written to."""
    about = path.stat()
    return about.st_ino, about.st_mtime_ns


# Readers ------------------------------------------------------------------------------


def _go_on(stop: str) -> bool:
    """Until the test says so, or is no more."""
    test = multiprocessing.parent_process()
    return not Path(stop).exists() and test is not None and test.is_alive()


def _read_on(path: str, stop: str, found: str) -> None:
    """Ask again and again, each time in a new connection; the last line says how it ended."""
    warehouse, lines = DuckDBWarehouse(Path(path), patience_seconds=0), []
    while _go_on(stop):
        (counts,) = warehouse.query(COUNTS).rows
        lines.append(" ".join(map(str, counts)))
        time.sleep(0.005)  # the writer needs a core, too
    Path(found).write_text("\n".join([*lines, "no error"]))


def _keep_open(path: str, stop: str, found: str) -> None:
    """Ask again and again in one connection, as another program would."""
    with closing(duckdb.connect(path, read_only=True)) as db:
        Path(found).write_text("open")
        first = db.execute(COUNTS).fetchall()
        while _go_on(stop):
            assert db.execute(COUNTS).fetchall() == first
            time.sleep(0.02)
    Path(found).write_text("no error")


@contextmanager
def reading(
    here: WorldPipeline, folder: Path, *how: Callable[[str, str, str], None]
) -> Iterator[list[Path]]:
    """Processes that read as long as this lasts; the files in which they tell what they found."""
    stop, spawn = folder / "stop", multiprocessing.get_context("spawn")
    found = [folder / f"found-{number}" for number in range(len(how))]
    readers: list[BaseProcess] = [
        spawn.Process(target=each, args=(str(here.warehouse.path), str(stop), str(file)))
        for each, file in zip(how, found, strict=True)
    ]
    for reader in readers:
        reader.start()
    try:
        yield found
    finally:
        stop.touch()
        for reader in readers:
            reader.join()


def test_readers_see_whole_editions_while_others_are_loaded(
    here: WorldPipeline, tmp_path: Path
) -> None:
    with reading(here, tmp_path, _read_on, _read_on, _keep_open) as found:
        patience = time.monotonic() + 60
        while not found[-1].exists() and time.monotonic() < patience:
            time.sleep(0.01)  # then the others are about to ask, too
        for day in range(2, LOADS + 2):
            here.deliver([chart(day, "a", "b")])
    answers = [file.read_text().splitlines() for file in found]
    assert [lines[-1] for lines in answers] == ["no error"] * 3
    for lines in answers[:2]:
        asked = [[int(count) for count in line.split()] for line in lines[:-1]]
        editions = [counts[0] for counts in asked]
        assert asked == [[n, 2 * n, 2 * n, n, n, n] for n in editions]
        assert editions == sorted(editions)
        assert len(set(editions)) > 3


def test_who_reads_is_not_in_the_way(here: WorldPipeline) -> None:
    with closing(duckdb.connect(str(here.warehouse.path), read_only=True)) as db:
        before = db.execute("select count(*) from entries").fetchall()
        _load_in_another_process(here)
        assert db.execute("select count(*) from entries").fetchall() == before == [(2,)]
    assert here.rows("select count(*) as n from entries") == [{"n": 5}]


def test_the_questions_of_a_session_are_about_one_state(here: WorldPipeline) -> None:
    count = "select count(*) from entries"
    with here.warehouse.session() as warehouse:
        assert warehouse.query(count).rows == [(2,)]
        _load_in_another_process(here)
        assert warehouse.query(count).rows == [(2,)]
        with pytest.raises(UsageError, match="no_such_table"):
            warehouse.query("from no_such_table")  # in words for people, and it goes on
        assert warehouse.query(count).rows == [(2,)]
    assert here.warehouse.query(count).rows == [(5,)]


def _load_in_another_process(here: WorldPipeline) -> None:
    folder = here.warehouse.path.parent
    where = {
        "CHARTLAKE_WAREHOUSE__PATH": str(here.warehouse.path),
        "CHARTLAKE_LAKE__URL": str(folder / "lake"),
    }
    words = [str(PROGRAM), "import", str(write_chart(folder, "2020-04-01", "abc"))]
    subprocess.run(words, check=True, env=os.environ | where, cwd=folder, capture_output=True)


# The file -----------------------------------------------------------------------------


def test_the_file_changes_only_when_a_row_does(here: WorldPipeline) -> None:
    before = as_it_is(here.warehouse.path)
    here.pipeline.load()
    assert as_it_is(here.warehouse.path) == before
    here.deliver([chart(2, "b")])
    assert as_it_is(here.warehouse.path) != before
    assert beside(here.warehouse.path) == [".warehouse.duckdb.lock", "warehouse.duckdb"]


def test_who_may_read_it_stays_as_it_was(here: WorldPipeline) -> None:
    here.warehouse.path.chmod(0o640)
    here.deliver([chart(2, "b")])
    assert stat.S_IMODE(here.warehouse.path.stat().st_mode) == 0o640


def test_a_build_that_is_damaged_makes_no_new_file(here: WorldPipeline, tmp_path: Path) -> None:
    manifest, _ = raw.commit(here.store, snapshot_of(chart(2, "c")))
    here.engine.know(manifest, chart(2, "c"))
    build = here.pipeline.transform().build
    assert build
    (tmp_path / "lake" / build.files[0].key).write_bytes(b"damaged")
    before = as_it_is(here.warehouse.path)
    assert len(here.pipeline.load().left_out) == 1
    assert as_it_is(here.warehouse.path) == before


@pytest.mark.parametrize(
    "left", [".warehouse.duckdb.0a1b.draft", ".warehouse.duckdb.0a1b.draft.wal"]
)
def test_what_a_killed_load_left_is_removed_by_the_next(here: WorldPipeline, left: str) -> None:
    (here.warehouse.path.parent / left).write_bytes(b"half")
    (here.warehouse.path.parent / ".warehouse.duckdb.0a1b.draft.tmp").mkdir()
    other = here.warehouse.path.with_name(".other-warehouse.duckdb.0a1b.draft")
    other.touch()
    assert here.rows("select count(*) as n from editions") == [{"n": 1}]
    here.deliver([chart(2, "b")])
    assert beside(here.warehouse.path) == [other.name, ".warehouse.duckdb.lock", "warehouse.duckdb"]


def test_a_load_that_fails_leaves_the_file_as_it_was(here: WorldPipeline) -> None:
    before = here.warehouse.path.read_bytes()
    manifest, _ = raw.commit(here.store, snapshot_of(chart(2, "b")))
    here.engine.know(manifest, chart(2, "b"))
    here.pipeline.transform()
    broken = DisturbedStore(here.store, Fault(1, only="get curated/"))
    with pytest.raises(StorageError, match="injected"):
        here.warehouse.load(broken, NOW)
    assert here.warehouse.path.read_bytes() == before
    assert beside(here.warehouse.path) == [".warehouse.duckdb.lock", "warehouse.duckdb"]


def test_a_draft_that_is_still_written_is_not_published(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(b"before")
    with draft_of(path) as draft:
        draft.write_bytes(b"after")
        wal_of(draft).touch()
        with pytest.raises(StorageError, match="cannot write the warehouse"):
            publish(draft, path)
        assert path.read_bytes() == b"before"
        wal_of(draft).unlink()
        publish(draft, path)
    assert path.read_bytes() == b"after"
    assert beside(path) == ["warehouse.duckdb"]


def test_what_another_program_had_committed_is_kept(here: WorldPipeline) -> None:
    """It wrote in the file itself and was killed: what it wrote is in its log alone."""
    path = here.warehouse.path
    code = (
        f"import duckdb, os; db = duckdb.connect({str(path)!r}); "
        "db.execute('create table mine as select 7 as a'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert wal_of(path).exists()
    here.deliver([chart(2, "b")])
    assert not wal_of(path).exists()
    assert here.rows("from mine") == [{"a": 7}]
    assert here.rows("select count(*) as n from editions") == [{"n": 2}]


# A disk that is full ------------------------------------------------------------------


@pytest.mark.parametrize("room", [-100_000, 100_000])
def test_a_disk_that_is_full_is_told_and_the_file_stays(tmp_path: Path, room: int) -> None:
    """Too small for a copy, and for what is added to the copy. A limit on files stands for it."""
    first = str(write_chart(tmp_path, "2020-03-01", "abc"))
    many = [f"{number:011}" for number in range(9000)]
    second = str(write_chart(tmp_path, "2020-03-02", many))
    run = [str(PROGRAM), "import"]
    subprocess.run([*run, first], cwd=tmp_path, check=True, capture_output=True)
    path = tmp_path / "chartlake-data" / "warehouse.duckdb"
    before = path.read_bytes()
    most = len(before) + room
    done = subprocess.run(
        [*run, second],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    assert done.returncode == 4, done.stderr
    assert "what was there before stays as it is" in done.stderr
    assert "space" in done.stderr
    assert path.read_bytes() == before
    assert beside(path) == [".warehouse.duckdb.lock", "warehouse.duckdb"]
    subprocess.run([*run, second], cwd=tmp_path, check=True, capture_output=True)
    assert DuckDBWarehouse(path).query("select count(*) from entries").rows == [(9003,)]


# Writers ------------------------------------------------------------------------------


def test_writers_take_turns(here: WorldPipeline, caplog: pytest.LogCaptureFixture) -> None:
    with FileLock(here.warehouse.path.with_name(".warehouse.duckdb.lock")):
        impatient = DuckDBWarehouse(here.warehouse.path, patience_seconds=0.1)
        with pytest.raises(StorageError, match="in use by another process"):
            impatient.load(here.store, here.pipeline.clock())
        assert impatient.query("select 1").rows == [(1,)]
    assert "waiting for another process that writes" in caplog.text
    assert impatient.load(here.store, here.pipeline.clock()).slots == 0


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(StorageError, match="cannot write the warehouse"),
        turn(tmp_path / "file" / "warehouse.duckdb", 1),
    ):
        pass
