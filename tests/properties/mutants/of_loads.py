"""Faults in the one transaction of a load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chartlake.lake import keys
from chartlake.model import Build, BuiltSlot, slot_month
from chartlake.warehouse import duckdb_load
from chartlake.warehouse.port import Loaded
from tests.properties.mutants.mutant import Patch, breaks


class _Statements:
    """A connection on which some statements are others."""

    def __init__(self, db: Any, instead: Callable[[Any, str], str | None]) -> None:
        self._db = db
        self._instead = instead

    def execute(self, sql: str, *parameters: Any) -> Any:
        other = self._instead(self._db, sql)
        return self._db if other is None else self._db.execute(other, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


def _replacing(patch: Patch, instead: Callable[[Any, str], str | None]) -> None:
    real = duckdb_load._replace_slots

    def replace(db: Any, *rest: Any) -> Loaded:
        stepped: Any = _Statements(db, instead)
        return real(stepped, *rest)

    patch.setattr(duckdb_load, "_replace_slots", replace)


@breaks(4, 5, 9)
def a_load_without_its_history(patch: Patch) -> None:
    _replacing(patch, lambda db, sql: None if sql.startswith("insert into load_history") else sql)


@breaks(4, 5, 9)
def the_history_in_a_transaction_of_its_own(patch: Patch) -> None:
    def instead(db: Any, sql: str) -> str:
        if sql.startswith("delete from editions"):
            db.commit()
            db.begin()
        return sql

    _replacing(patch, instead)


@breaks(4, 5, 6, 9)
def new_rows_beside_the_old(patch: Patch) -> None:
    _replacing(patch, lambda db, sql: None if sql.startswith("delete from") else sql)


@breaks(4, 6, 9)
def rows_of_whatever_attempt(patch: Patch) -> None:
    _replacing(
        patch, lambda db, sql: sql.replace("using (feed, slot, attempt_id)", "using (feed, slot)")
    )


@breaks(7, 9)
def a_build_counts_as_seen_before_it_is_loaded(patch: Patch) -> None:
    real = duckdb_load._replace_slots

    def replace(
        db: Any, winners: dict[tuple[str, str], tuple[Build, BuiltSlot]], *rest: Any
    ) -> Loaded:
        for build in {build.build_id: build for build, _ in winners.values()}.values():
            key = keys.build(slot_month(max(slot.slot for slot in build.slots)), build.build_id)
            db.execute("insert or ignore into seen_builds values (?, null)", [key])
        db.commit()
        db.begin()
        return real(db, winners, *rest)

    patch.setattr(duckdb_load, "_replace_slots", replace)
