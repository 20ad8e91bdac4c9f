"""A load whose checks fail is not published: what was there before answers as it did."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from chartlake.errors import DataError, UsageError
from chartlake.lake import raw
from chartlake.warehouse import gate
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.port import CheckResult, NotPublished, Result
from chartlake.warehouse.sql import checks
from tests.oracle.movements import OracleEdition
from tests.warehouse.test_load import FEED, LAYOUT_1, chart, names_of
from tests.warehouse.test_publish import as_it_is, beside
from tests.warehouse.worlds import NOW, WorldPipeline, snapshot_of


@pytest.fixture
def here(tmp_path: Path) -> WorldPipeline:
    """A warehouse with one edition in it."""
    pipeline = WorldPipeline(tmp_path)
    pipeline.deliver([chart(1, "a", "b")])
    return pipeline


def ahead(day: int) -> OracleEdition:
    """A chart that is dated in the future, as no source gives it."""
    return replace(chart(day, "a", "b"), chart_date=date(2099, 3, day))


def commit(here: WorldPipeline, edition: OracleEdition, revision: int = 1) -> None:
    """Commit and build an edition, without a load."""
    manifest, _ = raw.commit(here.store, snapshot_of(edition), revision)
    here.engine.know(manifest, edition)
    here.pipeline.transform()


def test_a_load_that_fails_a_check_is_not_published(here: WorldPipeline) -> None:
    before = as_it_is(here.warehouse.path), here.rows("from chart_movements")
    commit(here, ahead(2))
    for _ in range(2):  # and it stays like that
        with pytest.raises(NotPublished, match="check no_date_from_the_future failed") as told:
            here.pipeline.load()
        assert (as_it_is(here.warehouse.path), here.rows("from chart_movements")) == before
    assert names_of(here, 2) == []
    assert beside(here.warehouse.path) == [".warehouse.duckdb.lock", "warehouse.duckdb"]
    assert isinstance(told.value, DataError)
    assert told.value.exit_code == 1
    results = {result.name: result for result in told.value.checks}
    assert sorted(results) == sorted(check.name for check in checks())
    assert results["no_date_from_the_future"].failures == 1


def test_why_and_what_to_do_are_told(here: WorldPipeline) -> None:
    commit(here, ahead(2))
    with pytest.raises(NotPublished) as told:
        here.pipeline.load()
    why, fix = str(told.value.why), str(told.value.fix)
    assert why.splitlines() == [
        "no chart date is more than a day after it was seen; but:",
        f"  feed {FEED}, chart_date 2099-03-02, observed_at 2021-06-01 00:00:00",
        "what was published before stays as it is",
    ]
    assert f"chartlake purge {FEED} --date 2099-03-02" in fix
    assert f"chartlake rebuild --feed {FEED}" in fix
    assert 'as_warnings = ["no_date_from_the_future"] under [checks] in chartlake.toml' in fix


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        (("feed", "slot"), (FEED, "20200301T150000Z")),
        (("feed", "scheduled_at"), (FEED, datetime(2020, 3, 1, 15))),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_what_is_to_be_purged_is_a_chart_date(
    here: WorldPipeline, columns: tuple[str, str], row: tuple[object, ...], is_known: bool
) -> None:
    """A daily feed of Tokyo: at this time (UTC) it is the next day there."""
    found = CheckResult("some_check", "error", "all is well", 1, Result(columns, [row]))
    with duckdb.connect(str(here.warehouse.path)) as db:
        if is_known:
            db.execute(
                "update editions set slot = '20200301T150000Z', chart_date = date '2020-03-02', "
                "scheduled_at = timestamp '2020-03-01 15:00:00'"
            )
        with pytest.raises(NotPublished) as told:
            gate.pass_or_refuse(db, [found])
    remedy = f"purge {FEED} --date 2020-03-02" if is_known else "purge FEED --date DAY"
    assert f"chartlake {remedy})" in str(told.value.fix)


def test_the_next_load_after_a_repair_publishes_all(here: WorldPipeline) -> None:
    commit(here, ahead(2))
    commit(here, chart(3, "c"))
    with pytest.raises(NotPublished):
        here.pipeline.load()
    assert names_of(here, 3) == []
    commit(here, chart(2, "b"), revision=2)
    loaded = here.pipeline.load()
    assert (loaded.slots, loaded.entries) == (2, 2)
    assert [names_of(here, day) for day in (1, 2, 3)] == [["a", "b"], ["b"], ["c"]]


def test_a_check_that_is_to_warn_stops_nothing(here: WorldPipeline) -> None:
    commit(here, ahead(2))
    lenient = Choices(as_warnings=frozenset({"no_date_from_the_future"}))
    loaded = DuckDBWarehouse(here.warehouse.path, choices=lenient).load(here.store, NOW)
    assert loaded.slots == 1
    assert [(c.name, c.severity) for c in loaded.checks or () if c.failures] == [
        ("no_date_from_the_future", "warning")
    ]
    assert names_of(here, 2) == ["a", "b"]


def test_a_warning_stops_nothing(here: WorldPipeline) -> None:
    commit(here, chart(3, "a", "b"))
    checked = here.pipeline.load().checks
    assert {c.name for c in checked or () if c.failures} == {"editions_are_not_missing"}
    assert here.rows("select count(*) as n from editions") == [{"n": 2}]


def test_a_first_load_that_fails_leaves_no_file(tmp_path: Path) -> None:
    here = WorldPipeline(tmp_path)
    commit(here, ahead(2))
    with pytest.raises(NotPublished):
        here.pipeline.load()
    assert beside(here.warehouse.path) == [".warehouse.duckdb.lock"]
    with pytest.raises(UsageError, match="there is no warehouse yet"):
        here.rows("select 1")


def test_what_changes_nothing_is_not_checked(here: WorldPipeline) -> None:
    commit(here, chart(2, "b"))
    assert len(here.pipeline.load().checks or ()) == len(checks())
    assert here.pipeline.load().checks is None


def test_several_checks_are_told_together(here: WorldPipeline) -> None:
    with duckdb.connect(str(here.warehouse.path)) as db:
        db.execute("update chart_turnover set exits = 5; insert into entries from entries")
        db.execute("insert into chart_turnover from chart_turnover; delete from editions")
        results = gate.run_checks(db)
        with pytest.raises(NotPublished) as told:
            gate.pass_or_refuse(db, results)
    assert told.value.failed == tuple(
        result.name for result in results if result.failures and result.severity == "error"
    )
    failed = [result.name for result in results if result.failures and result.severity == "error"]
    assert len(failed) > 4
    named = f"{len(failed)} checks failed: {', '.join(failed)}"
    assert told.value.what == f"nothing new was published: {named}"
    lines = str(told.value.why).splitlines()
    assert sum(line.endswith("; but:") for line in lines) == 3
    assert f"and {len(failed) - 3} more checks failed" in lines


# Removing -----------------------------------------------------------------------------


def test_no_check_keeps_anything_from_being_removed(
    here: WorldPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    commit(here, chart(3, "c"))
    here.pipeline.load()
    commit(here, ahead(2))
    with caplog.at_level(logging.WARNING):
        assert here.warehouse.remove(here.store, [(FEED, "20200301T000000Z")], NOW) == 1
    assert "only removed, not loaded: nothing new was published: check no_date" in caplog.text
    assert [names_of(here, day) for day in (1, 2, 3)] == [[], [], ["c"]]
    assert here.rows("select chart_date::varchar as day, ordinal from chart_editions") == [
        {"day": "2020-03-03", "ordinal": 1}
    ]
    commit(here, chart(2, "b"), revision=2)
    here.pipeline.load()
    assert names_of(here, 2) == ["b"]


def test_what_is_already_wrong_can_be_removed(here: WorldPipeline) -> None:
    lenient = Choices(as_warnings=frozenset({"no_date_from_the_future"}))
    commit(here, ahead(2))
    DuckDBWarehouse(here.warehouse.path, choices=lenient).load(here.store, NOW)
    assert here.warehouse.remove(here.store, [(FEED, "20200301T000000Z")], NOW) == 1
    assert names_of(here, 2) == ["a", "b"]  # what else is wrong is not made worse


def test_a_load_is_checked_from_the_edition_before_it_on(here: WorldPipeline) -> None:
    """What was wrong long before neither stops it nor is told again; a whole check tells it."""
    here.deliver([chart(day, "a", "b") for day in (2, 3, 4)])
    with duckdb.connect(str(here.warehouse.path)) as db:
        db.execute("insert into entries from entries where slot = '20200301T000000Z'")
    commit(here, chart(5, "b"))
    results = here.pipeline.load().checks
    assert results
    assert names_of(here, 5) == ["b"]
    assert [each.name for each in results if each.failures] == ["editions_are_not_short"]
    assert "entries_are_unique" in [c.name for c in here.warehouse.check() if c.failures]
    with duckdb.connect(str(here.warehouse.path)) as db:
        db.execute("insert into entries from entries where slot = '20200305T000000Z'")
    commit(here, chart(6, "b"))
    with pytest.raises(NotPublished, match="entries_are_unique"):
        here.pipeline.load()


# Readers ------------------------------------------------------------------------------


def test_an_older_file_can_be_read_whatever_the_checks_say(here: WorldPipeline) -> None:
    """Its rows are there already; the load that follows says what is wrong with them."""
    with duckdb.connect(str(here.warehouse.path)) as db:
        db.execute("insert into entries from entries where position = 1")
        db.execute(LAYOUT_1)
    assert names_of(here, 1) == ["a", "a", "b"]
    assert "entries_are_unique" in [c.name for c in here.warehouse.check() if c.failures]
    commit(here, chart(2, "b"))
    with pytest.raises(NotPublished):
        here.pipeline.load()
    assert names_of(here, 1) == ["a", "a", "b"]
