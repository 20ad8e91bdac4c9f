"""What is told of a date of which nothing is shown: missed, purged, not loaded, or a gap."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from chartlake.errors import UsageError
from chartlake.lake import raw, tombstones
from chartlake.model import Slot, slot_at
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.engine import LocalEngine
from tests.report.test_explain import HOURLY, LIST, Lake, listed, moment, playlist

OUTAGE = "Spotify has an outage (503)"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two days are there, and what is between them is not."""
    lake = Lake(tmp_path)
    lake.put_list(1, *"ab")
    lake.put_list(4, *"ba")
    lake.fill()
    return lake


def error_of(lake: Lake, day: int, slot: str | None = None) -> UsageError:
    with pytest.raises(UsageError) as told:
        lake.explain(day, "1", slot=slot)
    return told.value


def mark_missed(lake: Lake, day: int, hour: int = 0) -> Slot:
    at = moment(day, hour)
    assert raw.mark_missed(lake.store, LIST, slot_at(at), at.date(), OUTAGE, moment(9))
    return slot_at(at)


def bury(lake: Lake, slot: Slot) -> None:
    tombstones.bury(lake.store, "finds", {slot: 1}, "it was purged", moment(9))


@pytest.mark.parametrize("loaded", [True, False])
def test_a_slot_that_was_missed(lake: Lake, loaded: bool) -> None:
    slot = mark_missed(lake, 2)
    if loaded:
        lake.fill()
    error = error_of(lake, 2)
    assert error.what == f"finds 2026-03-02 was missed: nobody read {slot} while it could be read"
    assert error.why == OUTAGE
    assert error.fix == "the nearest there are: 2026-03-01, 2026-03-04"


def test_a_missed_slot_beside_one_that_was_read(lake: Lake) -> None:
    slot = mark_missed(lake, 1, hour=9)
    lake.fill()
    assert lake.explain(1, "1").problems == []
    assert error_of(lake, 1, slot).why == OUTAGE
    assert "has no slot" in error_of(lake, 1, "20260301T100000Z").what


def test_a_feed_of_which_every_slot_was_missed(lake: Lake) -> None:
    lost = msgspec.structs.replace(LIST, name="lost")
    at = moment(2)
    raw.mark_missed(lake.store, lost, slot_at(at), at.date(), OUTAGE, at)
    lake.fill()
    with pytest.raises(UsageError, match="lost 2026-03-02 was missed"):
        lake.explain(2, "1", "lost")


def test_a_slot_that_was_purged(lake: Lake) -> None:
    slot = slot_at(moment(2))
    bury(lake, slot)
    error = error_of(lake, 2)
    assert error.what == "finds 2026-03-02 was purged"
    assert error.why == f"{slot}: it was purged, at 2026-03-09 00:00 UTC"
    assert "collected" in error_of(lake, 3).what


def test_a_purged_slot_has_its_date_in_the_time_zone_of_the_feed(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.put_list(1, *"ab", feed=msgspec.structs.replace(HOURLY, timezone="Asia/Tokyo"))
    lake.fill()
    bury(lake, slot_at(moment(2, hour=20)))
    assert "was purged" in error_of(lake, 3).what
    assert "was collected" in error_of(lake, 2).what


def test_a_feed_that_was_purged_whole(lake: Lake) -> None:
    tombstones.bury(lake.store, "gone", {slot_at(moment(2)): 1}, "it was purged", moment(9))
    with pytest.raises(UsageError, match="gone 2026-03-02 was purged"):
        lake.explain(2, "1", "gone")
    with pytest.raises(UsageError, match="there is no feed 'gone'"):
        lake.explain(3, "1", "gone")


def test_a_slot_that_is_committed_and_not_loaded(lake: Lake) -> None:
    lake.put_list(2, *"ab")
    error = error_of(lake, 2)
    assert error.what == "finds 2026-03-02 is in the lake, but not in the warehouse"
    assert "not built, or not loaded yet" in str(error.why)
    assert "chartlake reconcile" in str(error.fix)
    lake.fill()
    assert lake.explain(2, "1").problems == []


def test_a_slot_that_cannot_be_built(lake: Lake) -> None:
    lake.put(LIST, moment(2), [("playlist", playlist([listed("a")]))], [2])
    assert build_slots(lake.store, LocalEngine(), unbuilt(lake.store), moment(9)).failed
    assert "1 records where its manifest counts 2" in str(error_of(lake, 2).why)


def test_a_date_that_nobody_collected(lake: Lake) -> None:
    error = error_of(lake, 3)
    assert error.what == "no edition of finds of 2026-03-03 was collected"
    assert error.fix == "the nearest there are: 2026-03-01, 2026-03-04"
