"""One and the same playlist, in the shapes of 2024, 2026 and in between: the same curated rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chartlake.settings import read_settings
from chartlake.simulator import Mode, Shape, Simulator, World
from chartlake.simulator.entries import Entry, Episode, LocalFile, Malformed, Unavailable
from chartlake.wiring.project import open_project
from tests.e2e.projects import (
    SimulatedTime,
    curated_of,
    give_token,
    make_tape,
    playlist_feed,
    write_feeds,
)

TAPE = "2nWxVs7sKLqP7tqTZQv0Fa"
EPISODE = Episode(
    "e" * 22, "s" * 22, "Why Choruses Got Shorter", "Liner Notes", date(2026, 3, 1), 9
)
# not 2024 in development mode: those answers came to all apps, before there were modes
VARIANTS: list[tuple[Shape, Mode]] = [
    ("2024", "extended"),
    ("both", "extended"),
    ("2026", "extended"),
    ("both", "development"),
    ("2026", "development"),
]
LACKING = {"track_observations": {"popularity"}}
"""What development mode no longer tells, by table, and so nor does its shape."""

PLACES = {"page", "item"}
"""Where a record lies in raw: pages hold 100 items in the one shape, and 50 in the others."""

AS_RECEIVED = {"rejects": {"reason", "payload"}}
"""What quotes the record, in which the track has one name or the other."""


def read(folder: Path, world: World, shape: Shape, mode: Mode) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, read from the playlist in one shape."""
    time = SimulatedTime()
    with Simulator(world, time, shape=shape, mode=mode) as spotify:
        write_feeds(folder, spotify, {"list": playlist_feed(TAPE)})
        give_token(folder, spotify, world.users[0].user_id)
        with open_project(read_settings(folder), time, time.retry()) as project:
            (result,) = project.pipeline.extract(project.feeds)
            assert (result.status, result.records) == ("new", 213), result.error
            assert not project.pipeline.transform().failed
            return curated_of(project.store)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[Shape, Mode], Any]:
    """A list of five pages with all that real lists have in them, read in each variant."""
    world = World(seed=3, days=40)
    tracks = world.tracks[:205]
    odd: list[Entry] = [Unavailable(), LocalFile("Garagem", "Ensaios", "Demo", 203), EPISODE]
    items: list[Entry] = [
        *tracks[:30],
        *odd,
        *tracks[30:],
        tracks[0],
        Malformed(world.tracks[300]),
        *odd,
    ]
    make_tape(world, TAPE, items)
    return {
        variant: read(tmp_path_factory.mktemp("-".join(variant)), world, *variant)
        for variant in VARIANTS
    }


@pytest.mark.parametrize("variant", VARIANTS[1:], ids="-".join)
def test_the_rows_are_equal(rows: Any, variant: tuple[Shape, Mode]) -> None:
    assert rows[variant].keys() == rows[VARIANTS[0]].keys()
    for table in rows[variant]:
        lacking = LACKING.get(table, set()) if variant[0] == "2026" else set()
        left_out = {"attempt_id", *PLACES, *lacking, *AS_RECEIVED.get(table, ())}
        assert _kept(rows[variant][table], left_out) == _kept(rows[VARIANTS[0]][table], left_out)


def _kept(found: list[dict[str, Any]], left_out: set[str]) -> list[str]:
    return sorted(
        repr({name: value for name, value in row.items() if name not in left_out}) for row in found
    )


def test_what_a_shape_lacks_is_null_there_and_told_elsewhere(rows: Any) -> None:
    for shape, mode in VARIANTS:
        for table, columns in LACKING.items():
            for column in columns:
                told = [row[column] is not None for row in rows[shape, mode][table]]
                assert set(told) == {shape != "2026"}, (shape, mode, table, column)


def test_there_is_something_to_compare(rows: Any) -> None:
    found = rows[VARIANTS[0]]
    assert found.keys() == {
        "editions",
        "entries",
        "track_observations",
        "album_observations",
        "artist_observations",
        "track_artists",
        "album_artists",
        "rejects",
    }
    kinds = {row["item_kind"] for row in found["entries"]}
    assert kinds == {"track", "local", "episode", "unavailable"}
    assert len(found["entries"]) == 212
    assert [row["page"] for row in found["rejects"]] == [2]
    assert [row["page"] for row in rows[VARIANTS[-1]]["rejects"]] == [4]
