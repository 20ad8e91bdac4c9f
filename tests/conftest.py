"""What every test gets: no way out of the machine, a clean environment, and real stand-ins.

`@pytest.mark.needs("real-data")` marks a test that needs a thing not everybody has. Without the
thing the test is skipped, the run's last lines tell how many were and how to get it, and
`REQUIRE=real-data`, `REQUIRE=all` or `REQUIRE=all,-real-data` makes its absence a failure.
`@pytest.mark.long` marks a test that takes minutes: `make test-long`, or `pytest --long`.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import hypothesis
import pytest
from _pytest.nodeid import NodeId

ROOT = Path(__file__).resolve().parent.parent
REAL_DATA = Path(os.environ.get("REAL_DATA") or ROOT.parent / "shared" / "data")
LAMBDA_REQUIREMENTS = ROOT / "src" / "chartlake" / "aws" / "requirements-lambda.txt"
SPEC = ROOT.parent / "shared" / "spec" / "spotify-open-api.yml"

# Terminal libraries read these when they are imported: CI services set some, and then a test
# that compares output would see colours there and none at home.
for _name in ("CLICOLOR_FORCE", "FORCE_COLOR", "GITHUB_ACTIONS", "NO_COLOR", "PY_COLORS"):
    os.environ.pop(_name, None)


# A job in the background has Ctrl-C ignored, and so would the programs that tests start there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# What a test may need --------------------------------------------------------


@dataclass(frozen=True)
class Need:
    """A thing that tests may need: whether it is here, and how to get it."""

    is_here: Callable[[], bool]
    how: str


def _has_real_data() -> bool:
    return REAL_DATA.is_dir() and any(REAL_DATA.iterdir())


# A new network has only loopback, and that is down: SIOCSIFFLAGS sets IFF_UP and IFF_RUNNING.
_LOOPBACK_UP_AND_RUN = """
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x41))
os.execvp(sys.argv[1], sys.argv[1:])
"""
WITHOUT_NETWORK = ("unshare", "-rn", sys.executable, "-c", _LOOPBACK_UP_AND_RUN)
"""What stands before a command to run it with loopback and no other network."""


def _has_namespaces() -> bool:
    if shutil.which("unshare") is None:
        return False
    done = subprocess.run([*WITHOUT_NETWORK, "true"], capture_output=True, check=False)
    return done.returncode == 0


OWN_MOUNTS = ("unshare", "-rm")
"""What stands before a command to run it where it may mount disks that nobody else sees."""


def _has_small_disks() -> bool:
    if shutil.which("unshare") is None:
        return False
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tempfile.gettempdir()]
    done = subprocess.run([*OWN_MOUNTS, *mount], capture_output=True, check=False)
    return done.returncode == 0


def _has_java() -> bool:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home, "bin")) if home else None)
    if java is None:
        return False
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    return version is not None and int(version[1]) >= 17


def _has_index() -> bool:
    """Whether what the functions carry can be found: nothing is downloaded for the answer."""
    uv = Path(sys.prefix, "bin", "uv")
    if not uv.exists():
        return False
    with tempfile.TemporaryDirectory() as folder:
        where = ["--target", folder, "--python", sys.executable, "--python-version", "3.13"]
        platform = ["--python-platform", "aarch64-manylinux_2_28", "--only-binary", ":all:"]
        what = ["--no-deps", "--require-hashes", "-r", str(LAMBDA_REQUIREMENTS)]
        done = subprocess.run(
            [uv, "pip", "install", "--dry-run", *where, *platform, *what],
            env=os.environ | {"UV_PYTHON_DOWNLOADS": "never", "UV_HTTP_RETRIES": "0"},
            capture_output=True,
            check=False,
        )
    return done.returncode == 0


IAM_SIMULATION = ROOT / "tests" / "aws" / "iam"


def _has_simulator() -> bool:
    package = IAM_SIMULATION / "node_modules" / "@cloud-copilot" / "iam-simulate"
    return package.is_dir() and shutil.which("node") is not None


CHECKOV = "checkov==3.3.30"
_OF_UV = ("-m", "uv", "tool", "run", "--offline", "--python", sys.executable)
OUT_OF_UVS_CACHE = (sys.executable, *_OF_UV, "--from", CHECKOV)
"""What stands before `checkov`: it pins an old boto3, and so has an environment of its own."""


def _has_checkov() -> bool:
    start = [*OUT_OF_UVS_CACHE, "python", "-c", ""]
    return subprocess.run(start, capture_output=True, check=False).returncode == 0


NEEDS = {
    "checkov": Need(cache(_has_checkov), f"uv tool run --from {CHECKOV} checkov --version"),
    "iam-simulate": Need(
        _has_simulator, "install Node.js 20 or later, and run: npm ci --prefix tests/aws/iam"
    ),
    "index": Need(
        cache(_has_index),
        "let uv reach a package index (`.venv/bin/uv pip install` does)",
    ),
    "java": Need(
        cache(_has_java),
        "install Java 17 or later (Debian, Ubuntu: sudo apt install openjdk-17-jre-headless)",
    ),
    "real-data": Need(
        cache(_has_real_data),
        "put real charts and captures in the folder named by REAL_DATA",
    ),
    "spec": Need(
        SPEC.is_file,
        f"put Spotify's OpenAPI file at {SPEC} (github.com/sonallux/spotify-web-api has it)",
    ),
    "tmpfs": Need(
        cache(_has_small_disks),
        "run on Linux where `unshare -rm mount -t tmpfs tmpfs /tmp` works",
    ),
    "unshare": Need(
        cache(_has_namespaces),
        "run on Linux where `unshare -rn true` works (a kernel that lets users make namespaces)",
    ),
}
LONG = "long"
HOW = {name: need.how for name, need in NEEDS.items()} | {LONG: "make test-long"}
SKIPPED_FOR = "skipped_for"


def required(text: str) -> frozenset[str]:
    """The needs that `REQUIRE` names: names between commas, `all`, and `-name` to take one out."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word.removeprefix("-") not in (*NEEDS, "all")]
    if unknown:
        raise pytest.UsageError(
            f"REQUIRE={text}: {unknown[0]} is no need; there are: all, {', '.join(NEEDS)}"
        )
    wanted = set(NEEDS) if "all" in words else {word for word in words if not word.startswith("-")}
    return frozenset(wanted - {word.removeprefix("-") for word in words if word.startswith("-")})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests that take minutes")


