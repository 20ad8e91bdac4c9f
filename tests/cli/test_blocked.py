"""A load that the checks stop: what run and import say of it, and what can be done."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.charts import write_chart
from tests.commands import Command

FEED = "regional-is-daily"
BROKEN = "no_date_from_the_future"


@pytest.fixture
def broken(chartlake: Command, tmp_path: Path) -> Command:
    """A warehouse that is wrong already, so that nothing made from it passes the checks."""
    assert chartlake("import", write_chart(tmp_path, "2020-03-01", "abc")).code == 0
    with duckdb.connect(str(tmp_path / "chartlake-data" / "warehouse.duckdb")) as db:
        db.execute("update editions set observed_at = timestamp '1999-01-01'")
    return chartlake


def editions(chartlake: Command) -> int:
    """How many editions can be seen."""
    answer = chartlake("query", "select count(*) as n from editions", "--json").json()
    return int(answer["rows"][0]["n"])


def test_it_is_told_and_the_old_state_answers(broken: Command, tmp_path: Path) -> None:
    said = broken("import", write_chart(tmp_path, "2020-03-02", "bad"))
    assert said.code == 1
    lines = {line.split()[0]: line.split() for line in said.out.splitlines() if line}
    assert lines["load"][1:4] == ["duckdb", "not", "published"]
    assert lines["check"][2:5] == ["passed", "1", "failed"]
    assert f"error: nothing new was published: check {BROKEN} failed" in said.err
    assert f"feed {FEED}, chart_date 2020-03-01, observed_at 1999-01-01 00:00:00" in said.err
    assert f"chartlake purge {FEED} --date 2020-03-01" in said.err
    assert f'as_warnings = ["{BROKEN}"]' in said.err
    assert "#1" not in said.out  # no headline of what nobody can see
    assert editions(broken) == 1


def test_json_says_which_checks(broken: Command, tmp_path: Path) -> None:
    said = broken("import", write_chart(tmp_path, "2020-03-02", "bad"), "--json")
    assert said.code == 1
    facts = said.json()
    assert (facts["new_slots"], facts["loaded_slots"]) == (1, 0)
    assert facts["blocked_by"] == [BROKEN]
    assert facts["checks"][BROKEN] == 1
    (error,) = facts["errors"]
    assert error["what"].startswith("nothing new was published")


def test_what_was_removed_is_gone_and_then_all_is_published(
    broken: Command, tmp_path: Path
) -> None:
    file = write_chart(tmp_path, "2020-03-02", "bad")
    assert broken("import", file).code == 1
    assert broken("purge", FEED, "--date", "2020-03-01", "--yes").code == 0
    again = broken("import", file, "--json")
    assert (again.code, again.json()["blocked_by"]) == (0, [])
    assert editions(broken) == 1
    assert broken("check").code == 0


def test_a_check_that_is_named_lets_it_pass(broken: Command, tmp_path: Path) -> None:
    (tmp_path / "chartlake.toml").write_text(f'[checks]\nas_warnings = ["{BROKEN}"]\n')
    said = broken("import", write_chart(tmp_path, "2020-03-02", "bad"))
    assert said.code == 0, said.err
    assert "#1 Song b" in said.out
    assert editions(broken) == 2
    assert broken("check").code == 0


def test_a_first_load_that_is_stopped_is_no_riddle(chartlake: Command, tmp_path: Path) -> None:
    """There is no warehouse to read headlines from: the reason is told, and nothing else."""
    assert chartlake("import", write_chart(tmp_path, "2020-03-01", "abc")).code == 0
    data = tmp_path / "chartlake-data"
    (data / "warehouse.duckdb").unlink()
    (data / "warehouse.duckdb").mkdir()  # nothing can be published there
    said = chartlake("import", write_chart(tmp_path, "2020-03-02", "bad"))
    assert said.code == 4
    assert said.err.count("error:") == 1


def test_a_check_that_nobody_knows(chartlake: Command, tmp_path: Path) -> None:
    (tmp_path / "chartlake.toml").write_text('[checks]\nas_warnings = ["x"]\n')
    said = chartlake("check")
    assert said.code == 2
    assert "checks.as_warnings: no check is named 'x'" in said.err
    assert f"{BROKEN}, " in said.err
