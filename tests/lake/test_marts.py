"""Marts in the lake: which run is seen, what goes, and what stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from chartlake.errors import CorruptObject, DataError
from chartlake.lake import keys, marts
from chartlake.lake.curated import read_table
from chartlake.lake.garbage import collect
from chartlake.lake.marts import Begun, MartsRun
from chartlake.lake.store import Store, open_store
from chartlake.lake.verify import verify
from chartlake.model import BuiltFile

NOW = datetime(2026, 3, 1, 5, tzinfo=UTC)
ROWS = pa.table({"feed": ["a", "b", None], "ordinal": pa.array([1, None, 3], pa.int64())})


@pytest.fixture
def memory() -> Store:
    return open_store("memory://")


def begun(store: Store) -> Begun:
    return marts.begin(store, {("a", "20260301T000000Z"): 1, ("b", "20260301T000000Z"): 2})


def written(store: Store, run: Begun, mart: str = "timeline", rows: pa.Table = ROWS) -> BuiltFile:
    return marts.write_file(store, run.run, mart, 0, rows.schema, rows.to_batches(max_chunksize=2))


def made(store: Store, at: datetime = NOW) -> MartsRun:
    run = begun(store)
    files = {"timeline": [written(store, run)], "empty": [written(store, run, "empty", ROWS[:0])]}
    return marts.commit(store, run, "duckdb", at, files)


def test_a_run_is_seen_when_its_object_is_there(store: Store) -> None:
    assert marts.published(store) is None
    run = begun(store)
    file = written(store, run)
    assert marts.published(store) is None
    marts.commit(store, run, "spark", NOW, {"timeline": [file]})
    found = marts.published(store)
    assert found
    assert (found.run, found.engine, found.made_at) == (run.run, "spark", NOW)
    assert found.rows == {"timeline": 3}
    assert found.files == (file,)
    assert read_table(store, file).equals(ROWS)
    assert read_table(store, found.slots).to_pylist() == [
        {"feed": "a", "slot": "20260301T000000Z", "revision": 1},
        {"feed": "b", "slot": "20260301T000000Z", "revision": 2},
    ]


def test_a_mart_without_rows_has_its_columns(store: Store) -> None:
    files = {file.table: file for file in made(store).files}
    empty = read_table(store, files["empty"])
    assert (empty.num_rows, empty.schema) == (0, ROWS.schema)


def test_the_last_run_counts_and_the_one_before_it_stays(store: Store) -> None:
    # by a clock that is set back, and then stands still
    runs = [made(store, NOW + timedelta(hours=hour)) for hour in (2, 0, 0)]
    assert marts.published(store) == runs[2]
    marts.drop_former(store)
    left = {keys.run_of(key) for key in store.keys(keys.MARTS)}
    assert left == {runs[1].run, runs[2].run}
    assert all(read_table(store, file).num_rows == file.rows for file in runs[1].files)


def test_a_runs_object_goes_before_its_files(
    memory: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[str] = []
    real = Store.delete

    def noting(self: Store, key: str) -> None:
        gone.append(key)
        real(self, key)

    monkeypatch.setattr(Store, "delete", noting)
    run = made(memory)
    for _ in range(2):
        made(memory)
    marts.drop_former(memory)
    assert gone[0] == keys.marts_run(run.run)
    assert [*memory.keys(keys.marts_of(run.run))] == []


def test_what_a_task_wrote_a_second_time_is_not_counted_twice(store: Store) -> None:
    run = begun(store)
    first, again = written(store, run), written(store, run)
    assert first == again
    other = written(store, run, rows=ROWS[:1])
    assert other.key != first.key
    marts.commit(store, run, "spark", NOW, {"timeline": [other]})
    assert [*store.keys(keys.marts_of(run.run))] == [run.slots.key, other.key]


def test_a_run_that_was_never_committed_goes_after_the_grace_time(memory: Store) -> None:
    kept = made(memory)
    run = begun(memory)
    left = written(memory, run)
    now = datetime.now(UTC)
    assert collect(memory, now).pieces == ()
    pieces = collect(memory, now + timedelta(days=8)).pieces
    assert {piece.kind for piece in pieces} == {"marts"}
    assert {piece.key for piece in pieces} == {run.slots.key, left.key}
    assert marts.published(memory) == kept


def test_a_run_that_cannot_be_read_is_told(memory: Store) -> None:
    memory.create(keys.marts_run("000009-ab"), b"{")
    with pytest.raises(CorruptObject) as error:
        marts.published(memory)
    assert (error.value.what, error.value.fix) == (
        "marts/000009-ab.json is no run of the marts",
        "make them again: chartlake marts",
    )


def test_verification_reads_the_files_of_a_run(store: Store) -> None:
    run = made(store)
    assert verify(store, NOW).found == []
    assert verify(store, NOW).counts["marts"] == {"runs": 1, "files": 3, "rows": 3}
    begun(store)
    (orphan,) = verify(store, NOW).found
    assert (orphan.severity, orphan.zone) == ("note", "marts")
    store.delete(run.files[0].key)
    (damaged,) = [found for found in verify(store, NOW).found if found.severity == "error"]
    assert damaged.what == "a file that its run names is gone"
    assert damaged.where == f"{run.files[0].key} (of {keys.marts_run(run.run)})"


def test_a_run_whose_files_are_gone_does_not_count(memory: Store) -> None:
    before, run = made(memory), begun(memory)
    file = written(memory, run)
    memory.delete(file.key)
    with pytest.raises(DataError) as error:
        marts.commit(memory, run, "duckdb", NOW, {"timeline": [file]})
    assert error.value.what == "files of the marts are gone, so they do not count"
    assert error.value.why == f"{file.key} was removed before all of them were there"
    assert error.value.fix == "make them again: chartlake marts"
    assert marts.published(memory) == before
    assert [*memory.keys(keys.marts_of(run.run))] == []


def test_keys_tell_their_run(memory: Store) -> None:
    run = begun(memory).run
    assert run.startswith("000001-")
    assert keys.run_of(keys.marts_run(run)) == run
    assert keys.run_of(keys.marts_slots(run)) == run
    assert keys.run_of(keys.mart(run, "timeline", "00000")) == run
    assert {keys.run_of(f"marts/{name}") for name in ("strange", "z.json", "z/a.parquet")} == {""}
