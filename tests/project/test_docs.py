"""The docs say what the program does: pages are fresh, links lead somewhere, commands exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel
from typer.exceptions import TyperException

from chartlake.cli import app
from chartlake.settings import Settings
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r'(?:src|srcset)="([^"]+)"')
INLINE = re.compile(r"`(chartlake [^`]+)`")
NAMES = {"chartlake", ".venv/bin/chartlake"}


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


# What is generated ------------------------------------------------------------


def write_docs(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(root / "scripts" / "docs.py"), *options],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The docs and their script, to be broken."""
    for folder in ("docs", "scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_generated_pages_are_fresh() -> None:
    done = write_docs(ROOT, "--check")

    assert done.returncode == 0, done.stderr


GENERATED = [
    "docs/cli.md",
    "docs/configuration.md",
    "docs/data-dictionary.md",
    "docs/images/flow-dark.svg",
    "docs/images/flow-light.svg",
    "docs/sql.md",
]


def test_stale_pages_are_named_and_written_again(copied: Path) -> None:
    for page in GENERATED:
        (copied / page).write_text("old", encoding="utf-8")

    found = write_docs(copied, "--check")
    assert found.returncode == 1
    assert found.stderr.startswith("stale: ")
    assert sorted(re.findall(r"docs/[\w/.-]+\.\w+", found.stderr)) == GENERATED
    assert (copied / GENERATED[0]).read_text(encoding="utf-8") == "old"

    assert sorted(write_docs(copied).stdout.splitlines()) == [f"wrote {page}" for page in GENERATED]
    for page in GENERATED:
        assert (copied / page).read_bytes() == (ROOT / page).read_bytes()


@pytest.mark.parametrize(
    ("line", "instead", "complaint"),
    [
        ("turnover = ", "# ", "[marts.chart_turnover] has no meaning for turnover"),
        (
            "turnover = ",
            'churn = "x"\nturnover = ',
            "[marts.chart_turnover] gives a meaning to churn",
        ),
        ('"lake.url" = ', "# ", "[settings] has no meaning for lake.url"),
    ],
)
def test_columns_and_meanings_belong_together(
    copied: Path, line: str, instead: str, complaint: str
) -> None:
    meanings = copied / "docs" / "meanings.toml"
    before = meanings.read_text(encoding="utf-8")
    assert before.count(line) == 1
    meanings.write_text(before.replace(line, instead), encoding="utf-8")

    done = write_docs(copied, "--check")

    assert done.returncode == 1
    assert complaint in done.stderr


def test_every_key_of_the_settings_is_documented() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")

    missing = [key for key in keys_of(Settings) if f"| `{key}` |" not in page]

    assert not missing


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        part: Any = field.annotation
        if name == "markets":  # its keys are names that the user gives
            yield "markets.FAMILY.MARKET"
        elif name == "feeds":
            kinds = typing.get_args(typing.get_args(typing.get_args(part)[1])[0])  # of a feed
            for kind in kinds:
                yield from keys_of(kind, f"{prefix}{name}.NAME.")
        elif isinstance(part, type) and issubclass(part, BaseModel):
            yield from keys_of(part, f"{prefix}{name}.")
        elif prefix or name != "project":
            yield prefix + name


# Links ------------------------------------------------------------------------


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [*LINK.findall(text), *PICTURE.findall(text)]

    broken = [target for target in targets if "://" not in target and not leads(page, target)]

    assert not broken


def leads(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists() or not file.is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors(file)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_can_be_reached_from_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")

    unreached = [page.name for page in PAGES if page.name not in (*LINK.findall(index), "index.md")]

    assert not set(unreached) - {"README.md", "CHANGELOG.md"}


# Commands ---------------------------------------------------------------------


def typed_in(page: Path) -> Iterator[str]:
    """What a reader would type: the lines of shell blocks, and what stands after a prompt."""
    text = page.read_text(encoding="utf-8")
    for language, block in FENCE.findall(text):
        lines = [line.strip() for line in block.replace("\\\n", " ").splitlines()]
        if language == "console":
            yield from (line.removeprefix("$ ") for line in lines if line.startswith("$ "))
        elif language in ("sh", "bash", "shell"):
            yield from lines


@every_page
def test_commands_exist(page: Path) -> None:
    wrong = {line: problem for line in typed_in(page) if (problem := problem_with(line))}

    assert not wrong


@every_page
def test_commands_that_are_mentioned_exist(page: Path) -> None:
    """In running text a command may stand for itself, without what it needs."""
    mentioned = INLINE.findall(FENCE.sub("", page.read_text(encoding="utf-8")))

    wrong = {line: problem for line in mentioned if (problem := problem_with(line, whole=False))}

    assert not wrong


def test_there_are_commands_to_check() -> None:
    typed = [line for line in typed_in(ROOT / "README.md") if line.startswith("chartlake ")]

    assert len(typed) > 5


@pytest.mark.parametrize(
    "line",
    [
        "chartlake fly",
        "chartlake trends fly",
        "chartlake trends movers --fly",
        "chartlake lake cat one-word",
        "chartlake status too-much",
        "chartlake import",
        "chartlake trends movers --limit",
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    assert problem_with(line)


def problem_with(line: str, *, whole: bool = True) -> str | None:
    """Why the command line would refuse this; None where it takes it, or it is not ours."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    words = list(lexer)
    if not words or words[0] not in NAMES:
        return None
    end = next((n for n, word in enumerate(words) if set(word) <= set("|&;<>")), len(words))
    try:
        return _refusal(typer.main.get_command(app), words[1:end], whole)
    except TyperException as error:
        return str(error)


def _refusal(command: Any, words: list[str], whole: bool) -> str | None:
    context = typer.Context(command)
    given, rest, _ = command.make_parser(context).parse_args(list(words))
    if "help" in given or "show_version" in given:
        return None
    if children := getattr(command, "commands", None):
        if not rest:
            return "without a command" if whole else None
        return (
            _refusal(children[rest[0]], rest[1:], whole) if rest[0] in children else f"no {rest[0]}"
        )
    missing = [p.name for p in command.params if p.required and not given.get(p.name)]
    if missing and whole:
        return f"without {missing}"
    return f"too much: {rest}" if rest else None
