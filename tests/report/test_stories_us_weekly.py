"""Stories of real weeks, counted again in plain Python from the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from chartlake.report.stories import Story
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.duckdb import DuckDBWarehouse
from tests.commands import run_here
from tests.oracle.charts import read_chart_csv
from tests.oracle.movements import OracleEdition
from tests.report.lists import told_of

pytestmark = [pytest.mark.needs("real-data"), pytest.mark.xdist_group("us-weekly-stories")]

Places = dict[str, int]


@pytest.fixture(scope="module")
def files(real_data: Path) -> list[Path]:
    return sorted((real_data / "charts" / "us-weekly").glob("*.csv"))


@pytest.fixture(scope="module")
def weeks(files: list[Path]) -> list[OracleEdition]:
    return sorted(map(read_chart_csv, files), key=lambda week: week.chart_date)


@pytest.fixture(scope="module")
def warehouse(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    folder = tmp_path_factory.mktemp("stories")
    assert run_here("import", "--json", *files, "--project", folder).code == 0
    return DuckDBWarehouse(folder / "chartlake-data" / "warehouse.duckdb")


def _places(week: OracleEdition) -> Places:
    return {str(entry.item_key): entry.position for entry in week.entries}


def _climb(weeks: list[OracleEdition], at: int) -> int:
    before, now = _places(weeks[at - 1]), _places(weeks[at])
    return max(before[key] - now[key] for key in now if key in before)


def _fall(weeks: list[OracleEdition], at: int) -> int:
    before, now = _places(weeks[at - 1]), _places(weeks[at])
    return max(now[key] - before[key] for key in now if key in before)


def _debuts(weeks: list[OracleEdition], at: int) -> int:
    ever = {key for week in weeks[:at] for key in _places(week)}
    return len(set(_places(weeks[at])) - ever)


def _exits(weeks: list[OracleEdition], at: int) -> int:
    return len(set(_places(weeks[at - 1])) - set(_places(weeks[at])))


def _changes(weeks: list[OracleEdition], at: int) -> int:
    before, now = _places(weeks[at - 1]), _places(weeks[at])
    return sum(before.get(key) != now.get(key) for key in before | now)


def _run_ended(weeks: list[OracleEdition], at: int) -> int:
    gone = set(_places(weeks[at - 1])) - set(_places(weeks[at]))
    return max((_run_up_to(weeks, at - 1, {key}) for key in gone), default=0)


def _run_up_to(weeks: list[OracleEdition], at: int, keys: set[str]) -> int:
    length = 0
    while length <= at and keys & set(_places(weeks[at - length])):
        length += 1
    return length


def _absence(weeks: list[OracleEdition], at: int) -> int:
    back = set(_places(weeks[at])) - set(_places(weeks[at - 1]))
    last = {key: place for place, week in enumerate(weeks[:at]) for key in _places(week)}
    return max((at - last[key] - 1 for key in back if key in last), default=0)


def _most_by_artist(weeks: list[OracleEdition], at: int) -> int:
    return max(Counter(entry.artist_names for entry in weeks[at].entries).values())


def _streams(weeks: list[OracleEdition], at: int) -> int:
    return max(int(entry.streams or 0) for entry in weeks[at].entries)


def _all_streams(weeks: list[OracleEdition], at: int) -> int:
    return sum(int(entry.streams or 0) for entry in weeks[at].entries)


def _top(week: OracleEdition) -> str:
    return min(_places(week).items(), key=lambda item: item[1])[0]


def _reign(weeks: list[OracleEdition], at: int) -> int:
    length = 1
    while length <= at and _top(weeks[at - length]) == _top(weeks[at]):
        length += 1
    return length


MEASURES: dict[str, tuple[Callable[[list[OracleEdition], int], int], int]] = {
    "biggest_climb": (_climb, 1),
    "biggest_fall": (_fall, 1),
    "most_debuts": (_debuts, 1),
    "most_exits": (_exits, 1),
    "quietest_edition": (_changes, 1),
    "longest_run_ended": (_run_ended, 1),
    "longest_absence": (_absence, 1),
    "most_by_artist": (_most_by_artist, 0),
    "most_streams": (_streams, 0),
    "chart_streams": (_all_streams, 0),
    "longest_reign": (_reign, 0),
}
"""By kind: what is counted, and from which week on it can be."""
ALONE = ("biggest_climb", "biggest_fall", "quietest_edition", "longest_absence", "chart_streams")
"""Kinds of which no other story tells the same fact, so that a rare one has to be told."""


@pytest.mark.parametrize("at", [101, 88, 82, 66, 52, 30, 12])
def test_stories_of_a_week_are_what_counting_gives(
    warehouse: DuckDBWarehouse, weeks: list[OracleEdition], at: int
) -> None:
    stories = told_of(warehouse, weeks[at].chart_date)
    for kind, (measure, first) in MEASURES.items():
        values = [measure(weeks, place) for place in range(first, at + 1)]
        *before, value = values
        less = kind == "quietest_edition"
        reached = [b <= value if less else b >= value for b in before]
        is_rare = sum(reached) <= 0.1 * len(before)
        if kind in ALONE:
            assert (kind in stories) == (is_rare and (value > 0 or less)), kind
        if kind in stories:
            _assert_counted(stories[kind], value, reached, weeks, first)


def _assert_counted(
    story: Story, value: int, reached: list[bool], weeks: list[OracleEdition], first: int
) -> None:
    dates = [week.chart_date for week in weeks[first:]]
    last = max((day for day, did in zip(dates, reached, strict=False) if did), default=None)
    assert (story.value, story.since, story.times_reached, story.editions_compared) == (
        value,
        last,
        sum(reached),
        len(reached),
    ), story.headline


def test_every_proof_of_every_week_answers_what_its_story_says(
    warehouse: DuckDBWarehouse, weeks: list[OracleEdition]
) -> None:
    kinds = set()
    for week in weeks[::9]:
        for story in told_of(warehouse, week.chart_date).values():
            kinds.add(story.kind)
            (row,) = warehouse.query(story.sql).records()
            assert (row["value"], row["last_reached"]) == (story.value, story.since)
            assert f"{story.value:,}" in story.headline or str(story.value) in story.headline
    assert len(kinds) > 8


def test_who_is_named_in_a_title_is_not_gone_from_the_roster(warehouse: DuckDBWarehouse) -> None:
    follows = Choices(roster=(("name", "roddy ricch"), ("name", "dababy")))
    followed = DuckDBWarehouse(warehouse.path, choices=follows)
    # "Racks in the Middle (feat. Roddy Ricch and Hit-Boy)" is there
    stories = told_of(followed, date(2019, 6, 27), roster=True).values()
    gone = {story.artist_names for story in stories if story.kind == "artist_gone"}
    assert "Roddy Ricch" not in gone


def test_the_last_week_in_words(warehouse: DuckDBWarehouse, weeks: list[OracleEdition]) -> None:
    stories = told_of(warehouse, weeks[-1].chart_date)
    assert stories["artist_gone"].headline == (
        "First week without Lil Uzi Vert, after 101 weeks in a row, "
        "the longest presence to end on record"
    )
    assert stories["most_debuts"].headline == (
        "Most debuts in 41 weeks: 43 of 200, the most since 2020-03-05"
    )
