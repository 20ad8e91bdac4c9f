"""What publishing does beside making marts: only when needed, whole, and never half."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chartlake.aws import checks, databases, relations
from chartlake.aws import marts as by_athena
from chartlake.aws import warehouse as by_warehouse
from chartlake.errors import StorageError
from chartlake.lake import builds, keys, marts, purge, raw, tombstones
from chartlake.lake.marts_shown import now_shown
from chartlake.lake.store import Store
from chartlake.model import BuiltFile, Feed, Slot, slot_time
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.engine import LocalEngine
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.port import Loaded, NotPublished
from chartlake.warehouse.sql import STEPS, Check
from tests.aws.fake_aws import Aws
from tests.aws.stack import BUCKET, LAKE, NAME, lake_of, open_stack, warehouse_of
from tests.transform.slots import playlist_snapshot
from tests.transform.test_parse_playlist import listed, track

NOW = datetime(2026, 4, 2, 5, tzinfo=UTC)
FEED = Feed(name="finds", source="playlist", source_id="P" * 22, schedule="daily")
FEW = [file for file in STEPS if file.kind == "table"][:2]


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two marts, unchecked: all of them are made in test_warehouse."""
    for module in (relations, by_athena):
        monkeypatch.setattr(module, "marts", lambda: FEW)
    monkeypatch.setattr(checks, "checks", list)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with open_stack(monkeypatch) as stack:
        yield stack


@pytest.fixture
def store(aws: Aws) -> Store:
    return lake_of()


def build(store: Store, *days: int, names: str = "abc") -> None:
    for day in days:
        songs = [listed(track(id=letter * 22, name=letter)) for letter in names]
        snapshot = playlist_snapshot(songs, slot=Slot(f"202603{day:02d}T000000Z"))
        raw.commit(store, snapshot)
    build_slots(store, LocalEngine(), unbuilt(store), NOW)


def load(aws: Aws, store: Store) -> Loaded:
    return warehouse_of(aws, store).load(store, NOW)


def count(aws: Aws, name: str = "entries") -> int:
    client = aws.client("athena")
    started = client.start_query_execution(
        QueryString=f"SELECT count(*) AS n FROM {name}",
        QueryExecutionContext={"Database": NAME},
        WorkGroup=NAME,
    )
    answer = client.get_query_results(QueryExecutionId=started["QueryExecutionId"])
    return int(answer["ResultSet"]["Rows"][1]["Data"][0]["VarCharValue"])


def test_what_is_there_is_published_once(aws: Aws, store: Store) -> None:
    build(store, 1, 2)
    first = load(aws, store)
    assert (first.slots, first.entries) == (2, 6)
    run = marts.published(store)
    again = load(aws, store)
    assert (again.slots, again.entries, again.checks) == (0, 0, None)
    assert marts.published(store) == run
    assert count(aws) == 6


def test_of_what_was_looked_at_nothing_is_read_again(aws: Aws, store: Store) -> None:
    build(store, 1)
    load(aws, store)
    build(store, 2)
    known = set(builds.list_builds(store))
    build(store, 3)
    load(aws, store)
    build(store, 4)
    aws.requests.clear()
    loaded = load(aws, store)
    read = {r.path for r in aws.requests if r.method == "GET" and "/builds/20" in r.path}
    assert len(read) == 1
    assert not any(path.endswith(key) for path in read for key in known)
    assert (loaded.slots, count(aws)) == (1, 12)


def test_nothing_is_published_of_an_empty_lake_but_tables(aws: Aws, store: Store) -> None:
    assert load(aws, store).slots == 0
    assert count(aws) == 0
    assert count(aws, FEW[0].name) == 0


def test_what_no_build_names_is_not_seen(aws: Aws, store: Store) -> None:
    """Files of a killed attempt, and a second file of one that a cluster ran twice."""
    build(store, 1)
    (entries,) = (key for key in store.keys("curated/entries/"))
    content = store.get(entries)
    store.create(entries.replace(".parquet", "-0123456789abcdef.parquet"), content)
    load(aws, store)
    assert count(aws) == 3


