"""Athena as the warehouse of a lake on S3: loading is publishing a run of the marts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chartlake.aws import checks
from chartlake.aws.athena import Athena
from chartlake.aws.given import given, waiting_since
from chartlake.aws.live import Live, digest, live_now, told_by
from chartlake.aws.marts import AthenaMarts
from chartlake.aws.publish import STEPS, Publication
from chartlake.aws.session import told
from chartlake.lake import marts as runs
from chartlake.lake.curated import read_table
from chartlake.lake.marts import MartsRun
from chartlake.lake.marts_shown import now_shown
from chartlake.lake.marts_slots import revisions_of
from chartlake.lake.store import Store
from chartlake.model import Feed
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.port import CheckResult, Loaded

__all__ = ["AthenaWarehouse"]

_TURN_SECONDS = 60.0


class AthenaWarehouse:
    """The databases of one stack; ``name`` is the one that people ask."""

    def __init__(self, store: Store, athena: Athena, glue: Any, name: str, chosen: Choices) -> None:
        self._store = store
        self._athena = athena
        self._glue = glue
        self._name = name
        self._chosen = chosen

    @property
    def last(self) -> str:
        """The run of the marts that is published; empty for none."""
        run = runs.published(self._store)
        return run.run if run else ""

    def load(self, store: Store, now: datetime) -> Loaded:
        """Publish what is live, unless that is what is published already.

        NotPublished where a check of severity error finds something: what was published stays.
        What is built meanwhile is published too. Where another one publishes, and goes on for
        longer than a minute, nothing is done: it looks again before it ends.
        """
        with told("publish the marts"), store.alone("publish", _TURN_SECONDS) as alone:
            loaded = Loaded(0, 0)
            if not alone:
                return loaded
            while made := self._made(store, now):
                loaded = Loaded(
                    loaded.slots + made.slots,
                    loaded.entries + made.entries,
                    made.left_out,
                    made.checks,
                )
                self._take_steps(store, now)
            if loaded.checks is None:  # a run that was killed may have left them to this one
                self._take_steps(store, now)
            return loaded

    def _made(self, store: Store, now: datetime) -> Loaded | None:
        """A run of the marts, if there is anything new to publish."""
        last = runs.published(store)
        before = told_by(store, last)
        live = live_now(store, before, now)
        if last and self._is_of(store, last, live, now):
            return None
        making = AthenaMarts(self._athena, self._glue, self._name, self._chosen)
        made = making.make_of(store, live, now, lambda done, of: None)
        new = _not_in(live.attempts, before.attempts)
        entries = int(pc.sum(new["entries"]).as_py() or 0)
        return Loaded(new.num_rows, entries, live.left_out, made.checks)

    def _take_steps(self, store: Store, now: datetime) -> None:
        for step in STEPS:
            step(Publication(store, self._glue, self._name, now))

    def loaded(self) -> dict[tuple[str, str], int]:
        """The slots of the run that counts, with their revisions."""
        run = runs.published(self._store)
        return revisions_of(self._store, run.run) if run else {}

    def check(self) -> list[CheckResult]:
        """Run all checks on what is published."""
        with told("run the checks"):
            return checks.run_checks(self._athena, self._name, self._chosen.as_warnings)

    def lag(self, feeds: Collection[Feed], now: datetime) -> timedelta | None:
        """How long the oldest due edition has been waiting for being published; none is zero.

        None where nothing is published. Feeds of which nothing ever was do not count.
        """
        run = runs.read_run(self._store, now_shown(self._store))
        if run is None:
            return None
        since = waiting_since(told_by(self._store, run).attempts, feeds, now)
        return max(now - since, timedelta()) if since else timedelta()

    def _is_of(self, store: Store, last: MartsRun, live: Live, now: datetime) -> bool:
        """Whether a run of ours is made of just this, with this calendar and these choices."""
        if last.engine != AthenaMarts.engine or last.attempts != digest(live):
            return False
        files = {file.table: file for file in last.files}
        wanted = given(live.attempts, now, self._chosen)
        return all(
            name in files and read_table(store, files[name]).cast(rows.schema).equals(rows)
            for name, rows in wanted.items()
        )


def _not_in(attempts: pa.Table, before: pa.Table) -> pa.Table:
    known = before["attempt_id"].combine_chunks()
    return attempts.filter(pc.invert(pc.is_in(attempts["attempt_id"], value_set=known)))
