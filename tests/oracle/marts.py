"""All marts of a world, by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

from tests.oracle.artists import (
    artist_momentum,
    artist_profiles,
)
from tests.oracle.attributes import attribute_history
from tests.oracle.bests import chart_records
from tests.oracle.columns import COLUMNS
from tests.oracle.facts import OracleEdition, Row, World
from tests.oracle.health import all_slots, counting_slots, data_health
from tests.oracle.histories import History, histories
from tests.oracle.items import counted, recordings
from tests.oracle.movements import (
    Due,
    chart_editions,
    exits,
    movements,
    returns,
    turnover,
)
from tests.oracle.profiles import (
    item_profiles,
    market_spread,
    release_age,
)
from tests.oracle.reported import reported_differences
from tests.oracle.roster import roster_items


def all_marts(world: World) -> dict[str, list[Row]]:
    """The rows of every mart; they have the mart's columns, in order, and stand in any order.

    Nothing is rounded here; `columns.ROUNDED` says what a mart rounds.
    """
    of_feeds = _histories(world)
    moved = {name: movements(_editions(history)) for name, history in of_feeds.items()}
    same = recordings(world)
    marts: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    for name, history in of_feeds.items():
        editions, (due, missed) = _editions(history), _calendar(world, name)
        numbered = chart_editions(editions, due, missed)
        marts["chart_editions"] += numbered
        marts["chart_movements"] += moved[name]
        marts["chart_exits"] += exits(editions)
        marts["chart_returns"] += returns(editions)
        marts["chart_turnover"] += turnover(editions, due)
        marts["artist_momentum"] += artist_momentum(world, history)
        marts["release_age"] += release_age(world, moved[name])
        marts["item_profiles"] += item_profiles(history, moved[name])
        marts["artist_profiles"] += artist_profiles(world, history)
        marts["chart_records"] += chart_records(world, history, moved[name])
        marts["reported_differences"] += reported_differences(history, moved[name], numbered, same)
        marts["roster_items"] += roster_items(world, history)
    marts["market_spread"] = market_spread(world, of_feeds, moved)
    marts["attribute_history"] = attribute_history(world)
    marts["recordings"] = same
    marts["data_health"] = data_health(world, _gaps(world))
    return marts


def _histories(world: World) -> dict[str, History]:
    """The whole history of each feed that has editions."""
    editions = counted(world)
    return {
        name: histories(one for one in editions if one.feed == name)[-1]
        for name in sorted({one.feed for one in editions})
    }


def _editions(history: History) -> list[OracleEdition]:
    return [one.edition for one in history]


def _calendar(world: World, name: str) -> tuple[Due | None, Due | None]:
    """Counts the due editions between two times, and those of them that were missed."""
    feed = world.feed(name)
    if feed.step is None:
        return None, None
    first = all_slots(world, feed)[0].scheduled_at
    calendar = feed.due(first, world.now)
    missed = {one.scheduled_at for one in world.missed if one.feed == name}

    def between(times: list[datetime]) -> Callable[[str, datetime, datetime], int]:
        def count(_: str, after: datetime, before: datetime) -> int:
            found = [at for at in times if after < at < before]
            if feed.cadence == "day":
                # the day's last one was due after the one that counts for the day
                found = [at for at in found if feed.date_of(at) > feed.date_of(after)]
            return len(found)

        return count

    return between(calendar), between([at for at in calendar if at in missed])


def _gaps(world: World) -> dict[str, list[int | None]]:
    """How many were due before each slot of each feed that counts; None without a schedule."""
    found: dict[str, list[int | None]] = {}
    for feed in world.feeds:
        times = [one.scheduled_at for one in counting_slots(world, feed)]
        if not times:
            continue
        due, _ = _calendar(world, feed.name)
        between = [due(feed.name, *pair) if due else None for pair in pairwise(times)]
        found[feed.name] = [0 if due else None, *between]
    return found
