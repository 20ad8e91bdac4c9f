"""Wrong definitions, put into the SQL of a mart: the comparison with the oracle must see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import Phase, given, settings

from chartlake.warehouse import refresh
from chartlake.warehouse.sql import STEPS, SqlFile
from tests.oracle.facts import World
from tests.oracle.whole_worlds import whole_worlds
from tests.warehouse.compare import assert_equals_oracle
from tests.warehouse.straight import Straight
from tests.warehouse.test_marts_worlds import ANY


class Planted(NamedTuple):
    """A mart, what its SQL says, and what it says instead; seen in that mart or in another."""

    mart: str
    right: str
    wrong: str
    seen_in: str


WRONG = {
    "a streak survives an absence": Planted(
        "chart_movements",
        "when last_ordinal is null or last_ordinal < ordinal - 1 then ordinal",
        "when last_ordinal is null then ordinal",
        "chart_movements",
    ),
    "the date of the peak moves when the peak is equalled": Planted(
        "chart_movements",
        "position < peak_before then chart_date",
        "position <= peak_before then chart_date",
        "chart_movements",
    ),
    "the previous position is that of the last edition with the item": Planted(
        "chart_movements",
        "case when last_ordinal = ordinal - 1 then last_position end as previous_position",
        "last_position as previous_position",
        "chart_movements",
    ),
    "editions are numbered by their dates, not one by one": Planted(
        "timeline",
        "row_number() over (partition by feed order by scheduled_at) as ordinal",
        "dense_rank() over (partition by feed order by chart_date) as ordinal",
        "chart_editions",
    ),
    "seven editions of streams are six": Planted(
        "chart_movements", "between 6 preceding", "between 5 preceding", "chart_movements"
    ),
    "momentum is per week, not per edition": Planted(
        "artist_momentum", "count(*) as editions", "1 as editions", "artist_momentum"
    ),
    "an item that stands twice counts with its worse position": Planted(
        "chart_movements",
        "order by e.position\n        ) as best_first",
        "order by e.position desc\n        ) as best_first",
        "chart_movements",
    ),
    "of a day that has an edition others are missing": Planted(
        "timeline", "n.cadence <> 'day' or", "n.cadence is not null or", "chart_editions"
    ),
    "a track without ISRC never joins those of its text that have one": Planted(
        "recording_keys", "when o.isrc is not null then", "when false then", "recordings"
    ),
    "places of records leave no number out": Planted(
        "chart_records",
        "rank() over (partition by feed, record order by value desc) as place,\n",
        "dense_rank() over (partition by feed, record order by value desc) as place,\n",
        "chart_records",
    ),
}


@pytest.fixture(scope="module")
def straight() -> Iterator[Straight]:
    held = Straight()
    yield held
    held.close()


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    """As many as those on which the right SQL is tried; the biggest first, which show the most."""
    found: list[World] = []

    @settings(ANY, phases=[Phase.generate], derandomize=True)
    @given(world=whole_worlds())
    def collect(world: World) -> None:
        found.append(world)

    collect()
    return sorted(found, key=lambda world: -sum(len(one.entries) for one in world.editions))


@pytest.mark.parametrize("planted", WRONG.values(), ids=list(WRONG))
def test_a_wrong_definition_is_seen(
    planted: Planted, straight: Straight, worlds: list[World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "STEPS", _with(planted))
    seen = (world for world in worlds if _is_seen(straight, world, planted.seen_in))
    assert next(seen, None) is not None


def _is_seen(straight: Straight, world: World, mart: str) -> bool:
    straight.hold(world)
    try:
        assert_equals_oracle(straight.records, world, [mart])
    except AssertionError as error:
        return f"{mart} is not what the oracle says" in str(error)
    return False


def _with(planted: Planted) -> tuple[SqlFile, ...]:
    """The marts as far as they are needed, one of them with the wrong definition in it."""
    names = [mart.name for mart in STEPS]
    needed = STEPS[: names.index(planted.seen_in) + 1]
    (right,) = [mart for mart in needed if mart.name == planted.mart]
    assert planted.right in right.text, "the SQL is worded otherwise now: plant the mistake anew"
    wrong = right._replace(text=right.text.replace(planted.right, planted.wrong))
    return tuple(wrong if mart is right else mart for mart in needed)
