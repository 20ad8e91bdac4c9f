"""Views, marts, states and checks keep to the SQL that all four engines answer alike."""

from __future__ import annotations

import pytest

from chartlake.warehouse.sql import ITEM_STATES, STEPS, VIEWS, Check, SqlFile, checks
from sql_bans import BANS, RUN, Ban
from sql_shapes import Shapes
from sql_subset import problems


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    """Every relation that the SQL files make or are given."""
    return Shapes({file.name: file.text for file in (*VIEWS, *STEPS)})


@pytest.mark.parametrize(
    "file", [*VIEWS, *STEPS, ITEM_STATES, *checks()], ids=lambda file: str(file.name)
)
def test_a_file_keeps_to_the_subset(shapes: Shapes, file: SqlFile | Check) -> None:
    found = problems(file.name, file.text, shapes)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("ban", BANS, ids=str)
def test_what_is_banned_is_found_and_told(shapes: Shapes, ban: Ban) -> None:
    found = [problem for problem in problems("a file", ban.example, shapes) if ban.why in problem]
    assert found
    assert found[0].startswith(f"a file: {ban.construct} (")
    assert found[0].endswith(f"{ban.why}; write {ban.instead}")


@pytest.mark.parametrize("ban", BANS, ids=str)
def test_each_ban_has_its_evidence(ban: Ban) -> None:
    """Run on two engines (tests/spark), or told by the documentation of one that is not here."""
    assert ban.evidence == RUN or "documentation" in ban.evidence


@pytest.mark.parametrize(
    ("select", "construct"),
    [
        ("select feed from entries limit 1", "Limit"),
        ("select median(position) as n from entries", "Median"),
        ("select feed || slot as n from entries", "DPipe"),
        ("select made_up(feed) as n from entries", "Anonymous"),
        ("select feed, slot from entries order by random()", "Rand"),
        ("select e.feed from entries e semi join editions d on d.feed = e.feed", "Join"),
        ("select e.feed from entries e full join editions d on d.feed = e.feed", "Join"),
        ("select e.feed from entries e, editions d", "Join"),
        ("select e.feed from entries e inner join editions d using (feed)", "Join"),
        ("select e.position from entries e natural join editions d", "Join"),
        ("select * exclude (feed) from entries", "Star"),
        ("select feed, slot from entries order by all", "Ordered"),
        ("select range from range(3)", "Table"),
        ("select cast(position as decimal(9, 2)) as n from entries", "DataType"),
        ("select feed from entries union all by name select feed from editions", "Union"),
        ("select row_number() over (partition by feed) as n from entries", "Window"),
        ("select lag(slot) over (partition by feed) as n from entries", "Window"),
        ("select first_value(slot) over (order by position) as n from entries", "Window"),
        ("select count(*) filter (where position > 1) as n from entries", "Filter"),
        (
            "select sum(position) over (order by position groups 1 preceding) as n from entries",
            "WindowSpec",
        ),
    ],
)
def test_what_nobody_has_shown_is_refused(shapes: Shapes, select: str, construct: str) -> None:
    found = problems("a file", select, shapes)
    assert any(construct in problem and "nobody has shown" in problem for problem in found), found


@pytest.mark.parametrize(
    "select",
    [
        "select position as place from entries where place = 1",
        "select position + 1 as next, next + 1 as after from entries",
        "select nothing from entries",
    ],
)
def test_a_name_that_is_no_column_is_refused(shapes: Shapes, select: str) -> None:
    """DuckDB takes a name that the same SELECT gives; Athena and Spark do not everywhere."""
    (found,) = problems("a file", select, shapes)
    assert "no table in its FROM" in found


@pytest.mark.parametrize(
    "select",
    [
        "select cast(position as bigint) / 2 as n from entries",
        "select cast(chart_points as bigint) as n from chart_movements",
        "select cast(label as date) as n from entries",
        "select feed from entries where position = '1'",
        "select date_diff('day', scheduled_at, observed_at) as n from editions",
        "select chart_date + 1 as d from editions",
        "select cast(observed_at as varchar) as t from editions",
    ],
)
def test_types_of_columns_are_known(shapes: Shapes, select: str) -> None:
    assert problems("a file", select, shapes) != []
