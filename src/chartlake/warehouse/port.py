"""What a warehouse must do: load the lake's builds, answer queries, check its data."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from chartlake.errors import CorruptObject, DataError
from chartlake.lake.store import Store

__all__ = ["CheckResult", "Loaded", "Loads", "NotPublished", "Result", "Warehouse"]


class Result(NamedTuple):
    """An answer: column names and rows."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """The rows as dictionaries by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class CheckResult(NamedTuple):
    """A check of the data: it must return no rows. ``rows`` shows the first of them."""

    name: str
    severity: Literal["error", "warning"]
    statement: str
    failures: int
    rows: Result


class Loaded(NamedTuple):
    """What a load changed: slots replaced or added, and entries inserted.

    ``left_out`` tells of builds that are damaged, or whose files are damaged or gone; the next
    load tries again. ``checks`` are those that were run before it was published; None where
    nothing changed that they look at.
    """

    slots: int
    entries: int
    left_out: tuple[CorruptObject, ...] = ()
    checks: tuple[CheckResult, ...] | None = None


class NotPublished(DataError):
    """A check of severity error failed: a load was thrown away, what was there before stays.

    ``checks`` are the results of all of them, ``failed`` the names of those that stopped it.
    """

    def __init__(
        self, what: str, *, why: str | None, fix: str | None, checks: Sequence[CheckResult]
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.checks = tuple(checks)
        self.failed = tuple(c.name for c in checks if c.failures and c.severity == "error")


class Loads(Protocol):
    """What the pipeline needs of tables, views and marts over the live attempts of a lake."""

    def load(self, store: Store, now: datetime) -> Loaded:
        """Bring the warehouse up to the lake's builds; repeating it changes nothing.

        NotPublished where a check of severity error fails: then nothing has changed.
        """
        ...

    def loaded(self) -> Mapping[tuple[str, str], int]:
        """The slots (feed, slot) that are published, with their revisions.

        None where nothing can be read: nothing is lost, it can be loaded at any time.
        """
        ...

    def check(self) -> list[CheckResult]:
        """Run all checks on what is published."""
        ...


class Warehouse(Loads, Protocol):
    """One that answers questions too."""

    def remove(self, store: Store, places: Collection[tuple[str, str]], now: datetime) -> int:
        """Remove slots (feed, slot) so that no byte of them stays; how many were there.

        The lake has removed them before; what it has of them now is loaded, unless a check
        of severity error would fail then. Nothing keeps them from being removed.
        """
        ...

    def query(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Result:
        """Run one reading statement with bound parameters."""
        ...
