"""Marts that are made again where something was touched are those that are made anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chartlake.warehouse import gate, refresh, scopes
from tests.oracle import catalogue
from tests.oracle.facts import (
    Credit,
    OracleEdition,
    OracleEntry,
    OracleFeed,
    Reading,
    Seen,
    World,
)
from tests.oracle.whole_worlds import whole_worlds
from tests.warehouse.compare import assert_equals_oracle
from tests.warehouse.rows import rows_of
from tests.warehouse.straight import Place, Straight

ANY = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def straight() -> Iterator[Straight]:
    held = Straight()
    yield held
    held.close()


@ANY
@given(world=whole_worlds(), data=st.data())
def test_marts_that_grew_equal_the_oracle(
    straight: Straight, world: World, data: st.DataObject
) -> None:
    _grow(straight, world, data)


@pytest.mark.long
@settings(parent=ANY, max_examples=2000)
@given(world=whole_worlds(max_feeds=4, max_editions=12), data=st.data())
def test_marts_that_grew_equal_the_oracle_in_thousands_of_worlds(
    straight: Straight, world: World, data: st.DataObject
) -> None:
    _grow(straight, world, data)


def _grow(straight: Straight, world: World, data: st.DataObject) -> None:
    """Slots come in any order and batches, some faulty at first; markets are told on the way."""
    places = data.draw(st.permutations(list(rows_of(world))))
    faulty = [place for place in places if data.draw(st.booleans())]
    at_once = data.draw(st.sampled_from((1, refresh.ENTRIES_AT_ONCE)))
    here: set[Place] = set()
    feeds = tuple(replace(feed, market=None) for feed in world.feeds)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refresh, "ENTRIES_AT_ONCE", at_once)
        straight.hold(_part(replace(world, feeds=feeds), here))
        for batch in _batches(data, faulty):
            here |= {*batch}
            straight.put(_part(replace(world, feeds=feeds), here), batch, otherwise=True)
        for batch in _batches(data, places):
            here |= {*batch}
            straight.put(_part(world, here), batch)
    assert_equals_oracle(straight.records, world)


# What checks look at -----------------------------------------------------------------------


@settings(parent=ANY, max_examples=5)
@given(world=whole_worlds(), data=st.data())
def test_checks_of_what_was_touched_find_what_all_checks_find(
    straight: Straight, world: World, data: st.DataObject
) -> None:
    _grow_and_check(straight, world, data)


@pytest.mark.long
@settings(parent=ANY, max_examples=300)
@given(world=whole_worlds(max_feeds=4, max_editions=12), data=st.data())
def test_they_do_in_hundreds_of_worlds(
    straight: Straight, world: World, data: st.DataObject
) -> None:
    _grow_and_check(straight, world, data)


def _grow_and_check(straight: Straight, world: World, data: st.DataObject) -> None:
    places = data.draw(st.permutations(list(rows_of(world))))
    here: set[Place] = set()
    straight.hold(_part(world, here))
    for batch in _batches(data, places):
        here |= {*batch}
        was_sound = not _errors(straight)
        since = straight.put(_part(world, here), batch)
        assert_equals_oracle(straight.records, _part(world, here))
        if was_sound:
            assert bool(_errors(straight, since)) == bool(_errors(straight))


def _errors(straight: Straight, since: list[scopes.FeedFrom] | None = None) -> list[str]:
    """The checks that would not let a load be published."""
    with straight.db.cursor() as db:  # what it may see is its own
        if since is not None:
            gate.look_from(db, since)
        return [result.name for result in gate.failed_of(gate.run_checks(db))]


# Worlds that were seen to go wrong ---------------------------------------------------------


def test_an_id_is_excluded_that_only_another_feed_has(straight: Straight) -> None:
    """Both ids are one recording, so that both are excluded."""
    (us, de), reading = catalogue.FEEDS[:2], catalogue.READINGS[0]
    first, second, other = catalogue.TRACKS[:3]  # in small letters the first two have one text
    artist = "AnnAnnAnnAnnAnnAnnAnn1"
    told, days = reading.first_slot, [us.first_slot + timedelta(days) for days in (14, 21)]
    world = World(
        (us, de, *catalogue.READINGS),
        (
            _edition(de, de.first_slot, first),
            *(_edition(us, day, second, other) for day in days),
        ),
        catalogue.NOW,
        readings=(Reading(reading.name, told, reading.date_of(told), 1),),
        seen=(
            Seen(
                "track",
                reading.name,
                told,
                told,
                str(first.key),
                str(first.name),
                credits=(Credit(artist, "Ann"),),
            ),
        ),
        excluded=(("artist", artist),),
        as_one=True,
    )
    straight.hold(replace(world, readings=(), seen=()))
    assert len(straight.records("chart_movements", ("item_key",))) == 5
    straight.put(world, [(reading.name, told)])
    assert_equals_oracle(straight.records, world)
    assert len(straight.records("chart_movements", ("item_key",))) == 2


def test_who_an_item_is_by_is_told_when_it_left_long_ago(straight: Straight) -> None:
    """First whom it is by, then how that artist is called: each reaches its editions."""
    us, reading, track = catalogue.FEEDS[0], catalogue.READINGS[0], catalogue.TRACKS[0]
    artist, other = "AnnAnnAnnAnnAnnAnnAnn1", catalogue.TRACKS[2]
    first, second = (reading.first_slot + timedelta(days) for days in (0, 1))
    weeks = [us.first_slot + timedelta(days) for days in (0, 7, 14)]
    world = World(
        (us, *catalogue.READINGS),
        (_edition(us, weeks[0], track), *(_edition(us, week, other) for week in weeks[1:])),
        catalogue.NOW,
        readings=tuple(Reading(reading.name, at, reading.date_of(at), 1) for at in (first, second)),
        seen=(
            Seen(
                "track",
                reading.name,
                first,
                first,
                str(track.key),
                track.name,
                credits=(Credit(artist, "Ann"),),
            ),
            Seen("artist", reading.name, second, second, artist, "Anna"),
        ),
    )
    here = {(us.name, week) for week in weeks}
    straight.hold(_part(world, here))
    for at in (first, second):
        here.add((reading.name, at))
        straight.put(_part(world, here), [(reading.name, at)])
        assert_equals_oracle(straight.records, _part(world, here))
    names = straight.records("artist_profiles", ("artist_id", "artist_name"))
    assert {"artist_id": artist, "artist_name": "Anna"} in names


def test_two_ids_are_told_to_be_one_recording_after_they_followed_each_other(
    straight: Straight,
) -> None:
    """The source's own previous rank was that of the other id: now that explains it."""
    us, reading = catalogue.FEEDS[0], catalogue.READINGS[0]
    before, after = catalogue.TRACKS[0], catalogue.TRACKS[2]
    told, weeks = reading.first_slot, [us.first_slot + timedelta(days) for days in (0, 7)]
    followed = _edition(us, weeks[1], after)
    reported = replace(followed, entries=(replace(followed.entries[0], previous_rank=1),))
    world = World(
        (us, *catalogue.READINGS),
        (_edition(us, weeks[0], before), reported),
        catalogue.NOW,
        readings=(Reading(reading.name, told, reading.date_of(told), 1),),
        seen=tuple(
            Seen("track", reading.name, told, told, str(one.key), one.name, isrc="QZTST2500001")
            for one in (before, after)
        ),
    )
    straight.hold(replace(world, readings=(), seen=()))
    assert straight.records("reported_differences", ("explanation",)) == [
        {"explanation": "unexplained"}
    ]
    straight.put(world, [(reading.name, told)])
    assert_equals_oracle(straight.records, world)
    assert straight.records("reported_differences", ("explanation",)) == [
        {"explanation": "other_id"}
    ]


def _edition(feed: OracleFeed, slot: datetime, *tracks: catalogue.Thing) -> OracleEdition:
    entries = (
        OracleEntry(position, one.kind, one.key, one.track_id, one.name, one.artists, 100)
        for position, one in enumerate(tracks, 1)
    )
    return OracleEdition(feed.name, slot, feed.date_of(slot), tuple(entries))


# Parts of worlds ---------------------------------------------------------------------------


def _part(world: World, places: set[Place]) -> World:
    """Of a world what these slots tell."""
    return replace(
        world,
        editions=tuple(e for e in world.editions if (e.feed, e.scheduled_at) in places),
        readings=tuple(r for r in world.readings if (r.feed, r.scheduled_at) in places),
        missed=tuple(m for m in world.missed if (m.feed, m.scheduled_at) in places),
        seen=tuple(s for s in world.seen if (s.feed, s.slot) in places),
    )


def _batches(data: st.DataObject, places: list[Place]) -> list[list[Place]]:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(places)), max_size=3)))
    return [places[a:b] for a, b in zip([0, *cuts], [*cuts, len(places)], strict=True)]
