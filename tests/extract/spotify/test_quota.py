"""What is remembered of an app's quota."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from chartlake.extract.spotify.quota import Quota, QuotaMemory, merged, spent_since, to_hour
from chartlake.lake.store import open_store

NOW = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)


def hour(ago: float) -> str:
    return to_hour(NOW - timedelta(hours=ago))


def test_hours_are_those_of_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert to_hour(NOW) == "2026-03-01T04"
    assert to_hour(datetime(2026, 3, 1, 0, 10, tzinfo=berlin)) == "2026-02-28T23"


def test_counts_add_up_by_the_hour() -> None:
    one, other = {hour(2): 3, hour(1): 5}, {hour(1): 2, hour(0): 1}
    assert merged(one, other, NOW) == {hour(2): 3, hour(1): 7, hour(0): 1}
    assert (one, other) == ({hour(2): 3, hour(1): 5}, {hour(1): 2, hour(0): 1})


def test_what_is_older_than_a_day_is_dropped() -> None:
    assert merged({hour(30): 9, hour(25): 8, hour(24): 7}, {hour(26): 6}, NOW) == {hour(24): 7}


def test_the_last_24_hours() -> None:
    spent = {hour(25): 100, hour(24): 10, hour(23): 3, hour(0): 4}
    assert spent_since(spent, NOW) == 7
    assert spent_since({}, NOW) == 0


def test_a_run_at_the_same_minute_of_the_next_day_has_its_budget_again() -> None:
    spent = {to_hour(NOW): 1000}
    assert spent_since(spent, NOW + timedelta(hours=23, minutes=29)) == 1000
    assert spent_since(spent, NOW + timedelta(hours=23, minutes=59)) == 0


def test_each_app_has_its_own_memory() -> None:
    store = open_store("memory://")
    memory = QuotaMemory(store, "app")
    kept = memory.save(lambda before: Quota(not_before=NOW, why="told", spent={hour(0): 2}))
    assert kept == memory.load() == Quota(not_before=NOW, why="told", spent={hour(0): 2})
    assert QuotaMemory(store, "other").load() == Quota()
    assert list(store.keys("")) == ["state/quota-app.json"]


def test_a_change_begins_with_what_is_there() -> None:
    memory = QuotaMemory(open_store("memory://"), "app")
    seen: list[Quota] = []

    def change(before: Quota) -> Quota:
        seen.append(before)
        return Quota(window_requests=(before.window_requests or 0) + 1)

    memory.save(change)
    memory.save(change)
    assert seen == [Quota(), Quota(window_requests=1)]
    assert memory.load().window_requests == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"spent": 5}', b"\xff"])
def test_a_memory_that_is_damaged_is_none(content: bytes) -> None:
    store = open_store("memory://")
    store.create("state/quota-app.json", content)
    memory = QuotaMemory(store, "app")
    assert memory.load() == Quota()
    memory.save(lambda before: Quota(why="new"))
    assert memory.load() == Quota(why="new")
