"""chartlake simulator, as a process of its own: what it prints, what it serves, how it ends."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from chartlake.settings import read_settings
from chartlake.simulator import World
from tests.commands import PROGRAM, Command

VERIFIER = "v" * 64
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
HERE = "http://127.0.0.1:8765/callback"


class Running:
    """A simulator in another process, its lines as they come."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        )
        self.http = httpx2.Client(trust_env=False)
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def line(self) -> str:
        """The next line; fails where none comes."""
        return self._lines.get(timeout=30)

    def lines_to(self, start: str) -> list[str]:
        """The lines up to the one that starts so."""
        lines = [self.line()]
        while not lines[-1].startswith(start):
            lines.append(self.line())
        return lines

    def end(self, by: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Its exit code, and what it said on standard error."""
        assert self.process.stdout
        assert self.process.stderr
        self.http.close()
        self.process.send_signal(by)
        said = self.process.stderr.read()
        code = self.process.wait(30)
        self._reader.join(30)
        self.process.stdout.close()
        self.process.stderr.close()
        return code, said

    def get(self, about: dict[str, Any], path: str) -> httpx2.Response:
        """An answer to the app's own token."""
        secret = (about["client_id"], about["client_secret"])
        form = {"grant_type": "client_credentials"}
        token = self.http.post(about["token_url"], auth=secret, data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.get(about["api_url"] + path, headers=headers)


Run = Callable[..., Running]


@pytest.fixture
def run() -> Iterator[Run]:
    running: list[Running] = []

    def start(*words: str) -> Running:
        running.append(Running(*words))
        return running[-1]

    yield start
    for one in running:
        if one.process.returncode is None:
            one.end(signal.SIGKILL)


def playlist_path(about: dict[str, Any]) -> str:
    return "/playlists/" + str(about["playlists"][0]["url"]).rpartition("/")[2]


def test_a_person_sees_all_that_is_needed(run: Run, tmp_path: Path) -> None:
    simulator = run("simulator")
    lines = simulator.lines_to("In development mode")
    text = "\n".join(lines)
    for user in World().users:
        assert user.user_id in text
    toml, _, rest = text.partition("\nchartlake.toml\n")[2].partition("\n.env\n")
    (tmp_path / "chartlake.toml").write_text(toml)
    (tmp_path / ".env").write_text(rest.splitlines()[0])
    settings = read_settings(tmp_path)
    assert settings.spotify.client_id == "simulated-client"
    assert settings.spotify.client_secret is not None
    assert settings.spotify.client_secret.get_secret_value() == "simulated-secret"
    assert [feed.source for feed in settings.feeds.values()] == ["playlist"]
    for name in ("api_url", "authorize_url", "token_url"):
        url = getattr(settings.spotify, name)
        assert f"{name:<14} {url}" in lines
        assert simulator.http.get(url).status_code in (400, 404, 405)
    assert simulator.end() == (0, "stopped after 0 requests to the Web API\n")


def test_a_program_reads_one_line_and_uses_it(run: Run) -> None:
    simulator = run("simulator", "--json", "--mode", "extended", "--shape", "both")
    about = json.loads(simulator.line())
    assert about["mode"] == "extended"
    assert about["date"] == "2026-11-20"
    answer = simulator.get(about, playlist_path(about))
    assert answer.status_code == 200
    assert {"items", "tracks"} <= answer.json().keys()
    assert answer.headers["date"].startswith("Fri, 20 Nov 2026 04:0")
    assert {user["user_id"] for user in about["users"]} == {u.user_id for u in World().users}
    code, said = simulator.end()
    assert (code, said) == (0, "stopped after 1 requests to the Web API\n")


def test_a_user_signs_in_without_a_click(run: Run) -> None:
    simulator = run("simulator", "--json", "--approve", "at-once")
    about = json.loads(simulator.line())
    asked = {
        "client_id": about["client_id"],
        "response_type": "code",
        "redirect_uri": HERE,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    back = simulator.http.get(about["authorize_url"], params=asked)
    form = {
        "grant_type": "authorization_code",
        "client_id": about["client_id"],
        "redirect_uri": HERE,
        "code": parse_qs(urlsplit(back.headers["location"]).query)["code"][0],
        "code_verifier": VERIFIER,
    }
    token = simulator.http.post(about["token_url"], data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    url = about["api_url"] + playlist_path(about)
    # the first user owns the charts, so even an app in development mode may read them
    assert len(simulator.http.get(url, headers=headers).json()["items"]["items"]) == 50
    assert simulator.end()[0] == 0


def test_options_reach_the_world_and_the_limits(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "faults.toml"
    script.write_text('[[fault]]\nkind = "status"\ncode = 503\nnth = 2\n')
    port = free_port()
    words = ("--date", "2026-12-01", "--window", "2", "--faults", str(script), "--port", str(port))
    simulator = run("-v", "simulator", "--json", "--mode", "extended", "--seed", "7", *words)
    about = json.loads(simulator.line())
    assert about["api_url"] == f"http://127.0.0.1:{port}/v1"
    world = World(seed=7)
    assert playlist_path(about) == f"/playlists/{world.playlists[0].playlist_id}"
    first = simulator.get(about, playlist_path(about))
    assert first.headers["date"].startswith("Tue, 01 Dec 2026")
    snapshot_id = world.snapshot_id(world.playlists[0], world.last_date.replace(month=12, day=1))
    assert first.json()["snapshot_id"] == snapshot_id
    statuses = [simulator.get(about, playlist_path(about)).status_code for _ in range(3)]
    assert statuses == [503, 200, 429]
    simulator.get(about, "/me?market=DE")
    code, said = simulator.end(signal.SIGTERM)
    assert code == 0
    assert f"503 GET /v1{playlist_path(about)}" in said
    assert "429 GET /v1/me?market=DE" in said
    assert "200 POST /api/token" in said


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_no_request_is_logged_unless_asked_for(run: Run) -> None:
    simulator = run("simulator", "--json")
    about = json.loads(simulator.line())
    assert simulator.get(about, "/tracks/nonsense").status_code == 400
    assert simulator.end() == (0, "stopped after 1 requests to the Web API\n")


def test_a_port_that_is_taken(chartlake: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = chartlake("simulator", "--port", port)
    assert said.code == 2
    assert f"cannot listen on port {port}" in said.err
    assert "--port 0 takes a free one" in said.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--date", "2025-01-01"], "a day from 2026-07-24 to 2027-01-01"),
        (["--date", "tomorrow"], "tomorrow"),
        (["--mode", "generous"], "generous"),
        (["--shape", "2025"], "2025"),
        (["--approve", "perhaps"], "perhaps"),
        (["--window", "0"], "--window"),
        (["--faults", "none.toml"], "--faults none.toml: cannot be read"),
        (["--faults", "wrong.toml"], "wrong.toml: fault 1: unknown kind 'flood'"),
    ],
)
def test_wrong_options_are_refused_before_it_listens(
    chartlake: Command, tmp_path: Path, words: list[str], says: str
) -> None:
    (tmp_path / "wrong.toml").write_text('[[fault]]\nkind = "flood"\n')
    said = chartlake("simulator", *words)
    assert said.code == 2
    assert says in said.err
    assert said.out == ""
