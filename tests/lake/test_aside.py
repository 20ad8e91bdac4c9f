from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from chartlake.errors import DataError, Refused, Unavailable
from chartlake.lake import aside, keys
from chartlake.lake.aside import Failure, Quarantined
from chartlake.lake.store import Store
from chartlake.model import Slot, sha256

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
SLOT, NEXT = Slot("20260301T040000Z"), Slot("20260302T040000Z")


def test_a_file_is_kept_with_its_reason(store: Store) -> None:
    kept = aside.quarantine(store, "chart.csv", b"no chart", "it has no header", NOW)
    digest = sha256(b"no chart")
    assert kept == Quarantined(
        name="chart.csv", sha256=digest, size=8, reason="it has no header", at=NOW
    )
    assert list(store.keys("")) == [f"quarantine/{digest}", f"quarantine/{digest}.json"]
    assert store.get(keys.quarantined(digest)) == b"no chart"
    assert list(aside.list_quarantined(store)) == [kept]


def test_the_same_bytes_are_kept_once_with_the_first_reason(store: Store) -> None:
    first = aside.quarantine(store, "a.csv", b"same", "one", NOW)
    aside.quarantine(store, "b.csv", b"same", "two", NOW + timedelta(days=1))
    other = aside.quarantine(store, "c.csv", b"other", "three", NOW)
    by_hash = sorted([first, other], key=lambda kept: kept.sha256)
    assert list(aside.list_quarantined(store)) == by_hash


def test_what_a_crash_left_half_done_is_completed(store: Store) -> None:
    store.create(keys.quarantined(sha256(b"same")), b"same")
    assert list(aside.list_quarantined(store)) == []
    kept = aside.quarantine(store, "a.csv", b"same", "one", NOW)
    assert list(aside.list_quarantined(store)) == [kept]


def test_nothing_is_kept_aside_at_first(store: Store) -> None:
    assert list(aside.list_quarantined(store)) == []


def test_a_name_from_another_system_can_be_kept(store: Store) -> None:
    kept = aside.quarantine(store, '"../é\n".csv', b"x", "no", NOW)
    assert list(aside.list_quarantined(store)) == [kept]
    assert all(key.startswith("quarantine/") for key in store.keys(""))


def test_a_name_that_is_not_utf8_can_be_kept(store: Store) -> None:
    name = b"caf\xe9.csv".decode("utf-8", "surrogateescape")  # as Path gives it on Linux
    aside.quarantine(store, name, b"x", "no", NOW)
    (kept,) = aside.list_quarantined(store)
    assert kept.name.startswith("caf")


def test_failures_say_why_a_slot_is_open(store: Store) -> None:
    first = DataError("it is torn", why="bytes are missing")
    aside.record_failure(store, "finds", SLOT, "extract", first, NOW)
    aside.record_failure(store, "finds", SLOT, "transform", Refused("no"), NOW)
    found = [
        msgspec.json.decode(store.get(key), type=Failure)
        for key in store.keys(f"failures/finds/{SLOT}/")
    ]
    assert sorted(found, key=lambda failure: failure.stage) == [
        Failure(
            feed="finds",
            slot=SLOT,
            stage="extract",
            what="it is torn",
            why="bytes are missing",
            at=NOW,
        ),
        Failure(feed="finds", slot=SLOT, stage="transform", what="no", why=None, at=NOW),
    ]


def test_a_refusal_is_kept_with_its_status(store: Store) -> None:
    aside.record_failure(store, "finds", SLOT, "extract", Refused("gone", status=404), NOW)
    aside.record_failure(store, "finds", SLOT, "extract", Unavailable("an outage"), NOW)
    found = aside.list_failures(store, [("finds", SLOT)])
    assert {failure.what: failure.status for failure in found} == {"gone": 404, "an outage": None}


def test_the_same_reason_is_kept_once(store: Store) -> None:
    for hours in range(3):
        at = NOW + timedelta(hours=hours)
        aside.record_failure(store, "finds", SLOT, "extract", Refused("no", status=403), at)
    (failure,) = aside.list_failures(store, [("finds", SLOT)])
    assert failure.at == NOW
    aside.record_failure(store, "finds", SLOT, "transform", Refused("no", status=403), NOW)
    assert len(list(aside.list_failures(store, [("finds", SLOT)]))) == 2


def test_failures_are_listed_for_the_slots_that_are_named(store: Store) -> None:
    for feed, slot in (("finds", SLOT), ("finds", NEXT), ("finds-2", SLOT)):
        aside.record_failure(store, feed, slot, "extract", DataError(f"{feed} {slot}"), NOW)
    asked = [("finds", NEXT), ("finds-2", NEXT), ("nobody", SLOT), ("finds-2", SLOT)]
    found = [failure.what for failure in aside.list_failures(store, asked)]
    assert found == [f"finds {NEXT}", f"finds-2 {SLOT}"]


def test_the_last_slot_that_failed_before_another(store: Store) -> None:
    assert aside.last_failed_slot(store, "finds", NEXT) is None
    for feed, slot in (("finds", "20260227T040000Z"), ("finds", SLOT), ("finds-2", NEXT)):
        aside.record_failure(store, feed, Slot(slot), "extract", DataError("no"), NOW)
    assert aside.last_failed_slot(store, "finds", NEXT) == SLOT
    assert aside.last_failed_slot(store, "finds", SLOT) == Slot("20260227T040000Z")
    assert aside.last_failed_slot(store, "finds", Slot("20260227T040000Z")) is None
    assert aside.last_failed_slot(store, "finds-2", NEXT) is None


def test_a_failure_of_an_earlier_version_has_no_status(store: Store) -> None:
    old = {"feed": "finds", "slot": SLOT, "stage": "extract", "what": "no", "why": None, "at": NOW}
    store.create(keys.failure("finds", SLOT, "old"), msgspec.json.encode(old))
    (failure,) = aside.list_failures(store, [("finds", SLOT)])
    assert failure.status is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"feed": 5}', b"\xff"])
def test_a_note_that_is_damaged_is_passed_over(store: Store, content: bytes) -> None:
    """It informs only: no run may end because of it."""
    store.create(keys.failure("finds", SLOT, "a" * 16), content)
    aside.record_failure(store, "finds", SLOT, "extract", DataError("why"), NOW)
    assert [f.what for f in aside.list_failures(store, [("finds", SLOT)])] == ["why"]
    store.create(keys.quarantined("a" * 64) + ".json", content)
    kept = aside.quarantine(store, "chart.csv", b"no chart", "it has no header", NOW)
    assert list(aside.list_quarantined(store)) == [kept]
