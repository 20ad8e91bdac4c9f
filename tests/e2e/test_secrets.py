"""Secrets are in no output and in no file but the one of the account, whatever goes wrong.

A whole life is lived with every logger wide awake: the app by itself, a sign-in, runs that meet
each kind of fault, an error of our own, a given token, doctor, status, logout. Then all that was
printed and all that was written is searched for each secret there was, in each form it could take.
"""

from __future__ import annotations

import json
import logging
import stat
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from chartlake.extract.spotify import client as spotify_client
from chartlake.lake import raw
from chartlake.simulator import Fault, Simulator, World
from chartlake.simulator.answers import Answer
from chartlake.simulator.faults import (
    drip,
    html,
    late,
    quota_exceeded,
    reset,
    status,
    too_many,
    truncated,
)
from chartlake.wiring.project import open_project
from tests.commands import Command, Said
from tests.e2e.projects import (
    SimulatedTime,
    curated_of,
    files_of,
    held_of,
    lake_of,
    make_tape,
    playlist_feed,
    warehouse_of,
    write_feeds,
)

FOREIGN = "5hTkYc1dEbRm3uGwXz8JQo"
CLIENT_SECRET = "planted/client+secret=of the app"
Make = Callable[..., Fault]
OF_A_PAGE: list[Make] = [
    partial(status, 401),
    partial(status, 401, every=1),
    partial(status, 403),
    partial(status, 404),
    partial(status, 503, every=1),
    partial(status, 502, every=1),
    partial(too_many, 3),
    partial(reset, every=1),
    partial(reset, 300, every=1),
    partial(truncated, 300, every=1),
    partial(html, every=1),
    partial(late, 60, every=1),
    partial(drip, 60, 600, every=1),
]
OF_THE_SIGN_IN: list[Make] = [
    partial(status, 503, every=1),
    partial(status, 400, every=1),
    partial(html, every=1),
    partial(truncated, 40, every=1),
]
TAPES = [f"{number:02}abcdefghijklmnopqrst" for number in range(len(OF_A_PAGE) + 1)]


@pytest.fixture
def spotify(world: World, moment: SimulatedTime, tmp_path: Path) -> Iterator[Simulator]:
    for playlist_id in TAPES:
        make_tape(world, playlist_id, world.tracks[:52])
    make_tape(world, FOREIGN, world.tracks[:52], owner_id=world.users[1].user_id)
    with Simulator(
        world,
        moment,
        mode="development",
        client_secret=CLIENT_SECRET,
        approve="at once",
        rotate_refresh_tokens=True,
    ) as running:
        feeds = {f"list-{place:02}": playlist_feed(i) for place, i in enumerate(TAPES)}
        feeds["foreign"] = playlist_feed(FOREIGN)
        feeds["plays"] = {"source": "recently-played", "schedule": "hourly"}
        write_feeds(tmp_path, running, feeds)
        (tmp_path / ".env").write_text(
            "CHARTLAKE_SPOTIFY__CLIENT_ID=simulated-client\n"
            f"CHARTLAKE_SPOTIFY__CLIENT_SECRET='{CLIENT_SECRET}'\n"
        )
        yield running


@pytest.fixture
def _awake(monkeypatch: pytest.MonkeyPatch, moment: SimulatedTime) -> None:
    """Every logger lets everything through, and what takes long is given up soon."""
    monkeypatch.setattr(logging.Logger, "isEnabledFor", lambda logger, level: True)
    # threads of the servers here go on to log when a command and its output have ended
    monkeypatch.setattr(logging, "raiseExceptions", False)

    def opened(settings: Any) -> Any:
        retry = moment.retry(max_attempts=2, longest_answer_seconds=0.2)
        project = open_project(settings, moment, retry)
        project.spotify.api.http.timeout = httpx2.Timeout(0.5)
        return project

    monkeypatch.setattr("chartlake.cli.options.open_project", opened)


def echo(spotify: Simulator) -> Fault:
    """An error that repeats the token that it was sent."""

    def answer(answering: Callable[[], Answer]) -> Answer:
        said = {"error": {"status": 403, "message": f"cannot use {spotify.issued_tokens[-1]}"}}
        return replace(answering(), status=403, body=json.dumps(said).encode())

    return Fault("echo", answer, path=_page(TAPES[-1]), every=1)


def _page(playlist_id: str) -> str:
    return f"/v1/playlists/{playlist_id}/items"


