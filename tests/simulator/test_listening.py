"""What the invented listeners hear and keep: the truth behind what the Web API shows of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from chartlake.simulator import World
from chartlake.simulator.records import Track

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_plays_are_possible(seed: int) -> None:
    world = World(seed)
    for user in world.users:
        plays = world.plays(user, NOW)
        assert 1000 < len(plays) < 4000
        assert world.first_date <= plays[0].played_at.date()
        assert plays[-1].played_at <= NOW
        for one, other in pairwise(plays):
            heard = other.played_at - one.played_at
            # at least the thirty seconds from which on Spotify counts
            assert heard >= timedelta(seconds=30)
        assert all(p.track.album.release_date <= p.played_at.date() for p in plays)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_some_days_are_silent_and_some_hours_too_much(seed: int) -> None:
    world = World(seed)
    for user in world.users:
        plays = world.plays(user, NOW)
        heard_on = {play.played_at.date() for play in plays}
        assert 10 < world.days - len(heard_on) < 60
        too_much = [
            one
            for one, last in zip(plays, plays[50:], strict=False)
            if last.played_at - one.played_at < HOUR
        ]
        assert len({play.played_at.date() for play in too_much}) >= 5


def test_who_asks_rarely_has_gaps_and_who_asks_often_has_few(world: World) -> None:
    user = world.users[2]
    truth = {play.played_at for play in world.plays(user, NOW)}

    def seen(every: timedelta) -> set[datetime]:
        start = datetime.combine(world.first_date, NOW.timetz())
        count = int((NOW - start) / every)
        times = [NOW - number * every for number in range(count + 1)]
        return {play.played_at for now in times for play in world.listening.recent(user, now)}

    assert len(truth - seen(2 * DAY)) > len(truth - seen(DAY)) > 50
    assert not truth - seen(HOUR / 2)


def test_time_only_adds(world: World) -> None:
    user = world.users[0]
    for hours in (1, 9, 24, 240):
        until = NOW - hours * HOUR
        before = world.plays(user, until)
        assert world.plays(user, NOW)[: len(before)] == before
        assert all(play.played_at <= until for play in before)
        assert world.listening.recent(user, until) == before[-50:][::-1]


def test_the_order_of_questions_does_not_matter(world: World) -> None:
    other = World()
    user = world.users[1]
    days = [NOW - number * DAY for number in range(0, 100, 9)]
    forwards = [(world.plays(user, day), world.library.tracks(user, day)) for day in days]
    backwards = [(other.plays(user, day), other.library.tracks(user, day)) for day in days[::-1]]
    assert forwards == backwards[::-1]


def test_listeners_hear_their_own_market(world: World) -> None:
    for user in world.users[1:]:
        heard = [play.track.artists[0].home for play in world.plays(user, NOW)]
        home = heard.count(user.country) / len(heard)
        others = [
            [play.track.artists[0].home for play in world.plays(one, NOW)]
            for one in world.users
            if one is not user
        ]
        assert all(home > 2 * their.count(user.country) / len(their) for their in others)


@pytest.mark.parametrize(("days", "last_date"), [(1, date(2026, 11, 20)), (400, date(2026, 3, 1))])
def test_worlds_of_any_length_have_listeners(days: int, last_date: date) -> None:
    world = World(days=days, last_date=last_date)
    now = datetime.combine(last_date, NOW.timetz()) + DAY
    for user in world.users:
        for play in world.plays(user, now):
            assert play.track.album.release_date <= play.played_at.date()
        saved = world.library.tracks(user, now)
        assert saved
        assert all(track.album.release_date <= saved_at.date() for saved_at, track in saved)


def test_mixtapes_can_be_had_from_the_first_date_on(world: World) -> None:
    for tape in world.mixtapes.values():
        assert len(tape.items) > 20
        for entry in tape.items:
            assert isinstance(entry, Track)
            assert entry.album.release_date < world.first_date


def test_ids_of_users_are_free_text(world: World) -> None:
    user_ids = [user.user_id for user in world.users]
    assert len(set(user_ids)) == 3
    assert {len(one) for one in user_ids} >= {28, 31}
    assert any(sign in one for one in user_ids for sign in "/?#%&+ ")
    assert all(world.find_user(one) for one in user_ids)
    assert world.playlists[0].owner_id == user_ids[0]
