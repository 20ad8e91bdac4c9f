"""The wheel works on its own: in a clean environment, away from the source, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.conftest import NEEDS, ROOT, WITHOUT_NETWORK

UV = Path(sys.prefix, "bin", "uv")

pytestmark = pytest.mark.xdist_group("wheel")  # one worker builds and installs, once


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run it and give its output; a failure shows both of its streams."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=_environment() | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command} gave {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def _environment() -> dict[str, str]:
    """Ours without what points at this environment, or measures it."""
    ours = {
        k: v for k, v in os.environ.items() if not k.startswith(("COVERAGE_", "COV_", "PYTHON"))
    }
    ours.pop("VIRTUAL_ENV", None)
    return ours | {"UV_PYTHON_DOWNLOADS": "never", "UV_OFFLINE": "1"}


@pytest.fixture
def offline() -> tuple[str, ...]:
    """What stands before a command to run it without a network, where the system can do that."""
    return WITHOUT_NETWORK if NEEDS["unshare"].is_here() else ()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what is committed to be built, so the build leaves nothing here."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(
        ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    out = tmp_path_factory.mktemp("wheel")
    run(
        *(UV, "build", "--wheel", "--no-build-isolation", "--python", sys.executable),
        *("--out-dir", out, source),
        cwd=source,
    )
    (built,) = out.glob("chartlake-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs' folder of a new environment with the wheel and what it depends on."""
    venv = tmp_path_factory.mktemp("clean") / "venv"
    run(UV, "venv", "--python", Path(sys.executable).resolve(), venv, cwd=wheel.parent)
    lock = tmp_path_factory.mktemp("lock")
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, lock)
    run(
        *(UV, "sync", "--frozen", "--offline", "--no-default-groups", "--no-install-project"),
        cwd=lock,
        UV_PROJECT_ENVIRONMENT=str(venv),
    )
    python = venv / "bin" / "python"
    run(UV, "pip", "install", "--offline", "--no-deps", "--python", python, wheel, cwd=lock)
    run(UV, "pip", "check", "--python", python, cwd=lock)
    return venv / "bin"


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    package = ROOT / "src" / "chartlake"
    ours = {
        f"chartlake/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != ".DS_Store"
    }

    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("chartlake/")}

    assert packed == ours
    assert any(name.endswith(".sql") for name in packed)


def test_the_wheel_carries_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (licence,) = (name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
        assert "Apache License" in archive.read(licence).decode()


def test_the_installed_program_knows_its_version(
    installed: Path, tmp_path: Path, offline: tuple[str, ...]
) -> None:
    said = run(*offline, installed / "chartlake", "--version", cwd=tmp_path)

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert said.split()[-1] == project["version"]


def test_the_installed_program_runs_the_demo(
    installed: Path, tmp_path: Path, offline: tuple[str, ...]
) -> None:
    said = run(*offline, installed / "chartlake", "demo", cwd=tmp_path)

    assert said
    assert list(tmp_path.iterdir())


def test_the_installed_package_is_the_wheels(installed: Path, tmp_path: Path) -> None:
    where = run(
        installed / "python", "-c", "import chartlake; print(chartlake.__file__)", cwd=tmp_path
    )

    assert Path(where.strip()).is_relative_to(installed.parent)
