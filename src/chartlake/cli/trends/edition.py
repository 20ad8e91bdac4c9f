"""chartlake trends movers|new|exits|streaks|chart|artists|roster|markets: about one edition."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chartlake.cli import show
from chartlake.cli.options import AsJson, Day, FeedOption, Limit, ProjectDir, RosterOnly
from chartlake.cli.trends import columns
from chartlake.cli.trends.answers import about_edition, answer, describe, rows, section
from chartlake.report import trends

__all__ = ["artists", "chart", "exits", "markets", "movers", "new", "roster", "streaks"]


def movers(
    feed: FeedOption = None,
    date: Day = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="How many climbs, and how many falls.")
    ] = 10,
    roster: RosterOnly = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """The biggest climbs and falls against the edition before."""
    with about_edition(project, feed, date, roster=roster) as about:
        found = trends.movers(*about, limit, roster=roster)
    answer(found, columns.MOVERS, as_json, "Nothing moved.", roster=roster, compares=True)


def new(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 50,
    roster: RosterOnly = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """New entries and re-entries."""
    with about_edition(project, feed, date, roster=roster) as about:
        found = trends.new(*about, limit, roster=roster)
    empty = "No new entry and no re-entry."
    answer(found, columns.NEW, as_json, empty, roster=roster, compares=True)


def exits(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 50,
    roster: RosterOnly = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Items of the edition before that are gone, and when they came back, if they did."""
    with about_edition(project, feed, date, roster=roster) as about:
        found = trends.exits(*about, limit, roster=roster)
    answer(found, columns.EXITS, as_json, "No exit.", roster=roster, compares=True)


def streaks(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 20,
    roster: RosterOnly = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """The items that are there longest without a break."""
    with about_edition(project, feed, date, roster=roster) as about:
        found = trends.streaks(*about, limit, roster=roster)
    answer(found, columns.STREAKS, as_json, _empty(roster), roster=roster)


def chart(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 200,
    roster: RosterOnly = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """The whole edition: moves, peaks (★: at it now), time on chart, streams where given."""
    with about_edition(project, feed, date, roster=roster) as about:
        found = trends.chart(*about, limit, roster=roster)
    if not as_json:
        found = found._replace(rows=[columns.placed(row) for row in found.rows])
    answer(found, columns.CHART, as_json, _empty(roster), roster=roster)


def artists(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 20,
    roster: RosterOnly = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Who owns the chart: artists by chart points in the edition's week, Friday to Thursday."""
    with about_edition(project, feed, date, roster=roster) as about:
        found = trends.artists(*about, limit, roster=roster)
    empty = "Nobody is there." if roster else "No artist is named."
    answer(found, columns.ARTISTS, as_json, empty, roster=roster)


def roster(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 200,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """What the roster has in the edition, and what of it left."""
    with about_edition(project, feed, date) as about:
        found = trends.roster(*about, limit)
    if as_json:
        show.json({**found.edition._asdict(), "rows": found.rows, "left": found.left})
        return
    show.line(describe(found.edition))
    if found.rows:
        rows(columns.ROSTER, [columns.placed(row) for row in found.rows])
    else:
        show.line("Nothing of the roster is in this edition.")
    section("Left", columns.EXITS, found.left)


def markets(
    item: Annotated[
        str | None, typer.Argument(help="One item, by id, link or name: its way through them.")
    ] = None,
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 20,
    roster: RosterOnly = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """The edition beside those of its family's other markets; or one item in each of them."""
    if item:
        with about_edition(project, feed, date, roster=roster) as about:
            history = trends.market_history(*about, item)
        if as_json:
            return show.json({**history.edition._asdict(), "rows": history.rows})
        mark = "● " if history.rows[0]["on_roster"] else ""
        show.line(f"{mark}{show.named(history.rows[0])} · in the markets of {history.family}")
        return show.table(columns.MARKET_HISTORY, history.rows)
    with about_edition(project, feed, date, roster=roster) as about:
        found = trends.markets(*about, limit, roster=roster)
    if as_json:
        document = found._asdict()
        return show.json({**document.pop("edition")._asdict(), **document})
    show.line(describe(found.edition, found.family))
    if found.without:
        show.note(f"no edition of this date in {', '.join(found.without)}")
    return rows(columns.markets(found.markets), [_side_by_side(row) for row in found.rows])


def _side_by_side(row: dict[str, Any]) -> dict[str, Any]:
    days = {market: days for market, days in row["days_after_first"].items() if days}
    return {
        **row,
        **{f"at {market}": position for market, position in row["positions"].items()},
        "first_in": ", ".join(row["first_markets"]),
        "days_until": ", ".join(f"{market} {days}" for market, days in days.items()) or None,
    }


def _empty(roster: bool) -> str:
    return "Nothing is there." if roster else "The edition is empty."
