"""Loading: whole slots, the live attempt whatever the order, all or nothing."""

from __future__ import annotations

import itertools
import multiprocessing
import time
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from chartlake.errors import CorruptObject, StorageError, UsageError
from chartlake.lake import builds, keys, raw
from chartlake.model import Build, slot_of_date
from chartlake.transform import build as transform
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.duckdb_load import VERSION
from chartlake.warehouse.port import Loaded
from tests.crash.faults import DisturbedStore, Fault
from tests.lake.racing import RacingStore
from tests.oracle.movements import OracleEdition, OracleEntry
from tests.warehouse.worlds import NOW, WorldPipeline, snapshot_of

FEED = "regional-global-daily"


def chart(day: int, *names: str) -> OracleEdition:
    entries = tuple(
        OracleEntry(place, "track", name * 22, name * 22, name, f"by {name}", None)
        for place, name in enumerate(names, start=1)
    )
    return OracleEdition(FEED, datetime(2020, 3, day), date(2020, 3, day), entries)


def names_of(here: WorldPipeline, day: int) -> list[object]:
    rows = here.rows(
        f"select item_name from entries where slot = '{slot_of_date(date(2020, 3, day))}' "
        "order by position"
    )
    return [row["item_name"] for row in rows]


def test_a_load_counts_and_repeating_it_changes_nothing(tmp_path: Path) -> None:
    here = WorldPipeline(tmp_path)
    here.deliver([chart(1, "a", "b"), chart(2, "b")])
    assert here.rows("select count(*) as n from load_history") == [{"n": 2}]
    assert here.pipeline.load() == Loaded(0, 0)
    assert here.rows("select count(*) as n from load_history") == [{"n": 2}]


