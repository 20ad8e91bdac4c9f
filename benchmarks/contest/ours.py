"""Ours: from the lake to a committed build. Words: LAKE PROCESSES|spark [MONTH].

LAKE is ``-`` for lakes that are told line by line, built in the same process. With MONTH slots are
looked for from that month on, as a run does after its checkpoint.

This module is what worker processes import first, so it imports nothing of the benchmark.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime

from chartlake.lake.store import open_store
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.engine import Engine, LocalEngine

_NOW = datetime(2026, 11, 20, tzinfo=UTC)


def engine(name: str) -> Engine:
    """Spark's with two threads, or ours with so many processes."""
    if name == "spark":
        from chartlake.spark.engine import SparkEngine  # an extra, which not everybody has

        made: Engine = SparkEngine("local[2]")
        return made
    return LocalEngine(processes=int(name))


def build(lake: str, runs_it: Engine, since: str | None = None) -> dict[str, float]:
    """Build what is not built yet."""
    store = open_store(lake)
    begun = time.perf_counter()
    done = build_slots(store, runs_it, unbuilt(store, since), _NOW)
    seconds = time.perf_counter() - begun
    if done.build is None or done.failed:
        raise SystemExit(f"{len(done.failed)} slots failed: {done.failed[:1]}")
    files = done.build.files
    return {
        "seconds": seconds,
        "slots": len(done.build.slots),
        "rows": sum(file.rows for file in files),
        "bytes": sum(file.size for file in files),
        "files": len(files),
    }


def main() -> None:
    lake, name, *since = sys.argv[1:]
    runs_it = engine(name)
    for each in (line.strip() for line in sys.stdin) if lake == "-" else [lake]:
        sys.stdout.write(json.dumps(build(each, runs_it, *since)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
