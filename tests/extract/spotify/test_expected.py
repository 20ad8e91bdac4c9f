"""How many requests a reading will take, told beforehand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from chartlake.extract.spotify import expected
from chartlake.model import Feed, Manifest, Page, Slot

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
FEED = Feed(name="finds", source="playlist", source_id="P" * 22)


def before(*resources: str, version: str | None = "v1", unchanged: int = 0) -> Manifest:
    pages = tuple(
        Page(
            resource=resource,
            media_type="application/json",
            offset=0,
            stored_bytes=1,
            length=1,
            sha256="0" * 64,
            received_at=NOW,
        )
        for resource in resources
    )
    return Manifest(
        feed=FEED,
        slot=Slot("20260301T000000Z"),
        chart_date=date(2026, 3, 1),
        revision=1,
        attempt="a",
        raw_key="raw/x",
        pages=pages,
        item_count=1,
        observed_at=NOW,
        version=version,
        unchanged_count=unchanged,
    )


LIST = ("playlist", "playlist_items", "playlist_items")


@pytest.mark.parametrize(
    ("previous", "least", "most"),
    [
        (None, 1, None),
        (before("playlist"), 1, 1),
        (before(*LIST), 1, 4),
        (before(*LIST, unchanged=5), 1, 4),
        (before(*LIST, unchanged=6), 4, 4),  # the seventh is read whole
        (before(*LIST, version=None), 4, 4),
    ],
)
def test_a_list(previous: Manifest | None, least: int, most: int | None) -> None:
    assert expected.of_list(previous, 7) == (least, most)


@pytest.mark.parametrize(("length", "most"), [(1, 1), (50, 1), (51, 2), (99, 2), (1000, 20)])
def test_top_items(length: int, most: int) -> None:
    assert expected.of_top_items(length) == (1, most)


def test_plays() -> None:
    assert expected.of_plays() == (1, 2)


def test_a_catalog() -> None:
    listed = ("artist", "artist", "artist_albums", "artist_albums", "artist_albums")
    assert expected.of_catalog(None, 2, 200) == (3, 200)
    assert expected.of_catalog(before(*listed, *["album_tracks"] * 9), 2, 200) == (5, 200)
    assert expected.of_catalog(before(*listed), 300, 200) == (301, 301)


@pytest.mark.parametrize(
    ("wanted", "batch", "least", "most"),
    [
        (0, None, 0, 0),
        (120, None, 3, 120),
        (120, True, 3, 3),
        (120, False, 120, 120),
        (1000, False, 200, 200),
        (1000, None, 20, 200),
        (10**6, True, 200, 200),
    ],
)
def test_hydration(wanted: int, batch: bool | None, least: int, most: int) -> None:
    assert expected.of_hydration(wanted, batch, 200) == (least, most)
