"""What importing the handlers brings along; what they do is in the rehearsal."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chartlake.aws import handlers

_WITHOUT = {"duckdb", "vl_convert", "typer", "rich", "pyspark", "pandas", "polars", "keyring"}
_PROGRAM = """
import json, sys
import chartlake.aws.handlers
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.fixture(scope="module")
def imported() -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def test_a_cold_start_imports_nothing_that_only_a_laptop_has(imported: set[str]) -> None:
    assert imported & _WITHOUT == set()
    assert {"chartlake", "obstore", "msgspec", "boto3"} <= imported


@pytest.mark.parametrize("handler", [handlers.extract, handlers.transform, handlers.publish])
def test_a_handler_is_short(handler: Callable[..., object]) -> None:
    assert len(inspect.getsource(handler).splitlines()) < 40


def test_the_job_s_script_is_short() -> None:
    lines = Path(handlers.__file__).with_name("glue_job.py").read_text().splitlines()
    assert len(lines) <= 40
