"""Compares marts with the oracle, row for row."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable

from chartlake.warehouse.port import Warehouse
from tests.oracle import movements as oracle
from tests.oracle.columns import COLUMNS, ROUNDED
from tests.oracle.facts import Row, World
from tests.oracle.marts import all_marts
from tests.oracle.movements import Due, OracleEdition

Records = Callable[[str, Iterable[str]], list[Row]]
"""Reads these columns of a mart."""

_TOLERANCE = 1e-6
_HALF_OF_THE_SIXTH_PLACE = 5.0001e-7
_SHOWN = 5


def assert_equals_oracle(records: Records, world: World, marts: Iterable[str] = COLUMNS) -> None:
    """Every mart holds exactly the oracle's rows."""
    expected = all_marts(world)
    for mart in marts:
        assert_rows(mart, records(mart, COLUMNS[mart]), expected[mart])


def assert_marts_equal_oracle(
    warehouse: Warehouse, editions: Iterable[OracleEdition], due: Due | None
) -> None:
    """All of chart_editions, chart_movements, chart_exits, chart_returns and chart_turnover."""
    world = list(editions)
    expected = {
        "chart_movements": oracle.movements(world),
        "chart_exits": oracle.exits(world),
        "chart_returns": oracle.returns(world),
        "chart_editions": oracle.chart_editions(world, due),
        "chart_turnover": oracle.turnover(world, due),
    }
    for mart, rows in expected.items():
        assert_rows(mart, records_of(warehouse)(mart, COLUMNS[mart]), rows)


def records_of(warehouse: Warehouse) -> Records:
    """Reads marts of a warehouse."""

    def read(mart: str, columns: Iterable[str]) -> list[Row]:
        return warehouse.query(f"select {', '.join(columns)} from {mart}").records()

    return read


def assert_rows(mart: str, found: list[Row], expected: list[Row]) -> None:
    """The same rows in whatever order; floats to a relative 1e-6, all else to the type."""
    ours, theirs = sorted(found, key=_key), sorted(expected, key=_key)
    same = _Same(ROUNDED.get(mart, set()))
    if len(ours) == len(theirs) and all(map(same.rows, ours, theirs)):
        return
    raise AssertionError(f"{mart} is not what the oracle says\n" + same.difference(ours, theirs))


def _key(row: Row) -> list[str]:
    # floats last, since two that count as equal need not be
    exact = [f"{name}={value!r}" for name, value in row.items() if not isinstance(value, float)]
    floats = [f"{name}~{value:.3g}" for name, value in row.items() if isinstance(value, float)]
    return exact + floats


class _Same:
    """What counts as the same; `rounded` are columns of which the mart gives six places."""

    def __init__(self, rounded: Collection[str]) -> None:
        self._rounded = rounded

    def rows(self, ours: Row, theirs: Row) -> bool:
        return list(ours) == list(theirs) and all(
            self.values(name, value, theirs[name]) for name, value in ours.items()
        )

    def values(self, name: str, one: object, other: object) -> bool:
        if type(one) is not type(other):
            return False
        if isinstance(one, float) and isinstance(other, float):
            nearly = _HALF_OF_THE_SIXTH_PLACE if name in self._rounded else 1e-12
            return math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=nearly)
        return one == other

    def difference(self, ours: list[Row], theirs: list[Row]) -> str:
        """The rows that only one of the two has; and in which columns their first rows differ."""
        only_ours, only_theirs = self._only(ours, theirs), self._only(theirs, ours)
        lines = [f"{len(ours)} rows, the oracle {len(theirs)}"]
        lines += [f"  only the mart has   {row}" for row in only_ours]
        lines += [f"  only the oracle has {row}" for row in only_theirs]
        if only_ours and only_theirs:
            one, other = only_ours[0], only_theirs[0]
            names = [name for name in one if not self.values(name, one[name], other.get(name))]
            lines.append(f"  the first two differ in {', '.join(names)}")
        return "\n".join(lines)

    def _only(self, these: list[Row], those: list[Row]) -> list[Row]:
        found = []
        for row in these:
            if not any(self.rows(row, other) for other in those):
                found.append(row)
            if len(found) == _SHOWN:  # of a big chart all would take long
                break
        return found
