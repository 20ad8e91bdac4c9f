"""Two processes race for the same slots, builds and state on an S3: each is won once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import httpx2
import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from chartlake.lake import builds, raw
from chartlake.lake.state import read_state
from chartlake.lake.store import Store, open_store
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.crash.driver import ROOT
from tests.crash.racer import ADDED, COUNT
from tests.crash.small_world import FEEDS, FIRST, check_committed

NAMES = ("left", "right")
DAYS = 5


class Silent(WSGIRequestHandler):
    """What is asked is no news."""

    def log(self, type: str, message: str, *args: object) -> None:
        pass


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket that serves one request at a time: only so is moto's create-only write atomic."""
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, request_handler=Silent)
    thread = Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    httpx2.put(f"{address}/race", trust_env=False).raise_for_status()
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    yield "s3://race"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def racers(bucket: str) -> Iterator[list[subprocess.Popen[str]]]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.crash.racer", name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in NAMES
    ]
    yield processes
    for process in processes:
        process.communicate()


def at_once(racers: list[subprocess.Popen[str]], step: str) -> list[Any]:
    """What each of them answers to the same step."""
    for racer in racers:
        assert racer.stdin
        racer.stdin.write(f"{step}\n")
        racer.stdin.flush()
    return [json.loads(racer.stdout.readline()) for racer in racers if racer.stdout]


class Tally(NamedTuple):
    """Who won how often: the slots, and the builds that both had made."""

    slots: Counter[str]
    builds: Counter[str]


def race(bucket: str, racers: list[subprocess.Popen[str]], rounds: int, folder: Path) -> None:
    """One round is one day of two feeds; after some days a new lake is begun."""
    tally = Tally(Counter(), Counter())
    for number in range(0, rounds, DAYS):
        race_in(f"{bucket}/lake-{number}", racers, folder / f"{number}.duckdb", tally)
    print(f"{rounds} rounds: slots {dict(tally.slots)}, builds {dict(tally.builds)}")
    assert tally.slots.total() == rounds * len(FEEDS)
    assert tally.builds.total() == rounds
    # in an honest race nobody wins always
    assert set(tally.slots) == set(NAMES)


def race_in(url: str, racers: list[subprocess.Popen[str]], warehouse: Path, tally: Tally) -> None:
    store = open_store(url)
    for number in range(DAYS):
        now = (FIRST + timedelta(days=number)).isoformat()
        done = at_once(racers, f"extract {url} {now}")
        for feed in FEEDS:
            assert sorted(each[feed.name] for each in done) == ["new", "present"]
        # both build what is there, and one of the builds stands
        one, other = at_once(racers, f"build {url} {now}")
        assert one == other or None in (one, other)
        tally.builds["both made it" if one == other else "one found it made"] += 1
    at_once(racers, f"count {url}")
    assert read_state(store, COUNT, int) == len(NAMES) * ADDED
    assert len(list(builds.list_builds(store))) == DAYS
    check_committed(store)
    for feed in FEEDS:
        found = raw.latest_revisions(store, feed.name)
        assert list(found.values()) == [1] * DAYS
        for slot in found:
            tally.slots[str(raw.read_manifest(store, feed.name, slot, 1).version)] += 1
    check_rows(store, DuckDBWarehouse(warehouse))


def check_rows(store: Store, warehouse: DuckDBWarehouse) -> None:
    """Each slot is there once, with the rows of the manifest that stands."""
    assert warehouse.load(store, FIRST + timedelta(days=DAYS)).slots == DAYS * len(FEEDS)
    assert not [c for c in warehouse.check() if c.failures and c.severity == "error"]
    counts = warehouse.query("select feed, slot, count(*) from entries group by all").rows
    expected = [
        (feed.name, slot, raw.read_manifest(store, feed.name, slot, 1).item_count)
        for feed in FEEDS
        for slot in raw.latest_revisions(store, feed.name)
    ]
    assert sorted(counts) == sorted(expected)


def test_two_processes_race_for_a_hundred_slots(
    bucket: str, racers: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    race(bucket, racers, 100 // len(FEEDS), tmp_path)


@pytest.mark.long
def test_two_processes_race_a_hundred_times(
    bucket: str, racers: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    race(bucket, racers, 100, tmp_path)
