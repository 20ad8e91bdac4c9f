"""A small lake with slots of every source over two months, some of which cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pyarrow as pa

from chartlake.lake import raw
from chartlake.lake.curated import read_table
from chartlake.lake.store import Store
from chartlake.model import BuiltFile, Feed, Slot, Snapshot, slot_of_date, slot_time
from chartlake.schema import TABLES
from chartlake.transform.build import unbuilt
from chartlake.transform.piece import Piece
from tests.transform.slots import (
    OBSERVED_AT,
    PLAYLIST,
    chart_snapshot,
    page_of,
    playlist_snapshot,
    spotify_id,
)
from tests.transform.test_parse_charts_csv import NEW
from tests.transform.test_parse_playlist import listed, track

NOW = datetime(2026, 4, 2, 5, tzinfo=UTC)
DAYS = [Slot(f"2026{month:02d}{day:02d}T000000Z") for month in (2, 3) for day in range(1, 9)]
_OTHERS = {
    "artist-catalog": ("albums", "albums"),
    "hydration": ("tracks", "tracks"),
    "recently-played": ("recently_played", "items"),
    "saved-tracks": ("saved_tracks", "items"),
    "top-items": ("top_tracks", "items"),
}


def fill(store: Store) -> int:
    """Commit the slots; how many they are."""
    for snapshot in _snapshots():
        raw.commit(store, snapshot)
    for day in (date(2026, 1, 30), date(2026, 3, 30)):
        raw.mark_missed(store, PLAYLIST, slot_of_date(day), day, "nobody was there", OBSERVED_AT)
    _damage(store)
    return len(unbuilt(store))


def _snapshots() -> Iterator[Snapshot]:
    for number, slot in enumerate(DAYS):
        yield chart_snapshot(NEW.encode(), 3, slot=slot)
        songs = [listed(_song(each, number)) for each in range(number % 3, 12)]
        yield playlist_snapshot([*songs, listed(None)], slot=slot)
        yield playlist_snapshot([*songs, songs[0], "odd"], slot=slot, name="afters")
        yield playlist_snapshot([], slot=slot, name="empty")
        for source in _OTHERS:
            yield _of(source, slot, number)


def _song(number: int, day: int) -> dict[str, Any]:
    """Most are as they were on the day before; some change in popularity, or altogether."""
    name = f"Song {number} ♫" if number % 4 else f"Song {number} of {day}"
    return track(id=spotify_id(number), name=name, popularity=(number * day) % 5 or None)


def _of(source: str, slot: Slot, day: int) -> Snapshot:
    resource, name = _OTHERS[source]
    at = slot_time(slot)
    songs = [_song(number, day) for number in range(3)]
    items: dict[str, list[Any]] = {
        "artist-catalog": [song["album"] for song in songs],
        "hydration": [*songs, None],
        "recently-played": [
            {"track": s, "played_at": f"{at:%Y-%m-%dT0}{n}:00:00Z"} for n, s in enumerate(songs)
        ],
        "saved-tracks": [listed(song, "track") for song in songs],
        "top-items": songs,
    }
    content = page_of(items[source], name)
    plain = playlist_snapshot([None] * len(items[source]), slot=slot)
    body = msgspec.structs.replace(plain.bodies[0], resource=resource, content=content)
    feed = Feed(name=source, source=source, source_id="someone", schedule="daily")
    return msgspec.structs.replace(plain, feed=feed, bodies=(body,))


def _damage(store: Store) -> None:
    """Slots that no engine can build, each for another reason."""
    lost, _ = raw.commit(store, playlist_snapshot([listed(track())], name="lost"))
    store.delete(lost.raw_key)
    torn, _ = raw.commit(store, playlist_snapshot([listed(track())], name="torn"))
    content = bytearray(store.get(torn.raw_key))
    content[-1] ^= 1
    store.delete(torn.raw_key)
    store.create(torn.raw_key, bytes(content))
    raw.commit(store, chart_snapshot(b"no chart", 3, slot=Slot("20260402T000000Z")))
    miscounted = playlist_snapshot([listed(track())], name="miscounted")
    raw.commit(store, msgspec.structs.replace(miscounted, item_count=7))


def pieces_of(store: Store, size: int) -> list[Piece]:
    """All slots of the lake, in pieces of so many."""
    places = unbuilt(store)
    parts = [tuple(places[begin : begin + size]) for begin in range(0, len(places), size)]
    return [Piece(number, part) for number, part in enumerate(parts)]


def tables_in(store: Store, files: tuple[BuiltFile, ...]) -> dict[str, pa.Table]:
    """The rows of each table in the order of its key, without the attempt's name."""
    parts: dict[str, list[pa.Table]] = {}
    for file in files:
        parts.setdefault(file.table, []).append(read_table(store, file))
    return {
        name: pa.concat_tables(found)
        .sort_by([(column, "ascending") for column in TABLES[name].key])
        .drop_columns("attempt_id")
        .combine_chunks()
        for name, found in parts.items()
    }
