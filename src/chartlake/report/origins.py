"""Which editions the numbers of an item come from, worked out again from its entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chartlake.warehouse.port import Warehouse

__all__ = ["Number", "Stay", "exit_of", "play_of", "stand_of"]


@dataclass(frozen=True)
class Stay:
    """Where an item stood in one edition, which is number ``ordinal`` of its feed."""

    slot: str
    chart_date: date
    ordinal: int
    position: int


@dataclass(frozen=True)
class Number:
    """The row of a mart, the editions that its columns come from, and what does not agree."""

    mart: str
    row: dict[str, Any]
    origins: dict[str, Stay]
    problems: tuple[str, ...] = ()


def stand_of(warehouse: Warehouse, feed: str, slot: str, key: str) -> Number | None:
    """Where an item stands in a ranked edition and how it came there; None where it is not."""
    row = _mart_row(warehouse, "chart_movements", feed, slot, key)
    if not row:
        return None
    stays = _stays(warehouse, feed, slot, key)
    return _number("chart_movements", row, stays, _ordinal(warehouse, feed, slot))


def exit_of(warehouse: Warehouse, feed: str, slot: str, key: str) -> Number | None:
    """How an item left that was in the edition before this one; None where it did not leave."""
    row = _mart_row(warehouse, "chart_exits", feed, slot, key)
    if not row:
        return None
    stays = _stays(warehouse, feed, slot, key)
    return _number("chart_exits", row, stays, _ordinal(warehouse, feed, slot) - 1)


def play_of(warehouse: Warehouse, play: dict[str, Any]) -> Number | None:
    """The play that an observation is a sighting of."""
    found = warehouse.query(
        """
        select * from listening_plays
        where account = $account and played_at = $played_at
            and item_key is not distinct from $item_key
        """,
        {name: play[name] for name in ("account", "played_at", "item_key")},
    ).records()
    return Number("listening_plays", found[0], {}) if found else None


def _mart_row(
    warehouse: Warehouse, mart: str, feed: str, slot: str, key: str
) -> dict[str, Any] | None:
    found = warehouse.query(
        f"""
        select m.* from {mart} m
        inner join timeline t on t.feed = m.feed and t.scheduled_at = m.scheduled_at
        where t.feed = $feed and t.slot = $slot and m.item_key = $key
        """,
        {"feed": feed, "slot": slot, "key": key},
    ).records()
    return found[0] if found else None


def _ordinal(warehouse: Warehouse, feed: str, slot: str) -> int:
    found = warehouse.query(
        "select ordinal from timeline where feed = $feed and slot = $slot",
        {"feed": feed, "slot": slot},
    )
    return int(found.rows[0][0])


def _stays(warehouse: Warehouse, feed: str, slot: str, key: str) -> list[Stay]:
    """The ranked editions with an item up to a slot, from the entries themselves."""
    found = warehouse.query(
        """
        select t.slot, t.chart_date, t.ordinal, min(e.position)
        from timeline t
        inner join entries e on e.feed = t.feed and e.slot = t.slot
        where t.feed = $feed and t.slot <= $slot and e.item_key = $key
        group by t.slot, t.chart_date, t.ordinal
        order by t.ordinal
        """,
        {"feed": feed, "slot": slot, "key": key},
    )
    return [Stay(*row) for row in found.rows]


def _number(mart: str, row: dict[str, Any], stays: Sequence[Stay], last: int) -> Number:
    """The numbers as of edition ``last``, in which the item stood, beside those of the mart."""
    if not stays or stays[-1].ordinal != last:
        return Number(mart, row, {}, (f"{mart} has the item, and the entries don't",))
    here = stays[-1]
    before = next((stay for stay in stays if stay.ordinal == last - 1), None)
    peak = min(stays, key=lambda stay: stay.position)  # the first of equal ones
    in_a_row = [stay for place, stay in enumerate(reversed(stays)) if last - stay.ordinal == place]
    counted = {
        "position": here.position,
        "last_position": here.position,
        "previous_position": before.position if before else None,
        "peak_position": peak.position,
        "peak_date": peak.chart_date,
        "editions_on_chart": len(stays),
        "streak": len(in_a_row),
        "run_length": len(in_a_row),
        "editions_at_one": sum(stay.position == 1 for stay in stays),
    }
    problems = tuple(
        f"{mart} says {name} {row[name]}, the entries give {value}"
        for name, value in counted.items()
        if name in row and row[name] != value
    )
    origins = {
        "last_position": here,
        "previous_position": before,
        "peak_position": peak,
        "streak": in_a_row[-1],
        "run_length": in_a_row[-1],
        "editions_on_chart": stays[0],
    }
    found = {name: stay for name, stay in origins.items() if stay and name in row}
    return Number(mart, row, found, problems)
