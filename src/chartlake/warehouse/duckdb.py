"""The embedded warehouse: one DuckDB file with the live rows, views and marts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import duckdb
import pyarrow as pa

from chartlake.errors import ChartlakeError, StorageError, UsageError
from chartlake.lake.search import Words
from chartlake.lake.store import Store
from chartlake.warehouse import (
    choices,
    duckdb_load,
    duckdb_removal,
    gate,
    migrations,
    publish,
    refusal,
)
from chartlake.warehouse.asking import asked
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.drafts import Drafts
from chartlake.warehouse.opening import Opener, is_whole, not_there
from chartlake.warehouse.port import CheckResult, Loaded, NotPublished, Result
from chartlake.warehouse.refresh import refresh_marts

__all__ = ["DuckDBWarehouse"]

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 60.0
_READERS_PATIENCE_SECONDS = 5.0
_NOTHING_CHOSEN = Choices()
_MADE_ANEW = "%s had other lists or [charts] than this project's chartlake.toml: made anew"
_REFUSED = "the edited lists do not count yet: check %s fails; chartlake check"


def _system_clock() -> datetime:
    return datetime.now(UTC)


class DuckDBWarehouse:
    """A warehouse in one file. Connections are opened per call and closed after it.

    Nobody writes in the file itself: a load makes the next one beside it and swaps
    them, so readers are never in the way and never see half a load. Writers take
    turns: one waits up to ``patience_seconds`` for another, then fails with StorageError.
    What is loaded is published when the checks have passed. ``choices`` is what the
    configuration says of charts: a file that was made with something else is brought up
    to it. A reader that stays open while that may be edited, ``takes_up_choices=False``,
    reads what is there. ``clock`` dates what is done to a file before it can be read;
    ``limits`` are DuckDB's settings for writing (memory_limit, threads).
    """

    def __init__(
        self,
        path: Path,
        patience_seconds: float = _PATIENCE_SECONDS,
        clock: Callable[[], datetime] = _system_clock,
        choices: Choices = _NOTHING_CHOSEN,
        limits: Mapping[str, str | int] | None = None,
        *,
        takes_up_choices: bool = True,
    ) -> None:
        self.path = path
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._chosen = choices
        self._opener = Opener(path, patience_seconds, limits or {})
        self._drafts = Drafts(path, self._opener, choices.as_warnings)
        self._takes_up_choices = takes_up_choices
        self._keeps_choices_of: refusal.Identity | None = None
        self._session: duckdb.DuckDBPyConnection | None = None

    def load(self, store: Store, now: datetime) -> Loaded:
        """Replace the slots for which the lake has a better attempt, and refresh the marts.

        NotPublished where a check of severity error fails then: the file stays as it was.
        """
        with publish.turn(self.path, self._patience_seconds):
            if self._is_up_to_date(store, now):
                return Loaded(0, 0)
            with self._drafts.next() as draft:
                with self._opener.written(draft) as db:
                    new_layout = migrations.prepare(db, self.path, now)
                    loaded, changes = duckdb_load.load(
                        db, store, now, self._chosen, new_layout=new_layout
                    )
                if changes.marts:
                    loaded = loaded._replace(checks=self._drafts.passed(draft, changes.since))
                if changes.file:
                    self._drafts.publish(draft)
                return loaded

    def remove(self, store: Store, places: Collection[tuple[str, str]], now: datetime) -> int:
        """Remove slots (feed, slot), load what the lake has now, and leave no byte behind.

        What must go goes: where a check fails then, the same is done without loading anything.
        """
        with publish.turn(self.path, self._patience_seconds):
            if not self.path.exists():
                return 0
            try:
                return self._remove(store, places, now)
            except NotPublished as error:
                logger.warning("only removed, not loaded: %s", error)
                return self._remove(None, places, now)

    def _remove(
        self, store: Store | None, places: Collection[tuple[str, str]], now: datetime
    ) -> int:
        with self._drafts.next() as draft:
            with self._opener.written(draft) as db:
                migrations.prepare(db, self.path, now)
                removed = duckdb_removal.remove(db, places)
                if store:
                    duckdb_load.load(db, store, now, self._chosen, new_layout=True)
                else:
                    duckdb_load.refresh(db, now, self._chosen, whole=True, touched=0)
            if store:
                self._drafts.passed(draft)
            fresh = draft.with_name(f"{draft.name}.fresh")
            with self._opener.told():
                duckdb_removal.copy_without_free_blocks(draft, fresh)
            self._drafts.publish(fresh)
            return removed

    def holds(self, revisions: Mapping[tuple[str, str], int]) -> bool:
        """Whether any of these slots (feed, slot) is loaded, in a revision up to the given one."""
        if not revisions or not self.path.exists():
            return False
        with self._read() as db:
            return is_whole(db) and duckdb_removal.holds(db, revisions)

    def loaded(self) -> dict[tuple[str, str], int]:
        """The slots (feed, slot) that are published, with their revisions."""
        try:
            live = self.query("select feed, slot, revision from live_attempts").rows
        except (UsageError, StorageError):
            return {}
        return {(feed, slot): revision for feed, slot, revision in live}

    def search(self, words: Words) -> list[tuple[str, str]]:
        """Where which of these words is: in the file's bytes, or in a column."""
        if not self.path.exists():
            return []
        with self._read() as db:
            return list(duckdb_removal.places_of_words(db, self.path, words))

    def query(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Result:
        """Run one statement on a read-only connection that can reach no file but this one."""
        with self.reading() as db, asked(sql):
            cursor = db.execute(sql, parameters or None)
            columns = tuple(column[0] for column in cursor.description or ())
            return Result(columns, cursor.fetchall())

    def arrow(self, sql: str, parameters: Mapping[str, object]) -> pa.Table:
        """The same with the answer as an Arrow table."""
        with self.reading() as db, asked(sql):
            return db.sql(sql, params=dict(parameters)).to_arrow_table()

    def check(self) -> list[CheckResult]:
        """Run all checks on what is published; errors first."""
        with self.reading() as db:
            return gate.run_checks(db, self._chosen.as_warnings)

    def _is_up_to_date(self, store: Store, now: datetime) -> bool:
        """Whether a load would change nothing; so that it need not copy the file first."""
        if not self.path.exists():
            return False
        with self._read() as db:
            return (
                is_whole(db)
                and migrations.is_current(db)
                and not duckdb_load.has_work(db, store, now, self._chosen)
            )

    def _bring_up_to_date(self) -> None:
        """An older chartlake made the file: it lacks views until a load, or this.

        It brings no rows, and without it nobody could read those there are: no check stops it.
        """
        with publish.turn(self.path, self._patience_seconds), self._drafts.next() as draft:
            with self._opener.written(draft) as db:
                if new_layout := migrations.prepare(db, self.path, self._clock()):
                    if self._takes_up_choices or not choices.are_written(db):
                        choices.write(db, self._chosen)
                    refresh_marts(db)
            if new_layout:
                self._drafts.publish(draft)

    def _take_up_edits(self) -> None:
        """The configuration was edited after the last load: see that it counts at once.

        Where that cannot be, such as on a disk that cannot be written, what is there is read
        until there is another file.
        """
        self._keeps_choices_of = refusal.identity(self.path)
        try:
            if failed := self._write_choices():
                self._keeps_choices_of = refusal.identity(self.path)
                logger.warning(_REFUSED, ", ".join(failed))
        except ChartlakeError as error:
            logger.warning(
                "what chartlake.toml says of charts was edited, and does not count yet: %s (%s)",
                error.what,
                error.why,
            )

    def _write_choices(self) -> tuple[str, ...]:
        """Publish what was edited, all of it or the roster alone; the checks that are in the way.

        What was refused once is not tried again on the same file.
        """
        with publish.turn(self.path, min(self._patience_seconds, _READERS_PATIENCE_SECONDS)):
            with self._read() as db:  # another one may have done it
                differing = choices.changed(db, self._chosen)
            failed: tuple[str, ...] = ()
            if choices.needs_marts(differing):
                failed = refusal.recall(self.path, self._chosen) or self._publish_choices()
                if not failed:
                    return ()
            if choices.ROSTER in differing:
                self._publish_roster()
            if failed:
                refusal.remember(self.path, self._chosen, failed)
            return failed

    def _publish_choices(self) -> tuple[str, ...]:
        """With the marts that are made from them; or which checks have refused these."""
        with self._drafts.next() as draft:
            with self._opener.written(draft) as db:
                migrations.prepare(db, self.path, self._clock())
                choices.write(db, self._chosen)
                refresh_marts(db)
            try:
                self._drafts.passed(draft)
            except NotPublished as error:
                return error.failed
            self._drafts.publish(draft)
        logger.warning(_MADE_ANEW, self.path)
        return ()

    def _publish_roster(self) -> None:
        """Only views read it: the rest stays as it was published, and needs no checks."""
        with self._drafts.next() as draft:
            with self._opener.written(draft) as db:
                choices.write(db, self._chosen, only=(choices.ROSTER,))
            self._drafts.publish(draft)
        logger.warning(_MADE_ANEW, self.path)

    @contextmanager
    def session(self) -> Iterator[Self]:
        """This warehouse for several questions: opened once, all are about one published state."""
        with self.reading() as db:
            session = copy(self)
            session._session = db
            yield session

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """What is published, as one reader sees it, whatever is published meanwhile."""
        if self._session:
            with self._opener.told():
                yield self._session
            return
        if not self.path.exists():
            raise not_there(self.path)
        with self._read() as db:
            if not is_whole(db):
                raise not_there(self.path)
            older = migrations.is_older(db)
            other = not older and self._has_other_choices(db)
            if not older and not other:
                yield db
        if older:
            self._bring_up_to_date()
        if other:
            self._take_up_edits()
        if older or other:
            with self._read() as db:
                yield db

    def _has_other_choices(self, db: duckdb.DuckDBPyConnection) -> bool:
        kept = not self._takes_up_choices or self._keeps_choices_of == refusal.identity(self.path)
        return not kept and bool(choices.changed(db, self._chosen))

    @contextmanager
    def _read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._opener.told(), closing(self._opener.read()) as db:
            yield db
