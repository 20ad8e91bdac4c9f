"""A playlist object and its pages, in the shape of 2026 or the earlier one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from chartlake.errors import DataError
from chartlake.model import Manifest, Undecodable, from_json, naive_utc
from chartlake.schema import Entry, SlotRows
from chartlake.transform.observations import Observations, check_ids
from chartlake.transform.payloads import Item, Listed, Owner, PageOfItems, Playlist
from chartlake.transform.records import RejectRecord, check_id, edition, item_key, reject

__all__ = ["parse_playlist"]


def parse_playlist(manifest: Manifest, pages: Iterable[bytes]) -> SlotRows:
    """The rows of a slot: one page is the playlist object, further ones hold the rest of its items.

    DataError where a page as a whole is not what the manifest says it is.
    """
    rows = _Rows(naive_utc(manifest.observed_at))
    playlist = Playlist()
    for number, (page, content) in enumerate(zip(manifest.pages, pages, strict=True)):
        try:
            if page.resource == "playlist":
                playlist = from_json(content, Playlist)
                items = _embedded_items(playlist)
            else:
                items = from_json(content, PageOfItems).items
        except Undecodable as error:
            raise DataError(f"page {number} is not a {page.resource}", why=str(error)) from error
        for place, raw in enumerate(items):
            rows.add(raw, number, place, page.first_item + place + 1)
    return rows.of_edition(manifest, playlist)


def _embedded_items(playlist: Playlist) -> list[msgspec.Raw]:
    embedded = playlist.items if bytes(playlist.items) != b"null" else playlist.tracks
    try:
        page = from_json(embedded, PageOfItems)
    except Undecodable:  # not shown here: the items are in pages of their own
        return []
    return [] if page.offset else page.items


class _Rows:
    """Gathers the rows of one slot."""

    def __init__(self, observed_at: datetime) -> None:
        self._out = SlotRows()
        self._observations = Observations(self._out, observed_at)

    def add(self, raw: msgspec.Raw, page: int, place: int, position: int) -> None:
        """One record: an entry with what it tells of its track, or a reject."""
        try:
            listed = Listed() if bytes(raw) == b"null" else from_json(raw, Listed)
            item = listed.item or listed.track
            entry = _entry(listed, item, page, place, position)
            if item and entry.track_id:
                check_ids(item)
        except (Undecodable, RejectRecord) as reason:
            payload = bytes(raw).decode("utf-8", "replace")
            self._out.rejects.append(reject(page, place, reason, payload))
            return
        self._out.entries.append(entry)
        if item and entry.track_id:
            self._observations.add(item, entry.track_id)

    def of_edition(self, manifest: Manifest, playlist: Playlist) -> SlotRows:
        """All rows, with the edition they belong to."""
        owner = playlist.owner or Owner()
        self._out.editions.append(
            edition(
                manifest,
                len(self._out.entries) + len(self._out.rejects),
                title=playlist.name,
                owner=owner.display_name or owner.id,
                spotify_snapshot_id=playlist.snapshot_id,
            )
        )
        return self._out


def _entry(listed: Listed, item: Item | None, page: int, place: int, position: int) -> Entry:
    kind = _kind(listed, item)
    known = item or Item()
    spotify_id = check_id(known.id, kind) if known.id else None
    artists = _artist_text(known)
    return Entry(
        position=position,
        item_kind=kind,
        item_key=None
        if kind == "unavailable"
        else item_key(kind, spotify_id, known.uri, known.name, artists),
        track_id=spotify_id if kind == "track" else None,
        item_name=known.name,
        artist_names=artists,
        added_at=_moment(listed.added_at),
        label=None,
        streams=None,
        reported_rank=None,
        reported_previous_rank=None,
        reported_peak=None,
        reported_time_on_chart=None,
        page=page,
        item=place,
    )


def _kind(listed: Listed, item: Item | None) -> str:
    if item is None:
        return "unavailable"
    if listed.is_local or item.is_local or (item.uri or "").startswith("spotify:local:"):
        return "local"
    if item.type in ("episode", "audiobook"):
        return item.type
    return "track" if item.id or item.uri or item.name else "unavailable"


def _artist_text(item: Item) -> str | None:
    if item.artists:
        return ", ".join(artist.name or "" for artist in item.artists) or None
    return item.show.name if item.show else None


def _moment(value: Any) -> datetime | None:
    """A time as text; one without a zone is taken as UTC, on whatever machine."""
    try:
        moment = datetime.fromisoformat(value)
        return naive_utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (TypeError, ValueError, OverflowError):
        return None
