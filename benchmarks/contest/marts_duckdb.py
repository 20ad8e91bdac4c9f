"""Ours: the product's tables, views and marts in a DuckDB file. Words: WHAT FILE MEMORY FOLDER

``load`` fills a new file from a folder of curated Parquet. ``refresh`` makes all marts anew in a
transaction, as a load does it, and tells the seconds of each; then it writes the small tables that
are no curated rows into the folder, for those who do not have them from the product.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from chartlake.warehouse import calendar, choices, migrations
from chartlake.warehouse.refresh import give_all, refresh_marts
from chartlake.warehouse.sql import MARTS, STEPS

_NOW = datetime(2022, 1, 1, tzinfo=UTC)
_THREADS = 2
_LOOK_SECONDS = 0.05
_MAKES = re.compile(r"(?:create or replace (?:table|temp table|view)|insert into) (\w+)")
_NAMES = {mart.name for mart in MARTS}
_STATES = {step.name for step in STEPS if step.kind == "state"}
# a build brought a feed's year, and was looked at
_HISTORY = """
insert into load_history
select
    feed, slot, attempt_id, sha256(concat(feed, left(slot, 4))) as build_id, 0, 1,
    count(*) over (partition by feed, left(slot, 4)) as slots_covered, observed_at
from editions
"""
_SEEN = """
insert into seen_builds
select
    concat('builds/', max(left(slot, 4)), '-', max(substr(slot, 5, 2)), '/', build_id, '.json'),
    null
from load_history
group by build_id
"""


class Timed:
    """A connection that tells how long each mart took, made at once or feeds at a time.

    What else is run, such as preparing temporary tables, counts as ``other``.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db
        self.seconds: dict[str, float] = {}

    def execute(self, sql: str, *words: Any) -> duckdb.DuckDBPyConnection:
        begun = time.perf_counter()
        done = self._db.execute(sql, *words)
        made = _MAKES.match(sql)
        name = made[1] if made and made[1] in _NAMES | _STATES else "other"
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


class Spill:
    """The most that ever lay in a folder of temporary files."""

    def __init__(self, folder: Path) -> None:
        self.bytes = 0
        self._folder = folder
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Spill:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            with suppress(OSError):  # a file was deleted in this moment
                now = sum(file.stat().st_size for file in self._folder.glob("*"))
                self.bytes = max(self.bytes, now)


def load(file: Path, memory: str, curated: Path) -> dict[str, Any]:
    """A file with the rows of all curated tables there are, and no marts."""
    begun = time.perf_counter()
    with _open(file, memory) as db:
        migrations.prepare(db, file, _NOW)
        for folder in sorted(curated.iterdir()):
            db.execute(
                f"insert into {folder.name} by name from read_parquet($1)",
                [f"{folder}/*.parquet"],
            )
        as_loaded(db)
        db.execute("checkpoint")
    return {"seconds": time.perf_counter() - begun, "file_bytes": file.stat().st_size}


def as_loaded(db: duckdb.DuckDBPyConnection) -> None:
    """What a load notes beside the rows; one more edition of each feed is due, and not there."""
    db.execute(_HISTORY)
    db.execute(_SEEN)
    calendar.write(db, the_next_day(db))
    choices.write(db, choices.Choices())


def the_next_day(db: duckdb.DuckDBPyConnection) -> datetime:
    """Noon of the day after the last of all editions."""
    ((last,),) = db.execute("select max(scheduled_at) from editions").fetchall()
    return (last + timedelta(hours=36)).replace(tzinfo=UTC)


def refresh(file: Path, memory: str, folder: Path) -> dict[str, Any]:
    """All marts, in one transaction, and on disk."""
    with _open(file, memory) as db, Spill(_spilled(file)) as spill:
        begun = time.perf_counter()
        timed = Timed(db)
        db.begin()
        refresh_marts(timed)  # type: ignore[arg-type]  # it has all that a connection has
        made = time.perf_counter()
        db.commit()
        db.execute("checkpoint")
        ended = time.perf_counter()
        _write_small_tables(db, folder)
    return {
        "seconds": ended - begun,
        "parts": {**timed.seconds, "commit": ended - made},
        "file_bytes": file.stat().st_size,
        "spilled_bytes": spill.bytes,
    }


def _write_small_tables(db: duckdb.DuckDBPyConnection, folder: Path) -> None:
    give_all(db)
    for (name,) in db.execute("select table_name from duckdb_tables()").fetchall():
        if name not in _NAMES | _STATES | {"entries", "editions"}:
            db.execute(f"copy {name} to '{folder / name}.parquet'")


def _open(file: Path, memory: str) -> duckdb.DuckDBPyConnection:
    limits: dict[str, Any] = {"threads": _THREADS, "memory_limit": memory}
    return duckdb.connect(file, config={**limits, "temp_directory": str(_spilled(file))})


def _spilled(file: Path) -> Path:
    return file.with_name(f"{file.name}.tmp")


def main() -> None:
    what, file, memory, folder = sys.argv[1:]
    did = {"load": load, "refresh": refresh}[what](Path(file), memory, Path(folder))
    sys.stdout.write(json.dumps({**did, "version": duckdb.__version__}) + "\n")


if __name__ == "__main__":
    main()