def test_a_revision_replaces_its_slot_only(tmp_path: Path) -> None:
    here = WorldPipeline(tmp_path)
    here.deliver([chart(1, "a", "b"), chart(2, "b", "a")])
    here.deliver([chart(1, "c")], revision=2)
    assert names_of(here, 1) == ["c"]
    assert names_of(here, 2) == ["b", "a"]
    assert here.rows("select revision from live_attempts order by slot") == [
        {"revision": 2},
        {"revision": 1},
    ]
    assert here.rows("select count(*) as n from load_history") == [{"n": 3}]
    assert here.rows("select movement from chart_movements where item_name = 'a'") == [
        {"movement": "new"}
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_live_attempt_does_not_depend_on_the_order_of_arrival(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    """Revision 2 wins over revision 1; of revision 2, the build that covers more slots."""
    here = WorldPipeline(tmp_path)
    made = _three_builds(here)
    for arrived in range(1, len(order) + 1):
        _load_only(here, [made[place] for place in order[:arrived]])
    live = here.rows(f"select build_id from live_attempts where slot = '{_slot(1)}'")
    assert live == [{"build_id": made[2].build_id}]
    assert names_of(here, 1) == ["c"]
    assert here.rows("select count(*) as n from editions") == [{"n": 2}]


def _three_builds(here: WorldPipeline) -> list[Build]:
    """Slot 1 at revision 1; slot 1 at revision 2; slots 1 (revision 2) and 2 together."""
    first, _ = raw.commit(here.store, snapshot_of(chart(1, "a", "b")))
    here.engine.know(first, chart(1, "a", "b"))
    second, _ = raw.commit(here.store, snapshot_of(chart(1, "c")), 2)
    here.engine.know(second, chart(1, "c"))
    third, _ = raw.commit(here.store, snapshot_of(chart(2, "d")))
    here.engine.know(third, chart(2, "d"))
    batches = ([first], [second], [second, third])
    done = [
        transform.build_slots(
            here.store,
            here.engine,
            [transform.Place(m.feed.name, m.slot, m.revision) for m in batch],
            NOW,
        ).build
        for batch in batches
    ]
    return [build for build in done if build]


def _load_only(here: WorldPipeline, visible: list[Build]) -> None:
    """Load as if only these builds had arrived yet."""
    every = {
        build.build_id: key
        for key in here.store.keys("builds/")
        for build in [builds.read_build(here.store, key)]
    }
    hidden = set(every) - {build.build_id for build in visible}
    contents = {every[name]: here.store.get(every[name]) for name in hidden}
    for key in contents:
        here.store.delete(key)
    here.pipeline.load()
    for key, content in contents.items():
        here.store.create(key, content)


def _slot(day: int) -> str:
    return slot_of_date(date(2020, 3, day))


@pytest.mark.parametrize("damage", ["flipped", "gone"])
def test_a_damaged_file_keeps_its_build_out_and_no_other(tmp_path: Path, damage: str) -> None:
    here = WorldPipeline(tmp_path)
    here.deliver([chart(1, "a", "b")])
    manifest, _ = raw.commit(here.store, snapshot_of(chart(2, "c")))
    here.engine.know(manifest, chart(2, "c"))
    build = here.pipeline.transform().build
    assert build
    damaged = tmp_path / "lake" / next(f.key for f in build.files if f.table == "entries")
    content = damaged.read_bytes()
    if damage == "gone":
        damaged.unlink()
    else:
        damaged.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    here.deliver([chart(3, "d")])
    assert [names_of(here, day) for day in (1, 2, 3)] == [["a", "b"], [], ["d"]]
    again = here.pipeline.load()
    assert again.slots == 0
    assert [type(error) for error in again.left_out] == [CorruptObject]
    damaged.write_bytes(content)
    assert here.pipeline.load()[:2] == (1, 1)
    assert names_of(here, 2) == ["c"]


def test_a_damaged_revision_leaves_the_one_before(tmp_path: Path) -> None:
    here = WorldPipeline(tmp_path)
    here.deliver([chart(1, "a", "b")])
    manifest, _ = raw.commit(here.store, snapshot_of(chart(1, "c")), 2)
    here.engine.know(manifest, chart(1, "c"))
    build = here.pipeline.transform().build
    assert build
    (tmp_path / "lake" / build.files[0].key).unlink()
    assert len(here.pipeline.load().left_out) == 1
    assert names_of(here, 1) == ["a", "b"]


def test_a_damaged_build_object_keeps_itself_out_and_no_other(tmp_path: Path) -> None:
    here = WorldPipeline(tmp_path)
    build = one_by_one(here, chart(1, "a", "b"))
    key = keys.build("2020-03", build.build_id)
    whole = here.store.get(key)
    write(here, key, b"{")
    one_by_one(here, chart(2, "c"))
    for slots in (1, 0):
        done = here.pipeline.load()
        assert (done.slots, [error.what for error in done.left_out]) == (
            slots,
            [f"{key} is not a build"],
        )
    assert [names_of(here, day) for day in (1, 2)] == [[], ["c"]]
    write(here, key, whole)
    assert here.pipeline.load()[:2] == (1, 2)
    assert names_of(here, 1) == ["a", "b"]


def test_slots_are_removed_though_a_build_object_is_damaged(tmp_path: Path) -> None:
    here = WorldPipeline(tmp_path)
    build = one_by_one(here, chart(1, "a", "b"))
    one_by_one(here, chart(2, "c"))
    here.pipeline.load()
    write(here, keys.build("2020-03", build.build_id), b"{")
    assert here.warehouse.remove(here.store, [(FEED, _slot(1))], NOW) == 1
    assert [names_of(here, day) for day in (1, 2)] == [[], ["c"]]


def test_a_build_that_goes_while_builds_are_listed_is_left_out(tmp_path: Path) -> None:
    here = WorldPipeline(tmp_path)
    for day in (1, 2, 3):
        one_by_one(here, chart(day, "a"))
    # one is gone when the load looks whether there is work, and another when it works
    assert here.warehouse.load(RacingStore(here.store), NOW)[:2] == (2, 2)
    assert len(list(builds.list_builds(here.store))) == 2


def test_a_build_that_was_made_again_is_loaded_again(tmp_path: Path) -> None:
    """Another attempt has its rows, and they have to lead back to it."""
    here = WorldPipeline(tmp_path)
    here.deliver([chart(1, "a", "b")])
    before = here.rows("select build_id, attempt_id from live_attempts")
    remove_builds(here, *builds.list_builds(here.store))
    here.pipeline.transform()
    assert here.pipeline.load()[:2] == (1, 2)
    after = here.rows("select build_id, attempt_id from load_history")
    assert [row["build_id"] for row in after] == [row["build_id"] for row in before]
    assert after != before
    assert here.rows("select distinct attempt_id from entries") == [
        {"attempt_id": after[0]["attempt_id"]}
    ]
    assert here.pipeline.load() == Loaded(0, 0)


def test_what_takes_the_place_of_a_better_build_that_is_gone(tmp_path: Path) -> None:
    """Nothing that is gone may win; where nothing takes its place, what is loaded stays."""
    here = WorldPipeline(tmp_path)
    _, new, both = _three_builds(here)
    here.pipeline.load()
    (key,) = (key for key in builds.list_builds(here.store) if both.build_id in key)
    remove_builds(here, key)
    assert here.pipeline.load()[:2] == (1, 1)
    live = "select slot, build_id from live_attempts order by slot"
    assert here.rows(live) == [
        {"slot": _slot(1), "build_id": new.build_id},
        {"slot": _slot(2), "build_id": both.build_id},
    ]
    assert [names_of(here, day) for day in (1, 2)] == [["c"], ["d"]]
    before = here.warehouse.path.read_bytes()
    assert here.pipeline.load() == Loaded(0, 0)
    assert here.warehouse.path.read_bytes() == before
    here.pipeline.transform()  # makes a build of the second slot alone
    assert here.pipeline.load()[:2] == (1, 1)
    assert {row["build_id"] for row in here.rows(live)}.isdisjoint({both.build_id})
    assert [c.name for c in here.warehouse.check() if c.failures and c.severity == "error"] == []


@pytest.mark.parametrize("when", ["told", "not known"])
def test_a_listing_is_enough_to_see_that_nothing_is_new(tmp_path: Path, when: str) -> None:
    here = WorldPipeline(tmp_path)
    here.deliver([chart(1, "a", "b")])
    if when == "not known":  # as in a file of layout 3
        with duckdb.connect(str(here.warehouse.path)) as db:
            db.execute("update seen_builds set written_at = null")
    fault = Fault()
    assert here.warehouse.load(DisturbedStore(here.store, fault), NOW) == Loaded(0, 0)
    assert fault.log == ["listing builds/"]


def one_by_one(here: WorldPipeline, edition: OracleEdition) -> Build:
    """Commit and build an edition, alone and without a load."""
    manifest, _ = raw.commit(here.store, snapshot_of(edition))
    here.engine.know(manifest, edition)
    place = transform.Place(manifest.feed.name, manifest.slot, manifest.revision)
    build = transform.build_slots(here.store, here.engine, [place], NOW).build
    assert build
    return build


def remove_builds(here: WorldPipeline, *found: str) -> None:
    """Delete builds as a person does whose curated files are damaged."""
    for key in found:
        for file in builds.read_build(here.store, key).files:
            here.store.delete(file.key)
        here.store.delete(key)


def write(here: WorldPipeline, key: str, content: bytes) -> None:
    here.store.delete(key)
    here.store.create(key, content)


def test_a_warehouse_can_be_made_again_from_the_lake(tmp_path: Path) -> None:
    here = WorldPipeline(tmp_path)
    here.deliver([chart(1, "a", "b")])
    here.deliver([chart(2, "b", "c")])
    before = here.rows("from chart_movements")
    (tmp_path / "warehouse.duckdb").unlink()
    here.pipeline.load()
    assert here.rows("from chart_movements") == before


def test_a_newer_warehouse_is_refused(tmp_path: Path) -> None:
    here = WorldPipeline(tmp_path)
    here.deliver([chart(1, "a")])
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as db:
        db.execute("update warehouse_version set version = ?", [VERSION + 1])
    with pytest.raises(StorageError, match=f"has version {VERSION + 1}"):
        here.pipeline.load()


# What version 1 lacked
LAYOUT_1 = """
drop view slots;
drop table readings;
drop table play_observations;
drop table timeline;
drop table listening_plays;
alter table editions drop column unchanged_from;
drop table tracks;
create view tracks as select track_id from track_observations;
update warehouse_version set version = 1;
"""


@pytest.fixture
def of_version_1(tmp_path: Path) -> WorldPipeline:
    """A warehouse as the first version made it; its marts are older than this program too."""
    here = WorldPipeline(tmp_path)
    here.deliver([chart(1, "a", "b"), chart(2, "b")])
    with duckdb.connect(str(here.warehouse.path)) as db:
        db.execute(LAYOUT_1)
    return here


def test_a_file_of_an_older_layout_gains_what_it_lacks(of_version_1: WorldPipeline) -> None:
    of_version_1.deliver([chart(3, "c")])
    assert of_version_1.rows("select slot, unchanged_from from editions order by slot") == [
        {"slot": _slot(day), "unchanged_from": None} for day in (1, 2, 3)
    ]
    assert of_version_1.rows("from readings") == []
    assert [names_of(of_version_1, day) for day in (1, 2, 3)] == [["a", "b"], ["b"], ["c"]]
    assert of_version_1.rows("select version from warehouse_version") == [{"version": VERSION}]
    assert of_version_1.rows("select editions from data_health") == [{"editions": 3}]


def test_a_file_of_an_older_layout_can_be_asked_before_any_load(
    of_version_1: WorldPipeline,
) -> None:
    assert of_version_1.rows("select count(*) as n from slots") == [{"n": 2}]
    assert of_version_1.rows("select count(*) as n from timeline") == [{"n": 2}]
    assert of_version_1.rows("select isrc from tracks") == []
    found = of_version_1.warehouse.check()
    assert [c.name for c in found if c.failures and c.severity == "error"] == []
    assert of_version_1.pipeline.load() == Loaded(0, 0)


@pytest.mark.parametrize("content", [b"not a database at all" * 1000, None], ids=["none", "cut"])
def test_a_file_that_is_no_warehouse_is_told(tmp_path: Path, content: bytes | None) -> None:
    here = WorldPipeline(tmp_path)
    path = here.warehouse.path
    here.deliver([chart(1, "a")])
    path.write_bytes(content or path.read_bytes()[:50_000])
    with pytest.raises(StorageError, match="cannot open the warehouse") as told:
        here.warehouse.query("select 1")
    assert str(told.value.fix).startswith("move the file away")


def test_a_missing_warehouse_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no warehouse yet"):
        DuckDBWarehouse(tmp_path / "warehouse.duckdb").query("select 1")


@pytest.mark.parametrize(
    "sql",
    [
        "create table mine (a integer)",
        "delete from entries",
        "copy (select 1) to '/tmp/chartlake-must-not-write.csv'",
        "select * from read_csv('/etc/passwd')",
        "attach '/tmp/other.duckdb'",
        "set enable_external_access = true",
        "selekt 1",
    ],
)
def test_a_query_can_only_read_this_warehouse(tmp_path: Path, sql: str) -> None:
    here = WorldPipeline(tmp_path)
    here.deliver([chart(1, "a")])
    with pytest.raises(UsageError, match="the query failed"):
        here.warehouse.query(sql)
    assert not Path("/tmp/chartlake-must-not-write.csv").exists()
    assert here.rows("select count(*) as n from entries") == [{"n": 1}]


@pytest.mark.parametrize("sql", ["", " ; ", "select 1; select 2"])
def test_a_query_is_one_statement(tmp_path: Path, sql: str) -> None:
    here = WorldPipeline(tmp_path)
    here.deliver([chart(1, "a")])
    with pytest.raises(UsageError, match="a query is one statement"):
        here.warehouse.query(sql)


def _hold(path: str, ready: str, seconds: float) -> None:
    with duckdb.connect(path):
        Path(ready).touch()
        time.sleep(seconds)


def test_a_second_process_waits_for_its_turn(tmp_path: Path) -> None:
    here = WorldPipeline(tmp_path)
    here.deliver([chart(1, "a")])
    path = tmp_path / "warehouse.duckdb"
    ready = tmp_path / "ready"
    arguments = (str(path), str(ready), 3.0)
    holder = multiprocessing.get_context("spawn").Process(target=_hold, args=arguments)
    holder.start()
    try:
        while holder.is_alive() and not ready.exists():
            time.sleep(0.05)
        with pytest.raises(StorageError, match="in use by another process"):
            DuckDBWarehouse(path, patience_seconds=0.2).query("select 1")
        assert DuckDBWarehouse(path, patience_seconds=60).query("select 1").rows == [(1,)]
    finally:
        holder.join()
