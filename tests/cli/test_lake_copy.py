"""chartlake lake copy: on another disk, or on S3."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.charts import write_chart
from tests.commands import Command


def test_a_copy_on_s3_is_worked_on_like_the_lake(
    chartlake: Command, tmp_path: Path, s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chartlake("import", write_chart(tmp_path, "2020-03-01", "ab")).code == 0
    said = chartlake("lake", "copy", s3_url)
    assert said.code == 0, said.err
    assert "objects" in said.out
    assert f'url = "{s3_url}"' in said.out
    again = json.loads(chartlake("lake", "copy", s3_url, "--json").out)
    assert (again["objects"], again["gone"]) == (0, 0)
    assert again["there"] > 3
    monkeypatch.setenv("CHARTLAKE_LAKE__URL", s3_url)
    monkeypatch.setenv("CHARTLAKE_WAREHOUSE__PATH", "other.duckdb")
    assert chartlake("verify").code == 0
    assert chartlake("reconcile").code == 0
    count = "select count(*) as n from entries"
    assert json.loads(chartlake("query", count, "--json").out)["rows"] == [{"n": 2}]


def test_a_copy_needs_a_lake_and_a_place(chartlake: Command, tmp_path: Path) -> None:
    said = chartlake("lake", "copy", str(tmp_path / "there"))
    assert said.code == 2
    assert "no lake to copy" in said.err
    assert not (tmp_path / "there").exists()


def test_an_unset_variable_is_no_place(chartlake: Command, tmp_path: Path) -> None:
    assert chartlake("import", write_chart(tmp_path, "2020-03-01", "ab")).code == 0
    said = chartlake("lake", "copy", "")
    assert (said.code, "no place is named" in said.err) == (2, True)
    assert not (tmp_path / "raw").exists()


def test_a_profile_that_is_not_there_is_told(
    chartlake: Command, tmp_path: Path, s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chartlake("import", write_chart(tmp_path, "2020-03-01", "ab")).code == 0
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_PROFILE", "nope")
    said = chartlake("lake", "copy", s3_url)
    assert said.code == 2
    assert "nope" in said.err
    assert "internal error" not in said.err
