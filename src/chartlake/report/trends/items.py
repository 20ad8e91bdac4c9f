"""One item, or one artist: its history in a feed, and its profile over all of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from chartlake.errors import UsageError
from chartlake.report.editions import EditionFacts
from chartlake.report.items import without_link
from chartlake.report.roster import marked, marked_artists
from chartlake.warehouse.port import Warehouse

__all__ = ["ArtistFacts", "ItemFacts", "artist", "item_key", "track"]

_MOST_CHOICES = 10
_ABOUT_CHOICE = frozenset(
    ("key", "name", "artists", "exact", "named", "feed", "peak", "first_date", "last_date")
)


class ItemFacts(NamedTuple):
    """An item's history up to an edition; its profile where that is the latest."""

    edition: EditionFacts
    rows: list[dict[str, Any]]
    profile: dict[str, Any] | None


class ArtistFacts(NamedTuple):
    """What an artist has in an edition; the profile, of all editions, where it is the latest."""

    edition: EditionFacts
    artist_key: str
    artist_name: str
    on_roster: bool
    rows: list[dict[str, Any]]
    profile: dict[str, Any] | None


def track(warehouse: Warehouse, about: EditionFacts, item: str) -> ItemFacts:
    """The history of one item in the feed, up to the edition; by id, link or part of its name."""
    sql = """
        select chart_date, position, previous_position, change, movement, item_name, artist_names,
            peak_position, peak_date, editions_on_chart, streak, streams, streams_change_percent,
            item_key
        from chart_movements
        where feed = $feed and scheduled_at <= $at and item_key = $item
        order by scheduled_at
        """
    key = item_key(warehouse, about, item)
    parameters = {"feed": about.feed, "at": about.scheduled_at, "item": key}
    rows = marked(warehouse, about.feed, warehouse.query(sql, parameters).records())
    return ItemFacts(about, rows, _profile(warehouse, about, key) if about.is_latest else None)


def artist(warehouse: Warehouse, about: EditionFacts, name: str, limit: int = 50) -> ArtistFacts:
    """What one artist has in the edition; by id, link or name."""
    found = _artist(warehouse, about, name)
    sql = """
        select m.position, m.change, m.movement, m.previous_position, m.item_name, m.artist_names,
            m.peak_position, m.peak_date, m.editions_on_chart, m.streak, m.streams, m.item_key
        from chart_credits c
        inner join chart_movements m
            on m.feed = c.feed and m.scheduled_at = c.scheduled_at and m.item_key = c.item_key
        where c.feed = $feed and c.scheduled_at = $at and c.artist_key = $artist
        order by m.position limit $limit
        """
    key = found["artist_key"]
    parameters = {"feed": about.feed, "at": about.scheduled_at, "artist": key, "limit": limit}
    rows = marked(warehouse, about.feed, warehouse.query(sql, parameters).records())
    (told,) = marked_artists(warehouse, about.feed, [found])
    profile = found if about.is_latest else None
    return ArtistFacts(about, key, found["artist_name"], told["on_roster"], rows, profile)


def item_key(warehouse: Warehouse, about: EditionFacts, item: str) -> str:
    """The key of the one item that is meant; UsageError with the choices where it is not one."""
    found = warehouse.query(
        """
        select item_key as key, item_name as name, artist_names as artists,
            peak_position as peak, debut_date as first_date, last_chart_date as last_date,
            item_key = $wanted or track_id = $wanted as exact,
            lower(item_name) = lower($wanted) as named
        from item_profiles
        where feed = $feed
            and (
                item_key = $wanted or track_id = $wanted
                or contains(lower(item_name), lower($wanted))
            )
        order by exact desc, named desc, editions_on_chart desc, item_key
        """,
        {"feed": about.feed, "wanted": without_link(item)},
    ).records()
    return str(_only(warehouse, found, item, about, "items")["key"])


def _artist(warehouse: Warehouse, about: EditionFacts, name: str) -> dict[str, Any]:
    """The profile of the one artist that is meant."""
    found = warehouse.query(
        """
        select p.*, artist_key as key, artist_name as name, null as artists,
            best_position as peak, first_chart_date as first_date, last_chart_date as last_date,
            artist_key = $wanted as exact, lower(artist_name) = lower($wanted) as named
        from artist_profiles p
        where feed = $feed
            and (artist_key = $wanted or contains(lower(artist_name), lower($wanted)))
        order by exact desc, named desc, chart_points desc, artist_key
        """,
        {"feed": about.feed, "wanted": without_link(name)},
    ).records()
    meant = _only(warehouse, found, name, about, "artists")
    return {column: value for column, value in meant.items() if column not in _ABOUT_CHOICE}


def _profile(warehouse: Warehouse, about: EditionFacts, key: str) -> dict[str, Any] | None:
    found = warehouse.query(
        """
        select p.*, a.release_date, a.release_date_precision, a.age_at_debut_days,
            a.age_at_peak_days
        from item_profiles p
        left join release_age a on a.feed = p.feed and a.item_key = p.item_key
        where p.feed = $feed and p.item_key = $item
        """,
        {"feed": about.feed, "item": key},
    ).records()
    return next(iter(found), None)


def _only(
    warehouse: Warehouse,
    found: list[dict[str, Any]],
    said: str,
    about: EditionFacts,
    things: str,
) -> dict[str, Any]:
    """The one that fits best: by its id, else by its whole name, else by a part of it."""
    best = [row for row in found if row["exact"]] or [row for row in found if row["named"]] or found
    if len(best) == 1:
        return best[0]
    if not best:
        what = things.removesuffix("s")
        hides = warehouse.query("select 1 from excluded_terms limit 1").rows
        raise UsageError(
            f"{about.feed} has no {what} {said!r}",
            why="[exclude] in chartlake.toml hides some from all answers" if hides else None,
            fix="give an id, or a part of the name as the list has it",
        )
    choices = "\n        ".join(_choice(row) for row in best[:_MOST_CHOICES])
    same = len({(row["name"], row["artists"]) for row in best}) < len(best)
    one = '; or count the ids of one recording as one: [charts] recordings = "as-one"'
    raise UsageError(
        f"{said!r} can be {len(best)} {things} of {about.feed}",
        fix=f"say which by its id{one if same else ''}:\n        {choices}",
    )


def _choice(row: dict[str, Any]) -> str:
    who = " · ".join(str(row[part]) for part in ("name", "artists") if row[part])
    return (
        f"{row['key']}  {who}  (#{row['peak']} at best, {row['first_date']} to {row['last_date']})"
    )
