"""Which columns a column is made from: read from SQL at build time, told without any SQL."""

from __future__ import annotations

from itertools import pairwise

import pytest

from chartlake.errors import UsageError
from chartlake.schema import TABLES
from chartlake.warehouse.lineage import Made, Relation, relations, trace
from chartlake.warehouse.sql import ITEM_STATES, STEPS, VIEWS
from lineage import Select, lineage
from tests.oracle.columns import COLUMNS


def made_from(*texts: str) -> list[str]:
    """From what the last SELECT's only column is made; those before are relations a, b, c."""
    selects = [
        Select(name, "a file", "view", text) for name, text in zip("abc", texts, strict=False)
    ]
    found = lineage(selects)["abc"[len(texts) - 1]]["columns"]
    (column,) = found.values()
    return list(column["from"])


@pytest.mark.parametrize(
    ("select", "origins"),
    [
        ("select position as n from entries", ["entries.position"]),
        ("select 1 as n from entries", []),
        ("select count(*) as n from entries", ["entries.*"]),
        ("select count(streams) as n from entries where position > 1", ["entries.streams"]),
        (
            "with a as (select feed, position + page as n from entries) select n as m from a",
            ["entries.page", "entries.position"],
        ),
        (
            "select row_number() over (partition by feed order by slot) as n from entries",
            ["entries.feed", "entries.slot"],
        ),
        (
            "select case when e.position > 1 then d.title end as t from entries e"
            " inner join editions d on d.slot = e.slot",
            ["editions.title", "entries.position"],
        ),
        (
            "select slot as x from entries union all select feed as x from editions",
            ["editions.feed", "entries.slot"],
        ),
        (
            "with a as (select feed from entries union all select slot as feed from readings)"
            " select count(*) as n from a",
            ["entries.*", "readings.*"],
        ),
        (
            "select x.n from (select max(d.position) as n from entries d) x",
            ["entries.position"],
        ),
        (
            "with e as (select slot as feed from editions) select e.feed from e",
            ["editions.slot"],
        ),
    ],
)
def test_a_column_is_made_from_what_its_expression_reads(select: str, origins: list[str]) -> None:
    assert made_from(select) == origins


def test_a_star_is_the_columns_of_its_relation() -> None:
    assert made_from("select slot as s from entries", "select * from a") == ["a.s"]


def test_a_state_may_read_the_mart_that_reads_it() -> None:
    """It is run first, over what the mart holds from before; its shape is given until then."""
    state = "select m.feed, m.total as streams_total from chart_movements m"
    mart = "select i.feed, i.streams_total + 1 as total from item_states i"
    found = lineage(
        [
            Select("item_states", "state/item_states.sql", "state", state),
            Select("chart_movements", "marts/chart_movements.sql", "mart", mart),
        ]
    )
    assert found["chart_movements"]["columns"]["total"]["from"] == ["item_states.streams_total"]
    assert found["item_states"]["columns"]["streams_total"]["from"] == ["chart_movements.total"]


def test_every_column_of_every_relation_is_there() -> None:
    assert list(relations()) == [file.name for file in (*VIEWS, *STEPS, ITEM_STATES)]
    for name, columns in COLUMNS.items():
        assert tuple(relations()[name].columns) == columns


def test_every_way_ends_in_tables_or_in_what_is_given() -> None:
    for name, about in relations().items():
        for column in about.columns:
            found = trace(name, column)
            assert found.steps[0].column == f"{name}.{column}"
            for one in found.made_from:
                table, _, of_table = one.partition(".")
                assert of_table in {"*", *(each.name for each in TABLES[table].columns)}
            made = {one for step in found.steps for one in step.made_from}
            steps = {step.column for step in found.steps}
            assert made - steps == {*found.made_from, *found.given}


def test_a_streak_is_made_from_the_calendar_and_the_items() -> None:
    found = trace("chart_movements", "streak")
    assert {"editions.scheduled_at", "entries.item_key"} <= {*found.made_from}
    assert not any("popularity" in one for one in found.made_from)
    files = [step.file for step in found.steps]
    assert files[0] == "marts/chart_movements.sql"
    assert "marts/timeline.sql" in files


def test_a_state_that_is_read_from_the_mart_itself_makes_no_endless_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    circle = {
        name: Relation(
            file=f"{name}.sql",
            kind="mart",
            reads=(other,),
            rows=(other,),
            columns={"n": Made(made_from=(f"{other}.n", "entries.slot"), says="n")},
        )
        for name, other in pairwise("aba")
    }
    monkeypatch.setattr("chartlake.warehouse.lineage.relations", lambda: circle)
    assert [step.column for step in trace("a", "n").steps] == ["a.n", "b.n"]


def test_what_only_says_what_a_load_makes_again_is_left_out() -> None:
    found = trace("chart_turnover", "turnover")
    assert {"entries.*", "editions.scheduled_at"} <= {*found.made_from}
    assert not [one for step in found.steps for one in step.made_from if "touched" in one]
    assert "play_observations.*" not in found.made_from
    assert not {"scope.*", "item_states.*"} & {*found.given}
    assert trace("touched_tracks", "track_id").given == ()  # asked for itself, it is told
    assert "entries.track_id" in trace("touched_tracks", "track_id").made_from


@pytest.mark.parametrize(
    ("name", "column", "told"),
    [
        ("chart_movement", "streak", "did you mean chart_movements"),
        ("CHART_MOVEMENTS", "streak", "did you mean chart_movements"),
        ("chart_movements", "strek", "did you mean streak"),
        ("chart_exits", "xyz", "there are feed, scheduled_at"),
        ("entries", "position", "chartlake explain"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_those_like_it(
    name: str, column: str, told: str
) -> None:
    with pytest.raises(UsageError) as problem:
        trace(name, column)
    assert told in str(problem.value.fix)
