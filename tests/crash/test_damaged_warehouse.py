"""A warehouse of which a piece is damaged: an answer is right, or an error says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from chartlake.errors import StorageError
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.crash.small_world import NOW, prepared

QUERY = "select feed, chart_date, position, item_name from chart_movements order by all"
PIECES = 30


def test_any_piece_of_the_file_is_damaged(tmp_path: Path) -> None:
    store = prepared(tmp_path)
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb", patience_seconds=0)
    warehouse.load(store, NOW)
    content = warehouse.path.read_bytes()
    answer, found = warehouse.query(QUERY), []
    for offset in range(20, len(content), len(content) // PIECES):
        damaged = bytes(byte ^ 255 for byte in content[offset : offset + 64])
        warehouse.path.write_bytes(content[:offset] + damaged + content[offset + 64 :])
        try:
            assert warehouse.query(QUERY) == answer
        except StorageError as error:
            found.append(f"{error}: {error.why}")
    assert len(found) > 3
    assert not [said for said in found if "in use" in said]
    assert all("checksum" in said or "not a valid" in said for said in found), found


@pytest.mark.parametrize("piece", [b"", b"not a database" * 1000])
def test_another_file_stands_in_its_place(tmp_path: Path, piece: bytes) -> None:
    store = prepared(tmp_path)
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb", patience_seconds=0)
    warehouse.path.write_bytes(piece)
    with pytest.raises(StorageError, match="cannot open the warehouse"):
        warehouse.load(store, NOW)
