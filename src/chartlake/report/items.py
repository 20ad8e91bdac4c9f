"""Which item a person means: a position, a Spotify id or link, or a part of the name."""

from __future__ import annotations

import re
from typing import Any

from chartlake.errors import UsageError
from chartlake.warehouse.port import Warehouse

__all__ = ["as_position", "at_position", "item_key", "standing", "without_link"]

_POSITION = re.compile(r"#?([0-9]{1,9})")
_LINK = re.compile(
    r"(?:https?://open\.spotify\.com/(?:intl-\w+/)?\w+/|spotify:(?!local)\w+:)([A-Za-z0-9]{22})(?:\?.*)?"
)
_MOST_CHOICES = 10


def without_link(text: str) -> str:
    """The Spotify id of a link or URI; any other text as it is, trimmed."""
    link = _LINK.fullmatch(text.strip())
    return link[1] if link else text.strip()


def as_position(item: str) -> int | None:
    """The position that ``7`` or ``#7`` means; None for anything else."""
    match = _POSITION.fullmatch(item.strip())
    return int(match[1]) if match else None


def at_position(
    warehouse: Warehouse, table: str, feed: str, slot: str, position: int
) -> dict[str, Any] | None:
    """The row of a slot at a position; ``table`` is entries or play_observations."""
    return _one(
        warehouse,
        f"select * from {table} where feed = $feed and slot = $slot and position = $position",
        {"feed": feed, "slot": slot, "position": position},
    )


def standing(
    warehouse: Warehouse, table: str, feed: str, slot: str, key: str
) -> dict[str, Any] | None:
    """The row of an item in a slot, the best one where it stands there twice; None without one."""
    return _one(
        warehouse,
        f"select * from {table} where feed = $feed and slot = $slot and item_key = $key "
        "order by position limit 1",
        {"feed": feed, "slot": slot, "key": key},
    )


def item_key(warehouse: Warehouse, table: str, feed: str, slot: str, item: str) -> str | None:
    """The key of the one item that is meant, whenever the feed had it; None where it never had.

    Of several that fit equally well the one in this slot is meant; UsageError with the choices
    where that does not decide.
    """
    wanted = without_link(item)
    found = warehouse.query(
        f"""
        select item_key, arg_max(item_name, slot) as name, arg_max(artist_names, slot) as artists,
            count(distinct slot) as slots, min(case when slot = $slot then position end) as here,
            bool_or(item_key = $item) as exact, bool_or(lower(item_name) = lower($item)) as named
        from {table}
        where feed = $feed and item_key is not null
            and (item_key = $item or contains(lower(item_name), lower($item)))
        group by item_key order by here nulls last, slots desc, item_key
        """,
        {"feed": feed, "slot": slot, "item": wanted},
    ).records()
    best = [row for row in found if row["exact"]] or [row for row in found if row["named"]] or found
    here = [row for row in best if row["here"]]
    meant = here if len(here) == 1 else best
    if len(meant) == 1:
        return str(meant[0]["item_key"])
    if not best:
        return None
    choices = "\n        ".join(_choice(row) for row in best[:_MOST_CHOICES])
    raise UsageError(
        f"{item!r} can be {len(best)} items of {feed}",
        fix=f"say which by its id, or by its position:\n        {choices}",
    )


def _choice(row: dict[str, Any]) -> str:
    place = f"#{row['here']}" if row["here"] else "not there"
    return f"{row['item_key']}  {place}  {row['name']} · {row['artists']}"


def _one(warehouse: Warehouse, sql: str, parameters: dict[str, object]) -> dict[str, Any] | None:
    return next(iter(warehouse.query(sql, parameters).records()), None)
