"""The records of a list: its ten best of each kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from tests.oracle.artists import Credited, by_artist, credited, items_at_once, name_of
from tests.oracle.facts import Row, World
from tests.oracle.histories import History, Ranked
from tests.oracle.profiles import ITEM, by_item, runs

_SHOWN = 10


@dataclass(frozen=True)
class _Candidate:
    value: int
    row: Row  # all columns but feed, record, place and value

    @property
    def order(self) -> tuple[Any, ...]:
        """The greatest first; among equals the earlier, the better, then by the key."""
        who = self.row["item_key"] or self.row["artist_key"]
        return (-self.value, self.row["scheduled_at"], self.row["position"], who)


def chart_records(world: World, history: History, moved: list[Row]) -> list[Row]:
    """At most ten rows for each record of one feed; `moved` are the feed's movements."""
    items = list(by_item(moved).values())
    climbs = [row for row in moved if row["movement"] == "up"]
    falls = [row for row in moved if row["movement"] == "down"]
    candidates = {
        "longest_streak": [_streak(run) for rows in items for run in runs(rows)],
        "most_editions": [_of(len(rows), rows[-1], rows[0]["chart_date"]) for rows in items],
        "most_at_one": [found for rows in items for found in _at_one(rows)],
        "biggest_climb": [_of(row["change"], row, _before(history, row)) for row in climbs],
        "biggest_fall": [_of(-row["change"], row, _before(history, row)) for row in falls],
        "longest_absence": [found for rows in items for found in _absences(rows)],
        "most_streams": [
            _of(row["streams"], row, None) for row in moved if row["streams"] is not None
        ],
        "most_by_artist": _most_by_artist(world, history),
    }
    feed = history[-1].edition.feed
    return [row for name, found in candidates.items() for row in _ten(feed, name, found)]


def _ten(feed: str, name: str, found: list[_Candidate]) -> Iterable[Row]:
    for candidate in sorted(found, key=lambda one: one.order)[:_SHOWN]:
        better = sum(other.value > candidate.value for other in found)
        values = {"record": name, "place": better + 1, "value": candidate.value}
        yield {"feed": feed, **values, **candidate.row}


def _of(value: int, row: Row, since: date | None) -> _Candidate:
    return _Candidate(
        value,
        {
            **{name: row[name] for name in ITEM},
            "artist_key": None,
            "position": row["position"],
            "since_date": since,
            "chart_date": row["chart_date"],
            "scheduled_at": row["scheduled_at"],
        },
    )


def _before(history: History, row: Row) -> date:
    previous: Ranked = history[row["ordinal"] - 2]
    return previous.edition.chart_date


def _streak(run: list[Row]) -> _Candidate:
    return _of(len(run), run[-1], run[0]["chart_date"])


def _at_one(rows: list[Row]) -> Iterable[_Candidate]:
    firsts = [row for row in rows if row["position"] == 1]
    if firsts:
        yield _of(len(firsts), firsts[-1], firsts[0]["chart_date"])


def _absences(rows: list[Row]) -> Iterable[_Candidate]:
    stays = runs(rows)
    for gone, back in pairwise(stays):
        away = back[0]["ordinal"] - gone[-1]["ordinal"] - 1
        yield _of(away, back[0], gone[-1]["chart_date"])


def _most_by_artist(world: World, history: History) -> list[_Candidate]:
    rows = credited(world, history)
    return [_most(world, history, mine) for mine in by_artist(rows).values()]


def _most(world: World, history: History, mine: list[Credited]) -> _Candidate:
    """The artist's greatest number, in the first edition that had it."""
    ordinals = sorted({row.ordinal for row in mine})
    most = max(items_at_once(mine, ordinal) for ordinal in ordinals)
    first = next(ordinal for ordinal in ordinals if items_at_once(mine, ordinal) == most)
    edition = history[first - 1].edition
    return _Candidate(
        most,
        {
            "item_kind": None,
            "item_key": None,
            "track_id": None,
            "item_name": None,
            "artist_names": name_of(world, mine),
            "artist_key": mine[0].artist.key,
            "position": min(row.position for row in mine if row.ordinal == first),
            "since_date": None,
            "chart_date": edition.chart_date,
            "scheduled_at": edition.scheduled_at,
        },
    )
