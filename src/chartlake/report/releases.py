"""What followed artists have brought out since a feed began to watch them."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from chartlake.errors import UsageError
from chartlake.warehouse.port import Warehouse

__all__ = ["Releases", "releases"]


class Releases(NamedTuple):
    """New albums of one feed, last seen first; ``since`` is the feed's first date."""

    feed: str
    since: date
    rows: list[dict[str, Any]]


def releases(warehouse: Warehouse, feed: str | None, day: date | None, limit: int = 50) -> Releases:
    """The albums that were first seen on a date, by default on any, since the feed began."""
    found = dict(
        warehouse.query(
            "select feed, min(chart_date) from readings where source = 'artist-catalog' "
            "group by feed order by feed"
        ).rows
    )
    name = feed or next(iter(found), None)
    if name not in found or (feed is None and len(found) > 1):
        if not found:
            raise UsageError(
                "no artist-catalog feed has been read yet",
                fix="name one in chartlake.toml (docs/sources.md tells how), then: chartlake run",
            )
        what = f"{feed!r} is no artist-catalog feed" if feed else "which artist-catalog feed?"
        raise UsageError(what, fix=f"--feed NAME, one of: {', '.join(found)}")
    rows = warehouse.query(
        """
        select first_chart_date, release_date_text, album_name, artist_name, album_type,
            total_tracks, album_id
        from catalog_releases
        where feed = $feed and not was_there and ($day is null or first_chart_date = $day)
        order by first_chart_date desc, release_date desc, album_name
        limit $limit
        """,
        {"feed": name, "day": day, "limit": limit},
    ).records()
    return Releases(str(name), found[name], rows)
