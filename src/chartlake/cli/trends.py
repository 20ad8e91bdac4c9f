"""chartlake trends: what changed in an edition."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chartlake.cli import show
from chartlake.cli.options import AsJson, Day, FeedOption, Limit, ProjectDir, open_here
from chartlake.cli.show import Col
from chartlake.report import trends
from chartlake.report.releases import releases
from chartlake.report.trends import EditionFacts, Trend
from chartlake.warehouse.port import Warehouse

app = typer.Typer(
    no_args_is_help=True,
    help="What changed: movers, new, exits, streaks, artists, track, releases.",
)

_MOVES = {"new": "NEW", "re_entry": "RE", "first": "first", "same": "="}
_STYLES = {"up": "green", "down": "red", "new": "magenta", "re_entry": "yellow"}


def _change(change: int) -> str:
    return f"▲{change}" if change > 0 else f"▼{-change}" if change < 0 else "="


def _change_style(change: int) -> str:
    return "green" if change > 0 else "red" if change < 0 else "dim"


def _percent(share: float) -> str:
    return f"{share:+.0%}"


_TITLE = Col("title", "item_name", wide=True)
_BY = Col("artist", "artist_names", wide=True)
_PEAK = Col("peak", "peak_position")
_PEAK_DATE = Col("peak on", "peak_date")
_ON_CHART = Col("on chart", "editions_on_chart")
_STREAK = Col("streak", "streak")
_STREAMS = Col("streams", "streams")
_POSITION = Col("#", "position")
_MOVE = Col("move", "movement", lambda m: _MOVES.get(m, m), lambda m: _STYLES.get(m, "dim"))
_CHANGE = Col("+/-", "change", _change, _change_style)

MOVERS = [
    _POSITION,
    _CHANGE,
    Col("was", "previous_position"),
    _TITLE,
    _BY,
    _PEAK,
    _ON_CHART,
    _STREAK,
    _STREAMS,
]
NEW = [_POSITION, _MOVE, _TITLE, _BY, _PEAK, _PEAK_DATE, _ON_CHART, _STREAMS]
EXITS = [Col("was", "last_position"), _TITLE, _BY, Col("run", "run_length"), _ON_CHART]
STREAKS = [
    _POSITION,
    _TITLE,
    _BY,
    _STREAK,
    _ON_CHART,
    _PEAK,
    _PEAK_DATE,
    Col("at #1", "editions_at_one"),
]
ARTISTS = [
    Col("artist", "artist_name", wide=True),
    Col("items", "items"),
    Col("best", "best_position"),
    Col("points", "chart_points", lambda points: f"{points:.2f}"),
    Col("share", "share", lambda share: f"{share:.1%}"),
    Col("4 weeks", "momentum_4w", _percent, lambda m: _change_style(1 if m > 0 else -1)),
]
TRACK = [Col("date", "chart_date"), _POSITION, _CHANGE, _MOVE, _PEAK, _ON_CHART, _STREAK, _STREAMS]
RELEASES = [
    Col("seen on", "first_chart_date"),
    Col("released", "release_date_text"),
    Col("album", "album_name", wide=True),
    Col("artist", "artist_name", wide=True),
    Col("type", "album_type"),
    Col("tracks", "total_tracks"),
]


@app.callback()
def _options(project: ProjectDir = None) -> None:
    pass


@app.command()
def movers(
    feed: FeedOption = None,
    date: Day = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="How many climbs, and how many falls.")
    ] = 10,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """The biggest climbs and falls against the edition before."""
    about = _edition(project, feed, date)
    _show(trends.movers(*about, limit), MOVERS, as_json, "Nothing moved.")


@app.command()
def new(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 50,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """New entries and re-entries."""
    about = _edition(project, feed, date)
    _show(trends.new(*about, limit), NEW, as_json, "No new entry and no re-entry.")


@app.command()
def exits(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 50,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Items of the edition before that are gone."""
    about = _edition(project, feed, date)
    _show(trends.exits(*about, limit), EXITS, as_json, "No exit.")


@app.command()
def streaks(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 20,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """The items that are there longest without a break."""
    about = _edition(project, feed, date)
    _show(trends.streaks(*about, limit), STREAKS, as_json, "The edition is empty.")


@app.command()
def artists(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 20,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Who owns the chart: artists by chart points in the edition's week, Friday to Thursday."""
    about = _edition(project, feed, date)
    _show(trends.artists(*about, limit), ARTISTS, as_json, "No artist is named.")


@app.command()
def track(
    item: Annotated[str, typer.Argument(help="A Spotify id or link, or part of the name.")],
    feed: FeedOption = None,
    date: Day = None,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """The history of one track (or album, or artist) in a feed, up to a date."""
    about = _edition(project, feed, date)
    _show(trends.track(*about, item), TRACK, as_json, "Not there up to this date.")


@app.command("releases")
def new_releases(
    feed: FeedOption = None,
    date: Day = None,
    limit: Limit = 50,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """What followed artists have brought out, by when an artist-catalog feed saw it first."""
    day = date.date() if date else None
    found = releases(open_here(project).warehouse, feed, day, limit)
    if as_json:
        show.json(found._asdict())
        return
    show.line(f"{found.feed} · watched since {found.since}")
    if found.rows:
        show.table(RELEASES, found.rows)
    else:
        show.line("Nothing new was seen." if day else "Nothing new was seen since.")


def _edition(
    project: Path | None, feed: str | None, day: datetime | None
) -> tuple[Warehouse, EditionFacts]:
    warehouse = open_here(project).warehouse
    return warehouse, trends.edition(warehouse, feed, day.date() if day else None)


def _show(trend: Trend, columns: list[Col], as_json: bool, empty: str) -> None:
    if as_json:
        show.json({**trend.edition._asdict(), "rows": trend.rows})
        return
    show.line(describe(trend.edition))
    if trend.rows:
        if columns is TRACK:
            show.line(show.named(trend.rows[-1]))
        show.table(columns, trend.rows)
    elif trend.edition.ordinal == 1 and columns in (MOVERS, NEW, EXITS):
        show.line("The first edition: there is none before to compare with.")
    else:
        show.line(empty)


def describe(about: EditionFacts) -> str:
    """Which edition, and against which it is compared."""
    what = f"{about.feed} · {about.chart_date} · edition {about.ordinal} of {about.editions}"
    if about.previous_chart_date is None:
        return f"{what} · the first"
    against = f"{what} · against {about.previous_chart_date}"
    if about.missing_before:
        gap = (
            "1 due edition" if about.missing_before == 1 else f"{about.missing_before} due editions"
        )
        return f"{against}, the edition before ({gap} missing between)"
    return against
