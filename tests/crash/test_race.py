"""Two processes race for the same slots, builds and state on an S3: each is won once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from chartlake.lake import builds, raw
from chartlake.lake.state import read_state
from chartlake.lake.store import open_store
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.crash.driver import ROOT
from tests.crash.racer import ADDED, COUNT
from tests.crash.small_world import FEEDS, FIRST, check_committed

NAMES = ("left", "right")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket that serves one request at a time: only so is moto's create-only write atomic."""
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app))
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
    yield "s3://race/lake"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def racers(bucket: str) -> Iterator[list[subprocess.Popen[str]]]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.crash.racer", bucket, name],
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


def race(url: str, racers: list[subprocess.Popen[str]], rounds: int, folder: Path) -> None:
    store, wins = open_store(url), dict.fromkeys(NAMES, 0)
    for number in range(rounds):
        now = (FIRST + timedelta(days=number)).isoformat()
        done = at_once(racers, f"extract {now}")
        for feed in FEEDS:
            assert sorted(each[feed.name] for each in done) == ["new", "present"]
        # both build what is there, and one of the builds stands
        one, other = at_once(racers, f"build {now}")
        assert one == other or None in (one, other)
        at_once(racers, "count")
    assert read_state(store, COUNT, int) == rounds * len(NAMES) * ADDED
    assert len(list(builds.list_builds(store))) == rounds
    check_committed(store)
    for feed in FEEDS:
        found = raw.latest_revisions(store, feed.name)
        assert list(found.values()) == [1] * rounds
        for slot in found:
            wins[str(raw.read_manifest(store, feed.name, slot, 1).version)] += 1
    assert all(wins.values())
    print(f"{rounds} rounds, {rounds * len(FEEDS)} slots: {wins}")
    warehouse = DuckDBWarehouse(folder / "warehouse.duckdb")
    assert warehouse.load(store, FIRST + timedelta(days=rounds)).slots == rounds * len(FEEDS)
    assert not [check for check in warehouse.check() if check.failures]


def test_two_processes_race(
    bucket: str, racers: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    race(bucket, racers, 20, tmp_path)


@pytest.mark.long
def test_two_processes_race_a_hundred_times(
    bucket: str, racers: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    race(bucket, racers, 100, tmp_path)
