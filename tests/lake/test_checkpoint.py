"""The checkpoint: which months count as settled, and what makes them open again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chartlake.lake import checkpoint, keys
from chartlake.lake.store import Store, open_store

NOON = datetime(2026, 5, 10, 12, tzinfo=UTC)
A_DAY = timedelta(days=1)


@pytest.fixture
def store() -> Store:
    return open_store("memory://")


def settle(store: Store, month: str, now: datetime = NOON) -> None:
    checkpoint.advance(store, month, now)
    checkpoint.advance(store, month, now + A_DAY)
    assert checkpoint.settled_before(store) == month


def test_without_one_all_is_open(store: Store) -> None:
    assert checkpoint.settled_before(store) is None
    assert checkpoint.is_open("1999-01", None)
    checkpoint.lower(store, "2020-01")
    assert list(store.keys("")) == []


def test_months_are_settled_when_two_plans_a_day_apart_say_so(store: Store) -> None:
    checkpoint.advance(store, "2026-04", NOON)
    assert checkpoint.settled_before(store) is None
    checkpoint.advance(store, "2026-04", NOON + A_DAY - timedelta(seconds=1))
    assert checkpoint.settled_before(store) is None
    checkpoint.advance(store, "2026-04", NOON + A_DAY)
    assert checkpoint.settled_before(store) == "2026-04"
    is_open = [checkpoint.is_open(m, "2026-04") for m in ("2026-03", "2026-04", "undated")]
    assert is_open == [False, True, True]


def test_what_the_second_plan_finds_open_stays_open(store: Store) -> None:
    checkpoint.advance(store, "2026-04", NOON)
    checkpoint.advance(store, "2026-02", NOON + A_DAY)
    checkpoint.advance(store, "2026-04", NOON + 2 * A_DAY - timedelta(seconds=1))
    assert checkpoint.settled_before(store) is None
    checkpoint.advance(store, "2026-04", NOON + 3 * A_DAY)
    assert checkpoint.settled_before(store) == "2026-02"


def test_it_moves_on_with_the_months(store: Store) -> None:
    settle(store, "2026-04")
    checkpoint.advance(store, "2026-05", NOON + 30 * A_DAY)
    assert checkpoint.settled_before(store) == "2026-04"
    checkpoint.advance(store, "2026-05", NOON + 31 * A_DAY)
    assert checkpoint.settled_before(store) == "2026-05"


def test_a_slot_of_an_older_month_lowers_it(store: Store) -> None:
    settle(store, "2026-04")
    checkpoint.lower(store, "2026-05")
    checkpoint.lower(store, "undated")
    assert checkpoint.settled_before(store) == "2026-04"
    checkpoint.lower(store, "2019-01")
    assert checkpoint.settled_before(store) == "2019-01"


def test_a_slot_that_comes_after_the_first_plan_undoes_what_it_proposed(store: Store) -> None:
    checkpoint.advance(store, "2026-04", NOON)
    checkpoint.lower(store, "2019-01")
    checkpoint.advance(store, "2026-04", NOON + A_DAY)
    assert checkpoint.settled_before(store) is None


def test_a_clock_that_was_ahead_holds_nothing_up(store: Store) -> None:
    checkpoint.advance(store, "2026-04", NOON + 3_000 * A_DAY)
    settle(store, "2026-04")


def test_nothing_is_written_when_nothing_changes(store: Store) -> None:
    settle(store, "2026-04")
    before = store.get(keys.state("checkpoint"))
    checkpoint.advance(store, "2026-04", NOON + 2 * A_DAY)
    checkpoint.advance(store, "2026-03", NOON + 2 * A_DAY)
    assert store.get(keys.state("checkpoint")) == before


def test_one_that_cannot_be_read_counts_as_none(store: Store) -> None:
    store.create(keys.state("checkpoint"), b"{")
    assert checkpoint.settled_before(store) is None
    settle(store, "2026-04")
