"""Spotify Charts CSV files: which chart and date a file is, and its bytes, checked.

Feed and chart date come from the file's name. A weekly chart is dated by its
closing Thursday; old weekly files name the Friday it began and the Friday
after it ended.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from chartlake.errors import RefusedFile
from chartlake.model import FEED_NAME, Body, Feed, Snapshot, as_text, slot_of_date

__all__ = ["MAX_BYTES", "read_chart_file"]

MAX_BYTES = 16 * 1024 * 1024
"""A chart of 200 rows has 20 kB; anything near this is something else."""

_NAME = re.compile(
    r"(?P<chart>(regional|viral|artist|album)-(global|[a-z]{2})-(daily|weekly))"
    r"-(?P<first>\d{4}-\d\d-\d\d)(--(?P<end>\d{4}-\d\d-\d\d))?"
    r"( \(\d+\))?\.csv",  # a browser numbers what it downloads twice
    re.IGNORECASE,
)
_THURSDAY = 3
_EARLIEST = date(2008, 1, 1)  # Spotify began that year
_WEEK = timedelta(days=7)
_NAMES_KNOWN = (
    "regional-us-weekly-2026-11-19.csv, viral-global-daily-2026-11-19.csv or "
    "regional-us-weekly-2019-01-04--2019-01-11.csv"
)


def read_chart_file(
    path: Path,
    *,
    now: datetime,
    count_records: Callable[[bytes], int],
    feed: str | None = None,
    day: date | None = None,
) -> Snapshot:
    """Read one file as a snapshot; ``feed`` and ``day`` stand in for what its name lacks.

    ``count_records`` parses the whole content, raises RefusedFile where it is
    not a chart, and answers how many records it holds.
    """
    content = _content(path)
    chart, chart_date = _identify(path.name, feed, day, now.date())
    body = Body(
        content=content,
        resource="charts_csv",
        media_type="text/csv",
        received_at=now,
        url=as_text(path.name),
    )
    return Snapshot(
        feed=chart,
        slot=slot_of_date(chart_date),
        chart_date=chart_date,
        bodies=(body,),
        item_count=count_records(content),
    )


def _identify(name: str, feed: str | None, day: date | None, today: date) -> tuple[Feed, date]:
    match = _NAME.fullmatch(name)
    if not match and not (feed and day):
        raise RefusedFile(
            "its name does not tell which chart and date it is",
            why=f"known names are like {_NAMES_KNOWN}",
            fix="keep the name that Spotify gives, or say both: --feed NAME --date YYYY-MM-DD",
        )
    named = match["chart"].lower() if match else ""
    chart = _feed(feed or named, schedule_of=named or str(feed))
    chart_date = day or (_date_of(match) if match else date.min)
    if not _EARLIEST <= chart_date <= today + timedelta(days=1):
        raise RefusedFile(
            f"its date {chart_date} is no date of a chart",
            why=f"charts are of {_EARLIEST:%Y} to today",
            fix="check the date in its name, or the one given with --date",
        )
    if chart.schedule == "weekly" and chart_date.weekday() != _THURSDAY:
        raise RefusedFile(
            f"its date {chart_date} is a {chart_date:%A}",
            why="a weekly chart is dated by its closing Thursday",
            fix="give the Thursday with --date YYYY-MM-DD",
        )
    return chart, chart_date


def _feed(name: str, schedule_of: str) -> Feed:
    if not FEED_NAME.fullmatch(name):
        raise RefusedFile(
            f"{name[:80]!r} is no name for a feed",
            fix="use small letters, digits and single hyphens, 64 at most",
        )
    cadence = schedule_of.rsplit("-", 1)[-1]
    schedule = cadence if cadence in ("daily", "weekly") else None
    return Feed(name=name, source="charts-csv", source_id=name, schedule=schedule)


def _date_of(match: re.Match[str]) -> date:
    try:
        first = date.fromisoformat(match["first"])
        end = date.fromisoformat(match["end"]) if match["end"] else None
    except ValueError as error:
        raise RefusedFile("the date in its name does not exist", why=str(error)) from error
    if end is None:
        return first
    if end - first != _WEEK or not match["chart"].lower().endswith("weekly"):
        raise RefusedFile(
            f"the dates in its name, {first} and {end}, are not those of a chart week",
            why="a weekly file names the Friday it began and the Friday after it ended",
        )
    return end - timedelta(days=1)


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if 0 < size <= MAX_BYTES else b""
    except OSError as error:
        raise RefusedFile("it cannot be read", why=error.strerror or str(error)) from error
    if size > MAX_BYTES:
        raise RefusedFile(
            f"it has {size / 1e6:,.0f} MB, far more than any chart",
            fix="check that it is a Spotify Charts file",
        )
    return content
