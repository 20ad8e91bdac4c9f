"""What an app was seen to be allowed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chartlake.extract.spotify.capabilities import BATCH, MODE, Capabilities, Fact, playlist_fact
from chartlake.lake.store import Store, open_store
from tests.extract.spotify.api import NOW, Time

HOUR, DAY = 3600.0, 86_400.0


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store() -> Store:
    return open_store("memory://")


def made(time: Time, store: Store | None = None, app: str = "app") -> Capabilities:
    return Capabilities(time.now, store, app)


def test_nothing_is_assumed(time: Time, store: Store) -> None:
    capabilities = made(time, store)
    assert capabilities.value(MODE) is None
    assert capabilities.facts() == {}


def test_what_was_seen_is_known_to_the_next_run(time: Time, store: Store) -> None:
    first = made(time, store)
    first.note(BATCH, "no")
    assert first.value(BATCH) == "no"
    assert made(time, store).value(BATCH) is None  # not saved yet
    first.save()
    time.passed = HOUR
    assert made(time, store).value(BATCH) == "no"
    assert made(time, store).facts() == {BATCH: Fact(value="no", at=NOW)}
    assert made(time, store, "another app").value(BATCH) is None


def test_without_a_lake_it_is_known_to_this_process(time: Time) -> None:
    capabilities = made(time)
    capabilities.note(MODE, "extended")
    capabilities.save()
    assert capabilities.value(MODE) == "extended"


def test_it_is_looked_at_again_after_a_week(time: Time, store: Store) -> None:
    capabilities = made(time, store)
    capabilities.note(BATCH, "yes")
    capabilities.save()
    time.passed = 7 * DAY - 1
    assert made(time, store).value(BATCH) == "yes"
    time.passed += 1
    late = made(time, store)
    assert late.value(BATCH) is None
    assert late.facts()[BATCH].value == "yes"  # but told to those who look at it


def test_the_same_fact_is_written_once_a_day(time: Time, store: Store) -> None:
    capabilities = made(time, store)
    capabilities.note(BATCH, "yes")
    capabilities.save()
    for passed, at in ((DAY - 1, 0.0), (DAY, DAY)):
        time.passed = passed
        again = made(time, store)
        again.note(BATCH, "yes")
        again.save()
        assert made(time, store).facts()[BATCH].at == NOW + timedelta(seconds=at)


def test_another_fact_counts_at_once(time: Time, store: Store) -> None:
    capabilities = made(time, store)
    capabilities.note(BATCH, "yes")
    capabilities.save()
    capabilities.note(BATCH, "no")
    assert capabilities.value(BATCH) == "no"
    capabilities.save()
    assert made(time, store).value(BATCH) == "no"


def test_two_runs_keep_what_both_saw(time: Time, store: Store) -> None:
    one, other = made(time, store), made(time, store)
    one.note(playlist_fact("a"), "readable")
    other.note(playlist_fact("b"), "readable")
    one.save()
    other.save()
    assert set(made(time, store).facts()) == {"playlist a", "playlist b"}


def test_nothing_is_written_where_nothing_was_seen(time: Time, store: Store) -> None:
    made(time, store).save()
    assert list(store.keys("")) == []


def test_a_memory_that_is_damaged_is_none(time: Time, store: Store) -> None:
    store.create("state/capabilities-app.json", b'{"facts": [')
    assert made(time, store).facts() == {}
