"""Feeds that are no ranked list: in the calendar, in the health of feeds, in the checks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chartlake.lake import raw
from chartlake.lake.store import open_store
from chartlake.model import Body, Feed, Snapshot, slot_at
from chartlake.report.status import feed_health
from chartlake.transform.build import build_slots, unbuilt
from chartlake.transform.engine import LocalEngine
from chartlake.warehouse.duckdb import DuckDBWarehouse

PLAYS = Feed(name="plays", source="recently-played", source_id="me", schedule="0 */6 * * *")
PHONE = Feed(name="plays-2", source="recently-played", source_id="me", schedule="0 */6 * * *")
DETAILS = Feed(name="details", source="hydration", source_id="charts", schedule="daily")
TOP = Feed(name="top", source="top-items", source_id="me/artists/long_term", schedule="daily")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
A, B, ALBUM, VERA = "A" * 22, "B" * 22, "L" * 22, "V" * 22
Rows = list[dict[str, Any]]


class Place:
    """A lake and a warehouse."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(str(folder / "lake"))
        self.warehouse = DuckDBWarehouse(folder / "warehouse.duckdb")

    def read(
        self,
        feed: Feed,
        at: datetime,
        resource: str,
        records: Sequence[Any],
        since: datetime | None = None,
    ) -> None:
        """Commit what a source gave when it was due; a batch lies under its resource's name."""
        name = resource if resource in ("tracks", "albums", "artists") else "items"
        body = Body(
            content=json.dumps({name: records}).encode(),
            resource=resource,
            media_type="application/json",
            received_at=at + timedelta(seconds=3),
        )
        raw.commit(
            self.store,
            Snapshot(
                feed=feed,
                slot=slot_at(at),
                chart_date=at.date(),
                bodies=(body,),
                item_count=len(records),
                since=since,
            ),
        )

    def load(self, now: datetime = NOON) -> None:
        done = build_slots(self.store, LocalEngine(), unbuilt(self.store), now)
        assert done.failed == ()
        self.warehouse.load(self.store, now)

    def rows(self, sql: str) -> Rows:
        return self.warehouse.query(sql).records()

    def failing(self) -> dict[str, Rows]:
        return {c.name: c.rows.records() for c in self.warehouse.check() if c.failures}


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return Place(tmp_path)


def plays(hours: Iterable[int], track_id: str = A) -> list[Any]:
    """Plays at these hours of the day, newest first."""
    return [
        {"track": {"id": track_id, "name": "Song"}, "played_at": f"2026-03-01T{hour:02}:30:00Z"}
        for hour in sorted(hours, reverse=True)
    ]


def at(hour: int, day: int = 1) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_a_feed_of_readings_has_its_health(here: Place) -> None:
    here.read(PLAYS, at(0), "recently_played", [])
    here.read(PLAYS, at(12), "recently_played", [*plays([7, 8]), 5])
    here.load(at(23))
    (health,) = here.rows("select * from data_health")
    assert health == {
        "feed": "plays",
        "source": "recently-played",
        "schedule": "0 */6 * * *",
        "first_chart_date": date(2026, 3, 1),
        "last_chart_date": date(2026, 3, 1),
        "last_observed_at": datetime(2026, 3, 1, 12, 0, 3),
        "editions": 2,
        "due": 4,
        "present": 2,
        "missing": 1,
        "missed": 0,
        "longest_gap": 1,
        "overdue": 1,
        "empty_editions": 1,
        "entries": 2,
        "unavailable": 0,
        "rejects": 1,
        "lag_seconds": 3,
    }


def test_status_tells_what_is_overdue_now(here: Place) -> None:
    here.read(PLAYS, at(6), "recently_played", plays([5]))
    here.load(at(7))
    assert [row["overdue"] for row in feed_health(here.warehouse, at(7))] == [0]
    assert [row["overdue"] for row in feed_health(here.warehouse, at(7, day=2))] == [4]


def test_readings_are_in_the_calendar_and_editions_alone_in_charts(here: Place) -> None:
    here.read(DETAILS, at(0, day=1), "tracks", [None])
    here.read(DETAILS, at(0, day=4), "tracks", [])
    here.read(TOP, at(0, day=1), "top_artists", [{"id": VERA, "name": "Vera"}, None])
    here.read(TOP, at(0, day=2), "top_artists", [{"id": VERA, "name": "Vera"}])
    here.load(at(1, day=4))
    timeline = here.rows(
        "select feed, ordinal, missing_before, is_edition, item_count from timeline"
    )
    assert [tuple(row.values()) for row in timeline] == [
        ("details", 1, 0, False, 1),
        ("details", 2, 2, False, 0),
        ("top", 1, 0, True, 2),
        ("top", 2, 0, True, 1),
    ]
    assert [row["feed"] for row in here.rows("select * from chart_editions")] == ["top", "top"]
    movements = here.rows("select item_kind, movement from chart_movements order by chart_date")
    assert [tuple(row.values()) for row in movements] == [("artist", "first"), ("artist", "same")]
    health = here.rows("select feed, editions, missing, overdue, empty_editions from data_health")
    assert [tuple(row.values()) for row in health] == [
        ("details", 2, 2, 0, 1),
        ("top", 2, 0, 2, 0),
    ]


def test_sound_feeds_of_all_kinds_pass_the_checks(here: Place) -> None:
    here.read(PLAYS, at(0), "recently_played", [])
    here.read(PLAYS, at(6), "recently_played", plays([1, 2]))
    here.read(DETAILS, at(0), "tracks", [{"id": A, "name": "Song"}, None])
    here.read(TOP, at(0), "top_artists", [{"id": VERA, "name": "Vera"}])
    here.load()
    assert here.failing() == {}


