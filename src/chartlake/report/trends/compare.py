"""Two editions of a feed, however far apart: what climbed, fell, entered, left and stayed."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from chartlake.errors import UsageError
from chartlake.report.editions import EditionFacts, edition
from chartlake.report.roster import marked, require
from chartlake.warehouse.port import Warehouse

__all__ = ["Comparison", "compare"]

_KINDS = ("climbs", "falls", "entered", "left", "stayed")
# an item that came in between and went again is in neither edition, so it is in no list
_SIDE_BY_SIDE = """
    with of_then as (
        select * from chart_movements where feed = $feed and scheduled_at = $then
    ),
    of_now as (
        select * from chart_movements where feed = $feed and scheduled_at = $now
    ),
    earlier as (
        select distinct item_key
        from chart_movements
        where feed = $feed and scheduled_at < $then
    ),
    beside as (
        select
            coalesce(n.item_key, t.item_key) as item_key,
            coalesce(n.item_name, t.item_name) as item_name,
            coalesce(n.artist_names, t.artist_names) as artist_names,
            t.position as position_then,
            n.position as position_now,
            t.position - n.position as change,
            coalesce(n.peak_position, t.peak_position) as peak_position,
            coalesce(n.peak_date, t.peak_date) as peak_date,
            coalesce(n.editions_on_chart, t.editions_on_chart) as editions_on_chart,
            t.streams as streams_then,
            n.streams as streams_now
        from of_then t
        full join of_now n on n.item_key = t.item_key
    )
    select
        case
            when b.position_then is null then 'entered'
            when b.position_now is null then 'left'
            when b.change > 0 then 'climbs'
            when b.change < 0 then 'falls'
            else 'stayed'
        end as kind,
        case when b.position_then is null then e.item_key is not null end as was_there_before,
        b.*
    from beside b
    left join earlier e on e.item_key = b.item_key
    order by abs(b.change) desc, coalesce(b.position_now, b.position_then), b.item_key
"""


class Comparison(NamedTuple):
    """Two editions: lists cut to the limit, counts of the whole.

    ``between`` is how many editions there are between the two, ``missing`` how many more were due
    there (None without a schedule). ``overlap`` is the share of the earlier edition's items that
    are in the later one; None where the earlier one is empty.
    """

    then: EditionFacts
    now: EditionFacts
    between: int
    missing: int | None
    counts: dict[str, int]
    overlap: float | None
    number_one_then: dict[str, Any] | None
    number_one_now: dict[str, Any] | None
    climbs: list[dict[str, Any]]
    falls: list[dict[str, Any]]
    entered: list[dict[str, Any]]
    left: list[dict[str, Any]]
    stayed: list[dict[str, Any]]


def compare(
    warehouse: Warehouse,
    feed: str | None,
    from_day: date,
    to_day: date | None,
    limit: int = 10,
    *,
    roster: bool = False,
) -> Comparison:
    """Compare the editions of two dates, the later by default the latest; both must be there.

    ``stayed`` are the items that stand where they stood. With ``roster`` only its items are listed
    and counted; the number ones are those of the whole chart.
    """
    if to_day and from_day > to_day:
        raise UsageError(
            f"--from {from_day} is after --to {to_day}", fix="give the earlier date as --from"
        )
    then, now = edition(warehouse, feed, from_day), edition(warehouse, feed, to_day)
    if then.scheduled_at == now.scheduled_at:
        raise UsageError(f"both dates are the same edition, {from_day}", fix="give two dates")
    if roster:
        require(warehouse)
    parameters = {"feed": then.feed, "then": then.scheduled_at, "now": now.scheduled_at}
    whole = marked(warehouse, then.feed, warehouse.query(_SIDE_BY_SIDE, parameters).records())
    rows = [row for row in whole if row["on_roster"] or not roster]
    lists = {kind: [_told(row) for row in rows if row["kind"] == kind] for kind in _KINDS}
    before = sum(row["position_then"] is not None for row in rows)
    return Comparison(
        then,
        now,
        now.ordinal - then.ordinal - 1,
        _missing(warehouse, then, now),
        {kind: len(lists[kind]) for kind in _KINDS} | {"then": before, "now": _count_now(rows)},
        (before - len(lists["left"])) / before if before else None,
        _at_one(whole, "position_then"),
        _at_one(whole, "position_now"),
        **{kind: lists[kind][:limit] for kind in _KINDS},
    )


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {column: value for column, value in row.items() if column != "kind"}


def _count_now(rows: list[dict[str, Any]]) -> int:
    return sum(row["position_now"] is not None for row in rows)


def _at_one(rows: list[dict[str, Any]], side: str) -> dict[str, Any] | None:
    return next((_told(row) for row in rows if row[side] == 1), None)


def _missing(warehouse: Warehouse, then: EditionFacts, now: EditionFacts) -> int | None:
    ((missing,),) = warehouse.query(
        """
        select cast(sum(missing_before) as bigint) from chart_editions
        where feed = $feed and ordinal > $then and ordinal <= $now
        """,
        {"feed": then.feed, "then": then.ordinal, "now": now.ordinal},
    ).rows
    return None if missing is None else int(missing)
