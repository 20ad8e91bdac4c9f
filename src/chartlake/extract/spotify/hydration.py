"""Hydration: fill in what is known by its id only, most charted first, within a budget.

Charts files name tracks, albums and artists by id. What they are (length,
release date, cover, all artists) is asked for here, some each day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from chartlake.errors import Deferred
from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.allowance import Allowance
from chartlake.extract.spotify.catalogue import (
    BATCH_SIZE,
    Kind,
    ask_batch_allowed,
    read_by_id,
)
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.model import Body, Snapshot

__all__ = ["Wanted", "read_hydration"]


class Wanted(NamedTuple):
    """What is to be filled in, and where to say what can't be."""

    on: Callable[[date], Sequence[tuple[Kind, str]]]
    mark_missing: Callable[[Iterable[str], date], None]


def read_hydration(
    client: SpotifyClient, wanted: Wanted, allowance: Allowance, due: DueSlot
) -> Snapshot:
    """As many of the wanted as the budget allows. A slot with nothing to fill in has no pages."""
    ids = wanted.on(due.chart_date)  # kind and id, most charted first
    bodies: list[Body] = []
    records = 0
    missing: list[str] = []
    warnings: list[str] = []
    try:
        for kind, some in _within(client, ids, allowance):
            for got in read_by_id(client, kind, some):
                records += got.records
                missing += got.unknown
                bodies += [got.body] if got.body else []
    except Deferred as deferred:
        if not bodies:
            raise
        warnings.append(f"broken off: {deferred.what}; the next slot goes on with the rest")
    finally:
        allowance.spend(client)
    if missing:
        first = ", ".join(missing[:3]) + (", …" if missing[3:] else "")
        warnings.append(f"Spotify does not know {len(missing)} of the ids ({first})")
    due.then(lambda: wanted.mark_missing(missing, due.chart_date))
    return Snapshot(
        feed=due.feed,
        slot=due.slot,
        chart_date=due.chart_date,
        bodies=tuple(bodies),
        item_count=records,
        observed_at=client.now,
        requests=tuple(client.requests),
        warning="; ".join(warnings) or None,
    )


def _within(
    client: SpotifyClient, ids: Sequence[tuple[Kind, str]], allowance: Allowance
) -> Iterable[tuple[Kind, list[str]]]:
    """As many as the requests suffice for, gathered by kind."""
    if not ids or not allowance.left(client):
        return
    sizes = BATCH_SIZE if ask_batch_allowed(client) else dict.fromkeys(BATCH_SIZE, 1)
    by_kind = {kind: [each for its, each in ids if its == kind] for kind in BATCH_SIZE}
    batches = [
        (kind, some[start : start + sizes[kind]])
        for kind, some in by_kind.items()
        for start in range(0, len(some), sizes[kind])
    ]
    place = {each: number for number, each in enumerate(ids)}
    batches.sort(key=lambda batch: place[batch[0], batch[1][0]])  # as urgent as its first
    for batch in batches:
        # asked each time: where batch reads turn out to be lost, each id takes a request
        if not allowance.left(client):
            return
        yield batch
