"""The demo, as a stranger runs it: its numbers, its story, and the commands it proposes."""

from __future__ import annotations

import hashlib
import json
import shlex
from pathlib import Path

import pytest

from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.commands import PROGRAM, Said, run_here, run_program

pytestmark = pytest.mark.xdist_group("demo")

# what chart_movements holds after any demo, whenever and wherever it runs; it changes only when
# the invented world or a definition does
MOVEMENTS = "0e7b33efbe9a2a073d674eae1bce72fa8a8a1aa360648f85cdfe64a0f0e8c24c"
DEAD_PROXY = dict.fromkeys(
    ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
    "http://127.0.0.1:9",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Said:
    """In an old terminal's locale and behind a proxy that is dead."""
    return run_program("demo", cwd=folder, LANG="C", LC_ALL="C", **DEAD_PROXY)


@pytest.fixture(scope="module")
def warehouse(demo: Said, folder: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(folder / "chartlake-demo" / "chartlake-data" / "warehouse.duckdb")


def test_it_works_and_counts(demo: Said) -> None:
    assert demo.code == 0, demo.err
    assert "951 snapshots" in demo.out
    assert "raw/959, manifests/960" in demo.out  # one of them says that its slot was missed
    assert "editions 959, entries 57,539" in demo.out
    assert "rejects 1" in demo.out
    assert "Spotify has an outage (503)" in demo.out


def test_its_history_has_one_gap_and_one_reject(warehouse: DuckDBWarehouse) -> None:
    gaps = warehouse.query(
        "select feed, chart_date::varchar from chart_editions where missing_before > 0"
    )
    assert gaps.rows == [("top-60-japan", "2026-10-11")]
    rejects = warehouse.query("select feed, reason from rejects")
    assert len(rejects.rows) == 1
    assert "$.item.id" in rejects.rows[0][1]
    health = warehouse.query(
        "select sum(editions), sum(missing), sum(missed), sum(rejects) from data_health"
    )
    assert health.rows == [(959, 1, 1, 1)]


def test_its_last_date_has_something_to_see(demo: Said, warehouse: DuckDBWarehouse) -> None:
    today = "feed = 'top-60-global' and chart_date = '2026-11-20'"
    top = warehouse.query(
        f"select movement, editions_at_one from chart_movements where {today} and position = 1"
    )
    assert top.rows == [("up", 1)]
    debuts = warehouse.query(
        f"select count(*) from chart_movements where {today} and movement = 'new'"
        " and position <= 10"
    )
    assert debuts.rows[0][0] >= 1
    counts = warehouse.query(f"select re_entries, exits from chart_turnover where {today}").rows[0]
    assert min(counts) >= 1
    assert "NEW" in demo.out
    assert "RE" in demo.out


def test_it_comes_out_the_same_every_time(warehouse: DuckDBWarehouse) -> None:
    rows = warehouse.query("select * from chart_movements order by feed, scheduled_at, item_key")
    assert hashlib.sha256(repr(rows).encode()).hexdigest() == MOVEMENTS


def test_what_it_proposes_works(demo: Said, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    proposed = demo.out.partition("Try next")[2].strip().splitlines()
    assert len(proposed) >= 5
    for line in proposed:
        program, *words = shlex.split(line.split("|")[0])
        assert Path(program).resolve() == PROGRAM.resolve()
        said = run_here(*words)
        assert said.code == 0, (line, said.err)
        assert said.out.strip()


def test_a_run_in_it_cannot_reach_the_real_spotify(
    demo: Said, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml = (folder / "chartlake-demo" / "chartlake.toml").read_text()
    assert "https://" not in toml
    assert 'api_url = "http://127.0.0.1:' in toml


def test_it_does_not_touch_what_it_did_not_make(tmp_path: Path) -> None:
    mine = tmp_path / "chartlake-demo" / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    done = run_program("demo", cwd=tmp_path)
    assert done.code == 2
    assert "holds something that the demo did not make" in done.err
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("mine", ["notes.txt", "chartlake-data/lake/manifests/mine/x.json"])
def test_it_keeps_what_was_added_to_its_folder(tmp_path: Path, mine: str) -> None:
    folder = tmp_path / "chartlake-demo"
    (folder / mine).parent.mkdir(parents=True)
    (folder / mine).write_text("mine")
    (folder / "chartlake.toml").write_text("# made by `chartlake demo`, which makes this folder")
    done = run_program("demo", cwd=tmp_path)
    assert done.code == 2
    assert (folder / mine).read_text() == "mine"


def test_rows_can_be_had_as_json(demo: Said, folder: Path) -> None:
    said = run_here(
        *("trends", "movers", "--feed", "top-60-global", "--json"),
        *("--project", folder / "chartlake-demo"),
    )
    answer = json.loads(said.out)
    assert answer["chart_date"] == "2026-11-20"
    assert {"position", "change", "item_name"} <= set(answer["rows"][0])
