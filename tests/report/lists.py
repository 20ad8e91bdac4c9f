"""Small charts written as words: each letter is an item, the first one is at position 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from chartlake.report.editions import edition
from chartlake.report.stories import Story, stories
from chartlake.warehouse.choices import Choices, Term
from chartlake.warehouse.duckdb import DuckDBWarehouse
from chartlake.warehouse.port import Warehouse
from tests.charts import track_id
from tests.oracle.movements import OracleEdition, OracleEntry
from tests.warehouse.worlds import WorldPipeline

WEEKLY = "regional-us-weekly"
FIRST = datetime(2020, 1, 2)  # a Thursday
WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)


def charts(
    words: Sequence[str | None],
    *,
    artists: Mapping[str, str] | None = None,
    titles: Mapping[str, str] | None = None,
    streams: Mapping[int, Sequence[int]] | None = None,
    feed: str = WEEKLY,
    first: datetime = FIRST,
    step: timedelta = WEEK,
) -> list[OracleEdition]:
    """One edition a step; None leaves one out. ``streams`` has those of some, from the top."""
    return [
        _edition(
            word,
            feed,
            first + step * place,
            artists or {},
            titles or {},
            (streams or {}).get(place),
        )
        for place, word in enumerate(words)
        if word is not None
    ]


def _edition(
    word: str,
    feed: str,
    at: datetime,
    artists: Mapping[str, str],
    titles: Mapping[str, str],
    streams: Sequence[int] | None,
) -> OracleEdition:
    entries = tuple(
        OracleEntry(
            position=position,
            item_kind="track",
            item_key=track_id(letter),
            track_id=track_id(letter),
            item_name=titles.get(letter, f"Song {letter}"),
            artist_names=artists.get(letter, f"Artist {letter}"),
            streams=streams[position - 1] if streams else None,
        )
        for position, letter in enumerate(word, start=1)
    )
    return OracleEdition(feed, at, at.date(), entries)


def follow(here: WorldPipeline, *terms: Term) -> None:
    """Give the world's project a roster, and what it delivers from now on one too."""
    here.warehouse = DuckDBWarehouse(here.warehouse.path, choices=Choices(roster=terms))


def told(
    here: WorldPipeline, day: date | None = None, *, roster: bool = False, feed: str | None = None
) -> dict[str, Story]:
    """The stories of an edition by kind; those of the roster's part as ``roster: kind``."""
    return told_of(here.warehouse, day, roster=roster, feed=feed)


def told_of(
    warehouse: Warehouse, day: date | None, *, roster: bool = False, feed: str | None = None
) -> dict[str, Story]:
    """The same of any warehouse."""
    about = edition(warehouse, feed, day)
    found = stories(warehouse, about, 100, roster=roster).stories
    return {f"{'roster: ' if story.of_roster else ''}{story.kind}": story for story in found}


def world(folder: Path, editions: Sequence[OracleEdition]) -> WorldPipeline:
    """A warehouse that has these editions."""
    here = WorldPipeline(folder)
    here.deliver(editions)
    return here
