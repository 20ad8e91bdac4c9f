"""All marts against the oracle, on worlds that have everything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chartlake.warehouse import refresh
from tests.oracle import catalogue
from tests.oracle.columns import COLUMNS
from tests.oracle.facts import World
from tests.oracle.whole_worlds import whole_worlds
from tests.warehouse.compare import assert_equals_oracle
from tests.warehouse.lake_worlds import LakeWorld
from tests.warehouse.straight import Straight

ANY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# what fails there fails in the straight way as well, and is made small in a tenth of the time
THROUGH_THE_LAKE = settings(parent=ANY, max_examples=5, phases=[Phase.reuse, Phase.generate])


@pytest.fixture(scope="module")
def straight() -> Iterator[Straight]:
    held = Straight()
    yield held
    held.close()


# how many entries are computed at once: all, or one feed after the other
AT_ONCE = st.sampled_from((1, refresh.ENTRIES_AT_ONCE))


@ANY
@given(world=whole_worlds(), at_once=AT_ONCE)
def test_all_marts_equal_the_oracle_on_any_world(
    straight: Straight, world: World, at_once: int
) -> None:
    _compare(straight, world, at_once)


@pytest.mark.long
@settings(parent=ANY, max_examples=3000)
@given(world=whole_worlds(max_feeds=4, max_editions=12), at_once=AT_ONCE)
def test_all_marts_equal_the_oracle_on_thousands_of_worlds(
    straight: Straight, world: World, at_once: int
) -> None:
    _compare(straight, world, at_once)


def _compare(straight: Straight, world: World, at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refresh, "ENTRIES_AT_ONCE", at_once)
        straight.hold(world)
    assert_equals_oracle(straight.records, world)


@THROUGH_THE_LAKE
@given(world=whole_worlds(), data=st.data())
def test_all_marts_equal_the_oracle_in_any_order_and_batches_of_delivery(
    world: World, data: st.DataObject
) -> None:
    _deliver(world, data)


@pytest.mark.long
@settings(parent=THROUGH_THE_LAKE, max_examples=200)
@given(world=whole_worlds(), data=st.data())
def test_all_marts_equal_the_oracle_in_many_orders_of_delivery(
    world: World, data: st.DataObject
) -> None:
    _deliver(world, data)


def _deliver(world: World, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = LakeWorld(Path(folder), world)
        places = data.draw(st.permutations(here.places))
        cut = data.draw(st.integers(0, len(places)))
        for batch in (places[:cut], places[cut:]):
            here.deliver(batch)
        assert_equals_oracle(here.records, world)
        broken = [c for c in here.warehouse.check() if c.severity == "error" and c.failures]
        assert broken == []


def test_the_columns_are_those_of_the_marts_in_order_and_of_few_types(straight: Straight) -> None:
    """Integers are bigint and ratios double, whatever the engine's sums would be."""
    straight.hold(World((), (), catalogue.NOW))
    columns = "select column_name, data_type from duckdb_columns() where table_name = ?"
    for mart, names in COLUMNS.items():
        found = straight.db.execute(columns, [mart]).fetchall()
        assert [name for name, _ in found] == list(names), mart
        types = {kind for _, kind in found}
        assert types <= {"VARCHAR", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN"}, mart
