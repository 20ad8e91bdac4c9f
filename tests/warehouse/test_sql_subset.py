"""Views, marts, states and checks keep to the SQL that all four engines answer alike."""

from __future__ import annotations

import pytest

from chartlake.warehouse.sql import ITEM_STATES, STEPS, VIEWS, Check, SqlFile, checks
from sql_ban import RUN, Ban
from sql_bans import BANS
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
        ("with recursive c as (select feed from entries) select feed from c", "With"),
        ("select count(distinct slot) over (partition by feed) as n from entries", "Window"),
        ("select sum(distinct position) as n from entries", "Distinct"),
        ("select distinct on (feed) feed, slot from entries", "Distinct"),
        ("select (select max(chart_date) from editions) as d from entries", "Subquery"),
        ("select feed from entries where position > (select 1 as n)", "Subquery"),
        ("select feed from entries where feed in (select feed from editions)", "Subquery"),
        ("select e.feed from entries e inner join editions d on true", "Join"),
        ("select e.feed from entries e left join editions d on 1 = 1", "Join"),
        ("select explicit is true as yes from track_observations", "Is"),
        ("select ltrim(feed) as t from entries", "Trim"),
        ("select trim(trailing 'x' from feed) as t from entries", "Trim"),
        ("select round(x, position) as n from (select 1e0 as x, position from entries) e", "Round"),
        ("select floor(chart_points) as n from chart_movements", "Floor"),
        ("select lag(slot, 2) over (order by slot) as n from entries", "Lag"),
        ("select lead(slot, 1, '') over (order by slot) as n from entries", "Lead"),
        ("select lag(slot ignore nulls) over (order by slot) as n from entries", "IgnoreNulls"),
        ("select case position when 1 then 1 end as n from entries", "Case with this"),
        ("select if(position > 1, 1, 2) as n from entries", "If with false"),
        ("select count(distinct feed, slot) as n from entries", "Distinct"),
        ("select max(feed, 3) as n from entries", "Max with expressions"),
        ("select count(feed order by slot) as n from entries", "Order with this"),
        ("select feed from entries window w as (order by slot)", "Select with windows"),
        ("select rank() over (order by slot rows 1 preceding) as n from entries", "Window"),
        ("select feed from entries order by position nulls first", "Ordered with nulls_first"),
        ("select feed from entries order by 1", "Ordered"),
        ("select feed, count(*) as n from entries group by 1", "Group"),
        ("select count(*) as n from entries group by rollup(feed)", "Rollup"),
        ("select feed from main.entries", "Table with db"),
        ("select x.f as feed from entries as x(f)", "TableAlias with columns"),
        ('select "Feed" as feed from entries', "Identifier with quoted"),
    ],
)
def test_what_nobody_has_shown_is_refused(shapes: Shapes, select: str, construct: str) -> None:
    found = problems("a file", select, shapes)
    assert any(construct in problem and "nobody has shown" in problem for problem in found), found


NUMBERS = "(select cast(1 as double) as b, cast(1 as double) as c) as numbers"

