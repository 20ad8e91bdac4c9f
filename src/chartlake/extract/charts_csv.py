"""Spotify Charts CSV files: which chart and date a file is, and its bytes, checked.

Feed and chart date come from the file's name. A weekly chart is dated by its
closing Thursday; old weekly files name the Friday it began and the Friday
after it ended.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from chartlake.errors import RefusedFile
from chartlake.model import FEED_NAME, Body, Feed, Snapshot, as_text, slot_of_date

__all__ = ["MAX_BYTES", "content_of", "read_chart_file"]

MAX_BYTES = 16 * 1024 * 1024
"""A chart of 200 rows has 20 kB; anything near this is something else."""

_NAME = re.compile(
    r"(?P<chart>(regional|viral|artist|album)-(global|[a-z]{2})-(daily|weekly))"
    r"-(?P<first>\d{4}-\d\d-\d\d)(--(?P<end>\d{4}-\d\d-\d\d))?"
    r"( \(\d+\))?\.csv",  # a browser numbers what it downloads twice
    re.IGNORECASE | re.ASCII,  # without ASCII the Kelvin sign would be a k
)
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"\x1f\x8b": "a gzip file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"\xfd7zXZ\x00": "an xz file",
    b"BZh": "a bzip2 file",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
}
_NEVER_WAIT = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
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
    content = content_of(path)
    _check_unpacked(content)
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


def content_of(path: Path) -> bytes:
    """The bytes of a regular file of at most MAX_BYTES; RefusedFile for all else.

    A link is not followed, and a pipe or a device is not opened: one gives bytes of some other
    place, the others may never end.
    """
    try:
        found = path.lstat()
        _check_regular(path, found.st_mode)
        size = found.st_size
        if size <= MAX_BYTES:
            with os.fdopen(os.open(path, _NEVER_WAIT), "rb") as file:
                content = file.read(MAX_BYTES + 1)  # it may have grown since
            size = len(content)
    except OSError as error:
        raise RefusedFile("it cannot be read", why=error.strerror or str(error)) from error
    except ValueError as error:  # a NUL in its name
        raise RefusedFile("it cannot be read", why=str(error)) from error
    if size > MAX_BYTES:
        raise RefusedFile(
            f"it has {size / 1e6:,.0f} MB, far more than any chart",
            fix="check that it is a Spotify Charts file",
        )
    return content


def _check_regular(path: Path, mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise RefusedFile(
            "it is a link, not a file",
            why="a link may lead to anything, and to something else tomorrow",
            fix=f"name the file itself: this leads to {as_text(str(path.readlink()))}",
        )
    if not stat.S_ISREG(mode):
        raise RefusedFile(
            f"it is {'a folder' if stat.S_ISDIR(mode) else 'a pipe or a device'}, not a file",
            fix="name the files: chartlake import FOLDER/*.csv",
        )


def _check_unpacked(content: bytes) -> None:
    for begin, kind in _ARCHIVES.items():
        if content.startswith(begin):
            raise RefusedFile(
                f"it is {kind}, not CSV text", fix="unpack it, and import the CSV files in it"
            )
