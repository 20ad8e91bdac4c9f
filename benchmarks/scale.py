"""What a lake of years costs: objects, calls and seconds of a run, a reconcile and a verify.

Run it from the repository: .venv/bin/python benchmarks/scale.py [FEEDS [DAYS]]

A lake of 50 hourly playlists of 10 places is generated on local disk, a part of three years (20
days by default), as hourly runs write it: a manifest and a raw object for each slot, a build for
each run. Then every call to the store is counted. What grows with the lake is told for three years
(1.3 million slots) by the share of it that was generated; what does not is told as it is.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from chartlake.extract.due import DueSlot
from chartlake.lake.store import Store, open_store
from chartlake.lake.verify import verify
from chartlake.model import Body, Feed, Snapshot
from chartlake.pipeline import Pipeline
from chartlake.transform.engine import LocalEngine
from chartlake.warehouse.duckdb import DuckDBWarehouse

START = datetime(2026, 10, 20, tzinfo=UTC)
YEARS = 3
PLACES = 10
CALLS = ("create", "get", "get_range", "keys", "folders", "listing", "change", "delete")


class Clock:
    """Moved by this program alone."""

    now = START

    def __call__(self) -> datetime:
        return self.now


def answer(feed: Feed, at: datetime) -> bytes:
    """A small playlist, another one each hour."""
    shift = int(at.timestamp() // 3600)
    items = [
        {"item": {"id": f"{(shift + place) % 997:022d}", "type": "track", "name": "Song"}}
        for place in range(PLACES)
    ]
    listed = {"items": items, "total": PLACES, "offset": 0}
    return msgspec.json.encode({"name": feed.name, "snapshot_id": str(shift), "items": listed})


@contextmanager
def counted(store: Store) -> Iterator[Counter[str]]:
    """The calls to a store while this lasts."""
    counts: Counter[str] = Counter()
    for name in CALLS:
        call = getattr(store, name)

        def count(
            *args: Any, name: str = name, call: Callable[..., Any] = call, **more: Any
        ) -> Any:
            counts[name] += 1
            return call(*args, **more)

        setattr(store, name, count)
    yield counts
    for name in CALLS:
        delattr(store, name)


def pipeline(folder: Path, feeds: list[Feed], clock: Clock) -> Pipeline:
    """The real one, over readers that ask nobody."""

    def read(due: DueSlot) -> Snapshot:
        body = Body(
            content=answer(due.feed, clock()),
            resource="playlist",
            media_type="application/json",
            received_at=clock(),
        )
        return Snapshot(
            feed=due.feed,
            slot=due.slot,
            chart_date=due.chart_date,
            bodies=(body,),
            item_count=PLACES,
        )

    return Pipeline(
        store=open_store(str(folder / "lake")),
        readers={feed.name: read for feed in feeds},
        engine=LocalEngine(),
        warehouse=DuckDBWarehouse(folder / "warehouse.duckdb"),
        clock=clock,
    )


def main() -> None:
    count, days = (int(text) for text in [*sys.argv[1:], "50", "20"][:2])
    feeds = [
        Feed(name=f"list-{n}", source="playlist", source_id=f"{n:022d}", schedule="hourly")
        for n in range(count)
    ]
    clock, console = Clock(), Console(width=110)
    with tempfile.TemporaryDirectory() as name:
        made = pipeline(Path(name), feeds, clock)
        started = time.perf_counter()
        for hour in range(days * 24):
            clock.now = START + timedelta(hours=hour)
            made.extract(feeds)
            made.transform()
        seconds = time.perf_counter() - started
        made.load()
        made.settled(feeds)
        slots = count * days * 24
        share = slots / (50 * 24 * 365 * YEARS)
        objects = sum(1 for _ in made.store.keys("manifests/"))
        console.print(
            f"{slots:,} slots, {share:.1%} of 50 hourly feeds for {YEARS} years, made in "
            f"{seconds:.0f} s; {objects:,} manifests"
        )
        table = Table("", "seconds", "calls", "what grows", f"in {YEARS} years")
        clock.now += timedelta(hours=1)

        def measure(what: str, work: Callable[[], Any], *, grows: bool) -> None:
            with counted(made.store) as calls:
                begun = time.perf_counter()
                work()
                took = time.perf_counter() - begun
            told = ", ".join(f"{name} {number:,}" for name, number in calls.items())
            years = f"{took / share:,.0f} s" if grows else "the same"
            table.add_row(what, f"{took:.2f}", told, "the lake" if grows else "a month", years)

        measure("a run: extract", lambda: made.extract(feeds), grows=False)
        measure("a run: transform", made.transform, grows=False)
        measure("reconcile", lambda: made.plan(feeds), grows=False)
        measure("reconcile --all", lambda: made.plan(feeds, whole=True), grows=True)
        measure("verify", lambda: verify(made.store, clock()), grows=True)
        console.print(table)


if __name__ == "__main__":
    main()
