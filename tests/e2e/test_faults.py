"""What a person sees over several runs when Spotify misbehaves; `test_fault_table` has one of each.

Here are those whose right end shows later: sign-ins that end, lists that are gone, quotas.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from chartlake.lake import aside, raw, tombstones
from chartlake.simulator import Mixtape, Simulator, World
from chartlake.simulator.faults import status, too_many
from chartlake.wiring.project import open_project
from tests.commands import Command
from tests.e2e.projects import (
    SimulatedTime,
    give_token,
    lake_of,
    make_tape,
    playlist_feed,
    warehouse_of,
    write_feeds,
)
from tests.extract.server import Answer, Server, answer, error

GOOD, BAD = "37i9dQZEVXbMDoHDwVN2tF", "0B2cDNTC9qU3Vggu3eigG0"
LISTED = [{"item": {"id": "a" * 22, "type": "track", "name": "Song", "artists": []}}]
PLAYLIST = {"name": "Mine", "snapshot_id": "1", "items": {"items": LISTED, "total": 1}}
IDS = [str(number) + "abcdefghijklmnopqrstu" for number in range(1, 5)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with one sound playlist, and a project that follows it after another one."""
    running = Server()
    running.script(f"/v1/playlists/{GOOD}", answer(PLAYLIST))
    feeds = "".join(
        f'[feeds.{name}]\nsource = "playlist"\nplaylist = "{playlist}"\nschedule = "daily"\n'
        for name, playlist in (("bad", BAD), ("good", GOOD))
    )
    (tmp_path / "chartlake.toml").write_text(f'[spotify]\napi_url = "{running.url}/v1"\n{feeds}')
    (tmp_path / ".env").write_text("CHARTLAKE_SPOTIFY__ACCESS_TOKEN=given\n")
    yield running
    running.close()


@pytest.fixture
def spotify(world: World, moment: SimulatedTime, tmp_path: Path) -> Iterator[Simulator]:
    """Four playlists of a user, two pages each, and a project that follows them."""
    for number, playlist_id in enumerate(IDS):
        make_tape(world, playlist_id, world.tracks[number * 60 : number * 60 + 60])
    with Simulator(world, moment, mode="development", approve="at once") as running:
        feeds = {f"list-{number}": playlist_feed(i) for number, i in enumerate(IDS, start=1)}
        write_feeds(tmp_path, running, feeds, client_id="simulated-client")
        yield running


@pytest.mark.usefixtures("moment")
@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (error(404), 3, "does not show playlist"),
        (error(403), 3, "does not let this app read the items"),
        (Answer(b'{"name": "Mine", "items": {"items": [{"item"'), 3, "is not whole JSON"),
    ],
)
def test_one_feed_fails_and_the_other_is_kept(
    chartlake: Command, server: Server, fault: Answer, code: int, words: str
) -> None:
    server.script(f"/v1/playlists/{BAD}", fault)
    done = chartlake("run")
    assert done.code == code
    assert words in done.err
    assert "feed bad: " in done.err
    assert _feeds(chartlake) == ["good"]
    assert [one["feed"] for one in chartlake("lake", "ls", "--json").json()["rows"]] == ["good"]
    failures = chartlake("status", "--json").json()["failures"]
    assert [failure["feed"] for failure in failures] == ["bad"]


def test_a_quota_that_is_used_up_ends_the_run_at_once(
    chartlake: Command, server: Server, moment: SimulatedTime
) -> None:
    quota = error(429, reason="QUOTA_EXCEEDED", Retry_After="79892")
    server.script(f"/v1/playlists/{BAD}", quota, answer(PLAYLIST))
    done = chartlake("run")
    assert done.code == 75
    assert "wait 22.2 hours" in done.err
    asked = len(server.requests)
    assert asked <= 2  # the other feed's may have been under way
    moment.move(hours=22)
    again = chartlake("run")
    assert again.code == 75
    assert "not asked before 2026-11-20 22:41 UTC" in again.err
    assert "not asked before 2026-11-20 22:41 UTC" in chartlake("run", "--dry-run").err
    assert "not asked before 2026-11-20 22:41 UTC" in chartlake("doctor").out
    assert len(server.requests) == asked
    moment.move(minutes=15)
    assert chartlake("run").code == 0
    assert _feeds(chartlake) == ["bad", "good"]


@pytest.mark.usefixtures("browser")
def test_an_expired_token_is_refreshed_once_for_all_workers(
    chartlake: Command, spotify: Simulator, world: World, tmp_path: Path
) -> None:
    assert chartlake("login").code == 0
    asked, tokens = spotify.request_count, spotify.token_request_count
    # all four are at their first page; before any of these answers leaves, the token ends
    together = Barrier(len(IDS), action=spotify.expire_access_tokens)

    def meet(tape: Mixtape) -> None:
        if tape.reads == 1:
            together.wait(timeout=20)

    for playlist_id in IDS:
        world.mixtapes[playlist_id].on_read = meet
    done = chartlake("run", "-q")
    assert done.code == 0, done.err
    assert spotify.token_request_count - tokens == 1
    store, statuses = lake_of(tmp_path), []
    for feed in (f"list-{number}" for number in range(1, 5)):
        (slot,) = raw.latest_revisions(store, feed)
        manifest = raw.read_manifest(store, feed, slot, 1)
        assert manifest.item_count == 60
        statuses.append([request.status for request in manifest.requests])
    # who was refused has asked the same once more, and nothing else was repeated
    assert {tuple(each) for each in statuses} <= {(200, 401, 200, 200), (200, 200, 200)}
    assert 1 <= sum(each.count(401) for each in statuses) <= len(IDS)
    assert spotify.request_count - asked == sum(map(len, statuses))


