"""The tables of the template are those of the schema, and stay so."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

import template as script
from chartlake import schema
from chartlake.aws.catalog import hive_columns, hive_type
from chartlake.schema import TABLES, Column, Table
from tests.aws.template_values import resolve
from tests.conftest import ROOT


def text() -> str:
    return script.TEMPLATE.read_text(encoding="utf-8")


def test_what_is_committed_is_what_the_schema_says() -> None:
    same = text() == script.written(text(), TABLES.values())
    assert same, "stale. Write it again: make template"


def test_every_table_is_there_as_glue_reads_it() -> None:
    tables = {
        each["Properties"]["TableInput"]["Name"]: each["Properties"]["TableInput"]
        for each in resolve().values()
        if each["Type"] == "AWS::Glue::Table"
    }
    assert list(tables) == list(TABLES)
    for name, table in tables.items():
        columns = table["StorageDescriptor"]["Columns"]
        found = [(each["Name"], each["Type"], each["Comment"]) for each in columns]
        assert found == [tuple(each) for each in hive_columns(TABLES[name])]
        assert table["Description"] == TABLES[name].grain


@pytest.mark.parametrize(
    "changed",
    [
        replace(TABLES["entries"].columns[0], type=pa.int64()),
        replace(TABLES["entries"].columns[0], meaning="another meaning"),
        replace(TABLES["entries"].columns[0], name="feeds"),
    ],
)
def test_a_changed_column_is_found(changed: Column, monkeypatch: pytest.MonkeyPatch) -> None:
    before = script.written(text(), TABLES.values())
    monkeypatch.setattr(schema, "COMMON", (changed, *schema.COMMON[1:]))
    assert before == text()
    assert script.written(text(), TABLES.values()) != text()


def test_a_table_more_or_less_is_found() -> None:
    fewer = list(TABLES.values())[1:]
    more = [*TABLES.values(), Table("others", TABLES["rejects"].row, ("feed", "slot"))]
    assert script.written(text(), fewer) != text()
    assert "CuratedOthers:" in script.written(text(), more)


def test_a_type_that_glue_was_not_told_of_is_no_guess() -> None:
    assert hive_type(pa.timestamp("us")) == "timestamp"
    with pytest.raises(KeyError):
        hive_type(pa.float64())


def test_a_stale_template_is_found_and_mended(tmp_path: Path) -> None:
    for folder in ("scripts", "src/chartlake/aws"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    copied = tmp_path / script.TEMPLATE.relative_to(ROOT)
    copied.write_text(
        text().replace("Name: chart_date, Type: date", "Name: chart_date, Type: string")
    )
    assert copied.read_text() != text()
    found = run(tmp_path, "--check")
    assert found.returncode == 1
    assert "make template" in found.stderr
    assert run(tmp_path).returncode == 0
    assert run(tmp_path, "--check").returncode == 0
    assert copied.read_text() == text()


def test_a_template_that_lost_a_mark_is_refused() -> None:
    with pytest.raises(SystemExit, match="tables: end"):
        script.written(text().replace(script.END, ""), TABLES.values())


def run(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(root / "scripts" / "template.py"), *options],
        capture_output=True,
        text=True,
        check=False,
    )
