"""Every fault of extraction, against a real socket: what is stored, the code, the words, the cost.

The rows are in `fault_rows`; what takes more than one run is in `test_faults`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chartlake.lake import aside, raw
from chartlake.lake.store import Store
from chartlake.model import Slot
from chartlake.settings import read_settings
from chartlake.simulator import Mixtape, Simulator, World
from chartlake.simulator.records import Track
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.wiring.project import open_project
from tests.commands import Command
from tests.e2e.fault_rows import LIST, OTHER, ROWS, TRACKS, UNDISTURBED, Row, next_at
from tests.e2e.projects import (
    SimulatedTime,
    give_token,
    held_of,
    lake_of,
    make_tape,
    playlist_feed,
    warehouse_of,
    write_feeds,
)
from tests.extract.server import Server

SLOT = Slot("20261120T000000Z")
_STORED = """
select
    (select coalesce(list(item_kind), []) from entries where feed = 'list'),
    (select list(item_name order by position) from entries where feed = 'list'),
    (select count(*) from editions where feed = 'list' and item_count = 60),
    (select count(*) from rejects),
    (select count(distinct track_id) from track_observations where feed = 'list')
"""


@pytest.fixture
def spotify(world: World, moment: SimulatedTime) -> Iterator[Simulator]:
    make_tape(world, LIST, world.tracks[:60])
    make_tape(world, OTHER, world.tracks[60:63])
    with Simulator(world, moment, mode="development", approve="at once") as running:
        yield running


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.usefixtures("browser")
def test_a_fault(
    row: Row,
    chartlake: Command,
    spotify: Simulator,
    world: World,
    moment: SimulatedTime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _project(tmp_path, spotify, world, chartlake, signed_in=row.signed_in)
    _be_impatient(monkeypatch, moment, row.http_seconds)
    tape = world.mixtapes[LIST]
    row.tape(tape)
    for fault in row.faults:
        spotify.faults.add(fault)
    asked, tokens, started = spotify.request_count, spotify.token_request_count, moment()

    done = chartlake("run", "-q")

    said = " ".join(done.err.split())
    assert done.code == row.code, said
    assert [words for words in row.says if words not in said] == [], said
    assert spotify.request_count - asked == row.requests
    assert spotify.token_request_count - tokens == int(row.signed_in)  # one refresh, if any
    assert {name for name, _ in spotify.faults.struck} == {fault.name for fault in row.faults}
    waited = (moment() - started).total_seconds()
    assert row.waits <= waited <= row.waits * 4
    _assert_lake(lake_of(tmp_path), row, said)
    _assert_warehouse(warehouse_of(tmp_path), row, tape)
    if row.code == 3 and row.faults:
        spotify.faults.clear()
        with open_project(read_settings(tmp_path), moment, moment.retry()) as project:
            mended = project.pipeline.extract(project.feeds)
        statuses = [(result.status, result.records) for result in mended]
        assert statuses == [("new", 60), ("present", 0) if row.others else ("new", 3)]
        # of the four, those of the other feed are done, and what is held is not asked for again
        assert spotify.request_count - asked - row.requests == UNDISTURBED - row.others


def _assert_lake(store: Store, row: Row, said: str) -> None:
    slots = {name: list(raw.latest_revisions(store, name)) for name in ("list", "other")}
    assert [len(found) for found in slots.values()] == [row.committed, row.others]
    held = held_of(store, "list")
    assert len(held.pages if held else ()) == row.held
    for slot in slots["list"]:
        manifest = raw.read_manifest(store, "list", slot, 1)
        assert manifest.item_count == 60
        assert len(manifest.requests) == row.requests - 1
        assert len(list(raw.read_pages(store, manifest))) == row.pages
    failures = list(aside.list_failures(store, [("list", SLOT)]))
    assert len(failures) == (row.code not in (0, 75))
    assert all(failure.what in said for failure in failures)


def _assert_warehouse(warehouse: DuckDBWarehouse, row: Row, tape: Mixtape) -> None:
    ((kinds, names, editions, rejects, tracks),) = warehouse.query(_STORED).rows
    assert dict(Counter(kinds)) == row.kinds
    assert (editions, rejects, tracks) == (bool(row.kinds), row.rejects, row.tracks)
    if row.kinds == TRACKS:
        assert names == [track.name for track in tape.items if isinstance(track, Track)]
    for sql, found in row.sql.items():
        assert warehouse.query(sql).rows == [(found,)], sql


def test_next_on_another_host_is_not_followed(
    chartlake: Command, spotify: Simulator, world: World, tmp_path: Path
) -> None:
    _project(tmp_path, spotify, world, chartlake)
    elsewhere = Server()
    try:
        spotify.faults.add(next_at(elsewhere.url))
        assert chartlake("run", "-q").code == 0
    finally:
        elsewhere.close()
    assert elsewhere.requests == []
    assert spotify.request_count == UNDISTURBED
    assert elsewhere.url in chartlake("lake", "cat", "list", "2026-11-20").out
    _assert_warehouse(warehouse_of(tmp_path), Row("undisturbed"), world.mixtapes[LIST])


def _project(
    folder: Path,
    spotify: Simulator,
    world: World,
    chartlake: Command,
    *,
    signed_in: bool = False,
) -> None:
    feeds = {"list": playlist_feed(LIST), "other": playlist_feed(OTHER)}
    # one worker: what is asked after a fault is then no matter of luck
    write_feeds(folder, spotify, feeds, workers=1, client_id="simulated-client")
    if signed_in:
        done = chartlake("login")
        assert done.code == 0, done.err
    else:
        give_token(folder, spotify, world.users[0].user_id)


def _be_impatient(monkeypatch: pytest.MonkeyPatch, time: SimulatedTime, seconds: float) -> None:
    """The waits that only a real clock can measure are made short."""

    def opened(settings: Any) -> Any:
        project = open_project(settings, time, time.retry(longest_answer_seconds=0.5))
        project.spotify.api.http.timeout = httpx2.Timeout(seconds)
        return project

    monkeypatch.setattr("chartlake.cli.options.open_project", opened)
