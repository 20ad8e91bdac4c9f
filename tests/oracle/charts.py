"""Spotify Charts CSV files, old format and new, read into editions.

Strict: what is not understood raises, since an oracle that guesses is none.
"""

import csv
import re
from datetime import date, datetime, time, timedelta
from pathlib import Path

from tests.oracle.movements import UNAVAILABLE, OracleEdition, OracleEntry

__all__ = ["OracleEdition", "OracleEntry", "name_of", "read_chart_csv"]

DAY = r"\d{4}-\d{2}-\d{2}"
FILE_NAME = re.compile(
    rf"(?P<feed>(regional|viral)-(global|[a-z]{{2}})-(daily|weekly))"
    rf"-(?P<first>{DAY})(--(?P<end>{DAY}))?\.csv"
)
# https://open.spotify.com/track/ID in old files, spotify:track:ID in new ones
LINK = re.compile(r"(https://open\.spotify\.com/|spotify:)track[/:](?P<id>[A-Za-z0-9]{22})")

# the columns we use: ours -> theirs
OLD = {
    "position": "Position",
    "name": "Track Name",
    "artists": "Artist",
    "link": "URL",
    "streams": "Streams",
}
NEW = {
    "position": "rank",
    "name": "track_name",
    "artists": "artist_names",
    "link": "uri",
    "streams": "streams",
}


def read_chart_csv(path: Path) -> OracleEdition:
    """Read one file; its feed and date are in its name, nothing else says them."""
    feed, chart_date = name_of(path.name)
    columns, records = _table(path)
    entries = tuple(_entry(columns, record) for record in records)
    # a dated file's slot is its chart date at 00:00Z, never converted to a time zone
    return OracleEdition(feed, datetime.combine(chart_date, time()), chart_date, entries)


def name_of(file_name: str) -> tuple[str, date]:
    """Feed and chart date of a file name."""
    match = FILE_NAME.fullmatch(file_name)
    if match is None:
        raise ValueError(f"not the name of a chart file: {file_name}")
    feed = match["feed"]
    if match["end"] is None:
        return feed, date.fromisoformat(match["first"])
    if not feed.endswith("-weekly"):
        raise ValueError(f"only a weekly file is named start--end: {file_name}")
    # from a Friday to the next Friday, which is not part of the week: it closes on the Thursday
    return feed, date.fromisoformat(match["end"]) - timedelta(days=1)


def _table(path: Path) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Which columns to use, and the records by column; an optional note line comes first."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in csv.reader(file, strict=True) if line]
    for number, header in enumerate(lines[:2]):
        for columns in (OLD, NEW):
            if _is_header(header, columns):
                body = lines[number + 1 :]
                return columns, [dict(zip(header, line, strict=True)) for line in body]
    raise ValueError(f"no header of a chart in the first two lines: {path}")


def _is_header(line: list[str], columns: dict[str, str]) -> bool:
    # viral charts have no streams
    return all(theirs in line for ours, theirs in columns.items() if ours != "streams")


def _entry(columns: dict[str, str], record: dict[str, str]) -> OracleEntry:
    position = int(record[columns["position"]])
    name, artists = record[columns["name"]], record[columns["artists"]]
    link = record[columns["link"]]
    streams_text = record.get(columns["streams"], "")
    streams = int(streams_text) if streams_text else None
    if not link and not name:
        # a missing track keeps its position
        return OracleEntry(position, UNAVAILABLE, None, None, None, None, streams)
    match = LINK.fullmatch(link)
    if match is None:
        raise ValueError(f"position {position}: not a link to a track: {link!r}")
    return OracleEntry(position, "track", match["id"], match["id"], name, artists, streams)