@pytest.mark.usefixtures("browser")
def test_a_sign_in_that_was_revoked_asks_for_a_new_one(
    chartlake: Command, spotify: Simulator, world: World
) -> None:
    assert chartlake("login").code == 0
    spotify.revoke(world.users[0].user_id)
    spotify.expire_access_tokens()
    for refused, asked in ((4, 1), (0, 0)):  # up to four workers hold the old token
        before = spotify.request_count, spotify.token_request_count
        done = chartlake("run", "-q")
        assert done.code == 3
        # once in Spotify's words, and once for all who need not ask any more
        assert done.err.count("the sign-in of account default has ended: log in again") <= 2
        assert all(f"list-{number}" in done.err for number in range(1, 5))
        assert "fix   chartlake login" in done.err
        assert spotify.request_count - before[0] <= refused
        assert spotify.token_request_count - before[1] == asked
    assert chartlake("login").code == 0
    assert chartlake("run", "-q").code == 0


@pytest.mark.usefixtures("browser")
def test_a_sign_in_ends_after_six_months(
    chartlake: Command, spotify: Simulator, moment: SimulatedTime
) -> None:
    assert chartlake("login").code == 0
    before = spotify.request_count, spotify.token_request_count
    moment.move(days=160)
    warned = chartlake("run", "-q")
    assert warned.code == 0, warned.err
    assert "sign in again before 2027-05-20" in warned.err
    moment.move(days=30)
    asked = spotify.request_count
    ended = chartlake("run", "-q")
    assert ended.code == 3
    assert "log in again" in ended.err
    assert "Spotify ends each after six months" in ended.err
    assert spotify.request_count == asked
    assert spotify.token_request_count - before[1] == 1


def test_what_is_gone_twice_running_is_closed(
    chartlake: Command, spotify: Simulator, world: World, moment: SimulatedTime, tmp_path: Path
) -> None:
    def run(days: int = 1) -> tuple[int, int, str]:
        moment.move(days=days)
        give_token(tmp_path, spotify, world.users[0].user_id)
        before = spotify.request_count
        done = chartlake("run", "-q", "--feed", "list-1")
        return done.code, spotify.request_count - before, " ".join(done.err.split())

    tape = world.mixtapes[IDS[0]]
    assert run(0)[:2] == (0, 3)
    tape.gone = True
    assert run()[:2] == (3, 1)
    assert run(0)[:2] == (3, 1)  # the same slot again says nothing new
    tape.gone = False
    assert run()[0] == 0
    tape.gone = True
    assert run()[:2] == (3, 1)  # a slot between them was there: counted anew
    store = lake_of(tmp_path)
    assert list(store.keys("tombstones/")) == []
    code, asked, said = run()
    assert (code, asked) == (3, 1)
    assert "not asked for any more" in said
    assert list(store.keys("tombstones/")) == ["tombstones/list-1.json"]
    code, asked, said = run()
    assert (code, asked, said) == (0, 0, "")  # told once, and by status from now on

    dates = "select chart_date::varchar from editions order by 1"
    assert warehouse_of(tmp_path).query(dates).rows == [("2026-11-20",), ("2026-11-22",)]
    assert "closed: list-1" in chartlake("status").err
    tape.gone = False
    tombstones.reopen(store, "list-1")
    assert run()[:2] == (0, 1)  # unchanged, as far as its version tells
    failures = aside.list_failures(store, [("list-1", slot) for slot in _slots("21", "23", "24")])
    assert [failure.status for failure in failures] == [404] * 3


def test_other_failures_close_nothing(
    chartlake: Command, spotify: Simulator, world: World, moment: SimulatedTime, tmp_path: Path
) -> None:
    """An outage between two days on which it was gone: not two days running."""
    for fault in (status(404, every=1), status(503, every=1), status(404, every=1), None):
        give_token(tmp_path, spotify, world.users[0].user_id)
        spotify.faults.clear()
        if fault:
            spotify.faults.add(fault)
        assert chartlake("run", "-q", "--feed", "list-1").code == (3 if fault else 0)
        moment.move(days=1)
    assert list(lake_of(tmp_path).keys("tombstones/")) == []
    # three days are missing, and nobody left the chart on them
    warehouse = warehouse_of(tmp_path)
    assert warehouse.query("select count(*) from entries").rows == [(60,)]
    assert warehouse.query("select count(*) from chart_exits").rows == [(0,)]


def test_a_short_wait_is_waited_once_by_all(
    chartlake: Command,
    spotify: Simulator,
    world: World,
    tmp_path: Path,
    moment: SimulatedTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a real clock: one of two workers is told to wait for a second, both do."""

    def opened(settings: Any) -> Any:
        return open_project(settings, moment)

    monkeypatch.setattr("chartlake.cli.options.open_project", opened)
    give_token(tmp_path, spotify, world.users[0].user_id)
    spotify.faults.add(too_many(1, nth=2))
    started = time.monotonic()
    done = chartlake("run", "-q", "--feed", "list-1", "--feed", "list-2")
    assert done.code == 0, done.err
    assert time.monotonic() - started >= 1
    assert spotify.request_count == 2 * 3 + 1
    assert warehouse_of(tmp_path).query("select count(*) from entries").rows == [(120,)]


def _slots(*days: str) -> Iterator[Any]:
    return (f"202611{day}T000000Z" for day in days)


def _feeds(chartlake: Command) -> list[Any]:
    rows = chartlake("query", "select feed from editions order by 1", "--json").json()["rows"]
    return [row["feed"] for row in rows]
