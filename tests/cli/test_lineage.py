"""chartlake lineage: told from what is installed, wherever it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from chartlake.warehouse.lineage import relations, trace
from chartlake.warehouse.sql import MARTS, VIEWS
from tests.commands import Command


def test_a_column_with_the_tables_it_comes_from_and_the_files_on_the_way(
    chartlake: Command, tmp_path: Path
) -> None:
    said = chartlake("lineage", "chart_movements.streak")
    assert said.code == 0
    first, *rest = said.out.splitlines()
    assert first == (
        "chart_movements.streak is r.ordinal - r.run_start + 1 in marts/chart_movements.sql"
    )
    assert "editions.scheduled_at" in rest[0]
    for file in ("marts/timeline.sql", "views/slots.sql", "marts/recordings.sql"):
        assert file in said.out
    assert list(tmp_path.iterdir()) == []


def test_rows_that_are_counted_are_told_as_rows(chartlake: Command) -> None:
    assert "rows of entries" in chartlake("lineage", "chart_editions.entry_count").out


def test_a_constant_comes_from_nothing(chartlake: Command) -> None:
    assert "nothing: it is a constant" in chartlake("lineage", "slots.is_edition").out


def test_all_columns_of_a_mart(chartlake: Command) -> None:
    said = chartlake("lineage", "chart_exits")
    assert said.code == 0
    assert said.out.startswith("chart_exits is made in marts/chart_exits.sql")
    (line,) = [line for line in said.out.splitlines() if line.startswith("run_length")]
    assert "chart_movements.streak" in line


def test_as_json(chartlake: Command) -> None:
    (one,) = chartlake("lineage", "chart_turnover.turnover", "--json").json()["columns"]
    assert one["column"] == "chart_turnover.turnover"
    assert "entries.*" in one["from"]
    assert one["steps"][0]["file"] == "marts/chart_turnover.sql"
    assert "chart_exits.*" in one["steps"][0]["from"]
    columns = chartlake("lineage", "chart_turnover", "--json").json()["columns"]
    assert one in columns
    assert len(columns) > 10


@pytest.mark.parametrize("name", [file.name for file in (*VIEWS, *MARTS)])
def test_every_mart_and_view_can_be_asked_for(chartlake: Command, name: str) -> None:
    assert chartlake("lineage", name).code == 0


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("chart_movement.streak", "did you mean chart_movements"),
        ("chart_movements.strek", "did you mean streak"),
        ("entries.position", "entries is a curated table"),
        ("due_editions", "due_editions is given: no SQL makes it"),
        ("due_editions.chart_date", "it is the calendar"),
        ("roster_terms.value", "it is [roster] of chartlake.toml"),
        ("touched_slots", "a load notes in it"),
    ],
)
def test_a_name_that_is_not_there(chartlake: Command, asked: str, told: str) -> None:
    said = chartlake("lineage", asked)
    assert said.code == 2
    assert told in said.err
    assert said.out == ""


def given() -> list[str]:
    """What traces show as given."""
    every = (trace(name, column) for name, one in relations().items() for column in one.columns)
    return sorted({origin.partition(".")[0] for found in every for origin in found.given})


@pytest.mark.parametrize("name", given())
def test_what_is_given_is_told(chartlake: Command, name: str) -> None:
    said = chartlake("lineage", name)
    assert said.code == 2
    assert said.err.startswith(f"error: {name} is given: no SQL makes it\n")
