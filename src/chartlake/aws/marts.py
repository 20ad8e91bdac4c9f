"""All marts by Athena, from the lake's curated files to Parquet in the lake.

The SELECTs are those of the warehouse in Athena's dialect. Each is unloaded into the run's own
folder, as soon as the marts are there that it reads. All of it happens in a database of the run's
own, so that two runs at the same time disturb each other as little as two of any engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from graphlib import TopologicalSorter
from typing import Any, NamedTuple

import pyarrow as pa

from chartlake.aws import checks, databases
from chartlake.aws.athena import Athena
from chartlake.aws.databases import Database
from chartlake.aws.files import measured
from chartlake.aws.given import given
from chartlake.aws.live import Live, digest, live_now, told_by
from chartlake.aws.relations import asked, bare, draft_only, live_views, marts, of_marts, written
from chartlake.lake import keys
from chartlake.lake import marts as runs
from chartlake.lake.marts import Begun, MartsRun
from chartlake.lake.store import Store
from chartlake.model import BuiltFile
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.dialects import dialect_text
from chartlake.warehouse.port import CheckResult
from chartlake.warehouse.shapes import shapes

__all__ = ["AT_ONCE", "AthenaMarts", "Made"]

Tell = Callable[[int, int], None]
Files = dict[str, list[BuiltFile]]

AT_ONCE = 5  # of the 20 queries or more that an account may run at the same time
_ABANDONED = timedelta(days=1)


class Made(NamedTuple):
    """A run that was made and checked, and what it is made of."""

    run: MartsRun
    live: Live
    checks: tuple[CheckResult, ...]


class AthenaMarts:
    """Makes the marts of a lake on S3 by Athena; ``name`` is that of the database people ask."""

    engine = "athena"

    def __init__(self, athena: Athena, glue: Any, name: str, chosen: Choices) -> None:
        self._athena = athena
        self._glue = glue
        self._name = name
        self._chosen = chosen

    def make(self, store: Store, now: datetime, tell: Tell) -> MartsRun:
        """Make every mart from what is live now; ``tell`` counts them.

        NotPublished where a check of severity error finds something, DataError where a slot was
        removed meanwhile: what was made before still counts then.
        """
        before = told_by(store, runs.published(store))
        return self.make_of(store, live_now(store, before, now), now, tell).run

    def make_of(self, store: Store, live: Live, now: datetime, tell: Tell) -> Made:
        """The same from what was found to be live, with the months of all files known to Glue."""
        databases.add_partitions(self._glue, f"{self._name}_curated", live.months)
        begun = runs.begin(store, live.attempts.select(["feed", "slot", "revision"]))
        with self._draft(store, begun, now) as draft:
            making = _Making(self._athena, draft, store, begun)
            files = making.write(_written(live, given(live.attempts, now, self._chosen)))
            making.put_views(f"{self._name}_curated")
            files |= self._copied(making, store, live) or making.unload(tell)
            found = checks.pass_or_refuse(self._athena, draft.name, self._chosen.as_warnings)
        made = runs.commit(store, begun, self.engine, now, files, digest(live))
        return Made(made, live, tuple(found))

    @contextmanager
    def _draft(self, store: Store, begun: Begun, now: datetime) -> Iterator[Database]:
        leavings = runs.leavings(store, now - _ABANDONED)
        for run in sorted({keys.run_of(left.key) for left in leavings}):
            databases.drop(self._glue, self._draft_of(run))
        draft = databases.make(self._glue, self._draft_of(begun.run))
        try:
            yield draft
        finally:
            databases.drop(self._glue, draft.name)

    def _draft_of(self, run: str) -> str:
        return f"{self._name}_draft_{run.replace('-', '_')}"

    def _copied(self, making: _Making, store: Store, live: Live) -> Files:
        """The marts of a run that Spark has made of the same attempts; nothing where there is none.

        They are copied, because what is published is whole in one run's folder.
        """
        last = runs.published(store)
        if last is None or last.engine == self.engine or last.attempts != digest(live):
            return {}
        names = {mart.name for mart in marts()}
        return making.copy([file for file in last.files if file.table in names])


def _written(live: Live, tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables that a run's files hold beside marts; the last of them are for the next run."""
    return {
        "live_attempts": live.attempts,
        "live_files": live.files,
        **tables,
        "live_builds": live.builds,
    }


