import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartlake.model import Slot, sha256
from chartlake.transform.records import (
    RejectRecord,
    check_id,
    edition,
    item_key,
    reading,
    reject,
    too_many_rejects,
)
from tests.transform.slots import PLAYLIST, manifest

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("rejects", "records", "too_many"),
    [(0, 0, False), (1, 1, False), (1, 5, False), (2, 20, False), (2, 19, True), (3, 30, False)],
)
def test_one_reject_is_never_too_many_else_a_tenth_is(
    rejects: int, records: int, too_many: bool
) -> None:
    assert too_many_rejects(rejects, records) is too_many


def test_an_id_is_22_letters_and_digits() -> None:
    assert check_id("0VjIjW4GlUZAMYd2vXMi3b", "track") == "0VjIjW4GlUZAMYd2vXMi3b"


@pytest.mark.parametrize(
    "no_id", ["", "a" * 21, "a" * 23, "a" * 21 + "-", "a" * 22 + "\n", "é" * 22, "../" + "a" * 19]
)
def test_nothing_else_is(no_id: str) -> None:
    with pytest.raises(RejectRecord, match=re.escape(f"album id {no_id!r} is not 22 letters")):
        check_id(no_id, "album")


def test_an_item_is_known_by_id_then_uri_then_text() -> None:
    assert item_key("track", "A" * 22, "spotify:track:x", "Song", "Vera") == "A" * 22
    assert item_key("local", None, "spotify:local:x", "Song", "Vera") == "spotify:local:x"
    assert item_key("track", None, None, "Song", "Vera") == (
        "text:" + sha256(b"track\nSong\nVera")[:32]
    )
    assert item_key("track", "", "", None, "Vera") == "text:" + sha256(b"track\n\nVera")[:32]


@given(st.text(), st.text())
def test_other_text_is_another_item(one: str, other: str) -> None:
    same = item_key("track", None, None, one) == item_key("track", None, None, other)
    assert same == (one == other)


def test_a_reject_names_its_place_and_keeps_4000_characters() -> None:
    kept = reject(2, 7, "no", ("é" * 4001).encode())
    assert (kept.page, kept.item, kept.reason, kept.payload) == (2, 7, "no", "é" * 4000)


def test_an_edition_repeats_its_feed_and_slot() -> None:
    assert edition(manifest(), 3, title="T", owner="O", spotify_snapshot_id="S")._asdict() == {
        "scheduled_at": datetime(2026, 2, 28, 23),
        "chart_date": date(2026, 3, 1),
        "observed_at": datetime(2026, 3, 1, 4, 0, 7),
        "source": "playlist",
        "source_id": PLAYLIST.source_id,
        "schedule": "daily",
        "timezone": "Europe/Berlin",
        "cadence": "day",
        "title": "T",
        "owner": "O",
        "item_count": 3,
        "spotify_snapshot_id": "S",
        "unchanged_from": None,
    }


def test_an_edition_says_whose_pages_it_has() -> None:
    unchanged = msgspec.structs.replace(manifest(), unchanged_from=Slot("20260227T230000Z"))
    assert edition(unchanged, 0).unchanged_from == "20260227T230000Z"


def test_a_reading_repeats_its_feed_and_slot() -> None:
    of_plays = msgspec.structs.replace(manifest(), since=datetime(2026, 3, 1, 2, tzinfo=BERLIN))
    covers = datetime(2026, 2, 28), datetime(2026, 3, 1)
    assert reading(of_plays, 3, covers=covers, joins_previous=True)._asdict() == {
        "scheduled_at": datetime(2026, 2, 28, 23),
        "chart_date": date(2026, 3, 1),
        "observed_at": datetime(2026, 3, 1, 4, 0, 7),
        "source": "playlist",
        "source_id": PLAYLIST.source_id,
        "schedule": "daily",
        "timezone": "Europe/Berlin",
        "cadence": "day",
        "item_count": 3,
        "covers_from": datetime(2026, 2, 28),
        "covers_to": datetime(2026, 3, 1),
        "joins_previous": True,
        "since": datetime(2026, 3, 1, 1),
    }


def test_a_reading_of_no_plays_covers_nothing() -> None:
    assert reading(manifest(), 0)[-4:] == (None, None, None, None)


def test_the_edition_of_an_undated_file_has_no_time() -> None:
    undated = msgspec.structs.replace(manifest(), slot=Slot("f" * 64), chart_date=None)
    found = edition(undated, 0)
    assert (found.scheduled_at, found.chart_date) == (None, None)
