"""chartlake stories: the day's headlines, the rarest first."""

from __future__ import annotations

from textwrap import indent
from typing import Annotated, Any

import typer
from rich.text import Text

from chartlake.cli import show
from chartlake.cli.options import AsJson, Day, FeedOption, Limit, ProjectDir, RosterOnly
from chartlake.cli.show import Col
from chartlake.cli.trends.answers import about_edition, counted, describe, rows
from chartlake.report.stories import FEWEST_COMPARED, Stories
from chartlake.report.stories import stories as find_stories

__all__ = ["stories"]

_STORIES = [
    Col("headline", "headline", wide=True, wraps=True),
    Col("seen in", "seen_in"),
]


def stories(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 10,
    roster: RosterOnly = False,
    sql: Annotated[
        bool, typer.Option("--sql", help="Below each headline the query that proves it.")
    ] = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """The day's headlines: what is rare in the feed's own history, the rarest first.

    Of each measure the edition is compared with all before it. A story is told where at most a
    tenth of them reached as much, at a round streak, and of what the roster follows.
    """
    with about_edition(project, feed, date) as (warehouse, about):
        found = find_stories(warehouse, about, limit, roster=roster)
    if as_json:
        told = [story._asdict() for story in found.stories]
        show.json({**found.edition._asdict(), "stories": told})
        return
    show.line(describe(about))
    if not found.stories:
        show.line(_nothing(found, roster))
    elif sql:
        for story in found.stories:
            mark = "● " if story.on_roster else ""
            show.line(Text(show.plain(f"\n{mark}{story.headline}"[1:]), style="bold"))
            show.line(Text(indent(story.sql, "    ") + "\n", style="dim"))
    else:
        rows(_STORIES, [_row(story._asdict()) for story in found.stories])


def _row(story: dict[str, Any]) -> dict[str, Any]:
    """A story with how many editions, this one among them, have as much."""
    times, compared = story["times_reached"] + 1, story["editions_compared"] + 1
    return {**story, "seen_in": f"{times:,} of {compared:,}"}


def _nothing(found: Stories, roster: bool) -> str:
    """Why there is no story."""
    before = found.edition.ordinal - 1
    if not before:
        return "The first edition: there is no history yet in which anything could be rare."
    if roster:
        return "On the roster: nothing to tell."
    if before < FEWEST_COMPARED:
        return (
            f"Too short a history: {counted(before, 'edition')} before this one, and a story "
            f"needs {FEWEST_COMPARED}."
        )
    return "Nothing rare: all that this edition has, more than a tenth of those before had too."
