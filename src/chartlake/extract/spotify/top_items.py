"""A listener's top tracks or artists: a ranking without counts, as Spotify makes it each day."""

from __future__ import annotations

from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.versioned import not_whole, page_of, unchanged
from chartlake.model import Body, Snapshot

__all__ = ["read_top_items"]

_LARGEST_PAGE = 50


def read_top_items(
    client: SpotifyClient, items: str, time_range: str, length: int, due: DueSlot
) -> Snapshot:
    """The first ``length`` places; ``items`` is tracks or artists, ``time_range`` as Spotify's."""
    bodies: list[Body] = []
    count, total = 0, length
    while count < total:
        body = _page(client, items, time_range, min(_LARGEST_PAGE, length - count), count, due)
        if body is None:
            return unchanged(client, due)
        page = page_of(body)
        bodies.append(body)
        count += len(page.items)
        total = min(length, page.total if page.total is not None else length)
        if not page.items and count < total:
            if page.total is None:
                break  # where the list ends is not told
            raise not_whole(f"the list of top {items}", count, total)
    return Snapshot(
        feed=due.feed,
        slot=due.slot,
        chart_date=due.chart_date,
        bodies=tuple(bodies),
        item_count=count,
        requests=tuple(client.requests),
    )


def _page(
    client: SpotifyClient, items: str, time_range: str, limit: int, offset: int, due: DueSlot
) -> Body | None:
    """One page; None where the whole list is one page and Spotify says that it is as before."""
    path = f"/me/top/{items}"
    params = {"time_range": time_range, "limit": str(limit), "offset": str(offset)}
    before = due.previous.pages[0] if due.previous and len(due.previous.pages) == 1 else None
    same_question = before and offset == 0 and before.url == client.url(path, params)
    etag = before.etag if before and same_question else None
    return client.get_if_changed(path, f"top_{items}", params, offset, etag)
