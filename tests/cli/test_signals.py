"""Ends that were asked for: by Ctrl-C, by SIGTERM, by a deadline; in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pytest
from filelock import FileLock

from chartlake.errors import StorageError
from chartlake.lake.store import Store, open_store
from chartlake.schema import TABLES
from chartlake.simulator import Blemishes, Simulator, World
from chartlake.simulator.faults import Fault as Nuisance
from chartlake.simulator.faults import drip, late
from tests.charts import write_chart
from tests.commands import PROGRAM, Command, run_here
from tests.crash.faults import DisturbedStore, Fault
from tests.e2e.projects import write_project

HELD_OPEN = 120
"""Seconds for which a fault keeps a request open: longer than anybody here waits."""
SOON = 20.0  # seconds; a library that goes on is given up after some
WAREHOUSE = Path("chartlake-data/warehouse.duckdb")
LAKE = Path("chartlake-data/lake")
OF_A_RUN = {"attempt_id", "observed_at", "loaded_at", "lag_seconds"}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=3, last_date=now().date(), blemishes=Blemishes.none())


@pytest.fixture
def spotify(world: World, tmp_path: Path) -> Iterator[Simulator]:
    """A simulated Spotify, and a project that follows three of its lists."""
    with Simulator(world, now) as simulator:
        write_project(tmp_path, simulator, world.playlists[:3])
        yield simulator


@pytest.fixture(scope="module")
def undisturbed(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The tables of a run that nobody ended."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with Simulator(world, now) as simulator:
        write_project(folder, simulator, world.playlists[:3])
        assert run_here("run", "--project", folder).code == 0
    return tables_of(folder)


def tables_of(folder: Path) -> dict[str, Any]:
    """All rows of all tables, without what differs from one run to another."""
    with closing(duckdb.connect(str(folder / WAREHOUSE), read_only=True)) as db:
        return {name: _rows(db, name) for name in (*TABLES, "chart_movements", "data_health")}


def _rows(db: duckdb.DuckDBPyConnection, table: str) -> list[tuple[Any, ...]]:
    columns = [name for name, *_ in db.execute(f"describe {table}").fetchall()]
    kept = [name for name in columns if name not in OF_A_RUN and "observed" not in name]
    return db.execute(f"select {', '.join(kept)} from {table} order by all").fetchall()


Process: TypeAlias = "subprocess.Popen[str]"
Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """``start("run")``: the program in the project's folder; what runs at the end is killed."""
    running: list[Process] = []

    def started(*words: object, prepare: Callable[[], object] | None = None) -> Process:
        process = subprocess.Popen(
            [PROGRAM, *map(str, words)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            preexec_fn=prepare,
        )
        running.append(process)
        return process

    yield started
    for process in running:
        process.kill()
        process.communicate()


def until(true: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def settled(number: Callable[[], int], seconds: float = 1) -> int:
    """A number that stays as it is: whoever is not held has come to an end."""
    before, now = -1, number()
    while before != now:
        time.sleep(seconds)
        before, now = now, number()
    return now


def ended(process: Process, by: signal.Signals) -> tuple[int, str]:
    """Send the signal; its exit code and standard error, which have to come soon."""
    process.send_signal(by)
    _, said = process.communicate(timeout=SOON)
    return process.returncode, said


@pytest.mark.parametrize(
    ("by", "code", "fault"),
    [
        (signal.SIGINT, 130, late(HELD_OPEN, nth=4)),
        (signal.SIGTERM, 143, drip(HELD_OPEN, nth=2)),
    ],
)
def test_a_run_that_is_ended_keeps_what_is_committed(
    chartlake: Command,
    start: Start,
    spotify: Simulator,
    undisturbed: dict[str, Any],
    tmp_path: Path,
    by: signal.Signals,
    code: int,
    fault: Nuisance,
) -> None:
    spotify.faults.add(fault)
    process = start("run")
    until(lambda: spotify.faults.struck)
    asked = settled(lambda: spotify.request_count)
    found, said = ended(process, by)
    assert found == code
    assert said.strip().endswith(
        f"interrupted by {by.name}: what is committed is kept, the next run goes on from there"
    )
    assert spotify.request_count - asked <= 4  # what was under way, and nothing new
    assert not (tmp_path / WAREHOUSE).exists()
    spotify.faults.clear()
    committed = {file.name for file in (tmp_path / LAKE / "manifests").rglob("*.json")}
    done = chartlake("run")
    assert done.code == 0, done.err
    assert len(committed) < 3
    assert chartlake("check").code == 0
    assert tables_of(tmp_path) == undisturbed


def test_a_second_signal_ends_it_at_once(start: Start, spotify: Simulator, tmp_path: Path) -> None:
    spotify.faults.add(late(HELD_OPEN, nth=4))
    process = start("run")
    until(lambda: spotify.faults.struck)
    with FileLock(tmp_path / LAKE / ".locks" / "state"):  # so that the first end takes its time
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        assert ended(process, signal.SIGTERM)[0] == -signal.SIGTERM


def test_an_import_that_is_ended_before_its_load(
    chartlake: Command, start: Start, tmp_path: Path
) -> None:
    charts = {"2020-03-01": "abc", "2020-03-02": "acb", "2020-03-03": "bca"}
    files = [write_chart(tmp_path, day, names) for day, names in charts.items()]
    (tmp_path / LAKE).mkdir(parents=True)
    with FileLock(tmp_path / "chartlake-data" / ".warehouse.duckdb.lock"):
        process = start("import", *files)
        until(lambda: list((tmp_path / LAKE).glob("builds/*/*.json")))
        code, said = ended(process, signal.SIGTERM)
    assert code == 143
    told = "interrupted by SIGTERM: what was taken in is kept, and is passed over when the same"
    assert told in said
    assert "3 of 3 files are in the lake" in said
    assert not (tmp_path / WAREHOUSE).exists()
    again = chartlake("import", *files)
    assert again.code == 0
    assert "3 there already" in again.out
    rows = chartlake("query", "select count(*) as n from entries", "--json").json()["rows"]
    assert rows == [{"n": 9}]


def test_an_import_that_is_ended_says_how_many_files_are_in(
    chartlake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    charts = {"2020-03-01": "abc", "2020-03-02": "acb", "2020-03-03": "bca", "2020-03-04": "cba"}
    files = [write_chart(tmp_path, day, names) for day, names in charts.items()]
    chartlake("import", files[0])
    with monkeypatch.context() as patch:
        fault = Fault(2, "interrupt", only="create manifests/")
        patch.setattr(
            "chartlake.wiring.project.open_store",
            lambda url, *how: DisturbedStore(open_store(url, *how), fault),
        )
        done = chartlake("import", *files, tmp_path / "unknown.csv")
    assert done.code == 130
    assert "the next run" not in done.err
    assert "2 of 5 files are in the lake" in done.err
    again = chartlake("import", *files)
    assert again.code == 0
    assert "2 taken in" in again.out
    assert "2 there already" in again.out


def test_an_import_that_is_ended_because_the_lake_is_out_of_reach(
    chartlake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chartlake.wiring.project.open_store", lambda url, *how: Unreachable(url))
    done = chartlake("import", write_chart(tmp_path, "2020-03-01", "abc"))
    assert done.code == 130
    assert done.err.strip().endswith("when the same import is repeated")


class Unreachable(Store):
    """A lake that does not answer: a person waits, ends it, and asking again is no use."""

    def __init__(self, url: str) -> None:
        super().__init__(lambda: None, url)
        self._was_ended = False

    def keys(self, prefix: str) -> Iterator[str]:
        if self._was_ended:
            raise StorageError("no answer")
        self._was_ended = True
        raise KeyboardInterrupt


SLOW_LIBRARY = """
import time
print("importing", flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt as error:
    raise RuntimeError("a library's own words") from error
"""


@pytest.mark.parametrize("program", [[PROGRAM], [sys.executable, "-m", "chartlake"]])
def test_ctrl_c_while_it_starts_is_quiet(tmp_path: Path, program: list[str]) -> None:
    (tmp_path / "typer.py").write_text(SLOW_LIBRARY)
    with subprocess.Popen(
        [*program, "status"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "importing\n"
        assert ended(process, signal.SIGINT) == (130, "")


def test_what_duckdb_makes_of_a_signal_is_told_as_one(
    chartlake: Command, start: Start, tmp_path: Path
) -> None:
    chartlake("import", write_chart(tmp_path, "2020-03-01", "abc"))
    # as under nohup and in a shell's background, where Ctrl-C is not meant for it
    process = start(
        "query",
        "select count(*) from range(1000000) a, range(1000000) b",
        prepare=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    until(lambda: _has_open(process.pid, WAREHOUSE.name))
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    code, said = ended(process, signal.SIGTERM)
    assert code == 143
    assert said.strip().startswith("interrupted by SIGTERM")


def _has_open(process_id: int, name: str) -> bool:
    with suppress(FileNotFoundError):  # what was listed may be closed again
        opened = Path(f"/proc/{process_id}/fd").iterdir()
        return any(file.readlink().name == name for file in opened)
    return False


def test_a_demo_that_is_ended_can_be_made_anew(start: Start, tmp_path: Path) -> None:
    process = start("demo")
    until(lambda: list(tmp_path.glob("chartlake-demo/chartlake-data/lake/manifests/*")))
    code, said = ended(process, signal.SIGTERM)
    assert code == 143
    assert "the next chartlake demo starts anew" in said


@pytest.mark.parametrize(
    "fault", [late(HELD_OPEN, nth=4), drip(HELD_OPEN, 60, nth=4)], ids=["late", "drip"]
)
def test_a_run_ends_by_its_deadline_with_what_is_done_loaded(
    fault: Nuisance,
    chartlake: Command,
    start: Start,
    spotify: Simulator,
    undisturbed: dict[str, Any],
    tmp_path: Path,
) -> None:
    spotify.faults.add(fault)
    process = start("run", "--deadline", 2, "--json")
    until(lambda: spotify.faults.struck)
    out, said = process.communicate(timeout=20)
    assert process.returncode == 75, out + said
    assert "the run's time is up" in said
    rows = chartlake("query", "select count(*) as n from editions", "--json").json()["rows"]
    assert rows == [{"n": 2}]
    spotify.faults.clear()
    assert chartlake("run").code == 0
    assert tables_of(tmp_path) == undisturbed


def test_a_deadline_that_is_not_needed_changes_nothing(
    chartlake: Command, spotify: Simulator, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    assert chartlake("run", "--deadline", 600).code == 0
    assert tables_of(tmp_path) == undisturbed
