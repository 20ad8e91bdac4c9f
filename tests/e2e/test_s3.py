"""The same pipeline over S3 (moto, over real HTTP): the same rows as on local disk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chartlake.lake.store import open_store
from chartlake.simulator import Simulator, World
from tests.charts import write_chart
from tests.commands import Command, run_program
from tests.e2e.projects import write_project

MARTS = ("chart_editions", "chart_movements", "chart_exits", "chart_turnover", "artist_momentum")


def now() -> datetime:
    return datetime.now(UTC)


def test_runs_and_imports_on_s3_equal_those_on_disk(
    chartlake: Command, s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(seed=5, last_date=now().date())
    charts = [
        write_chart(tmp_path, "2020-03-01", "abcd"),
        write_chart(tmp_path, "2020-03-03", "bdea"),
    ]
    found: dict[str, dict[str, list[Any]]] = {}
    with Simulator(world, now) as spotify:
        for name, lake in (("disk", None), ("s3", s3_url)):
            write_project(tmp_path / name, spotify, world.playlists[:2], lake)
            monkeypatch.chdir(tmp_path / name)
            for words in (["run"], ["import", *charts], ["run"]):
                done = chartlake(*words)
                assert done.code == 0, done.err
            found[name] = {mart: _rows(chartlake, mart) for mart in MARTS}
    assert found["s3"] == found["disk"]
    assert all(found["s3"].values())

    store = open_store(s3_url)
    assert len(list(store.keys("manifests/"))) == 4
    before = sorted(store.keys(""))
    assert chartlake("import", *charts).out.count("nothing new") == 1
    assert sorted(store.keys("")) == before
    raw = chartlake("lake", "cat", "regional-is-daily", "2020-03-01").out
    assert raw.strip() == charts[0].read_text().strip()


def test_a_bucket_that_is_not_there_is_a_clear_error(
    s3_url: str, tmp_path: Path, chartlake: Command
) -> None:
    missing = s3_url.replace("test-", "gone-")
    done = run_program(
        "import",
        write_chart(tmp_path, "2020-03-01", "abcd"),
        cwd=tmp_path,
        CHARTLAKE_LAKE__URL=missing,
    )
    assert done.code == 4
    assert f"in {missing}" in done.err
    assert "Traceback" not in done.err


def _rows(chartlake: Command, mart: str) -> list[Any]:
    done = chartlake("query", f"select * from {mart} order by all", "--json")
    assert done.code == 0, done.err
    return list(done.json()["rows"])
