"""The ground the other tests stand on holds."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import obstore
import pytest
from obstore.exceptions import AlreadyExistsError
from obstore.store import from_url

from tests.conftest import ROOT, WITHOUT_NETWORK, OutgoingConnectionError, required

Result = subprocess.CompletedProcess[str]
Run = Callable[..., Result]


def test_a_test_cannot_leave_the_machine() -> None:
    with socket.socket() as out, pytest.raises(OutgoingConnectionError, match=r"192\.0\.2\.1"):
        out.connect(("192.0.2.1", 80))
    with socket.socket() as out, pytest.raises(OutgoingConnectionError):
        out.connect_ex(("192.0.2.1", 80))


def test_a_test_reaches_its_own_servers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


@pytest.mark.needs("unshare")
def test_a_program_without_network_has_loopback_alone() -> None:
    code = (
        "import socket\n"
        "with socket.create_server(('127.0.0.1', 0)) as here:\n"
        "    socket.create_connection(here.getsockname()).close()\n"
        "print([name for _, name in socket.if_nameindex()])\n"
    )
    said = subprocess.check_output([*WITHOUT_NETWORK, sys.executable, "-c", code], text=True)

    assert "'lo'" in said
    assert "eth" not in said


def test_the_developers_environment_stays_outside() -> None:
    assert not [name for name in os.environ if name.startswith("CHARTLAKE_")]
    assert "https_proxy" not in {name.lower() for name in os.environ}


def test_the_s3_stand_in_creates_an_object_once(s3_url: str) -> None:
    store = from_url(s3_url)
    obstore.put(store, "a/b.json", b"first", mode="create")

    with pytest.raises(AlreadyExistsError):
        obstore.put(store, "a/b.json", b"second", mode="create")

    assert bytes(obstore.get(store, "a/b.json").bytes()) == b"first"


EVERYTHING = {
    "checkov",
    "iam-simulate",
    "index",
    "java",
    "real-data",
    "spec",
    "tmpfs",
    "unshare",
}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", set()),
        ("real-data", {"real-data"}),
        ("all", EVERYTHING),
        ("all,-real-data", EVERYTHING - {"real-data"}),
    ],
)
def test_require_names_what_must_be_there(text: str, names: set[str]) -> None:
    assert required(text) == names


def test_require_refuses_a_name_it_does_not_know() -> None:
    with pytest.raises(pytest.UsageError, match="real-data"):
        required("moon")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run pytest with this project's conftest over three tests that need something."""
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.needs('real-data')\ndef test_one(real_data): assert real_data.is_dir()\n"
        "@pytest.mark.needs('real-data')\ndef test_two(real_data): assert real_data.is_dir()\n"
        "@pytest.mark.long\ndef test_three(): pass\n"
    )

    def run(*arguments: str, require: str = "", data: Path = tmp_path / "nowhere") -> Result:
        asked = {"REQUIRE": require, "REAL_DATA": str(data)}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "no:cacheprovider", *arguments],
            cwd=tmp_path,
            env=os.environ | asked | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # quick to start
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_is_missing_is_told_at_the_end(run: Run, workers: str) -> None:
    done = run("-n", workers)

    assert done.returncode == 0, done.stdout
    assert "real-data: 2 tests skipped. To run: put real charts and captures" in done.stdout
    assert "long: 1 test skipped. To run: make test-long" in done.stdout
    assert "3 skipped" in done.stdout.splitlines()[-1]


def test_what_is_required_and_missing_fails(run: Run) -> None:
    done = run("-n", "2", require="all")

    assert done.returncode == 1, done.stdout
    assert "REQUIRE asks for real-data" in done.stdout
    assert "2 errors" in done.stdout.splitlines()[-1]


def test_what_is_there_is_used(run: Run, tmp_path: Path) -> None:
    done = run("--long", require="real-data", data=tmp_path)

    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout.splitlines()[-1]
    assert "not run here" not in done.stdout


def test_a_need_nobody_knows_stops_the_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n@pytest.mark.needs('moon')\ndef test_one(): pass\n"
    )

    done = run()

    assert done.returncode != 0
    assert "needs 'moon'" in done.stdout + done.stderr
