"""The governor: below the window at almost its full rate, and never waiting for a day."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest

from chartlake.errors import Deferred
from chartlake.extract.spotify.governor import Governor
from chartlake.extract.spotify.quota import Quota, QuotaMemory
from chartlake.extract.spotify.retry import Retry
from chartlake.lake.store import Store, open_store
from tests.extract.spotify.api import NOW, Time
from tests.extract.spotify.windows import SECONDS, RollingWindow, SharedTime

URL = "https://api.example/v1/x"
HOUR, DAY = 3600.0, 86_400.0


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store() -> Store:
    return open_store("memory://")


def made(
    time: Time,
    store: Store | None = None,
    run_seconds: float = float("inf"),
    budget: Callable[[], int | None] = lambda: None,
) -> Governor:
    memory = QuotaMemory(store, "app") if store else None
    return Governor(time.now, time.retry(run_seconds=run_seconds), memory, budget=budget)


def ask(governor: Governor, times: int = 1) -> None:
    for _ in range(times):
        with governor.turn():
            pass


def refuse(governor: Governor, seconds: float | None, *, quota_exceeded: bool = False) -> None:
    governor.slow_down(seconds, quota_exceeded=quota_exceeded, url=URL)


def deferred(governor: Governor) -> Deferred:
    """The next request may not go out; nothing is slept and none is counted."""
    before = governor.request_count
    with pytest.raises(Deferred) as problem, governor.turn():
        raise AssertionError("a request went out")
    assert governor.request_count == before
    return problem.value


def known(store: Store) -> Quota:
    return QuotaMemory(store, "app").load()


# The window -------------------------------------------------------------------------------


def steady_run(
    requests: int, workers: int, windows: int, *, counts_refused: bool = False
) -> RollingWindow:
    """Workers that ask as fast as they may, of a service that answers within some milliseconds."""
    time = SharedTime(workers)
    window = RollingWindow(time, requests, counts_refused=counts_refused)
    governor = made(time)

    def work(number: int) -> None:
        dice = random.Random(number)
        while time.passed < windows * SECONDS:
            with governor.turn():
                time.sleep(dice.uniform(0.002, 0.01))
                wait = window.enter()
                time.sleep(dice.uniform(0.002, 0.01))
            if wait is not None:
                refuse(governor, wait)
        time.leave()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return window


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize(("requests", "windows"), [(20, 6), (100, 7), (180, 8), (1000, 13)])
def test_once_told_it_keeps_below_at_nine_tenths_of_the_rate(
    requests: int, windows: int, workers: int
) -> None:
    window = steady_run(requests, workers, windows)
    assert window.refused, "nobody told it anything"
    assert window.refused[-1] - window.refused[0] < 0.1  # what was under way already
    assert len(window.refused) <= workers
    end = windows * SECONDS
    measured = end - window.refused[-1] - SECONDS
    assert measured > 2 * SECONDS
    periods = 2 * 1.01 * SECONDS
    rate = sum(at > end - periods for at in window.accepted) / periods
    assert rate >= 0.9 * requests / SECONDS


def test_a_window_that_counts_refused_requests_as_well() -> None:
    window = steady_run(100, 4, 6, counts_refused=True)
    assert 1 <= len(window.refused) <= 4
    assert window.refused[-1] - window.refused[0] < 0.1


def bursts(window: RollingWindow) -> list[int]:
    """How many requests went out between two pauses of some seconds."""
    sizes = [1]
    for before, at in pairwise(window.accepted):
        if at - before > 5:
            sizes.append(0)
        sizes[-1] += 1
    return sizes


def test_the_first_guess_is_raised_while_all_goes_well() -> None:
    assert bursts(steady_run(10_000, 1, 4))[:4] == [90, 135, 203, 305]


def test_a_pause_does_not_raise_the_guess(time: Time) -> None:
    governor = made(time)
    time.passed = 600
    ask(governor, 90)
    assert time.slept == []
    ask(governor)
    assert time.slept == [pytest.approx(SECONDS * 1.01)]


def test_what_a_429_taught_is_remembered(time: Time, store: Store) -> None:
    first = made(time, store)
    ask(first, 21)
    refuse(first, 30)
    first.save()
    assert (known(store).window_requests, known(store).learned_at) == (20, NOW)
    time.passed = 40
    next_run = made(time, store)
    ask(next_run, 19)
    assert time.slept == []
    ask(next_run)
    assert len(time.slept) == 1


def test_it_is_tried_again_after_a_day(time: Time, store: Store) -> None:
    first = made(time, store)
    ask(first, 21)
    refuse(first, 30)
    first.save()
    time.passed = DAY + 1
    ask(made(time, store), 90)
    assert time.slept == []


def test_the_larger_of_guess_and_what_was_found_is_tried(time: Time, store: Store) -> None:
    QuotaMemory(store, "app").save(lambda before: Quota(window_requests=400, learned_at=NOW))
    time.passed = DAY + 1
    governor = made(time, store)
    ask(governor, 400)
    assert time.slept == []
    ask(governor)
    assert len(time.slept) == 1


def test_a_refusal_after_a_handful_is_waited_out_and_teaches_nothing(
    time: Time, store: Store
) -> None:
    governor = made(time, store)
    ask(governor, 3)
    refuse(governor, 1)
    ask(governor, 80)
    assert time.slept == [1]
    governor.save()
    assert QuotaMemory(store, "app").load().window_requests is None


# Told to wait -----------------------------------------------------------------------------


def test_retry_after_holds_everybody_once() -> None:
    time = SharedTime(4)
    governor = made(time)
    went_out: list[float] = []

    def work(number: int) -> None:
        for step in range(2):
            with governor.turn():
                went_out.append(time.monotonic())
                time.sleep(0.1 + number / 100)
            if (number, step) == (0, 0):
                refuse(governor, 10)
        time.leave()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert sum(at < 0.1 for at in went_out) == 4
    assert not [at for at in went_out if 0.1 <= at < 10.1]
    assert max(went_out) < 11
    assert sum(seconds > 5 for seconds in time.slept) == 4


def test_several_that_were_under_way_are_refused_as_one(time: Time, store: Store) -> None:
    governor = made(time, store)
    ask(governor, 24)
    for _ in range(4):
        refuse(governor, 30)
    ask(governor)
    assert time.passed == pytest.approx(30 * 1.01)
    governor.save()
    assert known(store).window_requests == 20


def test_the_longest_of_several_waits_counts(time: Time) -> None:
    governor = made(time)
    ask(governor, 3)
    for seconds in (5, 20, 10):
        refuse(governor, seconds)
    ask(governor)
    assert time.passed == 20


def test_a_wait_that_is_not_told_is_short(time: Time) -> None:
    governor = made(time)
    ask(governor)
    refuse(governor, None)
    ask(governor)
    assert 0 < time.passed <= 1


# Told to come back later ------------------------------------------------------------------


def test_a_long_wait_ends_the_run_and_those_after_it(time: Time, store: Store) -> None:
    governor = made(time, store)
    ask(governor, 5)
    with pytest.raises(Deferred) as told:
        refuse(governor, 20 * HOUR)
    assert told.value.what == f"Spotify asks to wait 20.0 hours (429) at {URL}"
    assert told.value.why == "Spotify's rate limit: not before 2026-03-02 00:00 UTC"
    assert governor.not_before == NOW + timedelta(hours=20)
    until = "Spotify is not asked before 2026-03-02 00:00 UTC, as it said"
    assert deferred(governor).what == until

    time.passed = 20 * HOUR - 1
    early = made(time, store)
    assert deferred(early).what == until
    assert deferred(early).why == "Spotify's rate limit"
    time.passed += 1
    assert early.not_before is None
    ask(early)
    ask(made(time, store))
    assert time.slept == []


def test_what_was_spent_is_kept_when_the_run_ends_so(time: Time, store: Store) -> None:
    governor = made(time, store)
    ask(governor, 5)
    with pytest.raises(Deferred):
        refuse(governor, HOUR)
    governor.save()
    assert known(store).spent == {"2026-03-01T04": 5}


@pytest.mark.parametrize(
    ("asked", "run_seconds", "waits"),
    [(60, 1000, True), (61, 1000, False), (30, 30, True), (31, 30, False)],
)
def test_how_long_is_too_long(
    time: Time, store: Store, asked: float, run_seconds: float, waits: bool
) -> None:
    governor = made(time, store, run_seconds)
    ask(governor)
    if waits:
        refuse(governor, asked)
        ask(governor)
        assert (time.passed, known(store)) == (asked, Quota())
        return
    with pytest.raises(Deferred):
        refuse(governor, asked)
    assert known(store).not_before == NOW + timedelta(seconds=asked)
    assert time.slept == []


def test_two_short_waits_may_be_too_long_together(time: Time) -> None:
    governor = made(time, run_seconds=50)
    ask(governor)
    refuse(governor, 30)
    ask(governor)
    with pytest.raises(Deferred):
        refuse(governor, 30)
    assert time.passed == 30


@pytest.mark.parametrize(("asked", "until"), [(None, 3600), (5.0, 5), (79_892.0, 79_892)])
def test_a_used_up_quota(time: Time, store: Store, asked: float | None, until: float) -> None:
    governor = made(time, store)
    ask(governor)
    with pytest.raises(Deferred) as told:
        refuse(governor, asked, quota_exceeded=True)
    assert "the app's quota is used up: not before" in str(told.value.why)
    assert known(store).not_before == NOW + timedelta(seconds=until)
    assert deferred(made(time, store)).why == "the app's quota is used up"
    time.passed = until
    ask(made(time, store))


def test_a_full_window_at_the_end_of_the_run(time: Time, store: Store) -> None:
    governor = made(time, store, run_seconds=10)
    ask(governor, 90)
    assert "the run's time is up" in deferred(governor).what
    assert time.slept == []
    governor.save()
    assert known(store).not_before is None  # Spotify has not said a word


def test_without_a_memory_it_is_still_known_to_the_process(time: Time) -> None:
    governor = made(time)
    with pytest.raises(Deferred):
        refuse(governor, HOUR)
    governor.save()
    deferred(governor)


def test_a_run_beside_it_does_not_forget(time: Time, store: Store) -> None:
    """It began before the other was told to come back later, and ends after it."""
    beside, told = made(time, store), made(time, store)
    ask(beside, 21)
    ask(told)
    with pytest.raises(Deferred):
        refuse(told, HOUR)
    refuse(beside, 30)
    beside.save()
    assert known(store).not_before == NOW + timedelta(hours=1)
    assert known(store).why == "Spotify's rate limit"
    assert known(store).window_requests == 20
    assert known(store).spent == {"2026-03-01T04": 22}
    deferred(beside)


# The budget of a day ----------------------------------------------------------------------


def test_no_more_than_the_budget(time: Time) -> None:
    governor = made(time, budget=lambda: 5)
    assert governor.requests_left == 5
    ask(governor, 5)
    assert governor.requests_left == 0
    problem = deferred(governor)
    assert problem.what == "the budget of 5 requests in 24 hours is spent"
    assert "spotify.daily_requests" in str(problem.fix)
    assert governor.not_before is None


def test_no_budget_is_no_end(time: Time) -> None:
    governor = made(time)
    ask(governor, 80)
    assert governor.requests_left == float("inf")


def test_a_budget_that_turns_out_not_to_be_needed(time: Time) -> None:
    budget: list[int | None] = [2]
    governor = made(time, budget=lambda: budget[0])
    ask(governor, 2)
    deferred(governor)
    budget[0] = None  # the app was seen to have extended quota
    ask(governor)


def test_it_is_counted_over_24_hours_by_the_hour(time: Time, store: Store) -> None:
    for begin, requests in ((0, 3), (5, 4)):
        time.passed = begin * HOUR
        governor = made(time, store, budget=lambda: 10)
        ask(governor, requests)
        governor.save()
    left: dict[float, float] = {}
    for hour in (5, 23.9, 24, 28.9, 29, 60):
        time.passed = hour * HOUR
        left[hour] = made(time, store, budget=lambda: 10).requests_left
    assert left == {5: 3, 23.9: 3, 24: 6, 28.9: 6, 29: 10, 60: 10}


def test_what_is_older_than_a_day_is_not_kept(time: Time, store: Store) -> None:
    for _ in range(60):
        governor = made(time, store)
        ask(governor)
        governor.save()
        time.passed += HOUR
    assert len(known(store).spent) == 25


def test_two_runs_on_one_lake_add_up(time: Time, store: Store) -> None:
    one, other = (made(time, store, budget=lambda: 10) for _ in range(2))
    ask(one, 3)
    ask(other, 4)
    one.save()
    assert made(time, store, budget=lambda: 10).requests_left == 7
    other.save()
    assert other.requests_left == 3
    assert made(time, store, budget=lambda: 10).requests_left == 3
    one.save()
    other.save()
    assert known(store).spent == {"2026-03-01T04": 7}


def test_another_app_has_a_quota_of_its_own(time: Time, store: Store) -> None:
    governor = made(time, store)
    ask(governor)
    with pytest.raises(Deferred):
        refuse(governor, HOUR)
    ask(Governor(time.now, time.retry(), QuotaMemory(store, "another")))


def test_nothing_is_written_where_nothing_was_asked(time: Time, store: Store) -> None:
    governor = made(time, store, budget=lambda: 10)
    assert governor.requests_left == 10
    governor.save()
    assert list(store.keys("")) == []


# The end ------------------------------------------------------------------------------------


def test_the_end_wakes_whoever_waits() -> None:
    woken = threading.Event()
    asleep = threading.Barrier(4)

    def sleep(seconds: float) -> None:
        asleep.wait(10)
        assert woken.wait(min(seconds, 10)), "nobody woke it"

    governor = Governor(lambda: NOW, Retry(sleep=sleep))
    ask(governor)
    refuse(governor, 50)

    def wait_for_it(_: int) -> str:
        with pytest.raises(Deferred) as problem:
            ask(governor)
        return problem.value.what

    with ThreadPoolExecutor(3) as pool:
        waiting = pool.map(wait_for_it, range(3))
        asleep.wait(10)
        governor.end()
        woken.set()
        assert list(waiting) == ["the run was ended"] * 3
    assert governor.request_count == 1


def test_nothing_goes_out_after_the_end(time: Time) -> None:
    governor = made(time)
    governor.end()
    assert deferred(governor).what == "the run was ended"


def test_no_more_than_so_many_at_a_time() -> None:
    governor = Governor(lambda: NOW, Retry(), concurrency=2)
    inside, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2)

    def work(_: int) -> None:
        nonlocal inside, most
        with governor.turn():
            with lock:
                inside += 1
                most = max(most, inside)
            both.wait(10)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert most == 2
