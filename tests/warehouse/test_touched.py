"""Marts that are made again where something was touched are those that are made anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chartlake.warehouse import refresh
from tests.oracle.facts import World
from tests.oracle.whole_worlds import whole_worlds
from tests.warehouse.compare import assert_equals_oracle
from tests.warehouse.rows import rows_of
from tests.warehouse.straight import Place, Straight

ANY = settings(
    max_examples=25,
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
