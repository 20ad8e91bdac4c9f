"""Tracks, albums and artists by their ids: many at a time where that is allowed, else one by one.

Apps in development mode lost the batch reads in February 2026. Whether this
app has them is tried once, remembered, and tried again after a week.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from chartlake.errors import Refused
from chartlake.extract.spotify.capabilities import BATCH, MODE
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.versioned import decode
from chartlake.model import Body

__all__ = ["BATCH_SIZE", "Got", "Kind", "ask_batch_allowed", "read_by_id"]

Kind = str
"""track, album or artist."""

BATCH_SIZE: dict[Kind, int] = {"track": 50, "album": 20, "artist": 50}
_GONE = (403, 404, 405, 410)


class Got(NamedTuple):
    """An answer (None: there is none to keep), how many records it has, and the ids unknown."""

    body: Body | None
    records: int
    unknown: tuple[str, ...]


def read_by_id(client: SpotifyClient, kind: Kind, ids: Sequence[str]) -> Iterator[Got]:
    """Read these; ids that Spotify does not know are told, not raised."""
    start = 0
    while start < len(ids):
        if client.capabilities.value(BATCH) == "no":
            yield _one(client, kind, ids[start])
            start += 1
            continue
        some = ids[start : start + BATCH_SIZE[kind]]
        if got := _batch(client, kind, some):
            yield got
            start += len(some)


def ask_batch_allowed(client: SpotifyClient, *, anew: bool = False) -> bool:
    """Whether this app has batch reads; a request where it isn't remembered, or ``anew``."""
    if anew or client.capabilities.value(BATCH) is None:
        _batch(client, "track", ["0" * 22])
    return client.capabilities.value(BATCH) == "yes"


def _batch(client: SpotifyClient, kind: Kind, ids: Sequence[str]) -> Got | None:
    """Many at once; None where the app may not."""
    resource = f"{kind}s"
    try:
        body = client.get(f"/{resource}", resource, {"ids": ",".join(ids)})
    except Refused as refusal:
        if refusal.status not in _GONE:
            raise
        client.capabilities.note(BATCH, "no")
        client.capabilities.note(MODE, "development")
        return None
    client.capabilities.note(BATCH, "yes")
    client.capabilities.note(MODE, "extended")
    found: list[Any] = decode(body, dict[str, Any]).get(resource) or []
    unknown = tuple(asked for asked, given in zip(ids, found, strict=False) if given is None)
    return Got(body, len(found), unknown)


def _one(client: SpotifyClient, kind: Kind, spotify_id: str) -> Got:
    try:
        return Got(client.get(f"/{kind}s/{spotify_id}", kind), 1, ())
    except Refused as refusal:
        if refusal.status not in (400, 404):
            raise
        return Got(None, 0, (spotify_id,))
