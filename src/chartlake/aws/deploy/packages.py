"""The packages of the functions, fetched for where they run: Linux on arm64, Python 3.13.

Only wheels, and only those whose hashes stand in the requirements: nothing is built here, and
nothing is run of what was fetched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from chartlake.errors import ConfigError, StorageError

__all__ = ["fetch_packages", "installers"]

_PYTHON = "3.13"
_GLIBC = ("2_28", "2_24", "2_17")  # Lambda's system, Amazon Linux 2023, has 2.34
_LAST_LINES = 15


def installers() -> list[Sequence[str]]:
    """What can fetch packages here, the best first: each as the beginning of a command."""
    beside = shutil.which("uv", path=str(Path(sys.executable).parent))
    uv = shutil.which("uv") or beside
    found: list[Sequence[str]] = [(uv, "pip", "install")] if uv else []
    return [*found, (sys.executable, "-m", "pip", "install")] if find_spec("pip") else found


def fetch_packages(
    requirements: Path, target: Path, available: Sequence[Sequence[str]] | None = None
) -> None:
    """Fetch what a requirements file names into a folder; it must be hashed line by line."""
    found = installers() if available is None else available
    if not found:
        raise ConfigError(
            "the functions' packages cannot be fetched: neither uv nor pip is here",
            fix="install uv (https://docs.astral.sh/uv), or: python -m ensurepip",
        )
    command = [*found[0], *_options(found[0]), "--target", str(target), "-r", str(requirements)]
    environment = os.environ | {"UV_PYTHON_DOWNLOADS": "never", "UV_LINK_MODE": "copy"}
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-_LAST_LINES:]
        raise StorageError(
            "the functions' packages could not be fetched",
            why="\n".join(said),
            fix="look at the network and at the package index that uv or pip uses",
        )


def _options(installer: Sequence[str]) -> list[str]:
    both = ["--only-binary", ":all:", "--require-hashes", "--no-deps", "--quiet"]
    if "-m" not in installer:
        platform = f"aarch64-manylinux_{_GLIBC[0]}"
        python = ["--python", sys.executable, "--python-version", _PYTHON]
        return [*both, "--python-platform", platform, *python]
    platforms = [f"manylinux_{version}_aarch64" for version in _GLIBC] + ["manylinux2014_aarch64"]
    named = [word for each in platforms for word in ("--platform", each)]
    python = ["--implementation", "cp", "--python-version", _PYTHON, "--no-compile"]
    return [*both, *named, *python, "--disable-pip-version-check"]
