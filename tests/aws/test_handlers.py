"""What importing the handlers brings along; what they do is in the rehearsal."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

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
