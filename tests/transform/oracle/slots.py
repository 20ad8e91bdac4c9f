"""A slot's rows: its pages taken apart, its records put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chartlake.errors import DataError
from chartlake.model import Manifest
from chartlake.schema import (
    AlbumArtist,
    AlbumObservation,
    ArtistObservation,
    Edition,
    Entry,
    MissedSlot,
    PlayObservation,
    Reading,
    Reject,
    SlotRows,
    TrackArtist,
    TrackObservation,
)
from chartlake.transform.pages import Memory
from chartlake.transform.parse_charts_csv import parse_charts_csv
from tests.transform.oracle import payloads, records
from tests.transform.oracle.payloads import Json
from tests.transform.oracle.records import Refused, Said, Sighting
from tests.transform.oracle.text import Node, NotJson, WrongType, node_of

RANKED = ("playlist", "saved-tracks", "top-items")
OF_WRONG_TYPE = "not of its type"
"""The reason for whatever has a wrong type; how the product puts it is its own affair."""

_ALBUM = re.compile(r"/albums/([A-Za-z0-9]{22})/tracks(?:\?|$)")
_ROW = {"track": TrackObservation, "album": AlbumObservation, "artist": ArtistObservation}
_CREDIT = {"track": TrackArtist, "album": AlbumArtist}


class Unusable(ValueError):
    """The slot as a whole stays out of the tables."""


def rows_of(manifest: Manifest, contents: Sequence[bytes]) -> SlotRows:
    """All rows of a slot; Unusable where it has to stay out."""
    if manifest.missed:
        return SlotRows(missed_slots=[_missed(manifest)])
    if manifest.feed.source == "charts-csv":
        return _chart(manifest, contents)
    try:
        split = [_records(manifest, number, content) for number, content in enumerate(contents)]
    except (NotJson, WrongType) as error:
        raise Unusable(str(error)) from error
    rows = _Slot(manifest).read(split)
    if sum(map(len, split)) != manifest.item_count:
        raise Unusable("another number of records")
    if len(rows.rejects) > 1 and len(rows.rejects) * 10 > manifest.item_count:
        raise Unusable("too many rejects")
    rows.editions, rows.readings = _occasion(manifest, contents, rows)
    return rows


def _chart(manifest: Manifest, contents: Sequence[bytes]) -> SlotRows:
    """By the product's parser: there is one for all engines."""
    try:
        rows = parse_charts_csv(manifest, contents, Memory()).rows
    except DataError as error:
        raise Unusable(str(error)) from error
    if rows.editions[0].item_count != manifest.item_count:
        raise Unusable("another number of records")
    return rows


def count(pages: Iterable[tuple[str, bytes]]) -> int:
    """How many records pages of these resources have; 0 where they can't be told."""
    try:
        return sum(len(_split(name, node_of(content), content)) for name, content in pages)
    except (NotJson, WrongType):
        return 0


# Pages --------------------------------------------------------------------------------------


def _records(manifest: Manifest, number: int, content: bytes) -> list[Node]:
    """The records of a page; NotJson, WrongType or Unusable where it is not what it should be."""
    page = manifest.pages[number]
    node = node_of(content)
    found = _split(page.resource, node, content)
    offset = payloads.offset(node)["offset"]
    if type(offset) is int and offset != page.first_item:
        raise Unusable(f"page {number} begins at {offset}")
    return found


def _split(resource: str, node: Node, content: bytes) -> list[Node]:
    if node.kind != "object":
        raise WrongType(node.text[:40])
    if resource in ("artist", "album", "track"):
        return [replace(node, text=content.decode())]
    if resource in ("artists", "albums", "tracks"):
        lists = node.all_of(resource)
        if not lists or lists[-1].kind != "array":
            raise WrongType(resource)
        return list(lists[-1].value)
    if resource != "playlist":
        return payloads.page(node)["items"] or []
    playlist = payloads.playlist(node)
    shown = [it for it in (playlist["items"], playlist["tracks"]) if it and it.kind != "null"]
    try:
        page: Json = payloads.page(shown[0]) if shown else {"items": [], "offset": None}
    except WrongType:
        return []
    return [] if page["offset"] else page["items"] or []


# Records ------------------------------------------------------------------------------------