class _Making:
    """One run: what is written into its folder, and what its draft database says of that."""

    def __init__(self, athena: Athena, draft: Database, store: Store, begun: Begun) -> None:
        self._athena = athena
        self._draft = draft
        self._store = store
        self._run = begun.run
        self._relations = {relation.name: relation for relation in of_marts()}

    def write(self, tables: Mapping[str, pa.Table]) -> Files:
        """Write small tables."""
        found: Files = {}
        for name, rows in tables.items():
            batches = rows.to_batches()
            file = runs.write_file(self._store, self._run, name, 0, rows.schema, batches)
            found[name] = [file]
        return found

    def put_views(self, curated: str) -> None:
        """Let the draft hold all that the SELECTs of marts read, and that is no mart."""
        tables = ((relation, self._place(relation.name)) for relation in written())
        self._draft.put_all(tables, (*live_views(curated), *asked(), *draft_only()))

    def unload(self, tell: Tell) -> Files:
        """Make each mart when those are there that it reads, some at a time."""
        waiting = TopologicalSorter({mart.name: shapes()[mart.name].after for mart in marts()})
        waiting.prepare()
        files: Files = {}
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="athena") as pool:
            under_way: dict[Future[list[BuiltFile]], str] = {}
            try:
                while waiting.is_active():
                    tell(len(files), len(self._relations))
                    for name in waiting.get_ready():
                        under_way[pool.submit(self._unload, name)] = name
                    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                    for future in done:
                        name = under_way.pop(future)
                        files[name] = future.result()
                        waiting.done(name)
            except BaseException:
                self._athena.end()
                pool.shutdown(cancel_futures=True)
                raise
        tell(len(files), len(files))
        return {mart.name: files[mart.name] for mart in marts()}

    def copy(self, found: list[BuiltFile]) -> Files:
        """Take over the files of another run."""
        files: Files = {name: [] for name in self._relations}
        for number, file in enumerate(found):
            key = keys.mart(self._run, file.table, f"{number:05d}")
            self._store.copy(file.key, key)
            files[file.table].append(
                BuiltFile(
                    table=file.table, key=key, rows=file.rows, size=file.size, sha256=file.sha256
                )
            )
        self._draft.put_all((self._relations[name], self._place(name)) for name in files)
        return files

    def _unload(self, name: str) -> list[BuiltFile]:
        """One mart: its rows as Parquet in a folder of the run, and the draft's table over it."""
        place = self._place(name)
        select = _in_any_order(bare(dialect_text(name, "athena")))
        statement = (
            f"UNLOAD (\n{select}\n)\nTO '{place}'\nWITH (format = 'PARQUET', compression = 'ZSTD')"
        )
        folder = f"{keys.marts_of(self._run)}{name}/"
        clear = partial(self._clear, folder)
        self._athena.run(statement, self._draft.name, f"the mart {name}", clear)
        self._draft.put_table(self._relations[name], place)
        return [measured(self._store, name, each) for each in self._store.listing(folder)]

    def _clear(self, folder: str) -> None:
        """Of what failed files may be left, and Athena writes into no folder that has any."""
        for key in self._store.keys(folder):
            self._store.delete(key)

    def _place(self, name: str) -> str:
        return self._store.places.url_of(f"{keys.marts_of(self._run)}{name}/")


def _in_any_order(select: str) -> str:
    """Without the order at its end: Athena writes several files, and sorting is for nothing."""
    return select.rpartition("\nORDER BY")[0] or select
