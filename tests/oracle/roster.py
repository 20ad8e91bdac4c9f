"""What of the lists the roster follows."""

from __future__ import annotations

from tests.oracle.facts import OracleEntry, Row, World
from tests.oracle.histories import History
from tests.oracle.items import credits_of, normal, normal_isrc

# the first that fits is told
_ORDER = ("artist", "track", "album", "isrc", "name")


def roster_items(world: World, history: History) -> list[Row]:
    """One row per item of one feed that the roster follows."""
    stood: dict[str, list[OracleEntry]] = {}
    for one in history:
        for item_key, entry in one.best.items():
            stood.setdefault(item_key, []).append(entry)
    found = []
    for item_key, entries in stood.items():
        kinds = {kind for entry in entries for kind in _reasons(world, entry)}
        if kinds:
            because = next(kind for kind in _ORDER if kind in kinds)
            row = {"feed": history[-1].edition.feed, "item_key": item_key, "because": because}
            found.append(row)
    return found


def _reasons(world: World, entry: OracleEntry) -> set[str]:
    """Why the roster follows an entry: all kinds of terms that fit."""
    credits = credits_of(world, entry)
    values: dict[str, set[str | None]] = {
        "artist": {credit.artist_id for credit in credits},
        "track": {entry.track_id, entry.item_key},
        "album": {world.latest("track", entry.track_id, "album_id")},
        "isrc": {normal_isrc(world.latest("track", entry.track_id, "isrc") or "")},
        "name": {normal(credit.artist_name) for credit in credits},
    }
    if entry.item_kind == "album":
        values["album"].add(entry.item_key)
    values["name"].add(normal(entry.artist_names))
    listed = f", {normal(entry.artist_names)},"
    return {
        kind
        for kind, value in world.roster
        if value in values[kind] or (kind == "name" and f", {value}," in listed)
    }
