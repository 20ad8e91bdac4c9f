"""chartlake trends track|artist|records|releases: about things, whatever the edition."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any

import typer

from chartlake.cli import show
from chartlake.cli.options import (
    AsJson,
    Day,
    FeedOption,
    Limit,
    ProjectDir,
    RosterOnly,
    open_here,
)
from chartlake.cli.trends import columns
from chartlake.cli.trends.answers import about_edition, counted, describe, rows, section
from chartlake.report import trends
from chartlake.report.releases import releases

__all__ = ["artist", "new_releases", "records", "track"]


def track(
    item: Annotated[str, typer.Argument(help="A Spotify id or link, or part of the name.")],
    feed: FeedOption = None,
    date: Day = None,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """The history of one track (or album, or artist) in a feed, up to a date."""
    with about_edition(project, feed, date) as about:
        found = trends.track(*about, item)
    if as_json:
        show.json({**found.edition._asdict(), "profile": found.profile, "rows": found.rows})
        return
    show.line(describe(found.edition))
    if not found.rows:
        show.line("Not there up to this date.")
        return
    mark = "● " if found.rows[-1]["on_roster"] else ""
    show.line(f"{mark}{show.named(found.rows[-1])}")
    if found.profile:
        show.line(show.plain(_profile(found.profile)))
    show.table(columns.TRACK, found.rows)


def artist(
    name: Annotated[str, typer.Argument(help="The artist's Spotify id or link, or the name.")],
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 50,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """What one artist has in an edition, and the profile over all of them."""
    with about_edition(project, feed, date) as about:
        found = trends.artist(*about, name, limit)
    if as_json:
        document = found._asdict()
        show.json({**document.pop("edition")._asdict(), **document})
        return
    show.line(describe(found.edition))
    show.line(show.plain(f"{'● ' if found.on_roster else ''}{found.artist_name}"))
    if found.profile:
        show.line(show.plain(_artist_profile(found.profile)))
    if found.rows:
        rows(columns.ARTIST_ITEMS, [columns.placed(row) for row in found.rows])
    else:
        show.line("Has nothing in this edition.")


def records(
    feed: FeedOption = None,
    record: Annotated[
        str | None,
        typer.Option("--record", metavar="NAME", help=f"One of: {', '.join(trends.RECORDS)}."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, max=10, help="How many of each (3; of one 10).")
    ] = None,
    roster: RosterOnly = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """The best there were: streaks, climbs, falls, absences, streams, items at once."""
    with about_edition(project, feed, None, roster=roster) as about:
        found = trends.records(*about, limit or (10 if record else 3), record, roster=roster)
    if as_json:
        show.json({**found.edition._asdict(), "rows": found.rows})
        return
    show.line(f"{found.edition.feed} · {counted(found.edition.editions, 'edition')}")
    for name, of_record in groupby(found.rows, key=lambda row: str(row["record"])):
        section(trends.RECORDS[name], columns.RECORDS, list(of_record))
    if not found.rows:
        none = "Nothing of the roster is among the ten best." if roster else "No record yet."
        show.line(none)


def new_releases(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 50,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """What followed artists have brought out, by when an artist-catalog feed saw it first."""
    day = date.date() if date else None
    with open_here(project).warehouse.session() as warehouse:
        found = releases(warehouse, feed, day, limit)
    if as_json:
        show.json(found._asdict())
        return
    show.line(f"{found.feed} · watched since {found.since}")
    if found.rows:
        show.table(columns.RELEASES, found.rows)
    else:
        show.line("Nothing new was seen." if day else "Nothing new was seen since.")


def _profile(item: dict[str, Any]) -> str:
    """An item over all editions, in a line."""
    came = f"came in at #{item['debut_position']:,} on {item['debut_date']}"
    parts = [
        came if item["debut_is_known"] else f"there from the first edition, {item['debut_date']}",
        f"peak #{item['peak_position']:,} on {item['peak_date']}"
        f" ({counted(item['editions_at_peak'], 'edition')} there)",
        counted(item["editions_on_chart"], "edition") + _runs(item),
    ]
    if item["best_streams"] is not None:
        parts.append(f"{item['best_streams']:,} streams at best")
    if item["age_at_debut_days"] is not None and item["debut_is_known"]:
        days = item["age_at_debut_days"]
        when = f"{counted(abs(days), 'day')} {'before' if days >= 0 else 'after'} it came in"
        parts.append(f"released {item['release_date']}, {when}")
    if not item["is_on_chart"]:
        parts.append(f"last there on {item['last_chart_date']}, at #{item['last_position']:,}")
    return " · ".join(parts)


def _runs(item: dict[str, Any]) -> str:
    if item["runs"] > 1:
        return f" in {item['runs']:,} runs, the longest {item['longest_streak']:,}"
    return " in a row" if item["editions_on_chart"] > 1 else ""


def _artist_profile(artist: dict[str, Any]) -> str:
    """An artist over all editions, in a line."""
    parts = [
        f"{counted(artist['items'], 'item')} since {artist['first_chart_date']}",
        f"{counted(artist['editions_on_chart'], 'edition')} with one or more",
        f"{artist['most_at_once']:,} at once on {artist['most_at_once_date']}",
        f"best #{artist['best_position']:,} on {artist['best_date']}",
    ]
    if artist["editions_at_one"]:
        parts.append(
            f"#1 in {counted(artist['editions_at_one'], 'edition')}"
            f" with {counted(artist['items_at_one'], 'item')}"
        )
    if not artist["items_on_chart"]:
        parts.append(f"last there on {artist['last_chart_date']}")
    return " · ".join(parts)