# Ways around a ban: what looks like the form that is asked for, and is not
AROUND = {
    "cast of a fraction to a whole number": (
        "select cast(round(chart_points, 1) as bigint) as n from chart_movements",
        "select cast(floor(chart_points) + chart_points as bigint) as n from chart_movements",
    ),
    "cast of text to another type": (
        "select date '2024-1-1' as d from entries",
        "select timestamp '2024-01-01 00:00:00+02' as t from entries",
        "select date '2024-01-01 00:00:00' as d from editions",
        "select cast('2024-01-01' as bigint) as n from editions",
        "select cast(feed as date) as d from entries",
    ),
    "date_diff('second', …) of times that are not cut to seconds": (
        "select date_diff('second', date_trunc('second', scheduled_at),"
        " date_trunc('day', observed_at)) as n from editions",
    ),
    "/ by what may be 0": (
        "select case when b > -1 then 1e0 / b end as n from numbers",
        "select case when b > 0 or true then 1e0 / b end as n from numbers",
        "select case when not b > 0 then 1e0 / b end as n from numbers",
        "select case when b > c then 1e0 / b end as n from numbers",
        "select case when b > '0' then 1e0 / b end as n from numbers",
        "select case when b > 0 and 1e0 / b > 1 then 1 end as n from numbers",
        "select case when b > 0 then 1 else 1e0 / b end as n from numbers",
        "select case when b > 0 then 1 when c > 0 then 1e0 / b end as n from numbers",
        "select case when b > 0 then sum(1e0 / b) end as n from numbers group by b",
        "select case when b > 0 then sum(1e0 / b) over (order by b) end as n from numbers",
        "select 1e0 / nullif(b, 1) as n from numbers",
        "select 1e0 / nullif(b, c) as n from numbers",
        "select 1e0 / nullif(b, '0') as n from numbers",
        "select 1e0 / 'nothing' as n from numbers",
    ),
    "values of two kinds": (
        "select position in ('1') as yes from entries",
        "select feed in ('a', 1) as yes from entries",
        "select coalesce(position, '1') = 1 as yes from entries",
        "select coalesce(feed, position) as t from entries",
        "select case when position > 1 then feed else position end as t from entries",
        "select nullif(feed, 1) as t from entries",
        "select feed from entries union all select position as feed from entries",
        "select feed from entries union select feed from rejects"
        " union select position as feed from entries",
        "select chart_date = scheduled_at as yes from editions",
        "select chart_date > 1 as yes from editions",
    ),
    "a value of another kind than is asked for": (
        "select concat(feed, position) as t from entries",
        "select concat(feed, chart_date) as t from editions",
        "select lower(position) as t from entries",
        "select position('1' in position) as n from entries",
        "select label + 1 as n from album_observations",
        "select -chart_date as d from editions",
        "select date_diff('day', '2024-01-01', chart_date) as n from editions",
        "select date_diff('second', date_trunc('second', feed), date_trunc('second', observed_at))"
        " as n from editions",
        "select sum(explicit) as n from track_observations",
        "select cast(round(position) as bigint) as n from entries",
        "select cast(floor(position) as bigint) as n from entries",
        "select feed from entries where position",
        "select not position as yes from entries",
        "select case when position then 1 end as n from entries",
        "select e.feed from entries e inner join editions d on d.feed = e.feed and e.position",
    ),
    "a decimal number": (
        "select position * 0.5 as n from entries",
        "select sum(0.5) as n from entries",
        "select 0.5 as n from entries",
        "select feed from entries where position > 1.",
        "select 9223372036854775808 as n from entries",
    ),
    "an answer of another type": (
        "select sum(position) as n from entries",
        "with c as (select sum(position) as n from entries) select coalesce(n, 0) as n from c",
        "select feed, null as n from entries",
        "select feed, null as n from entries union all select feed, position from entries",
        "select n from (select null as n from entries) e",
    ),
    "date + number in another form": (
        "select scheduled_at + 1 as t from editions",
        "select observed_at - scheduled_at as t from editions",
        "select chart_date - chart_date as n from editions",
        "select cast(chart_date as timestamp) + 1 as t from editions",
        "select 1 + chart_date as d from editions",
        "select cast(chart_date as date) - 1 as d from editions",
    ),
    "a reserved word as a name": (
        "select position as escape from entries",
        "select position as extract from entries",
        "select position as connection from entries",
        "select e.position as first from entries e",
        "select skip.feed from entries skip",
    ),
}


@pytest.mark.parametrize(
    ("construct", "select"),
    [(ban, select) for ban, selects in AROUND.items() for select in selects],
)
def test_no_way_leads_around_a_ban(shapes: Shapes, construct: str, select: str) -> None:
    found = problems("a file", select.replace("from numbers", f"from {NUMBERS}"), shapes)
    assert any(problem.startswith(f"a file: {construct} (") for problem in found), found


@pytest.mark.parametrize(
    "select",
    [
        "select case when b > 0 then 1e0 / b end as n from numbers",
        "select case when c > 0 and (b > 0e0) then round(1e0 / b, 6) + 1 end as n from numbers",
        "select case when b > 0 then case when c > 0 then 1e0 / b end end as n from numbers",
        "select 1e0 / nullif(b, 0) + 1e0 / nullif(b, 0e0) + b / 2 as n from numbers",
        "select cast(round(b) as bigint) as n, cast(floor(b) as integer) as m from numbers",
        "select coalesce(b, 0) as n, case when b = 0 then null else 1 end as m from numbers",
        "select date '2024-01-01' + cast(floor(b) as integer) as d from numbers where b in (1, c)",
        "select '2024-01-01' as t, timestamp '2024-01-31 23:59:59.9' as u from numbers",
        "select cast(sum(1) as bigint) as account from numbers",
    ],
)
def test_what_is_asked_for_is_let_through(shapes: Shapes, select: str) -> None:
    found = problems("a file", select.replace("from numbers", f"from {NUMBERS}"), shapes)
    assert not found, "\n".join(found)


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
