"""Publishing: what is done with a run of the marts once it counts, step by step.

Each step may be repeated. Others join the list later.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chartlake.aws.databases import Database
from chartlake.aws.relations import asked, live_views, of_marts, written
from chartlake.lake import keys, marts_shown
from chartlake.lake import marts as runs
from chartlake.lake.store import Store

__all__ = ["STEPS", "Publication", "Step"]

_GRACE = timedelta(days=7)


class Publication(NamedTuple):
    """What the steps work with: ``name`` is that of the database that people ask."""

    store: Store
    glue: Any
    name: str
    now: datetime


Step = Callable[[Publication], None]


def point_tables(to: Publication) -> None:
    """Let the tables that people ask be those of the run that counts; views stand beside them.

    Each table moves whole, one after another: within these seconds some are newer than others.
    Two that publish at the same time end at the same run.
    """
    pointed = ""
    while (run := _run(to.store)) != pointed:
        main = Database(to.glue, to.name)
        tables = (*written(), *of_marts())
        places = (f"{keys.marts_of(run)}{table.name}/" for table in tables)
        views = (*live_views(f"{to.name}_curated"), *asked())
        main.put_all(zip(tables, map(to.store.places.url_of, places), strict=True), views)
        main.drop_others({relation.name for relation in (*tables, *views)})
        marts_shown.show(to.store, run)
        pointed = run


def drop_former(to: Publication) -> None:
    """Remove the runs before the last two, and what killed ones have left."""
    runs.drop_former(to.store)
    for left in runs.leavings(to.store, to.now - _GRACE):
        to.store.delete(left.key)


STEPS: tuple[Step, ...] = (point_tables, drop_former)
"""In this order; a step that fails leaves those before it done."""


def _run(store: Store) -> str:
    found = runs.published(store)
    return found.run if found else ""
