"""Curated files: what a part of an attempt writes, also where it is written twice."""

from __future__ import annotations

import pyarrow as pa
import pytest

from chartlake.lake import keys
from chartlake.lake.curated import CuratedFiles, read_table, write_tables
from chartlake.lake.store import Store
from chartlake.model import BuiltFile

ATTEMPT = "a" * 16
KEY = f"curated/entries/slot_month=2026-03/{ATTEMPT}-7.parquet"


def written(store: Store, *positions: int) -> BuiltFile:
    """One file of the same part, with these rows."""
    files = CuratedFiles(store, ATTEMPT, 7)
    rows = pa.table({"feed": ["finds"] * len(positions), "position": positions})
    files.add("entries", "2026-03", rows)
    (file,) = files.finish()
    return file


def positions(store: Store, file: BuiltFile) -> list[int]:
    found: list[int] = read_table(store, file)["position"].to_pylist()
    return found


def test_a_part_is_in_the_name(store: Store) -> None:
    file = written(store, 1, 2)
    assert (file.key, file.rows) == (KEY, 2)
    assert positions(store, file) == [1, 2]


def test_a_part_that_is_written_twice_is_there_once(store: Store) -> None:
    first = written(store, 1, 2)
    assert written(store, 1, 2) == first
    assert list(store.keys(keys.CURATED)) == [KEY]


def test_a_part_that_was_written_in_other_bytes_is_there_as_both_wrote_it(store: Store) -> None:
    first, second = written(store, 1, 2), written(store, 3)
    assert second.key != first.key
    assert keys.curated_month(second.key) == "2026-03"
    assert (positions(store, first), positions(store, second)) == ([1, 2], [3])


@pytest.mark.parametrize("torn", [b"", b"PAR1"])
def test_what_a_broken_disk_left_under_the_name_is_no_part(store: Store, torn: bytes) -> None:
    store.create(KEY, torn)
    assert positions(store, written(store, 1)) == [1]


def test_rows_are_stored_under_the_name_of_the_attempt_that_stores_them(store: Store) -> None:
    rows = pa.table({"feed": ["finds"] * 2, "attempt_id": ["before", None], "position": [1, 2]})
    (file,) = write_tables(store, {("entries", "2026-03"): rows}, ATTEMPT)
    assert read_table(store, file).to_pydict() == {
        "feed": ["finds"] * 2,
        "attempt_id": [ATTEMPT] * 2,
        "position": [1, 2],
    }


def test_rows_that_name_no_attempt_are_stored_as_they_are(store: Store) -> None:
    rows = pa.table({"feed": ["finds"], "position": [1]})
    (file,) = write_tables(store, {("entries", "2026-03"): rows}, ATTEMPT)
    assert read_table(store, file).equals(rows)


def test_some_columns_are_read_and_what_is_not_there_is_left_out(store: Store) -> None:
    rows = read_table(store, written(store, 1, 2), ["position", "label"])
    assert rows.to_pydict() == {"position": [1, 2]}
