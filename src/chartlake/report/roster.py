"""The roster: the artists, tracks, albums and names that somebody follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chartlake.errors import UsageError
from chartlake.warehouse.port import Warehouse

__all__ = ["ARTISTS", "ITEMS", "has_roster", "marked", "marked_artists", "require"]

ITEMS = "select item_key from roster_items where feed = $feed"
"""The keys of a feed's items on the roster."""

# a text names several artists between commas; a known artist is one, whatever the name holds
ARTISTS = """
    select p.artist_key
    from artist_profiles p
    inner join roster_terms r
        on (r.kind = 'artist' and r.value = p.artist_id)
        or (r.kind = 'name' and r.value = lower(trim(p.artist_name)))
        or (
            r.kind = 'name' and p.is_text
            and position(
                concat(', ', r.value, ',') in concat(', ', lower(trim(p.artist_name)), ',')
            ) > 0
        )
    where p.feed = $feed
"""
"""The keys of a feed's artists on the roster."""


def has_roster(warehouse: Warehouse) -> bool:
    """Whether the project follows anybody."""
    return bool(warehouse.query("select 1 from roster_terms limit 1").rows)


def require(warehouse: Warehouse) -> None:
    """UsageError, with the way to one, where no roster counts; the settings may name one."""
    if not has_roster(warehouse):
        raise UsageError(
            "what was published last follows nobody",
            fix="name artists, tracks, albums, isrcs or names in chartlake.toml, such as\n"
            '        [roster]\n        names = ["Taylor Swift"]\n'
            "        If it names some already, they count from the next load: chartlake run",
        )


def marked(warehouse: Warehouse, feed: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, each with ``on_roster``: whether its item is on the roster."""
    return _marked(warehouse, feed, rows, ITEMS, "item_key")


def marked_artists(
    warehouse: Warehouse, feed: str, rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The rows, each with ``on_roster``: whether its artist is on the roster."""
    return _marked(warehouse, feed, rows, ARTISTS, "artist_key")


def _marked(
    warehouse: Warehouse, feed: str, rows: Sequence[dict[str, Any]], sql: str, key: str
) -> list[dict[str, Any]]:
    if not rows or not has_roster(warehouse):
        return [{**row, "on_roster": False} for row in rows]
    followed = {found for (found,) in warehouse.query(sql, {"feed": feed}).rows}
    return [{**row, "on_roster": row[key] in followed} for row in rows]