class _Slot:
    """One slot while its records are read one after another."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._rows = SlotRows()
        self._seen: list[tuple[Sighting, datetime]] = []

    def read(self, split: list[list[Node]]) -> SlotRows:
        ordinal = 0
        for number, nodes in enumerate(split):
            page = self._manifest.pages[number]
            if nodes and self._manifest.feed.source in RANKED and page.first_item != ordinal:
                raise Unusable(f"page {number} begins at {page.first_item}, not at {ordinal}")
            for item, node in enumerate(nodes):
                ordinal += 1
                self._add(number, item, ordinal, node)
        _put_together(self._rows, self._seen)
        return self._rows

    def _add(self, number: int, item: int, ordinal: int, node: Node) -> None:
        page = self._manifest.pages[number]
        try:
            said = _read(page.resource, page.url, node)
        except (Refused, WrongType) as why:
            reason = OF_WRONG_TYPE if isinstance(why, WrongType) else str(why)
            self._rows.rejects.append(Reject(number, item, reason, node.text[:4000]))
            return
        at = _utc(page.received_at)
        self._seen += [(sighting, at) for sighting in said.seen]
        place: Json = {"page": number, "item": item}
        if said.entry is not None:
            place["position"] = page.first_item + item + 1
            self._rows.entries.append(_row(Entry, place | said.entry))
        if said.play is not None:
            place |= {"position": ordinal, "account": self._manifest.feed.source_id}
            self._rows.play_observations.append(_row(PlayObservation, place | said.play))


def _read(resource: str, url: str | None, node: Node) -> Said:
    if resource == "album_tracks":
        album = _ALBUM.search(url or "")
        if not album:
            raise Unusable(f"{url} names no album")
        return Said() if node.kind == "null" else records.catalog_track(node, album[1])
    if resource in _LISTS:
        return _LISTS[resource](node)
    return Said() if node.kind == "null" else _CATALOG[resource](node)


_LISTS: dict[str, Callable[[Node], Said]] = {
    "playlist": records.listed,
    "playlist_items": records.listed,
    "saved_tracks": records.listed,
    "top_tracks": records.top_track,
    "top_artists": records.top_artist,
    "recently_played": records.play,
}
_CATALOG: dict[str, Callable[[Node], Said]] = {
    "artist": records.catalog_artist,
    "artists": records.catalog_artist,
    "album": records.catalog_album,
    "albums": records.catalog_album,
    "artist_albums": records.catalog_album,
    "track": records.catalog_track,
    "tracks": records.catalog_track,
}


def _put_together(rows: SlotRows, seen: list[tuple[Sighting, datetime]]) -> None:
    """One row for each thing: each value the latest there is, of one time the first."""
    things: dict[tuple[str, str], list[tuple[Sighting, datetime]]] = {}
    for sighting, at in seen:
        key = sighting.kind, sighting.values[f"{sighting.kind}_id"]
        things.setdefault(key, []).append((sighting, at))
    for (kind, its_id), times in things.items():
        in_order = [one for one, _ in sorted(times, key=lambda each: each[1], reverse=True)]
        values = {
            name: next((one.values[name] for one in in_order if one.values[name] is not None), None)
            for name in in_order[0].values
        }
        values["observed_at"] = max(at for _, at in times)
        getattr(rows, f"{kind}_observations").append(_row(_ROW[kind], values))
        credits = next((one.credits for one in in_order if one.credits), [])
        for position, (artist_id, name) in enumerate(credits, start=1):
            credit = _CREDIT[kind](its_id, position, artist_id, name)
            getattr(rows, f"{kind}_artists").append(credit)


def _row(kind: Any, values: Json) -> Any:
    return kind(**dict.fromkeys(kind._fields) | values)


# What is said of the slot itself -------------------------------------------------------------


def _occasion(
    manifest: Manifest, contents: Iterable[bytes], rows: SlotRows
) -> tuple[list[Edition], list[Reading]]:
    feed = manifest.feed
    values: Json = {
        "scheduled_at": _time_of_slot(manifest.slot),
        "chart_date": manifest.chart_date,
        "observed_at": _utc(manifest.observed_at),
        "source": feed.source,
        "source_id": feed.source_id,
        "schedule": feed.schedule,
        "timezone": feed.timezone,
        "cadence": feed.cadence,
        "item_count": manifest.item_count,
    }
    if feed.source in RANKED:
        values |= _title(manifest, contents) | {"unchanged_from": manifest.unchanged_from}
        return [_row(Edition, values)], []
    if feed.source == "recently-played":
        since = _utc(manifest.since) if manifest.since else None
        times = [play.played_at for play in rows.play_observations]
        values |= {"since": since, "joins_previous": since is None}
        if times:
            values |= {"covers_from": min(times), "covers_to": max(times)}
            values["joins_previous"] = since is None or min(times) <= since
        return [], [_row(Reading, values)]
    return [], [_row(Reading, values | {"since": _utc(manifest.since) if manifest.since else None})]


def _title(manifest: Manifest, contents: Iterable[bytes]) -> Json:
    found: Json = {}
    for page, content in zip(manifest.pages, contents, strict=True):
        if page.resource == "playlist":
            playlist = payloads.playlist(node_of(content))
            owner = playlist["owner"] or {"id": None, "display_name": None}
            found = {
                "title": playlist["name"],
                "owner": owner["display_name"] or owner["id"],
                "spotify_snapshot_id": playlist["snapshot_id"],
            }
    return found


def _missed(manifest: Manifest) -> MissedSlot:
    scheduled_at = _time_of_slot(manifest.slot)
    if scheduled_at is None:
        raise Unusable("a slot without a time cannot be missed")
    return MissedSlot(
        scheduled_at=scheduled_at,
        chart_date=manifest.chart_date,
        noted_at=_utc(manifest.observed_at),
        source=manifest.feed.source,
        why=manifest.missed or "",
    )


def _time_of_slot(slot: str) -> datetime | None:
    return datetime.strptime(slot, "%Y%m%dT%H%M%SZ") if slot.endswith("Z") else None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
