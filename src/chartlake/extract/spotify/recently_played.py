"""What a listener played last. Spotify shows some 50 plays and forgets the rest.

Each slot takes all that is shown, so that it overlaps with the slot before:
plays that a device reported late are seen, and a gap is: where the oldest play
shown is later than the last one known, plays in between may be lost for good.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.versioned import decode
from chartlake.model import Body, Snapshot

__all__ = ["read_recently_played"]

_LARGEST_PAGE = 50
_MOST_PAGES = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Plays(msgspec.Struct):
    items: list[Any]
    next: Any = None


def read_recently_played(client: SpotifyClient, due: DueSlot) -> Snapshot:
    """The plays that Spotify shows, back to those of the slot before."""
    since = due.previous.watermark if due.previous else None
    bodies: list[Body] = []
    played: list[datetime] = []
    count, before = 0, None
    for _ in range(_MOST_PAGES):
        body = _page(client, count, before)
        page = decode(body, _Plays)
        ended = [moment for item in page.items if (moment := _played_at(item))]
        # a clock that runs ahead must not move the watermark past plays that are still to come
        times = [moment for moment in ended if moment <= client.now]
        if bodies and not page.items:
            break  # the end of the history says nothing that is worth keeping
        bodies.append(body)
        count += len(page.items)
        played += times
        if not times or not page.next or (since and min(played) <= since):
            break
        before = min(played)
    return Snapshot(
        feed=due.feed,
        slot=due.slot,
        chart_date=due.chart_date,
        bodies=tuple(bodies),
        item_count=count,
        requests=tuple(client.requests),
        since=since,
        watermark=max([*played, *([since] if since else [])], default=None),
        warning=_gap(since, played),
    )


def _page(client: SpotifyClient, count: int, before: datetime | None) -> Body:
    params = {"limit": str(_LARGEST_PAGE)}
    if before:
        params["before"] = str((before - _EPOCH) // timedelta(milliseconds=1))
    return client.get("/me/player/recently-played", "recently_played", params, count)


def _played_at(item: Any) -> datetime | None:
    """When a play ended; None where that is not told in a way that can be read."""
    try:
        moment = datetime.fromisoformat(item["played_at"])
    except (TypeError, KeyError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _gap(since: datetime | None, played: list[datetime]) -> str | None:
    if since is None or (played and min(played) <= since):
        return None
    until = f"{min(played):%Y-%m-%d %H:%M} UTC" if played else "now"
    return (
        f"plays between {since:%Y-%m-%d %H:%M} UTC and {until} may be missing: Spotify shows only "
        "the last 50 or so; a shorter schedule, such as hourly, loses fewer"
    )
