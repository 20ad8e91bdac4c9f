"""The SQL of other engines is that of the files from which it is made."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dialects as script
from chartlake.errors import UsageError
from chartlake.warehouse.dialects import DIALECTS, Dialect, dialect_text
from chartlake.warehouse.sql import STEPS, VIEWS, checks
from tests.conftest import ROOT


def run(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(root / "scripts" / "dialects.py"), *options],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """What is generated and its script, to be broken; the sources are the installed ones."""
    for folder in ("scripts", "src/chartlake/warehouse"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_what_is_committed_is_what_the_files_say() -> None:
    stale = [file.relative_to(ROOT).as_posix() for file in script.stale()]
    assert not stale, f"stale: {', '.join(stale)}. Write them again: make dialects"


def test_a_changed_a_missing_and_a_stray_file_are_found_and_mended(copied: Path) -> None:
    folder = copied / "src" / "chartlake" / "warehouse" / "dialects" / "spark"
    changed, missing, stray = (
        folder / f"{name}.sql" for name in ("timeline", "chart_exits", "no_mart")
    )
    changed.write_text(changed.read_text().replace("candidates", "others"))
    missing.unlink()
    stray.write_text("select 1\n")
    found = run(copied, "--check")
    assert found.returncode == 1
    for file in (changed, missing, stray):
        assert file.name in found.stderr
    assert "make dialects" in found.stderr
    assert run(copied).returncode == 0
    assert run(copied, "--check").returncode == 0
    assert not stray.exists()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_file_has_its_text_with_its_comments_first(dialect: Dialect) -> None:
    written = {source.name: source.text for source in script.sources()}
    assert written.keys() >= {file.name for file in (*VIEWS, *STEPS)}
    for name, source in written.items():
        lines = dialect_text(name, dialect).splitlines()
        assert lines[0] == source.splitlines()[0]
        assert sum("make dialects" in line for line in lines) == 1


def test_checks_without_a_file_are_the_same_in_every_dialect() -> None:
    """Those that are made from a key: no word of them is written otherwise elsewhere."""
    made = [check for check in checks() if not check.text.startswith("--")]
    assert len(made) > 20
    for check in made:
        texts = {script.translated(check.text, dialect) for dialect in (*DIALECTS, "duckdb")}
        assert len(texts) == 1, check.name


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="there is no no_mart in the SQL of spark"):
        dialect_text("no_mart", "spark")


# What has to be said otherwise ------------------------------------------------


@pytest.mark.parametrize(
    ("select", "dialect", "said"),
    [
        ("select a from t order by a", "spark", "a NULLS LAST"),
        ("select a from t order by a desc", "snowflake", "a DESC NULLS LAST"),
        ("select row_number() over (order by a) as n from t", "spark", "AS BIGINT"),
        ("select row_number() over (order by a desc) as n from t", "snowflake", "NULLS LAST"),
        ("select cast(null as timestamp) as n", "spark", "TIMESTAMP_NTZ"),
        ("select cast(null as timestamp) as n", "snowflake", "TIMESTAMPNTZ"),
        ("select concat('a', b) as n from t", "spark", "coalesce(b, '')"),
        ("select trim(a) as n from t", "spark", r"\u00A0"),
        ("select trim(a) as n from t", "athena", r"U&' \00A0"),
        ("select date '1970-01-01' + cast(a as integer) as n from t", "athena", "date_add('DAY'"),
        ("select a from t where a is not null", "athena", "a IS NOT NULL"),
    ],
)
def test_what_means_something_else_is_written_otherwise(
    select: str, dialect: str, said: str
) -> None:
    assert said in script.translated(select, dialect)
