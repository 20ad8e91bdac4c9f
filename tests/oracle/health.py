"""What is there of each feed, and what is missing."""

from __future__ import annotations

from datetime import datetime

from tests.oracle.facts import UNAVAILABLE, OracleEdition, OracleFeed, Reading, Row, World
from tests.oracle.items import ranked


def data_health(world: World, gaps: dict[str, list[int | None]]) -> list[Row]:
    """One row per feed; `gaps` are how many were due before each of a feed's slots that count."""
    return [_health(world, feed, gaps[feed.name]) for feed in world.feeds if gaps.get(feed.name)]


def counting_slots(world: World, feed: OracleFeed) -> list[OracleEdition | Reading]:
    """A feed's editions, or its readings, of cadence day the last of each date; by time."""
    if feed.ranks:
        return [one for one in ranked(world) if one.feed == feed.name]
    readings = [one for one in world.readings if one.feed == feed.name]
    if feed.cadence == "day":
        readings = list({one.chart_date: one for one in sorted(readings, key=_time)}.values())
    return sorted(readings, key=_time)


def _time(slot: OracleEdition | Reading) -> datetime:
    return slot.scheduled_at


def all_slots(world: World, feed: OracleFeed) -> list[OracleEdition | Reading]:
    """All of them, also those of a day that do not count; by time."""
    slots: list[OracleEdition | Reading] = [*world.editions, *world.readings]
    return sorted((one for one in slots if one.feed == feed.name), key=_time)


def _health(world: World, feed: OracleFeed, gaps: list[int | None]) -> Row:
    slots, counting = all_slots(world, feed), counting_slots(world, feed)
    first, last = counting[0], counting[-1]
    due = feed.due(slots[0].scheduled_at, world.now)
    overdue = [at for at in due if at > last.scheduled_at]
    if feed.cadence == "day":
        overdue = [at for at in overdue if feed.date_of(at) > last.chart_date]
    missing = sum(gap or 0 for gap in gaps)
    has_schedule = feed.step is not None
    entries = [entry for one in slots if isinstance(one, OracleEdition) for entry in one.entries]
    lag = slots[-1].observed_at - slots[-1].scheduled_at
    return {
        "feed": feed.name,
        "source": feed.source,
        "schedule": feed.schedule,
        "first_chart_date": first.chart_date,
        "last_chart_date": last.chart_date,
        "last_observed_at": max(one.observed_at for one in slots),
        "editions": len(counting),
        "due": len(due) if has_schedule else None,
        "present": len(due) - missing - len(overdue) if has_schedule else None,
        "missing": missing if has_schedule else None,
        "missed": sum(one.feed == feed.name for one in world.missed),
        "longest_gap": max(gap or 0 for gap in gaps) if has_schedule else None,
        "overdue": len(overdue) if has_schedule else 0,
        "empty_editions": sum(_items(one) == 0 for one in counting),
        "entries": len(entries),
        "unavailable": sum(entry.item_kind == UNAVAILABLE for entry in entries),
        "rejects": 0,
        "lag_seconds": None if feed.source == "charts-csv" else int(lag.total_seconds()),
    }


def _items(slot: OracleEdition | Reading) -> int:
    return len(slot.entries) if isinstance(slot, OracleEdition) else slot.item_count