def pytest_configure(config: pytest.Config) -> None:
    # a slow machine is no failure, and what was found must be found again
    hypothesis.settings.register_profile("chartlake", deadline=None, print_blob=True)
    hypothesis.settings.load_profile("chartlake")
    config.addinivalue_line("markers", "long: takes minutes; runs with --long")
    config.addinivalue_line("markers", "needs(*names): skipped where one is missing; see conftest")
    required(os.environ.get("REQUIRE", ""))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("loadgroup", False):
        _name_groups(items)
    for item in items:
        for name in _needs_of(item):
            if name not in NEEDS:
                raise pytest.UsageError(
                    f"{item.nodeid} needs {name!r}; there are: {', '.join(NEEDS)}"
                )


def _name_groups(items: list[pytest.Item]) -> None:
    """Name the group in the id, by which xdist sends its tests to one worker.

    xdist 3.8 does so itself, where pytest 9.2 no longer looks (pytest-xdist#1386).
    """
    for item in items:
        if group := item.get_closest_marker("xdist_group"):
            item._id = NodeId.parse(f"{item.nodeid}@{group.args[0]}")


def _needs_of(item: pytest.Item) -> list[str]:
    return [name for mark in item.iter_markers("needs") for name in mark.args]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker(LONG) and not item.config.getoption("--long"):
        _skip(item, LONG, f"takes minutes: {HOW[LONG]}")
    for name in _needs_of(item):
        if NEEDS[name].is_here():
            continue
        if name in required(os.environ.get("REQUIRE", "")):
            pytest.fail(f"REQUIRE asks for {name}, which is not here: {HOW[name]}", pytrace=False)
        _skip(item, name, f"needs {name}: {HOW[name]}")


def _skip(item: pytest.Item, name: str, reason: str) -> None:
    item.user_properties.append((SKIPPED_FOR, name))  # this travels from a worker to the summary
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts = Counter(
        str(value)
        for report in terminalreporter.stats.get("skipped", [])
        for key, value in getattr(report, "user_properties", [])
        if key == SKIPPED_FOR
    )
    if counts:
        terminalreporter.section("not run here, and how to run it")
        for name, count in sorted(counts.items()):
            tests = "test" if count == 1 else "tests"
            terminalreporter.line(f"{name}: {count} {tests} skipped. To run: {HOW[name]}")


# What every test stands on ---------------------------------------------------


class OutgoingConnectionError(Exception):
    """A test tried to leave the machine."""


def _is_this_machine(address: Any) -> bool:
    if not isinstance(address, tuple):  # a path: a Unix socket
        return True
    host = str(address[0])
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session", autouse=True)
def _no_way_out() -> Iterator[None]:
    """Within this process; a program that a test starts has `needs("unshare")` for that."""

    def guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
        def guard(self: socket.socket, address: Any) -> Any:
            if not _is_this_machine(address):
                raise OutgoingConnectionError(f"a test tried to connect to {address}")
            return connect(self, address)

        return guard

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
        yield


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No proxy between a test and its loopback servers, and nothing of the developer's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / uuid.uuid4().hex))
    for name in list(os.environ):
        is_proxy = name.upper().endswith("_PROXY")
        if is_proxy or name.startswith(("AWS_", "CHARTLAKE_", "SPOTIFY_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # nobody asks whether this is EC2


@pytest.fixture
def chartlake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """``chartlake("import", file)`` in an empty folder: `tests.commands.Command`."""
    from tests.commands import run_here  # not every test run has the product at hand

    monkeypatch.chdir(tmp_path)
    return run_here


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real charts and captures; for tests marked `needs("real-data")`."""
    return REAL_DATA


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 on this machine: moto, over real HTTP."""
    from moto.server import ThreadedMotoServer  # takes a second: only where it is asked for

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_url(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place in a new bucket of its own, with the environment that reaches it."""
    bucket = f"test-{uuid.uuid4().hex}"
    httpx2.put(f"{s3}/{bucket}", trust_env=False).raise_for_status()
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return f"s3://{bucket}/prefix"


@pytest.fixture
def second_bucket(s3: str) -> str:
    """The name of another new bucket."""
    bucket = f"test-{uuid.uuid4().hex}"
    httpx2.put(f"{s3}/{bucket}", trust_env=False).raise_for_status()
    return bucket
