"""Compares marts with the oracle, row for row."""

from __future__ import annotations

from collections.abc import Iterable

from chartlake.warehouse.port import Warehouse
from tests.oracle import movements as oracle
from tests.oracle.movements import Due, OracleEdition

Row = dict[str, object]


def assert_marts_equal_oracle(
    warehouse: Warehouse, editions: Iterable[OracleEdition], due: Due | None
) -> None:
    """All of chart_editions, chart_movements, chart_exits and chart_turnover."""
    world = list(editions)
    assert_same(warehouse, "chart_movements", oracle.MOVEMENT_COLUMNS, oracle.movements(world))
    assert_same(warehouse, "chart_exits", oracle.EXIT_COLUMNS, oracle.exits(world))
    assert_same(
        warehouse, "chart_editions", oracle.EDITION_COLUMNS, oracle.chart_editions(world, due)
    )
    turnover = [_as_mart(row) for row in oracle.turnover(world)]
    assert_same(warehouse, "chart_turnover", tuple(turnover[0]), turnover)


def assert_same(
    warehouse: Warehouse, mart: str, columns: Iterable[str], expected: list[Row]
) -> None:
    """The mart's columns hold exactly the expected rows, in whatever order."""
    names = tuple(columns)
    found = warehouse.query(f"select {', '.join(names)} from {mart}").records()
    assert sorted(map(_key, found)) == sorted(map(_key, expected))


def _as_mart(row: Row) -> Row:
    return {("new_entries" if name == "new" else name): value for name, value in row.items()}


def _key(row: Row) -> list[tuple[str, str]]:
    return [(name, repr(value)) for name, value in row.items()]
