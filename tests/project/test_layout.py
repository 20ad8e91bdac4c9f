"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "src" / "chartlake"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 300
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_there_is_something_to_check() -> None:
    assert MODULES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "no docstring"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_prints_past_the_console(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert not [name.lineno for name in calls if isinstance(name, ast.Name) and name.id == "print"]


def test_every_folder_and_file_is_named_after_its_subject() -> None:
    names = {path.stem for path in PACKAGE.rglob("*")}
    assert not names & SAYS_NOTHING


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.sql")), ids=name_of)
def test_a_mart_states_its_grain_first(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("-- "), "the first line says what one row is"


def test_whatever_is_imported_is_declared() -> None:
    """A package that only a tool of ours brings along would be missing for the user.

    A room such as ``aws`` may need what the extra of its name declares.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    core, extras = project["dependencies"], project["optional-dependencies"]
    brought_by = packages_distributions()
    missing = {
        (path.name, name)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in {name.split(".")[0] for name in _imports(node)}
        if name not in sys.stdlib_module_names | {"chartlake"}
        and not _names(core + extras.get(Path(path.relative_to(PACKAGE).parts[0]).stem, []))
        & {owner.lower().replace("_", "-") for owner in brought_by.get(name, [])}
    }
    assert not missing


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", line)[0].lower() for line in requirements}


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []


def test_the_version_stands_in_one_place() -> None:
    """In pyproject.toml: the program asks its own metadata, and uv.lock follows."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]

    assert [p["version"] for p in packages if p["name"] == "chartlake"] == [version]
    assert not [path for path in MODULES if f'"{version}"' in path.read_text(encoding="utf-8")]
