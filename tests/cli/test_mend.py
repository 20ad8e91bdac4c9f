"""chartlake reconcile, rebuild, compact and backfill, as a person calls them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chartlake import pipeline as pipeline_module
from chartlake.lake import builds, checkpoint, keys
from chartlake.lake.store import Store, open_store
from chartlake.model import Slot
from chartlake.transform import build as build_module
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.charts import write_chart
from tests.commands import Command, Said
from tests.crash.faults import DisturbedStore, Fault
from tests.crash.projects import StandingClock, standing
from tests.crash.small_world import FEEDS, pipeline
from tests.e2e.projects import files_of

NOW = datetime(2026, 3, 5, 6, tzinfo=UTC)
CHART = "regional-is-daily"


@pytest.fixture(autouse=True)
def clock() -> Iterator[StandingClock]:
    with standing(NOW) as clock:
        yield clock


@pytest.fixture
def lake(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "chartlake-data" / "lake"))


def follow(folder: Path, store: Store) -> None:
    """A project that follows two playlists: read on the first of March, and built by nobody."""
    feeds = "".join(
        f'[feeds.{feed.name}]\nsource = "playlist"\nplaylist = "{feed.source_id}"\n'
        f'schedule = "daily"\n'
        for feed in FEEDS
    )
    (folder / "chartlake.toml").write_text(feeds)
    pipeline(store, datetime(2026, 3, 1, 6, tzinfo=UTC)).extract(FEEDS)


def bring(folder: Path, *days: str) -> None:
    """Import a chart of each of these days, one build each, and load them."""
    here = folder / "chartlake-data"
    stages = pipeline(open_store(str(here / "lake")), NOW)
    for day in days:
        names = "abcdefgh"[int(day[-2:]) % 5 :] + day[5:7]
        stages.import_files([write_chart(folder, day, names)])
        assert stages.transform().build
    DuckDBWarehouse(here / "warehouse.duckdb").load(stages.store, NOW)


def query(chartlake: Command, sql: str) -> list[dict[str, Any]]:
    done: Said = chartlake("query", sql, "--json")
    assert done.code == 0, done.err
    return list(done.json()["rows"])


def versions(chartlake: Command) -> dict[str, int]:
    rows = query(chartlake, "select slot, transform_version from live_attempts")
    return {row["slot"][:8]: row["transform_version"] for row in rows}


def builds_of(folder: Path) -> int:
    return len(list((folder / "chartlake-data" / "lake" / "builds").rglob("*.json")))


def raise_version(patch: pytest.MonkeyPatch) -> None:
    """Make the transform a newer one: all that was built is to be built again."""
    for module in (pipeline_module, build_module):
        patch.setattr(module, "TRANSFORM_VERSION", 2)


# reconcile -------------------------------------------------------------------------------


def test_reconcile_prints_its_plan_and_mends(
    chartlake: Command, tmp_path: Path, lake: Store
) -> None:
    follow(tmp_path, lake)
    done = chartlake("reconcile")
    assert done.code == 0, done.err
    lines = [line.split() for line in done.out.splitlines() if line.startswith(("finds", "hits"))]
    # due since the first: one committed, three missed, one waiting, and the first to build
    assert lines == [[name, "5", "1", "3", "1", "1", "0"] for name in ("finds", "hits")]
    assert "6 slots missed for good" in done.out
    rows = query(chartlake, "select feed, count(*) as n from missed_slots group by all order by 1")
    assert rows == [{"feed": "finds", "n": 3}, {"feed": "hits", "n": 3}]
    again = chartlake("reconcile")
    assert "Nothing to mend" in again.out
    assert "missed for good" not in again.out


def test_reconcile_answers_with_json(chartlake: Command, tmp_path: Path, lake: Store) -> None:
    follow(tmp_path, lake)
    facts = chartlake("reconcile", "--json").json()
    finds = facts["feeds"][0]
    assert finds["to_mark"] == [f"202603{day:02d}T000000Z" for day in (2, 3, 4)]
    assert (finds["feed"], finds["waiting"]) == ("finds", ["20260305T000000Z"])
    assert (facts["missed_slots"], facts["loaded_slots"]) == (6, 8)


def test_reconcile_as_a_dry_run_changes_nothing(
    chartlake: Command, tmp_path: Path, lake: Store
) -> None:
    follow(tmp_path, lake)
    before = files_of(tmp_path)
    assert chartlake("reconcile", "--dry-run").code == 0
    assert chartlake("reconcile", "--dry-run", "--json").json()["feeds"][0]["due"] == 5
    assert files_of(tmp_path) == before


def test_reconcile_loads_a_warehouse_that_was_thrown_away(
    chartlake: Command, tmp_path: Path
) -> None:
    bring(tmp_path, "2026-02-01", "2026-02-02")
    entries = query(chartlake, "select * from entries order by all")
    (tmp_path / "chartlake-data" / "warehouse.duckdb").unlink()
    assert chartlake("reconcile", "--json").json()["feeds"][0]["to_load"] == 2
    assert query(chartlake, "select * from entries order by all") == entries


def test_reconcile_of_all_months_mends_settled_ones(
    chartlake: Command, tmp_path: Path, lake: Store
) -> None:
    bring(tmp_path, "2019-01-01", "2019-01-02")
    for now in (NOW, NOW + timedelta(days=1)):
        checkpoint.advance(lake, "2026-02", now)
    for file in (tmp_path / "chartlake-data" / "lake" / "builds").rglob("*.json"):
        file.unlink()
    (tmp_path / "chartlake-data" / "warehouse.duckdb").unlink()
    assert chartlake("reconcile", "--json").json()["loaded_slots"] == 0
    assert chartlake("reconcile", "--all", "--json").json()["loaded_slots"] == 2


def test_the_repair_of_a_damaged_file_that_verify_advises(
    chartlake: Command, tmp_path: Path, lake: Store
) -> None:
    """Also in a month that was settled long ago; and explain finds the way down to the bytes."""
    bring(tmp_path, "2019-01-01", "2019-01-02")
    for now in (NOW, NOW + timedelta(days=1)):
        checkpoint.advance(lake, "2026-02", now)
    key = next(builds.list_builds(lake))
    (file,) = (f for f in builds.read_build(lake, key).files if f.table == "entries")
    day = lake_file(tmp_path, file.key)
    day.write_bytes(b"?")
    (found,) = errors_of(chartlake)
    assert found["fix"] == "delete the build object that names it, then: chartlake reconcile --all"
    lake_file(tmp_path, key).unlink()
    (found,) = errors_of(chartlake)
    assert found["fix"] == "chartlake reconcile --all"
    assert chartlake("reconcile", "--json").json()["loaded_slots"] == 0
    assert len(errors_of(chartlake)) == 1
    assert chartlake("reconcile", "--all", "--json").json()["loaded_slots"] == 1
    assert errors_of(chartlake) == []
    for date in ("2019-01-01", "2019-01-02"):
        assert chartlake("explain", CHART, date, "#1").code == 0


def lake_file(folder: Path, key: str) -> Path:
    return folder / "chartlake-data" / "lake" / key


def errors_of(chartlake: Command) -> list[dict[str, Any]]:
    findings = chartlake("verify", "--json").json()["findings"]
    return [found for found in findings if found["severity"] == "error"]


def test_run_reads_its_feeds_though_the_lake_is_damaged(
    chartlake: Command, tmp_path: Path, lake: Store
) -> None:
    follow(tmp_path, lake)
    (manifest,) = (tmp_path / "chartlake-data" / "lake" / "manifests" / "hits").rglob("*.json")
    manifest.write_text("{")
    done = chartlake("run", "--feed", "finds")
    # nobody is signed in: that it says so means that it has asked
    assert "is not a manifest" in done.err
    assert "sign" in done.err


# rebuild ---------------------------------------------------------------------------------


def test_nothing_to_rebuild(chartlake: Command, tmp_path: Path) -> None:
    bring(tmp_path, "2026-02-01")
    assert "0 slots in 0 months" in chartlake("rebuild", "--dry-run").out
    assert chartlake("rebuild", "--json").json()["slots"] == 0
    assert builds_of(tmp_path) == 1


def test_a_newer_transform_builds_all_again(
    chartlake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(tmp_path, "2026-01-31", "2026-02-01", "2026-02-02")
    kept = "select * exclude (attempt_id) from entries order by all"
    before = query(chartlake, kept)
    raise_version(monkeypatch)
    assert chartlake("reconcile").code == 0
    assert set(versions(chartlake).values()) == {1}
    assert "3 slots in 2 months" in chartlake("rebuild", "--dry-run").out
    facts = chartlake("rebuild", "--json").json()
    assert (facts["slots"], facts["months"]) == (3, ["2026-01", "2026-02"])
    assert set(versions(chartlake).values()) == {2}
    assert query(chartlake, kept) == before
    assert builds_of(tmp_path) == 5
    assert chartlake("rebuild", "--json").json()["slots"] == 0


def test_some_are_rebuilt(
    chartlake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(tmp_path, "2026-02-01", "2026-02-02", "2026-02-03")
    raise_version(monkeypatch)
    assert chartlake("rebuild", "--feed", "other", "--json").json()["slots"] == 0
    dates = ("--from", "2026-02-02", "--to", "2026-02-02")
    assert chartlake("rebuild", "--feed", CHART, *dates, "--json").json()["slots"] == 1
    assert versions(chartlake) == {"20260201": 1, "20260202": 2, "20260203": 1}
    assert chartlake("rebuild", "--from", "2026-02-03").code == 0
    assert versions(chartlake) == {"20260201": 1, "20260202": 2, "20260203": 2}


def test_a_rebuild_that_is_interrupted_goes_on_where_it_was(
    chartlake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(tmp_path, "2026-01-31", "2026-02-01")
    raise_version(monkeypatch)
    done = rebuild_with(Fault(2, "interrupt", only="create builds/"), chartlake)
    assert done.code == 130
    assert "interrupted" in done.err
    # one month is built, and readers see what they saw
    assert builds_of(tmp_path) == 3
    assert set(versions(chartlake).values()) == {1}
    assert chartlake("rebuild", "--json").json()["months"] == ["2026-02"]
    assert set(versions(chartlake).values()) == {2}


def test_slots_whose_raw_pages_expired_keep_their_build(
    chartlake: Command, tmp_path: Path, lake: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(tmp_path, "2026-02-01", "2026-02-02")
    lake.create(keys.expired(CHART, Slot("20260201T000000Z")), b"{}")
    for key in lake.keys(keys.raw_of(CHART)):
        if "20260201T" in key:
            lake.delete(key)
    assert "expired" not in chartlake("rebuild", "--dry-run").out
    raise_version(monkeypatch)
    planned = chartlake("rebuild", "--dry-run").out
    assert "1 slot stays as it is: its raw pages expired" in planned
    assert "1 slots in 1 months would be built again" in planned
    other = chartlake("rebuild", "--from", "2026-02-02", "--dry-run", "--json").json()
    assert (other["slots"], other["expired"]) == (1, 0)
    done = chartlake("rebuild", "--json")
    assert done.code == 0
    assert (done.json()["slots"], done.json()["expired"]) == (1, 1)
    assert versions(chartlake) == {"20260201": 1, "20260202": 2}
    assert chartlake("rebuild", "--json").json()["slots"] == 0


def rebuild_with(fault: Fault, chartlake: Command) -> Said:
    def opened(url: str, *how: Any) -> Store:
        return DisturbedStore(open_store(url, *how), fault)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chartlake.wiring.project.open_store", opened)
        return chartlake("rebuild")


# compact ---------------------------------------------------------------------------------


def test_compact_puts_closed_months_into_one_build(chartlake: Command, tmp_path: Path) -> None:
    days = ("2026-01-01", "2026-01-02", "2026-02-01", "2026-02-02", "2026-03-01", "2026-03-02")
    bring(tmp_path, *days)
    kept = "select * exclude (attempt_id) from entries order by all"
    before = query(chartlake, kept)
    planned = chartlake("compact", "--dry-run")
    assert planned.out.count("2 slots in 2 builds would be put into one") == 2
    assert builds_of(tmp_path) == 6
    facts = chartlake("compact", "--json").json()
    assert facts == {
        "months": [
            {"feed": CHART, "month": month, "builds": 2, "slots": 2}
            for month in ("2026-01", "2026-02")
        ]
    }
    assert builds_of(tmp_path) == 8
    assert query(chartlake, kept) == before
    live = query(chartlake, "select count(distinct attempt_id) as n from live_attempts")
    assert live == [{"n": 4}]
    assert chartlake("check").code == 0
    assert "Nothing to compact" in chartlake("compact").out


def test_compact_goes_on_after_a_damaged_file(
    chartlake: Command, tmp_path: Path, lake: Store
) -> None:
    bring(tmp_path, "2026-01-01")
    damaged = next(lake.keys("curated/entries/"))
    bring(tmp_path, "2026-01-02", "2026-02-01", "2026-02-02")
    (tmp_path / "chartlake-data" / "lake" / damaged).write_bytes(b"?")
    done = chartlake("compact")
    assert done.code == 1
    assert f"error: {CHART} 2026-01: {damaged} does not match its hash" in done.err
    assert f"{CHART} 2026-02: 2 slots in 2 builds put into one" in done.out


# backfill --------------------------------------------------------------------------------


def test_backfill_tells_what_is_missing_and_takes_what_is_there(
    chartlake: Command, tmp_path: Path
) -> None:
    bring(tmp_path, "2026-02-01", "2026-02-05")
    names = [f"{CHART}-2026-02-0{day}.csv" for day in (2, 3, 4)]
    assert chartlake("backfill", "--feed", CHART, "--json").json()["missing"] == names
    some = chartlake("backfill", "--feed", CHART, "--from", "2026-02-03", "--to", "2026-02-03")
    assert [line for line in some.out.splitlines() if line.startswith("missing")] == [
        f"missing: {names[1]}"
    ]
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    for day, letters in (("2026-02-02", "dba"), ("2026-02-04", "acd"), ("2026-02-09", "bcd")):
        write_chart(downloads, day, letters)
    done = chartlake("backfill", "--feed", CHART, "--files", downloads)
    assert done.code == 0, done.err
    assert f"missing: {names[1]}" in done.out
    assert "2 imported, 1 still missing" in done.out
    days = query(chartlake, "select chart_date from chart_editions order by 1")
    assert [row["chart_date"] for row in days] == [f"2026-02-0{day}" for day in (1, 2, 4, 5)]


def test_backfill_counts_the_dates_that_are_given(chartlake: Command, tmp_path: Path) -> None:
    """Also before and after all files; but no date that has not come yet."""
    bring(tmp_path, "2026-02-01", "2026-03-02")

    def missing(*dates: str) -> list[str]:
        said = chartlake("backfill", "--feed", CHART, *dates, "--json").json()["missing"]
        return [name.removeprefix(f"{CHART}-2026-").removesuffix(".csv") for name in said]

    assert missing("--from", "2026-01-30", "--to", "2026-02-02") == ["01-30", "01-31", "02-02"]
    assert missing("--from", "2026-03-01", "--to", "2026-03-04") == ["03-01", "03-03", "03-04"]
    assert missing("--from", "2026-03-02", "--to", "9999-12-31") == ["03-03", "03-04", "03-05"]
    assert len(missing()) == len(missing("--from", "2026-02-01")) == 28


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--files", "nowhere"), "there is no folder nowhere"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), "--to is before --from"),
    ],
)
def test_backfill_says_what_it_cannot_use(
    chartlake: Command, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    chartlake("import", write_chart(tmp_path, "2026-03-01", "abc"))
    done = chartlake("backfill", "--feed", CHART, *words)
    assert done.code == 2
    assert says in done.err


def test_backfill_of_a_list_is_refused(chartlake: Command, tmp_path: Path, lake: Store) -> None:
    follow(tmp_path, lake)
    done = chartlake("backfill", "--feed", "finds")
    assert done.code == 2
    assert "its source keeps no past" in done.err
    done = chartlake("backfill", "--feed", "nobody")
    assert (done.code, "there is no feed 'nobody'" in done.err) == (2, True)
