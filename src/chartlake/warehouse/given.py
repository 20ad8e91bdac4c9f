"""The relations that no SQL file makes, for an engine that has no warehouse of its own.

The calendar and the lists of the configuration are computed with DuckDB, in memory, from the
editions and readings alone: so there is one definition of them, whichever engine makes the marts.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from chartlake.lake.builds import LiveSlot
from chartlake.warehouse import calendar, choices
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.duckdb_load import history
from chartlake.warehouse.migrations import prepare
from chartlake.warehouse.refresh import give_all
from chartlake.warehouse.rows import insert
from chartlake.warehouse.sql import GIVEN

__all__ = ["SLOTS_FROM", "given"]

SLOTS_FROM = ("editions", "readings")
"""The curated tables that are needed for it."""

_WRITTEN = (
    "load_history",
    "due_editions",
    "roster_terms",
    "excluded_terms",
    "feed_markets",
    "chart_options",
)


def given(
    slots: Mapping[str, pa.Table],
    live: Mapping[tuple[str, str], LiveSlot],
    now: datetime,
    chosen: Choices,
) -> dict[str, pa.Table]:
    """The relations by name: of all feeds from their first edition, in the types of a warehouse.

    ``slots`` holds the live rows of the tables in `SLOTS_FROM`.
    """
    with closing(duckdb.connect(":memory:")) as db:
        prepare(db, Path("memory"), now)
        for name in SLOTS_FROM:
            insert(db, name, slots[name])
        if live:
            winners = {place: (found.build, found.slot) for place, found in live.items()}
            insert(db, "load_history", history(winners, now))
        calendar.write(db, now)
        choices.write(db, chosen)
        give_all(db)
        return {name: db.sql(f"from {name}").to_arrow_table() for name in (*_WRITTEN, *GIVEN)}