def test_a_missing_reading_is_a_warning(here: Place) -> None:
    here.read(DETAILS, at(0, day=1), "tracks", [])
    here.read(DETAILS, at(0, day=3), "tracks", [])
    here.load(at(1, day=3))
    found = here.failing()
    assert list(found) == ["editions_are_not_missing"]
    assert [row["missing_before"] for row in found["editions_are_not_missing"]] == [1]


def test_plays_that_may_be_missing_are_a_warning(here: Place) -> None:
    here.read(PLAYS, at(0), "recently_played", plays([]))
    here.read(PLAYS, at(6), "recently_played", plays([3, 4]), since=at(2))
    here.read(PLAYS, at(12), "recently_played", plays([4, 5]), since=at(5))
    here.load()
    found = here.failing()
    assert found == {
        "plays_may_be_missing": [
            {
                "feed": "plays",
                "scheduled_at": datetime(2026, 3, 1, 6),
                "missing_from": datetime(2026, 3, 1, 2),
                "missing_until": datetime(2026, 3, 1, 3, 30),
            }
        ]
    }


def test_a_play_that_is_lost_on_the_way_is_an_error(here: Place) -> None:
    here.read(PLAYS, at(6), "recently_played", plays([3, 4]))
    here.load()
    with duckdb.connect(str(here.warehouse.path)) as db:
        db.execute("delete from play_observations where position = 1")
    assert list(here.failing()) == ["records_add_up"]


def test_an_entry_in_a_reading_is_an_error(here: Place) -> None:
    here.read(PLAYS, at(6), "recently_played", plays([3]))
    here.load()
    with duckdb.connect(str(here.warehouse.path)) as db:
        db.execute(
            "insert into entries by name "
            "select feed, slot, attempt_id, 1 as position, item_kind, page, item "
            "from play_observations"
        )
    assert "entries_have_an_edition" in here.failing()


def test_a_play_is_one_however_often_it_was_seen(here: Place) -> None:
    here.read(PLAYS, at(6), "recently_played", plays([3, 4, 5]))
    here.read(PHONE, at(6), "recently_played", plays([5]))
    here.read(PLAYS, at(12), "recently_played", plays([5, 8]) + plays([8], B), since=at(6))
    here.load()
    found = here.rows(
        "select account, played_at, item_key, first_feed, first_slot from listening_plays "
        "order by played_at, item_key"
    )
    assert [
        (row["played_at"].hour, row["item_key"], row["first_feed"], row["first_slot"])
        for row in found
    ] == [
        (3, A, "plays", slot_at(at(6))),
        (4, A, "plays", slot_at(at(6))),
        (5, A, "plays", slot_at(at(6))),
        (8, A, "plays", slot_at(at(12))),
        (8, B, "plays", slot_at(at(12))),
    ]
    assert {row["account"] for row in found} == {"me"}
    assert here.rows("select count(*) as n from play_observations") == [{"n": 7}]


# The latest of everything ---------------------------------------------------------------


def test_an_answer_in_short_hides_nothing_that_a_whole_one_told(here: Place) -> None:
    track = {"id": A, "name": "Song", "duration_ms": 5, "artists": [{"id": VERA, "name": "Vera"}]}
    album = {"id": ALBUM, "name": "First", "label": "Small", "external_ids": {"upc": "01"}}
    whole = track | {"album": album, "external_ids": {"isrc": "QZ"}, "popularity": 4}
    here.read(DETAILS, at(0, day=1), "tracks", [whole])
    here.read(DETAILS, at(0, day=2), "tracks", [whole | {"popularity": 9}])
    in_short = {"id": A, "name": "Song (Live)", "album": {"id": ALBUM, "name": "First!"}}
    here.read(DETAILS, at(0, day=3), "tracks", [in_short])
    here.load(at(1, day=3))
    (found,) = here.rows("select * from tracks")
    assert (found["track_name"], found["duration_ms"], found["isrc"]) == ("Song (Live)", 5, "QZ")
    assert (found["album_id"], found["popularity"]) == (ALBUM, 9)
    assert found["observed_at"] == datetime(2026, 3, 3, 0, 0, 3)
    (found,) = here.rows("select * from albums")
    assert (found["album_name"], found["label"], found["upc"]) == ("First!", "Small", "01")
    assert here.rows("select artist_name from track_credits") == [{"artist_name": "Vera"}]
    assert here.rows("select artist_id, artist_name, image_url from artists") == [
        {"artist_id": VERA, "artist_name": "Vera", "image_url": None}
    ]


def test_an_edition_says_whose_pages_it_has(here: Place) -> None:
    here.read(TOP, at(0, day=1), "top_artists", [{"id": VERA, "name": "Vera"}])
    first = raw.read_manifest(here.store, TOP.name, slot_at(at(0, day=1)), 1)
    raw.commit(
        here.store,
        Snapshot(
            feed=TOP,
            slot=slot_at(at(0, day=2)),
            chart_date=date(2026, 3, 2),
            bodies=(),
            kept=raw.pages_to_keep(first),
            item_count=first.item_count,
            observed_at=at(0, day=2) + timedelta(seconds=9),
            unchanged_from=first.slot,
        ),
    )
    here.load(at(1, day=2))
    assert here.rows("select unchanged_from, observed_at from editions order by slot") == [
        {"unchanged_from": None, "observed_at": datetime(2026, 3, 1, 0, 0, 3)},
        {"unchanged_from": first.slot, "observed_at": datetime(2026, 3, 2, 0, 0, 9)},
    ]
    seen = here.rows("select slot, observed_at from artist_observations order by slot")
    assert {row["observed_at"] for row in seen} == {datetime(2026, 3, 1, 0, 0, 3)}
    assert len(seen) == 2
    assert here.failing() == {}
