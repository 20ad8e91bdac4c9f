"""How long from a slot to what people see in the cloud: a model, as nothing here is AWS.

Run it from the repository: .venv/bin/python benchmarks/aws_visible.py [--feeds 10]

What a run asks of AWS is counted, by publishing a small lake over the stand-ins of the tests; how
long each such thing takes on AWS is assumed, in ASSUMED, on the slow side of what people report.
The marts are made in the order in which publishing makes them, so many at a time.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.aws.fake_aws import Aws
from tests.aws.stack import NAME, lake_of, open_stack
from tests.spark.world import NOW, fill

from chartlake.aws.athena import Athena
from chartlake.aws.marts import AT_ONCE
from chartlake.aws.warehouse import AthenaWarehouse
from chartlake.lake.store import Store
from chartlake.transform.build import Place, build_slots, unbuilt
from chartlake.transform.engine import LocalEngine
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.shapes import shapes
from chartlake.warehouse.sql import STEPS

ASSUMED = {
    "the scheduler is late by": 60.0,
    "a step of the state machine": 0.5,
    "a function starts cold in": 5.0,
    "a request to Spotify, one at a time": 0.5,
    "requests for each feed": 3.0,
    "hydration reads for": 30.0,
    "a request to S3 or Glue": 0.08,
    "a query of Athena, queue and all": 4.0,
}
WORKERS = 8
ATHENA = "ATHENA"
"""The key by which the stand-in for Athena is known."""
CHOSEN = Choices(as_warnings=frozenset({"nothing_from_the_future"}))


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--feeds", type=int, default=10)
    feeds = parser.parse_args().feeds
    asked = counted()
    console = Console()
    tell(console, "assumed", ((what, f"{seconds:g}") for what, seconds in ASSUMED.items()))
    tell(console, "asked by one publishing", ((k, str(n)) for k, n in sorted(asked.items())))
    parts = model(asked, feeds)
    total = sum(parts.values())
    parts["slot to visible"] = total
    tell(console, f"{feeds} feeds, seconds", ((k, f"{v:.0f}") for k, v in parts.items()))
    console.print(f"{total / 60:.1f} minutes; the aim is less than 5")


def counted() -> Counter[str]:
    """What publishing one more slot asks of AWS; what Athena asks by itself is not counted."""
    marts = sum(file.kind == "table" for file in STEPS)
    with pytest.MonkeyPatch.context() as patch, open_stack(patch) as aws:
        store = lake_of()
        fill(store)
        places = unbuilt(store)
        last = [place for place in places if place.feed == "afters"][-1]
        publish(aws, store, [place for place in places if place != last])
        aws.requests.clear()
        publish(aws, store, [last])
        targets = Counter(r.headers.get("x-amz-target", "S3") for r in aws.requests)
        ours = [r for r in aws.requests if r.key != ATHENA]
        services = Counter(r.headers.get("x-amz-target", "S3").partition(".")[0] for r in ours)
    queries = targets["AmazonAthena.StartQueryExecution"]
    return Counter(
        {
            "queries of Athena for marts": marts,
            "queries of Athena for checks": queries - marts,
            "requests to Glue": services["AWSGlue"],
            "requests to S3": services["S3"],
        }
    )


def publish(aws: Aws, store: Store, places: list[Place]) -> None:
    build_slots(store, LocalEngine(), places, NOW)
    athena = Athena(aws.client("athena", ATHENA), NAME, lambda seconds: None)
    glue = aws.client("glue", "PUBLISH")
    AthenaWarehouse(store, athena, glue, NAME, CHOSEN).load(store, NOW)


def model(asked: Counter[str], feeds: int) -> dict[str, float]:
    """Seconds of each part, one after another."""
    cold, query = ASSUMED["a function starts cold in"], ASSUMED["a query of Athena, queue and all"]
    reading = feeds * ASSUMED["requests for each feed"]
    checks = -(-asked["queries of Athena for checks"] // AT_ONCE)
    request = ASSUMED["a request to S3 or Glue"]
    plain = asked["requests to Glue"] / WORKERS + asked["requests to S3"]
    return {
        "the scheduler": ASSUMED["the scheduler is late by"],
        "the state machine": 8 * ASSUMED["a step of the state machine"],
        "extract": cold + reading * ASSUMED["a request to Spotify, one at a time"],
        "hydrate": ASSUMED["hydration reads for"],
        "transform": cold + feeds * 3 * request,
        "publish: a cold start": cold,
        "publish: marts": query * rounds_of_marts(),
        "publish: checks": query * checks,
        "publish: Glue and S3": plain * request,
    }


def rounds_of_marts() -> int:
    """How many queries follow each other, where so many at a time are run."""
    waiting = {s.name: set(shapes()[s.name].after) for s in STEPS if s.kind == "table"}
    rounds = 0
    while waiting:
        ready = [name for name, after in waiting.items() if not after & waiting.keys()][:AT_ONCE]
        for name in ready:
            del waiting[name]
        rounds += 1
    return rounds


def tell(console: Console, title: str, rows: Iterable[tuple[str, str]]) -> None:
    table = Table(title, "")
    for row in rows:
        table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    main()
