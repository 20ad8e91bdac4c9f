"""`make setup` ends ready, or with the one line that mends it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.conftest import ROOT

TOOLS = ("sh", "dirname", "cat", "cksum", "sed", "date", "rm", "grep")
Done = subprocess.CompletedProcess[str]


def set_up(repo: Path, *command: str, **environment: str) -> Done:
    """Run the set-up there, as somebody would whose proxy is dead."""
    foreign = ("COV", "MAKE", "MFLAGS", "PYTHON", "VIRTUAL")
    ours = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    dead = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    offline = {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        command or ("sh", "scripts/setup.sh"),
        cwd=repo,
        env=ours | dead | offline | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A copy of what the set-up reads, in a folder with spaces in its name."""
    repo = tmp_path / "a folder with spaces"
    repo.mkdir()
    for name in ("Makefile", "pyproject.toml", "uv.lock", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, repo)
    for name in ("scripts", "src"):
        shutil.copytree(ROOT / name, repo / name, ignore=shutil.ignore_patterns("__pycache__"))
    return repo


# What can be missing ---------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH with the few tools that the set-up uses, and no Python."""
    path = tmp_path / "bin"
    path.mkdir()
    for tool in TOOLS:
        (path / tool).symlink_to(str(shutil.which(tool)))
    return path


def put_python(path: Path, name: str, answers: str) -> None:
    """A program of that name that answers to `-c CODE` as the shell's case says."""
    program = path / name
    program.write_text(f'#!/bin/sh\ncase "$2" in\n{answers}\nesac\n')
    program.chmod(0o755)


OLD = "*version_info*) exit 1;;\n*platform*) echo 3.9.2;;"
WITHOUT_ENSUREPIP = "*ensurepip*) exit 1;;\n*platform*) echo 3.12.1;;\n*) exit 0;;"


def test_no_python_at_all(repo: Path, path: Path) -> None:
    done = set_up(repo, PATH=str(path))

    assert done.returncode == 1
    assert "needs Python 3.11 or newer, and there is none on PATH." in done.stderr
    assert not (repo / ".venv").exists()


def test_only_an_old_python(repo: Path, path: Path) -> None:
    put_python(path, "python3", OLD)

    done = set_up(repo, PATH=str(path))

    assert done.returncode == 1
    assert "there is none on PATH; python3 is 3.9.2." in done.stderr


def test_a_python_that_was_named_and_does_not_do(repo: Path, path: Path) -> None:
    put_python(path, "python3", WITHOUT_ENSUREPIP)  # would be suitable
    put_python(path, "mine", OLD)

    done = set_up(repo, PATH=str(path), PYTHON="mine")

    assert done.returncode == 1
    assert "PYTHON=mine is not a Python of 3.11 or newer (version: 3.9.2)" in done.stderr


def test_a_name_that_does_not_run_is_passed_over(repo: Path, path: Path) -> None:
    put_python(path, "python3.13", "*) echo not chosen >&2; exit 127;;")  # as pyenv leaves them
    put_python(path, "python3", WITHOUT_ENSUREPIP)

    done = set_up(repo, PATH=str(path))

    assert "python3 cannot make virtual environments" in done.stderr


def test_a_python_without_ensurepip(repo: Path, path: Path) -> None:
    put_python(path, "python3.12", WITHOUT_ENSUREPIP)

    done = set_up(repo, PATH=str(path))

    assert done.returncode == 1
    assert "sudo apt install python3-venv" in done.stderr
    assert not (repo / ".venv").exists()


def test_no_network(repo: Path) -> None:
    done = set_up(repo, PYTHON=sys.executable)

    assert done.returncode != 0
    assert "The first set-up needs the network" in done.stderr


# What is mended --------------------------------------------------------------


@pytest.fixture
def index(tmp_path: Path) -> str:
    """The installed uv as a wheel again, so that a set-up from nothing needs no network."""
    uv = distribution("uv")
    wheel = tmp_path / "index" / f"uv-{uv.version}-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in uv.files or []:
            is_program = file.parts[-2:-1] == ("bin",)
            name = f"uv-{uv.version}.data/scripts/{file.name}" if is_program else str(file)
            if "__pycache__" not in name:
                archive.write(str(file.locate()), name)
    return wheel.parent.as_uri()


def is_ready(repo: Path) -> bool:
    program = repo / ".venv" / "bin" / "chartlake"
    where = "import chartlake; print(chartlake.__file__)"
    imported = set_up(repo, ".venv/bin/python", "-c", where).stdout
    return set_up(repo, str(program), "--version").returncode == 0 and str(repo) in imported


@pytest.mark.long
def test_from_nothing_then_again(repo: Path, index: str) -> None:
    first = set_up(repo, "make", "setup", PIP_FIND_LINKS=index, LANG="C", LC_ALL="C")
    assert first.returncode == 0, first.stderr
    assert is_ready(repo)

    again = set_up(repo, "make", "setup", PATH=f"{repo}:/usr/bin:/bin")
    assert again.stdout == "setup: .venv is ready, nothing to do\n"


@pytest.mark.long
def test_a_change_of_what_is_wanted(repo: Path, index: str) -> None:
    set_up(repo, PIP_FIND_LINKS=index)
    with (repo / "pyproject.toml").open("a") as project:
        project.write("\n# changed\n")

    done = set_up(repo, "make", "setup")

    assert done.returncode == 0, done.stderr
    assert "installing what uv.lock names" in done.stdout
    assert "making .venv" not in done.stdout
    assert is_ready(repo)


@pytest.mark.long
def test_what_needs_no_spark_does_not_wait_for_it(repo: Path, index: str) -> None:
    def has_spark() -> bool:
        return bool(list((repo / ".venv").glob("lib/*/site-packages/pyspark")))

    quick = ("sh", "scripts/setup.sh", "--quiet", "--without-spark")
    set_up(repo, *quick, PIP_FIND_LINKS=index)
    assert is_ready(repo)
    assert not has_spark()
    assert set_up(repo, *quick).stdout == ""

    assert "installing what uv.lock names" in set_up(repo).stdout
    assert has_spark()
    assert set_up(repo, *quick).stdout == ""
    with (repo / "pyproject.toml").open("a") as project:
        project.write("\n# changed\n")
    assert "installing" in set_up(repo, *quick).stdout
    assert has_spark(), "what is there stays"


@pytest.mark.long
def test_an_environment_that_was_moved_and_broken(repo: Path, index: str) -> None:
    set_up(repo, PIP_FIND_LINKS=index)
    moved = repo.rename(repo.with_name("another folder"))

    assert "making .venv" in set_up(moved, PIP_FIND_LINKS=index).stdout
    assert is_ready(moved)

    (moved / ".venv" / "bin" / "python").unlink()
    assert "making .venv" in set_up(moved, PIP_FIND_LINKS=index).stdout
    assert is_ready(moved)


@pytest.mark.long
def test_an_environment_that_was_half_made(repo: Path, index: str) -> None:
    (repo / ".venv" / "bin").mkdir(parents=True)
    (repo / ".venv" / "bin" / "python").write_text("half")

    done = set_up(repo, PIP_FIND_LINKS=index)

    assert done.returncode == 0, done.stderr
    assert is_ready(repo)