@pytest.mark.usefixtures("browser", "_awake")
def test_secrets_are_nowhere(
    chartlake: Command,
    spotify: Simulator,
    moment: SimulatedTime,
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[Said] = []

    def say(*words: str) -> Said:
        said.append(chartlake("-v", *words))
        return said[-1]

    def run() -> int:
        moment.move(days=1)
        for playlist_id in TAPES:
            world.mixtapes[playlist_id].touch()  # so that it is read anew
        return say("run", "-q").code

    assert run() == 3  # the app by itself, which may not read what is somebody's
    assert say("login").code == 0

    faults = [make(path=_page(i)) for make, i in zip(OF_A_PAGE, TAPES, strict=False)]
    for fault in (*faults, echo(spotify)):
        spotify.faults.add(fault)
    spotify.expire_access_tokens()
    assert run() == 3
    assert {path for _, path in spotify.faults.struck} == {_page(i) for i in TAPES}

    for make in OF_THE_SIGN_IN:
        spotify.faults.clear()
        spotify.faults.add(make(path="/api/token"))
        spotify.expire_access_tokens()
        struck = len(spotify.faults.struck)
        assert run() == 3
        assert say("login").code == 3
        assert len(spotify.faults.struck) - struck > 1
    spotify.faults.clear()
    assert say("login").code == 0
    spotify.faults.add(quota_exceeded(7200, path=_page(TAPES[0])))
    assert run() in (3, 75)
    moment.move(hours=2)

    spotify.faults.clear()
    with monkeypatch.context() as broken:
        broken.setattr(spotify_client, "check_json", lambda answer, url: {}[answer.status])
        assert run() == 70
    assert "Traceback" in said[-1].err
    for words in ("doctor", "doctor --json", "status", "status --json", "run --json", "lake ls"):
        say(*words.split())

    told = "".join(one.err for one in said)
    awake = ("httpx2", "httpcore2.http11", "chartlake.extract.spotify.auth.grants")
    assert [name for name in awake if f" {name} " not in told] == []
    (kept,) = (file for file in (tmp_path / "accounts").iterdir() if file.suffix == ".json")
    tokens = [secret for secret in spotify.issued_secrets if secret in kept.read_text()]
    assert len(tokens) == 2  # the access token and the refresh token that hold now
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    _assert_nowhere(_all_that_is_there(tmp_path, said, but={str(kept)}), spotify)

    spotify.revoke(world.users[0].user_id)
    spotify.expire_access_tokens()
    assert run() == 3
    assert "log in again" in said[-1].err
    assert say("logout").code == 0
    given = spotify.issue_token(world.users[0].user_id)
    monkeypatch.setenv("CHARTLAKE_SPOTIFY__ACCESS_TOKEN", given)
    assert run() == 3
    spotify.expire_access_tokens()
    assert run() == 3
    toml = tmp_path / "chartlake.toml"
    before = toml.read_text()
    toml.write_text(before.replace("[spotify]", f"[spotify]\nclient_secret = '{CLIENT_SECRET}'"))
    assert say("doctor").code == 2
    toml.write_text(before)
    _assert_nowhere(_all_that_is_there(tmp_path, said), spotify)


def _all_that_is_there(
    folder: Path, said: list[Said], but: set[str] | None = None
) -> Iterator[tuple[str, bytes]]:
    for one in said:
        yield "output", (one.out + one.err).encode()
    for name, content in files_of(folder).items():
        if name not in {str(folder / ".env"), *(but or ())}:
            yield name, content
    store = lake_of(folder)
    for feed in raw.feeds(store):
        held = held_of(store, feed)
        for page in held.pages if held else ():
            yield "held", raw.read_kept(store, page, str(page.raw_key))
        for slot, revision in raw.latest_revisions(store, feed).items():
            for content in raw.read_pages(store, raw.read_manifest(store, feed, slot, revision)):
                yield f"raw of {feed} {slot}", content
    yield "curated", repr(curated_of(store)).encode()
    warehouse = warehouse_of(folder)
    for (table,) in warehouse.query("select table_name from information_schema.tables").rows:
        rows = warehouse.query(f"select * from {table}").rows
        yield f"warehouse table {table}", repr(rows).encode()


def _assert_nowhere(places: Iterator[tuple[str, bytes]], spotify: Simulator) -> None:
    secrets = (CLIENT_SECRET, *spotify.issued_secrets)
    assert len(secrets) > 10
    forms = [form for secret in secrets for form in _forms(secret)]
    seen = 0
    for place, content in places:
        seen += len(content)
        leaks = [form for form in forms if form in content]
        assert not leaks, f"{leaks[0]!r} is in {place}: {_around(content, leaks[0])!r}"
    assert seen > 100_000


def _forms(secret: str) -> Iterator[bytes]:
    plain = secret.encode()
    yield plain
    yield quote(secret, safe="").encode()
    yield quote(secret).replace("%20", "+").encode()
    yield plain.hex().encode()
    yield json.dumps(secret)[1:-1].encode()
    for encode in (b64encode, urlsafe_b64encode):
        for shift in range(3):  # wherever it begins in what is encoded
            encoded = encode(b"." * shift + plain)
            yield encoded[4 if shift else 0 : -4]


def _around(content: bytes, form: bytes) -> bytes:
    at = content.index(form)
    return content[max(0, at - 200) : at + 40]


def test_the_search_finds_what_is_there(spotify: Simulator) -> None:
    """A search that cannot find shows nothing."""
    token = spotify.issue_token("somebody")
    for seen in (
        f"Bearer {token}",
        f"code={quote(token)}&state=1",
        b64encode(f"x:{token}".encode()).decode(),
        b64encode(f"an-app:{token}".encode()).decode(),
        token.encode().hex(),
    ):
        assert any(form in seen.encode() for form in _forms(token)), seen
