"""What a warehouse must do: load the lake's builds, answer queries, check its data."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from chartlake.errors import CorruptObject
from chartlake.lake.store import Store

__all__ = ["CheckResult", "Loaded", "Result", "Warehouse"]


class Result(NamedTuple):
    """An answer: column names and rows."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """The rows as dictionaries by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Loaded(NamedTuple):
    """What a load changed: slots replaced or added, and entries inserted.

    ``left_out`` tells of builds that are damaged, or whose files are damaged or gone; the next
    load tries again.
    """

    slots: int
    entries: int
    left_out: tuple[CorruptObject, ...] = ()


class CheckResult(NamedTuple):
    """A check of the data: it must return no rows. ``rows`` shows the first of them."""

    name: str
    severity: Literal["error", "warning"]
    statement: str
    failures: int
    rows: Result


class Warehouse(Protocol):
    """Tables, views and marts over the live attempts of a lake."""

    def load(self, store: Store, now: datetime) -> Loaded:
        """Bring the warehouse up to the lake's builds; repeating it changes nothing."""
        ...

    def remove(self, store: Store, places: Collection[tuple[str, str]], now: datetime) -> int:
        """Remove slots (feed, slot) so that no byte of them stays; how many were there.

        The lake has removed them before; what it has of them now is loaded.
        """
        ...

    def query(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Result:
        """Run one reading statement with bound parameters."""
        ...

    def check(self) -> list[CheckResult]:
        """Run all checks."""
        ...
