"""One load by the product itself, with where its time goes. Words: WHAT FILE MEMORY ...

``load FILE MEMORY LAKE NOW RECORDINGS`` brings a file up to a lake, as `chartlake run` does after
its builds; ``whole FILE MEMORY`` makes all marts of a file anew; ``as-one FILE MEMORY`` does the
same with ids counted as one. CPU seconds are those of all threads: what a busy machine does not
change much.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from chartlake.lake.store import open_store
from chartlake.warehouse import choices, duckdb_load, gate, layout, publish
from chartlake.warehouse.drafts import Drafts
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.opening import Opener
from chartlake.warehouse.port import CheckResult
from chartlake.warehouse.refresh import refresh_marts
from chartlake.warehouse.sql import Check

_THREADS = 2
_BLOCK = 1 << 24
_STAGES: tuple[tuple[Any, str, str], ...] = (
    (DuckDBWarehouse, "_is_up_to_date", "look for work"),
    (publish, "_copy", "copy the file"),
    (duckdb_load, "load", "replace rows"),
    (duckdb_load, "refresh", "calendar"),
    (duckdb_load, "refresh_touched", "marts"),
    (duckdb_load, "refresh_marts", "marts"),
    (Drafts, "passed", "checks"),
    (publish, "publish", "sync and rename"),
)
"""Which function of the product is which stage; one that is called by another is not in it."""
PUBLISHING = ("copy the file", "sync and rename")

_MAKES = re.compile(r"(?:create or replace (?:temp )?(?:table|view)|insert into|delete from) \w+")
_LONGEST = 70


class Spent:
    """Seconds and CPU seconds of each stage, without those of the stages inside it."""

    def __init__(self) -> None:
        self.of: dict[str, list[float]] = {}
        self._open = ["other"]
        self._mark = _now()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What happens in the block counts here."""
        self._charge()
        self._open.append(name)
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def _charge(self) -> None:
        now = _now()
        spent = self.of.setdefault(self._open[-1], [0.0, 0.0])
        for place in (0, 1):
            spent[place] += now[place] - self._mark[place]
        self._mark = now


class Watched:
    """A connection that tells what each statement took."""

    def __init__(self, db: duckdb.DuckDBPyConnection, spent: dict[str, list[float]]) -> None:
        self._db = db
        self._spent = spent

    def execute(self, sql: str, *words: Any) -> duckdb.DuckDBPyConnection:
        """Run it."""
        begun = _now()
        done = self._db.execute(sql, *words)
        made = _MAKES.match(sql)
        name = made[0] if made else " ".join(sql.split())[:_LONGEST]
        _add(self._spent, name, begun)
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


def load(file: Path, memory: str, lake: Path, now: datetime, recordings: Any) -> dict[str, Any]:
    """Bring the file up to the lake."""
    spent, statements, rows = Spent(), dict[str, list[float]](), dict[str, int]()
    _watch(spent, statements, rows)
    warehouse = DuckDBWarehouse(
        file,
        choices=choices.Choices(recordings=recordings),
        limits={"memory_limit": memory, "threads": _THREADS},
    )
    store = open_store(str(lake))
    before = file.stat().st_size
    begun = _now()
    with spent.stage("other"):
        loaded = warehouse.load(store, now)
    seconds, cpu = (last - first for first, last in zip(begun, _now(), strict=True))
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "slots": loaded.slots,
        "stages": spent.of,
        "statements": statements,
        "rows": rows,
        "file_bytes": [before, file.stat().st_size],
    }


def whole(file: Path, memory: str, *, as_one: bool = False) -> dict[str, Any]:
    """Make all marts anew."""
    limits: dict[str, Any] = {"threads": _THREADS, "memory_limit": memory}
    begun = _now()
    with duckdb.connect(file, config=limits) as db:
        db.begin()
        if as_one:
            choices.write(db, choices.Choices(recordings="as-one"))
        refresh_marts(db)
        db.commit()
        db.execute("checkpoint")
    seconds, cpu = (last - first for first, last in zip(begun, _now(), strict=True))
    return {"seconds": seconds, "cpu_seconds": cpu}


def _watch(spent: Spent, statements: dict[str, list[float]], rows: dict[str, int]) -> None:
    """Let the product's functions tell when they begin and end; no other way sees inside them."""
    for owner, name, stage in _STAGES:
        setattr(owner, name, _told(getattr(owner, name), spent, stage))
    opened, added, asked = Opener.written, layout.added, gate._result

    @contextmanager
    def written(self: Opener, draft: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        block: AbstractContextManager[duckdb.DuckDBPyConnection] = opened(self, draft)
        with spent.stage("open and commit"), block as db, spent.stage("other"):
            yield Watched(db, statements)  # type: ignore[misc]  # it has all that one has

    def counted(db: duckdb.DuckDBPyConnection, counts: dict[str, int]) -> list[str]:
        rows.update({name: count for name, count in counts.items() if count})
        with spent.stage("put in order"):
            return added(db, counts)

    def result(db: duckdb.DuckDBPyConnection, check: Check, *words: Any) -> CheckResult:
        begun = _now()
        found = asked(db, check, *words)
        _add(statements, f"check {check.name}", begun)
        return found

    gate._result = result
    Opener.written = written  # type: ignore[method-assign]
    layout.added = counted  # type: ignore[assignment]


def _told(function: Callable[..., Any], spent: Spent, stage: str) -> Callable[..., Any]:
    def told(*words: Any, **named: Any) -> Any:
        with spent.stage(stage):
            return function(*words, **named)

    return told


def _add(spent: dict[str, list[float]], name: str, begun: tuple[float, float]) -> None:
    pair = spent.setdefault(name, [0.0, 0.0])
    for place, (first, last) in enumerate(zip(begun, _now(), strict=True)):
        pair[place] += last - first


def _read_once(file: Path) -> None:
    """So that it is in the page cache, where a file that is loaded every day mostly is."""
    with file.open("rb") as opened:
        while opened.read(_BLOCK):
            pass


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def main() -> None:
    what, file, memory, *more = sys.argv[1:]
    _read_once(Path(file))
    pa.array([what])  # imports pandas where it is installed, which is part of a process's start
    if what == "load":
        lake, now, recordings = more
        did = load(Path(file), memory, Path(lake), datetime.fromisoformat(now), recordings)
    else:
        did = whole(Path(file), memory, as_one=what == "as-one")
    sys.stdout.write(json.dumps({**did, "version": duckdb.__version__}) + "\n")


if __name__ == "__main__":
    main()
