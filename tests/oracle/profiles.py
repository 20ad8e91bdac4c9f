"""Items over all their time on a list, over markets, and by the age of their release."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tests.oracle.facts import OracleFeed, Row, World
from tests.oracle.histories import History

ITEM = ("item_kind", "item_key", "track_id", "item_name", "artist_names")


def by_item(moved: Iterable[Row]) -> dict[str, list[Row]]:
    """The movements of one feed by item, each in the order of time."""
    found: dict[str, list[Row]] = {}
    for row in sorted(moved, key=lambda row: row["ordinal"]):
        found.setdefault(row["item_key"], []).append(row)
    return found


def item_profiles(history: History, moved: list[Row]) -> list[Row]:
    """One row per item of one feed; `moved` are the feed's movements."""
    return [_profile(history, rows) for rows in by_item(moved).values()]


def _profile(history: History, rows: list[Row]) -> Row:
    last = rows[-1]
    peak = min(row["position"] for row in rows)
    is_on_chart = last["ordinal"] == len(history)
    streams = [row["streams"] for row in rows if row["streams"] is not None]
    return {
        "feed": last["feed"],
        **{name: last[name] for name in ITEM},
        "debut_is_known": rows[0]["ordinal"] > 1,
        "debut_date": rows[0]["chart_date"],
        "debut_position": rows[0]["position"],
        "peak_position": peak,
        "peak_date": next(row["chart_date"] for row in rows if row["position"] == peak),
        "editions_at_peak": sum(row["position"] == peak for row in rows),
        "editions_on_chart": len(rows),
        "editions_at_one": sum(row["position"] == 1 for row in rows),
        "runs": len(runs(rows)),
        "longest_streak": max(len(run) for run in runs(rows)),
        "streak": len(runs(rows)[-1]) if is_on_chart else 0,
        "is_on_chart": is_on_chart,
        "last_chart_date": last["chart_date"],
        "last_position": last["position"],
        "biggest_climb": _greatest(row["change"] for row in rows),
        "biggest_fall": _greatest(
            None if row["change"] is None else -row["change"] for row in rows
        ),
        "chart_points": sum(row["chart_points"] for row in rows),
        "best_streams": max(streams, default=None),
        "streams_total": sum(streams) if len(streams) == len(rows) else None,
    }


def _greatest(numbers: Iterable[int | None]) -> int | None:
    return max((number for number in numbers if number is not None and number > 0), default=None)


def runs(rows: list[Row]) -> list[list[Row]]:
    """An item's movements by unbroken stay."""
    found: list[list[Row]] = []
    for row in rows:
        if found and found[-1][-1]["ordinal"] == row["ordinal"] - 1:
            found[-1].append(row)
        else:
            found.append([row])
    return found


# ------------------------------------------------------------------------------ market spread


def market_spread(
    world: World, of_feeds: dict[str, History], moved: dict[str, list[Row]]
) -> list[Row]:
    """One row per feed that has a market, and item; histories and movements are by feed."""
    items = {name: by_item(rows) for name, rows in moved.items()}
    return [
        _in_market(feed, of_feeds[feed.name], rows, _firsts(world, feed, items, item_key))
        for feed in world.feeds
        if feed.market is not None and feed.name in of_feeds
        for item_key, rows in items[feed.name].items()
    ]


def _firsts(
    world: World, feed: OracleFeed, items: dict[str, dict[str, list[Row]]], item_key: str
) -> dict[OracleFeed, date]:
    """When the item came first in each feed of the family that ever had it."""
    return {
        other: items[other.name][item_key][0]["chart_date"]
        for other in world.feeds
        if other.family == feed.family and item_key in items.get(other.name, {})
    }


def _in_market(
    feed: OracleFeed, history: History, rows: list[Row], firsts: dict[OracleFeed, date]
) -> Row:
    first, last = rows[0], rows[-1]
    peak = min(row["position"] for row in rows)
    earliest = min(firsts.values())
    return {
        "family": feed.family,
        "market": feed.market,
        "feed": feed.name,
        **{name: last[name] for name in ITEM},
        "debut_is_known": first["ordinal"] > 1,
        "first_chart_date": first["chart_date"],
        "first_position": first["position"],
        "is_first_market": first["chart_date"] == earliest,
        "days_after_first": (first["chart_date"] - earliest).days,
        "markets": len({other.market for other in firsts}),
        "peak_position": peak,
        "peak_date": next(row["chart_date"] for row in rows if row["position"] == peak),
        "editions_on_chart": len(rows),
        "last_chart_date": last["chart_date"],
        "last_position": last["position"],
        "position": last["position"] if last["ordinal"] == len(history) else None,
    }


# ------------------------------------------------------------------------------- release age


def release_age(world: World, moved: list[Row]) -> list[Row]:
    """One row per item of one feed whose release date is known."""
    found = []
    for rows in by_item(moved).values():
        album_id = album_of(world, rows[-1])
        released = world.latest("album", album_id, "release_date")
        if released is not None:
            found.append(_age(world, rows, album_id, released))
    return found


def album_of(world: World, row: Row) -> str | None:
    """The album of a track, or the item itself where that is one."""
    if row["item_kind"] == "album":
        key: str = row["item_key"]
        return key
    album_id: str | None = world.latest("track", row["track_id"], "album_id")
    return album_id


def _age(world: World, rows: list[Row], album_id: str | None, released: date) -> Row:
    peak = min(row["position"] for row in rows)
    peak_date = next(row["chart_date"] for row in rows if row["position"] == peak)
    return {
        "feed": rows[-1]["feed"],
        **{name: rows[-1][name] for name in ITEM},
        "album_id": album_id,
        "release_date": released,
        "release_date_precision": world.latest("album", album_id, "release_date_precision"),
        "debut_is_known": rows[0]["ordinal"] > 1,
        "debut_date": rows[0]["chart_date"],
        "debut_position": rows[0]["position"],
        "age_at_debut_days": (rows[0]["chart_date"] - released).days,
        "peak_position": peak,
        "peak_date": peak_date,
        "age_at_peak_days": (peak_date - released).days,
    }
