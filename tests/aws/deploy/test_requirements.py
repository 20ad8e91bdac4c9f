"""What runs in AWS is what is locked, each package with its hashes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import requirements


def test_the_files_are_what_the_lock_says() -> None:
    written = {file: file.read_text(encoding="utf-8") for file in requirements.FILES}
    assert written == requirements.texts(), "write them again: make requirements"


@pytest.mark.parametrize("file", requirements.FILES, ids=lambda file: file.name)
def test_every_package_has_one_version_and_hashes(file: Path) -> None:
    blocks = re.split(r"^(?=[a-z])", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert len(blocks) > 20
    for block in blocks:
        first, *hashes = block.replace(" \\", "").splitlines()
        assert re.fullmatch(r"[a-z0-9-]+==[0-9a-z.]+", first)
        assert hashes
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}", line) for line in hashes)


def test_the_functions_carry_no_database_and_no_command_line() -> None:
    text = (requirements.FOLDER / "requirements-lambda.txt").read_text(encoding="utf-8")
    names = set(re.findall(r"^([a-z0-9-]+)==", text, flags=re.MULTILINE))
    assert {"pyarrow", "obstore", "aws-lambda-powertools"} <= names
    assert not names & {"chartlake", "duckdb", "rich", "typer", "vl-convert-python"}


def test_what_is_for_other_systems_is_left_out() -> None:
    exported = (
        "a==1 \\\n    --hash=sha256:0\n"
        "b==1 ; sys_platform == 'win32' \\\n    --hash=sha256:1\n"
        "c==1 ; sys_platform != 'emscripten' \\\n    --hash=sha256:2\n"
        "d==1 ; python_full_version >= '3.12' and sys_platform == 'emscripten' \\\n"
        "    --hash=sha256:3\n"
        "e==1 ; sys_platform == 'linux' \\\n    --hash=sha256:4\n"
    )
    assert requirements.for_linux(exported) == (
        "a==1 \\\n    --hash=sha256:0\n"
        "c==1 \\\n    --hash=sha256:2\n"
        "e==1 ; sys_platform == 'linux' \\\n    --hash=sha256:4\n"
    )
