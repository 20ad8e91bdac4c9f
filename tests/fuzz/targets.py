"""What is fuzzed: each target takes any bytes and raises nothing that a caller does not expect.

An input of several pages has them with a NUL between, which no JSON holds. Where a target reads
several kinds of pages, the first byte says which one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import cast

import httpx2
import msgspec
import pytest

from chartlake.errors import ChartlakeError, CorruptObject, DataError, Unavailable
from chartlake.extract.due import DueSlot
from chartlake.extract.spotify.answers import Answer, check_json, problem
from chartlake.extract.spotify.client import SpotifyClient
from chartlake.extract.spotify.playlist import read_playlist
from chartlake.extract.spotify.recently_played import read_recently_played
from chartlake.extract.spotify.saved_tracks import read_saved_tracks
from chartlake.extract.spotify.top_items import read_top_items
from chartlake.lake import raw
from chartlake.lake.builds import rank
from chartlake.lake.store import Store, open_store
from chartlake.model import (
    Body,
    Build,
    Feed,
    Manifest,
    Page,
    Slot,
    Snapshot,
    Undecodable,
    from_json,
)
from chartlake.schema import SlotRows
from chartlake.transform.claims import check_manifest
from chartlake.transform.pages import Memory, items_of
from chartlake.transform.parse_account_lists import parse_account_list
from chartlake.transform.parse_catalog import parse_catalog
from chartlake.transform.parse_charts_csv import count_records, parse_charts_csv
from chartlake.transform.parse_playlist import embedded_items, parse_playlist
from chartlake.transform.parse_recently_played import parse_recently_played
from chartlake.transform.piece import parse_slot
from chartlake.transform.slices import place_of
from tests.transform.slots import (
    CHART,
    PLAYLIST,
    SUNDAY_SLOT,
    manifest,
    playlist_snapshot,
    rows_by,
    unique_keys,
)

__all__ = ["BETWEEN", "CATALOG_KINDS", "LIST_KINDS", "TARGETS", "true_manifest"]

BETWEEN = b"\0"
LIST_KINDS = ("saved_tracks", "top_tracks", "top_artists")
CATALOG_KINDS = (
    "artist",
    "album",
    "track",
    "artists",
    "albums",
    "tracks",
    "artist_albums",
    "album_tracks",
)
_ALBUM = f"https://api.example/albums/{'b' * 22}/tracks?offset=0"
_NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
_MOST_PAGES = 4
_MOST_PLACES = 20


def true_manifest() -> tuple[Store, Manifest]:
    """A lake with the pages of one slot, and the manifest that tells the truth of them."""
    store = open_store("memory://")
    items = [{"item": {"id": "a" * 22, "type": "track", "name": "x"}}]
    snapshot = playlist_snapshot(items)
    pages = raw.hold(store, "finds", SUNDAY_SLOT, snapshot.bodies * 2, "a" * 16)
    true = manifest(*(body.content for body in snapshot.bodies), item_count=len(items))
    return store, msgspec.structs.replace(true, pages=pages[:1], raw_key=str(pages[0].raw_key))


_LAKE, _ = true_manifest()


def playlist(data: bytes) -> None:
    """A playlist object and the pages after it."""
    pages = data.split(BETWEEN)[:_MOST_PAGES]
    slot = manifest(*pages, first_items=_first_items(pages))
    _parse(lambda m: rows_by(parse_playlist, m, pages), slot)
    _find_all(slot, pages)


def account_lists(data: bytes) -> None:
    """Saved tracks, top tracks or top artists."""
    kind, pages = _kind(data, LIST_KINDS)
    slot = manifest(
        *pages, first_items=_first_items(pages), resources=[kind] * len(pages), feed=PLAYLIST
    )
    _parse(lambda m: rows_by(parse_account_list, m, pages), slot)
    _find_all(slot, pages)


def recently_played(data: bytes) -> None:
    """Pages of plays."""
    pages = data.split(BETWEEN)[:_MOST_PAGES]
    feed = Feed(name="plays", source="recently-played", source_id="me", schedule="hourly")
    slot = manifest(*pages, resources=["recently_played"] * len(pages), feed=feed)
    slot = msgspec.structs.replace(slot, since=_NOW)
    _parse(lambda m: rows_by(parse_recently_played, m, pages), slot)
    _find_all(slot, pages)


def catalog(data: bytes) -> None:
    """Artists, albums and tracks by themselves, in batches, and in pages."""
    kind, pages = _kind(data, CATALOG_KINDS)
    feed = Feed(name="catalog", source="artist-catalog", source_id="artists")
    slot = manifest(*pages, resources=[kind] * len(pages), urls=[_ALBUM] * len(pages), feed=feed)
    _parse(lambda m: rows_by(parse_catalog, m, pages), slot)


def charts_csv(data: bytes) -> None:
    """A charts file of any format."""
    slot = manifest(data, feed=CHART, resources=["charts_csv"])
    try:
        expected = count_records(data)
    except DataError:
        return
    rows = rows_by(parse_charts_csv, slot, [data])
    assert len(rows.entries) + len(rows.rejects) == expected
    assert unique_keys(rows)
    _find_records(slot.pages[0], data, expected)


def manifests(data: bytes) -> None:
    """A manifest, as far as it is believed; then its pages, wherever it says that they lie."""
    try:
        found = from_json(data, Manifest)
        check_manifest(found, "finds", SUNDAY_SLOT, 1)
    except (Undecodable, CorruptObject):
        return
    assert from_json(msgspec.json.encode(found), Manifest) == found
    error = _error_in(found)
    assert error is None or "fault of chartlake" not in str(error.fix), error


def _error_in(slot: Manifest) -> DataError | None:
    try:
        parse_slot(_LAKE, slot, Memory())
    except DataError as error:
        return error
    return None


def builds(data: bytes) -> None:
    """A build, and how it compares with others."""
    try:
        found = from_json(data, Build)
    except Undecodable:
        return
    assert from_json(msgspec.json.encode(found), Build) == found
    assert all(rank(found, slot) == rank(found, slot) for slot in found.slots)


def answers(data: bytes) -> None:
    """Answers of the Web API: whether they are whole, and reading a list from them."""
    bodies = data[1:].split(BETWEEN)[:_MOST_PAGES]
    headers = httpx2.Headers({"Content-Type": "application/json"})
    try:
        for body in bodies:
            str(problem(Answer(429, headers, body), "https://api.example/"))
            check_json(Answer(200, headers, body), "https://api.example/")
        reading = _READINGS[data[0] % len(_READINGS)] if data else _READINGS[0]
        snapshot = reading(cast(SpotifyClient, _Client(bodies)))
    except ChartlakeError:
        return
    assert snapshot.item_count >= 0
    msgspec.json.encode([snapshot.version, snapshot.watermark, snapshot.warning])


class _Client:
    """Gives these answers in turn, as often as a reading of a few pages asks."""

    now = _NOW
    requests: tuple[()] = ()

    def __init__(self, bodies: list[bytes]) -> None:
        self._bodies, self._asked = bodies, 0
        self.capabilities = self

    def note(self, fact: str, value: str) -> None:
        """Remember nothing."""

    def url(self, path: str, params: object = None) -> str:
        return f"https://api.example{path}"

    def get(self, path: str, resource: str, params: object = None, first_item: int = 0) -> Body:
        if self._asked == 3 * _MOST_PAGES:
            raise Unavailable("enough")
        content = self._bodies[self._asked % len(self._bodies)]
        self._asked += 1
        return Body(
            content=content,
            resource=resource,
            media_type="application/json",
            received_at=_NOW,
            url=self.url(path),
            first_item=first_item,
        )

    def get_if_changed(
        self,
        path: str,
        resource: str,
        params: object = None,
        first_item: int = 0,
        etag: str | None = None,
    ) -> Body:
        return self.get(path, resource, params, first_item)


_DUE = DueSlot(
    Feed(name="f", source="playlist", source_id="P" * 22), Slot("20261120T040000Z"), date.min
)
_READINGS: tuple[Callable[[SpotifyClient], Snapshot], ...] = (
    lambda client: read_playlist(client, 7, _DUE),
    lambda client: read_saved_tracks(client, 7, _DUE),
    lambda client: read_top_items(client, "tracks", "short_term", 100, _DUE),
    lambda client: read_recently_played(client, _DUE),
)


def _kind(data: bytes, kinds: tuple[str, ...]) -> tuple[str, list[bytes]]:
    kind = kinds[data[0] % len(kinds)] if data else kinds[0]
    return kind, data[1:].split(BETWEEN)[:_MOST_PAGES]


def _first_items(pages: Iterable[bytes]) -> list[int]:
    """Where each page begins, as extracting would have counted."""
    first_items, count = [], 0
    for page in pages:
        first_items.append(count)
        try:
            count += len(items_of(page))
        except Undecodable:
            continue
    return first_items


def _find_all(slot: Manifest, pages: Iterable[bytes]) -> None:
    for page, content in zip(slot.pages, pages, strict=True):
        split = embedded_items if page.resource == "playlist" else items_of
        with suppress(Undecodable):
            _find_records(page, content, len(split(content)))


def _find_records(page: Page, content: bytes, count: int) -> None:
    """Each record lies in the page, after the one before it; and there are no more."""
    end = 0
    for number in range(min(count, _MOST_PLACES)):
        record = place_of(page, content, number).record
        assert end <= record.start <= record.stop <= len(content)
        end = record.stop
    with suppress(DataError):
        pytest.fail(f"record {count} of {count}: {place_of(page, content, count)}")


def _parse(parse: Callable[[Manifest], SlotRows], slot: Manifest) -> None:
    """Every record is a row or a reject, and each row fits its table."""
    try:
        rows = parse(slot)
    except DataError:
        return
    assert unique_keys(rows)
    for edition in rows.editions:
        assert len(rows.entries) + len(rows.rejects) == edition.item_count
    for play in rows.play_observations:
        assert 0 < play.position <= rows.readings[0].item_count


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        account_lists,
        answers,
        builds,
        catalog,
        charts_csv,
        manifests,
        playlist,
        recently_played,
    )
}
