"""What a lake of years costs: objects, calls and seconds of a run, a reconcile and a verify.

Run it from the repository: .venv/bin/python benchmarks/scale.py [FEEDS [DAYS]]

A lake of 50 hourly playlists of 10 places is generated on local disk, a part of three years (20
days by default), as hourly runs write it: a manifest and a raw object for each slot, a build for
each run. Every request to the store is counted as S3 would, where a LIST answers a thousand names.
It is measured after half of the days and after all; a straight line through the two tells of three
years (1.3 million slots). A run looks at the months after the checkpoint alone, two at most.
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
from typing import Any, NamedTuple

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
CALLS = {
    "create": "PUT",
    "change": "PUT",
    "get": "GET",
    "get_range": "GET",
    "keys": "LIST",
    "listing": "LIST",
    "folders": "LIST",
    "delete": "DELETE",
}
"""The methods of a store, and the requests that S3 would count."""
LISTED_AT_ONCE = 1000


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
    """The requests to a store while this lasts; a LIST answers a thousand names at most."""
    counts: Counter[str] = Counter()
    for name, request in CALLS.items():
        call = getattr(store, name)

        def count(
            *args: Any, request: str = request, call: Callable[..., Any] = call, **more: Any
        ) -> Any:
            found = call(*args, **more)
            if request != "LIST":
                counts[request] += 1
                return found
            names = list(found)
            counts[request] += 1 + len(names) / LISTED_AT_ONCE  # the last one is seldom full
            return names if isinstance(found, list) else iter(names)

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


class Took(NamedTuple):
    """What one piece of work needed."""

    seconds: float
    requests: Counter[str]

    def __str__(self) -> str:
        told = ", ".join(f"{number:,.0f} {name}" for name, number in sorted(self.requests.items()))
        return f"{self.seconds:,.2f} s, {told}"


def grow(made: Pipeline, feeds: list[Feed], clock: Clock, hours: int) -> None:
    """So many hourly runs more."""
    for hour in range(hours):
        if hour % 24 == 0:  # as each run begins; once a day is enough for the checkpoint
            made.mark_missed(feeds, made.plan(feeds))
        made.extract(feeds)
        made.transform()
        clock.now += timedelta(hours=1)
    made.load()


def measured(made: Pipeline, feeds: list[Feed], clock: Clock) -> dict[str, Took]:
    """One more run, step by step, and what looks at the whole lake."""
    steps: dict[str, Callable[[], Any]] = {
        "run: plan": lambda: made.mark_missed(feeds, made.plan(feeds)),
        "run: extract": lambda: made.extract(feeds),
        "run: transform": made.transform,
        "run: load": made.load,
        "reconcile --all": lambda: made.plan(feeds, whole=True),
        "verify": lambda: verify(made.store, clock(), followed=feeds),
    }
    found = {}
    for name, work in steps.items():
        with counted(made.store) as requests:
            begun = time.perf_counter()
            work()
            found[name] = Took(time.perf_counter() - begun, requests)
    clock.now += timedelta(hours=1)
    return found


def after(days: float, half: Took, whole: Took, half_days: int) -> Took:
    """A straight line through the two measurements."""

    def at(first: float, second: float) -> float:
        return max(second, first + (second - first) * (days - half_days) / half_days)

    names = half.requests | whole.requests
    requests = {n: at(half.requests[n], whole.requests[n]) for n in names}
    return Took(at(half.seconds, whole.seconds), Counter(requests))  # type: ignore[arg-type]


def main() -> None:
    count, days = (int(text) for text in [*sys.argv[1:], "50", "20"][:2])
    feeds = [
        Feed(name=f"list-{n}", source="playlist", source_id=f"{n:022d}", schedule="hourly")
        for n in range(count)
    ]
    clock, console, half = Clock(), Console(width=120), days // 2
    with tempfile.TemporaryDirectory() as name:
        made = pipeline(Path(name), feeds, clock)
        grow(made, feeds, clock, half * 24)
        first = measured(made, feeds, clock)
        grow(made, feeds, clock, (days - half) * 24)
        second = measured(made, feeds, clock)
        objects = Counter(listed.key.split("/")[0] for listed in made.store.listing(""))
    told = ", ".join(f"{number:,} {zone}" for zone, number in sorted(objects.items()))
    console.print(f"{count} hourly feeds, {days} days: {told}")
    table = Table("", f"{half} days", f"{days} days", "2 months", f"{YEARS} years")
    for name, whole in second.items():
        line = [str(after(d, first[name], whole, half)) for d in (61, 365 * YEARS)]
        in_months = name in ("run: plan", "run: extract", "run: transform")
        table.add_row(
            name, str(first[name]), str(whole), line[0], "as 2 months" if in_months else line[1]
        )
    console.print(table)


if __name__ == "__main__":
    main()
