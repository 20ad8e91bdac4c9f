"""Artists on lists: who had how much of a chart week, and all that an artist ever did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from tests.oracle.facts import OracleEntry, Row, World
from tests.oracle.histories import History
from tests.oracle.items import Artist, artists_of

_THURSDAY = 4
_FOUR_WEEKS = timedelta(weeks=4)


@dataclass(frozen=True)
class Credited:
    """One item of one edition, counted for one of its artists."""

    ordinal: int
    chart_date: date
    item_key: str
    position: int
    points: float
    artist: Artist


def credited(world: World, history: History) -> list[Credited]:
    """All items of all editions of a feed, once for each artist; of two credits the first."""
    found: list[Credited] = []
    for ordinal, one in enumerate(history, start=1):
        for item_key, entry in one.best.items():
            day, points = one.edition.chart_date, one.points(entry)
            for artist in _different(world, entry):
                found.append(Credited(ordinal, day, item_key, entry.position, points, artist))
    return found


def by_artist(rows: list[Credited]) -> dict[str, list[Credited]]:
    """The same by artist, each in the order of time."""
    found: dict[str, list[Credited]] = {}
    for row in rows:
        found.setdefault(row.artist.key, []).append(row)
    return found


def _different(world: World, entry: OracleEntry) -> Iterable[Artist]:
    """Each artist of the entry once, with the greatest of the texts."""
    artists = artists_of(world, entry)
    for key in dict.fromkeys(artist.key for artist in artists):
        same = [artist for artist in artists if artist.key == key]
        yield Artist(key, same[0].artist_id, _greatest(artist.text for artist in same))


def _greatest(texts: Iterable[str | None]) -> str | None:
    return max((text for text in texts if text is not None), default=None)


def name_of(world: World, rows: list[Credited]) -> str | None:
    """What the artist of these rows is called: by its latest name, else by the greatest text."""
    latest = world.latest("artist", rows[0].artist.artist_id, "name")
    name: str | None = latest or _greatest(row.artist.text for row in rows)
    return name


# ----------------------------------------------------------------------------------- momentum


@cache
def week_ending(day: date) -> date:
    """The Thursday that ends a date's chart week."""
    return day + timedelta(days=(_THURSDAY - day.isoweekday()) % 7)


def artist_momentum(world: World, history: History) -> list[Row]:
    """One row per chart week and artist with an entry in it, of one feed."""
    points: dict[date, float] = {}
    for one in history:
        week = week_ending(one.edition.chart_date)
        of_edition = sum(one.points(entry) for entry in one.best.values())
        points[week] = points.get(week, 0) + of_edition
    return [
        _momentum(world, history, mine, week, points[week])
        for mine in by_artist(credited(world, history)).values()
        for week in sorted({week_ending(row.chart_date) for row in mine})
    ]


def _momentum(
    world: World, history: History, mine: list[Credited], week: date, points_of_all: float
) -> Row:
    of_week = [row for row in mine if week_ending(row.chart_date) == week]
    points = sum(row.points for row in of_week)
    now = _per_edition(history, mine, week)
    before = _per_edition(history, mine, week - _FOUR_WEEKS)
    return {
        "feed": history[-1].edition.feed,
        "week_ending": week,
        "artist_key": mine[0].artist.key,
        "artist_id": mine[0].artist.artist_id,
        "artist_name": name_of(world, of_week),
        "is_text": mine[0].artist.artist_id is None,
        "items": len({row.item_key for row in of_week}),
        "best_position": min(row.position for row in of_week),
        "chart_points": points,
        "share": points / points_of_all,
        "points_per_edition_4w": now,
        "points_per_edition_4w_before": before,
        "momentum_4w": now / before - 1 if now is not None and before else None,
    }


def _per_edition(history: History, mine: list[Credited], last_week: date) -> float | None:
    """The artist's points of the four weeks up to one, by editions there are in them.

    None where it was in none of them: then there is nothing to compare with.
    """

    def is_in(day: date) -> bool:
        return last_week - _FOUR_WEEKS < week_ending(day) <= last_week

    editions = sum(is_in(one.edition.chart_date) for one in history)
    points = sum(row.points for row in mine if is_in(row.chart_date))
    return points / editions if points else None


# ----------------------------------------------------------------------------------- profiles


def artist_profiles(world: World, history: History) -> list[Row]:
    """One row per artist that ever had an item on the list, of one feed."""
    rows = credited(world, history)
    return [_profile(world, history, mine) for mine in by_artist(rows).values()]


def _profile(world: World, history: History, mine: list[Credited]) -> Row:
    most = max(items_at_once(mine, ordinal) for ordinal in {row.ordinal for row in mine})
    best = min(row.position for row in mine)
    return {
        "feed": history[-1].edition.feed,
        "artist_key": mine[0].artist.key,
        "artist_id": mine[0].artist.artist_id,
        "artist_name": name_of(world, mine),
        "is_text": mine[0].artist.artist_id is None,
        "items": len({row.item_key for row in mine}),
        "items_on_chart": items_at_once(mine, len(history)),
        "items_at_one": len({row.item_key for row in mine if row.position == 1}),
        "most_at_once": most,
        "most_at_once_date": next(
            row.chart_date for row in mine if items_at_once(mine, row.ordinal) == most
        ),
        "best_position": best,
        "best_date": next(row.chart_date for row in mine if row.position == best),
        "first_chart_date": mine[0].chart_date,
        "last_chart_date": mine[-1].chart_date,
        "editions_on_chart": len({row.ordinal for row in mine}),
        "editions_at_one": len({row.ordinal for row in mine if row.position == 1}),
        "chart_points": sum(row.points for row in mine),
    }


def items_at_once(mine: list[Credited], ordinal: int) -> int:
    """How many of the artist's items stand in one edition."""
    return len({row.item_key for row in mine if row.ordinal == ordinal})
