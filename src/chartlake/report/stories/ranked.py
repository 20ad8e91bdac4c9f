"""Which stories an edition has: what is rare in its feed, a milestone, or the roster's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from chartlake.report.editions import EditionFacts
from chartlake.report.roster import ARTISTS, ITEMS, has_roster, require
from chartlake.report.stories.calendar import Calendar, read_calendar
from chartlake.report.stories.headline import headline
from chartlake.report.stories.proof import proof
from chartlake.report.stories.rules import RULES, Rule
from chartlake.warehouse.port import Warehouse

__all__ = ["FEWEST_COMPARED", "Stories", "Story", "stories"]

FEWEST_COMPARED = 4
"""A story needs so many editions before it: of three, the biggest of something says nothing."""
_RARE = 0.1


class Story(NamedTuple):
    """A headline and what it rests on.

    ``rarity`` is (times reached before + 1) / (editions compared + 1), the share of all editions,
    this one included, that have as much; the rarest is least. ``since`` is the last date before
    it at which as much was reached; None where it never was. ``sql`` proves it: one SELECT whose
    one row has the value, ``editions_compared``, ``times_reached`` and ``last_reached``.
    """

    kind: str
    headline: str
    rarity: float
    value: int
    since: date | None
    editions_compared: int
    times_reached: int
    is_milestone: bool
    of_roster: bool
    on_roster: bool
    item_key: str | None
    item_name: str | None
    artist_key: str | None
    artist_names: str | None
    sql: str


class Stories(NamedTuple):
    """The stories of an edition, the rarest first."""

    edition: EditionFacts
    stories: list[Story]


def stories(
    warehouse: Warehouse, about: EditionFacts, limit: int = 10, *, roster: bool = False
) -> Stories:
    """The edition's stories; with ``roster`` only those about what the project follows."""
    if roster:
        require(warehouse)
    calendar = read_calendar(warehouse, about)
    follows = has_roster(warehouse)
    items, artists = (
        {key for (key,) in warehouse.query(sql, {"feed": about.feed}).rows} if follows else set()
        for sql in (ITEMS, ARTISTS)
    )
    told = [
        (rule.about(row), _story(rule, row, sql, calendar, of_roster, items | artists))
        for rule, of_roster, sql, row in _measured(warehouse, about, follows)
        if (of_roster or rule.is_milestone or _is_rare(row))
        and not (rule.goes_on and row["value"] == row["ordinal"])
    ]
    wanted = ((fact, story) for fact, story in told if story.on_roster or not roster)
    return Stories(about, list(_rarest(wanted))[:limit])


def _measured(
    warehouse: Warehouse, about: EditionFacts, follows: bool
) -> Iterator[tuple[Rule, bool, str, dict[str, Any]]]:
    """Each rule, on the whole feed and on the roster's part of it, with its proof and its row."""
    asked = [(rule, False) for rule in RULES]
    if follows:
        asked += [(rule, True) for rule in RULES if rule.follows_roster]
    for rule, of_roster in asked:
        sql = proof(rule.name, about, less=rule.less, roster=of_roster)
        for row in warehouse.query(sql).records():
            yield rule, of_roster, sql, row


def _is_rare(row: dict[str, Any]) -> bool:
    compared: int = row["editions_compared"]
    return compared >= FEWEST_COMPARED and row["times_reached"] <= _RARE * compared


def _rarest(told: Iterable[tuple[tuple[Any, ...], Story]]) -> Iterator[Story]:
    """The rarest first, and of several about one fact the rarest only."""
    seen = set()
    for fact, story in sorted(told, key=lambda each: each[1].rarity):
        if fact not in seen:
            seen.add(fact)
            yield story


def _story(
    rule: Rule,
    row: dict[str, Any],
    sql: str,
    calendar: Calendar,
    of_roster: bool,
    followed: set[str],
) -> Story:
    who = {row.get("item_key"), row.get("artist_key")}
    return Story(
        kind=rule.name,
        headline=headline(rule, row, calendar, roster=of_roster),
        rarity=round((row["times_reached"] + 1) / (row["editions_compared"] + 1), 6),
        value=row["value"],
        since=row["last_reached"],
        editions_compared=row["editions_compared"],
        times_reached=row["times_reached"],
        is_milestone=rule.is_milestone,
        of_roster=of_roster,
        on_roster=of_roster or bool(who & followed),
        item_key=row.get("item_key"),
        item_name=row.get("item_name"),
        artist_key=row.get("artist_key"),
        artist_names=row.get("artist_names"),
        sql=sql,
    )