def test_two_builds_of_a_slot_count_as_one(aws: Aws, store: Store) -> None:
    build(store, 1)
    load(aws, store)
    build(store, 1, 2)
    places = unbuilt(store, at_least=99)
    build_slots(store, LocalEngine(), places, NOW)
    assert len(list(builds.list_builds(store))) == 3
    load(aws, store)
    assert count(aws) == 6


def test_a_check_that_fails_leaves_what_was_published(
    aws: Aws, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(store, 1)
    load(aws, store)
    run = marts.published(store)
    build(store, 2)
    text = "-- error: there is one edition\nselect feed, slot from editions where slot > '20260302'"
    check = Check("one_edition", "error", "there is one edition", text.partition("\n")[2])
    monkeypatch.setattr(checks, "checks", lambda: [check])
    with pytest.raises(NotPublished, match="one_edition") as refused:
        load(aws, store)
    assert "feed " in str(refused.value.why)
    assert marts.published(store) == run
    assert count(aws) == 3
    warned = warehouse_of(aws, store, Choices(as_warnings=frozenset({"one_edition"})))
    loaded = warned.load(store, NOW)
    assert [(c.severity, c.failures) for c in loaded.checks or ()] == [("warning", 1)]
    assert count(aws) == 6


def test_no_draft_is_left_but_of_who_was_killed_within_a_day(aws: Aws, store: Store) -> None:
    glue = aws.client("glue")
    build(store, 1)
    killed = marts.begin(store, {})
    draft = f"{NAME}_draft_{killed.run.replace('-', '_')}"
    databases.make(glue, draft)
    load(aws, store)
    names = {each["Name"] for each in glue.get_databases()["DatabaseList"]}
    assert names == {NAME, f"{NAME}_curated", draft}
    build(store, 2)
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    warehouse_of(aws, store).load(store, tomorrow)
    assert {e["Name"] for e in glue.get_databases()["DatabaseList"]} == {NAME, f"{NAME}_curated"}


def test_a_failure_within_leaves_what_was_published(aws: Aws, store: Store) -> None:
    build(store, 1)
    load(aws, store)
    build(store, 2)
    started = 0

    def fails(request: Any) -> tuple[int, bytes] | None:
        nonlocal started
        if request.headers.get("x-amz-target", "").endswith(".StartQueryExecution"):
            started += 1
            if started == 2:
                return 400, b'{"__type": "InvalidRequestException", "Message": "no"}'
        return None

    aws.instead = fails
    with pytest.raises(Exception, match="publish the marts"):
        load(aws, store)
    aws.instead = lambda request: None
    assert count(aws) == 3
    assert load(aws, store).slots == 1
    assert count(aws) == 6


def test_what_is_purged_is_gone_after_the_next_publishing(aws: Aws, store: Store) -> None:
    build(store, 1, 2)
    load(aws, store)
    tombstones.bury(store, FEED.name, {Slot("20260301T000000Z"): 1}, "asked for", NOW)
    purge.finish(store, [FEED.name])
    assert list(store.keys(keys.MARTS)) == []
    assert count(aws) == 0  # nothing, rather than what is to be gone
    load(aws, store)
    assert count(aws) == 3


def test_the_marts_of_another_engine_are_taken_over(aws: Aws, store: Store) -> None:
    build(store, 1)
    load(aws, store)
    ours = marts.published(store)
    assert ours
    by_spark = marts.begin(store, {(FEED.name, "20260301T000000Z"): 1})
    files: dict[str, list[BuiltFile]] = {}
    for mart in FEW:
        files[mart.name] = []
        for file in (each for each in ours.files if each.table == mart.name):
            key = keys.mart(by_spark.run, mart.name, f"{len(files[mart.name]):05d}")
            store.copy(file.key, key)
            files[mart.name].append(msgspec.structs.replace(file, key=key))
    made = marts.commit(store, by_spark, "spark", NOW, files, ours.attempts)
    aws.athena.statements.clear()
    load(aws, store)
    assert [text for text in aws.athena.statements if "UNLOAD" in text] == []
    last = marts.published(store)
    assert last
    assert last.run > made.run
    assert count(aws, FEW[0].name) == made.rows[FEW[0].name]


def test_a_lake_in_two_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_stack(monkeypatch, "s3://tables/t/curated") as aws:
        store = lake_of(f"{LAKE}?curated=s3://tables/t")
        build(store, 1, 2)
        load(aws, store)
        assert count(aws) == 6
        listed = aws.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
        places = {each["Key"].split("/")[1] for each in listed if each["Key"].startswith("lake/")}
        assert places == {"builds", "lake.json", "manifests", "raw", "state"}


def test_how_long_the_oldest_due_edition_waits(aws: Aws, store: Store) -> None:
    build(store, 1, 2)
    load(aws, store)
    warehouse = warehouse_of(aws, store)
    daily = [FEED]
    last = slot_time(Slot("20260302T000000Z"))
    assert last
    assert warehouse.lag(daily, last + timedelta(hours=23)) == timedelta()
    assert warehouse.lag(daily, last + timedelta(hours=26)) == timedelta(hours=2)
    assert warehouse.lag(daily, last + timedelta(days=3)) == timedelta(days=2)
    never = Feed(name="never", source="playlist", source_id="N" * 22, schedule="daily")
    assert warehouse.lag([never], last + timedelta(days=9)) == timedelta()
    assert warehouse.loaded() == {(FEED.name, f"2026030{d}T000000Z"): 1 for d in (1, 2)}


def test_views_are_as_athena_asks_for_them(aws: Aws, store: Store) -> None:
    """It refuses one without a SerDe, which no stand-in would notice."""
    build(store, 1)
    load(aws, store)
    tables = aws.client("glue").get_tables(DatabaseName=NAME)["TableList"]
    views = [table for table in tables if table["TableType"] == "VIRTUAL_VIEW"]
    assert {"entries", "slots", "chart_credits"} <= {view["Name"] for view in views}
    for view in views:
        assert view["Parameters"]["presto_view"] == "true"
        assert view["PartitionKeys"] == []
        assert set(view["StorageDescriptor"]["SerdeInfo"]) == {"Name", "SerializationLibrary"}
        assert view["ViewOriginalText"].startswith("/* Presto View: ")


def test_a_month_that_glue_refuses_ends_the_publishing(aws: Aws, store: Store) -> None:
    """With its rows unseen the marts would be wrong, and nobody would know."""
    build(store, 1)

    def refuses(request: Any) -> tuple[int, bytes] | None:
        if request.headers.get("x-amz-target", "").endswith(".BatchCreatePartition"):
            detail = b'{"ErrorCode": "InternalServiceException", "ErrorMessage": "later"}'
            return 200, b'{"Errors": [{"PartitionValues": ["x"], "ErrorDetail": %s}]}' % detail
        return None

    aws.instead = refuses
    with pytest.raises(StorageError, match="cannot add months to chartlake_curated"):
        load(aws, store)
    aws.instead = lambda request: None
    assert load(aws, store).slots == 1


def test_a_build_whose_slots_cannot_be_told_is_left_out(aws: Aws, store: Store) -> None:
    build(store, 1)
    build(store, 2)
    lost = sorted(store.keys("curated/editions/"))[-1]
    whole = store.get(lost)
    store.delete(lost)
    loaded = load(aws, store)
    assert (loaded.slots, [lost in str(each) for each in loaded.left_out]) == (1, [True])
    store.create(lost, whole)
    assert load(aws, store).slots == 1


def test_what_people_read_is_not_removed_by_runs_of_others(aws: Aws, store: Store) -> None:
    build(store, 1)
    load(aws, store)
    shown = now_shown(store)
    for _ in range(3):  # chartlake marts from a laptop, over the same lake
        begun = marts.begin(store, {(FEED.name, "20260301T000000Z"): 1})
        marts.commit(store, begun, "duckdb", NOW, {})
        marts.drop_former(store)
    assert count(aws) == 3
    assert keys.marts_run(shown) in store.keys(keys.MARTS)


def test_who_does_not_get_the_turn_leaves_it_to_the_other(
    aws: Aws, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_warehouse, "_TURN_SECONDS", 0.0)
    build(store, 1)
    with lake_of().alone("publish", 0):
        assert load(aws, store) == Loaded(0, 0)
    assert marts.published(store) is None
    assert load(aws, store).slots == 1


def test_how_long_is_not_known_where_nothing_is_published(aws: Aws, store: Store) -> None:
    assert warehouse_of(aws, store).lag([FEED], NOW) is None
