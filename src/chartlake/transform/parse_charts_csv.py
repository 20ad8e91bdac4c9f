"""Spotify Charts CSV: the formats of before and after 2021, tracks, artists and albums.

Columns are found by name. A file is refused as a whole where it can't be
trusted (no chart, cut off, two rows of one position); a row that can't be
used becomes a reject.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from chartlake.errors import DataError, RefusedFile
from chartlake.model import Manifest
from chartlake.schema import Entry, Reject, SlotRows
from chartlake.transform.columns import COLUMNS
from chartlake.transform.pages import Memory, SlotContent
from chartlake.transform.records import (
    RejectRecord,
    check_id,
    edition,
    item_key,
    reject,
    too_many_rejects,
)

__all__ = ["count_records", "parse_charts_csv", "row_places"]

_LINK = re.compile(
    r"(?:https?://open\.spotify\.com/|spotify:)(track|album|artist|episode)[/:]([^?/]*)(?:\?.*)?"
)


class _Chart(NamedTuple):
    header: list[str]
    entries: list[Entry]
    rejects: list[Reject]

    @property
    def records(self) -> int:
        return len(self.entries) + len(self.rejects)


def parse_charts_csv(manifest: Manifest, pages: Iterable[bytes], memory: Memory) -> SlotContent:
    """What a slot tells whose one page is a charts file; RefusedFile where it is not whole."""
    if len(manifest.pages) != 1:
        raise DataError(
            f"{manifest.feed.name} {manifest.slot} has {len(manifest.pages)} pages",
            why="a chart is one file",
        )
    (content,) = pages
    chart = _read(content)
    memory.fields.see("charts_csv", filter(None, chart.header))
    editions = [edition(manifest, chart.records)]
    return SlotContent(SlotRows(editions, entries=chart.entries, rejects=chart.rejects))


def count_records(content: bytes) -> int:
    """How many records a charts file holds; RefusedFile where it is not a whole one."""
    return _read(content).records


def row_places(content: bytes) -> tuple[range, list[range]]:
    """Where the header and the records lie in a charts file, in bytes and without line ends."""
    text = _text(content)
    byte_order_mark = len(content) - len(text.encode())
    placed = list(_placed_rows(text, byte_order_mark))
    _, data = _header([row for row, _ in placed])
    header, *records = [place for _, place in placed][-len(data) - 1 :]
    return header, records


def _read(content: bytes) -> _Chart:
    text = _text(content)
    rows = _rows(text)
    columns, data = _header(rows)
    _check_whole(columns, data, ends_in_newline=text.endswith("\n"))
    entries: list[Entry] = []
    rejects: list[Reject] = []
    for number, row in enumerate(data):
        try:
            entries.append(_entry(columns, row, number))
        except RejectRecord as reason:
            rejects.append(reject(0, number, str(reason), _as_csv(row).encode()))
    _check_positions(entries)
    if too_many_rejects(len(rejects), len(data)):
        raise RefusedFile(
            f"{len(rejects)} of {len(data)} rows cannot be used",
            why=f"the first: {rejects[0].reason}",
        )
    header = [name.strip().lower() for name in rows[-len(data) - 1]]
    return _Chart(header, entries, rejects)


def _as_csv(row: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(row)
    return out.getvalue()


def _text(content: bytes) -> str:
    if not content.removeprefix(codecs.BOM_UTF8).strip():
        raise RefusedFile("the file is empty", fix="download it again")
    if content.startswith(b"%PDF") or b"\0" in content:
        kind = "a PDF" if content.startswith(b"%PDF") else "a binary file"
        raise RefusedFile(f"the file is {kind}, not CSV text", fix="download the chart as CSV")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedFile("the file is not UTF-8 text", why=str(error)) from error


def _rows(text: str) -> list[list[str]]:
    try:
        return [row for row, _ in _placed_rows(text)]
    except csv.Error as error:
        raise RefusedFile(
            "the file is not whole CSV", why=str(error), fix="download it again"
        ) from error


def _placed_rows(text: str, begin: int = 0) -> Iterator[tuple[list[str], range]]:
    """Each row and its bytes without the line end, counted from ``begin``; empty lines are none.

    The reader takes lines only as it needs them, so what it has taken says where a row ends.
    """
    end = following = begin

    def lines() -> Iterator[str]:
        nonlocal end, following
        for line in io.StringIO(text, newline=""):
            end = following + len(line.rstrip("\r\n").encode())
            following += len(line.encode())
            yield line

    for row in csv.reader(lines(), strict=True):
        if row:
            yield row, range(begin, end)
        begin = following


def _header(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Our names of the columns, and the data rows; a note line may stand above the header."""
    for place, row in enumerate(rows[:2]):
        columns = [COLUMNS.get(name.strip().lower(), "") for name in row]
        if {"position", "artists", "uri"} <= set(columns):
            if not rows[place + 1 :]:
                raise RefusedFile("the file has a header but no rows", fix="download it again")
            return columns, rows[place + 1 :]
    raise RefusedFile(
        "the file has no header of a Spotify chart",
        why=f"it begins with {','.join(rows[0])[:60]!r}; a chart has columns for the position, "
        "the artist and the URL or uri",
        fix="download the chart as CSV",
    )


def _check_whole(columns: list[str], data: list[list[str]], *, ends_in_newline: bool) -> None:
    """A download that broke off ends in the middle of its last row."""
    last = data[-1]
    if len(last) < len(columns):
        raise _cut(len(data), f"its last row has {len(last)} of {len(columns)} fields")
    if ends_in_newline:
        return
    cells, end = dict(zip(columns, last, strict=False)), last[-1].strip()
    link = _LINK.fullmatch(cells["uri"].strip())
    if columns[-1] == "uri" and not (link and len(link[2]) == 22):
        raise _cut(len(data), f"its last row ends in {end[-40:]!r}")
    before = data[-2][-1].strip() if len(data) > 1 and len(data[-2]) == len(columns) else ""
    if before and not end:
        raise _cut(len(data), "its last cell is empty")
    # rows are sorted by streams: a number that lost a digit is a tenth of what it was
    counted = columns[-1] == "streams" and _is_number(before) and _is_number(end)
    if counted and int(end) * 5 < int(before):
        raise _cut(len(data), f"its last row has {end} streams after {before}")


def _cut(rows: int, why: str) -> RefusedFile:
    return RefusedFile(f"the file is cut off in row {rows}", why=why, fix="download it again")


def _entry(columns: list[str], row: list[str], number: int) -> Entry:
    if len(row) != len(columns):
        raise RejectRecord(f"{len(row)} fields, not {len(columns)}")
    cell = dict(zip(columns, row, strict=True))
    position = _number(cell, "position")
    if position is None or position < 1:
        raise RejectRecord(f"position {cell['position']!r} is not a place in a list")
    kind, spotify_id = _identity(columns, cell.get("uri", "").strip())
    artists = cell["artists"] or None
    name = (artists if kind == "artist" else cell.get("track", cell.get("album"))) or None
    if not spotify_id and not name:
        kind = "unavailable"
    reported = "peak" in columns
    return Entry(
        position=position,
        item_kind=kind,
        item_key=None if kind == "unavailable" else item_key(kind, spotify_id, None, name, artists),
        track_id=spotify_id if kind == "track" else None,
        item_name=name,
        artist_names=artists,
        added_at=None,
        label=cell.get("label") or None,
        streams=_number(cell, "streams"),
        reported_rank=position if reported else None,
        reported_previous_rank=_number(cell, "previous"),
        reported_peak=_number(cell, "peak"),
        reported_time_on_chart=_number(cell, "time_on_chart"),
        page=0,
        item=number,
    )


def _identity(columns: list[str], link: str) -> tuple[str, str | None]:
    kind = "track" if "track" in columns else "album" if "album" in columns else "artist"
    if not link:
        return kind, None
    match = _LINK.fullmatch(link)
    if not match:
        raise RejectRecord(f"{link[:60]!r} is not a link to Spotify")
    if not match[2]:  # files of 2017 have rows without a name whose link lacks the id
        return kind, None
    return match[1], check_id(match[2], match[1])


def _number(cell: dict[str, str], name: str) -> int | None:
    text = cell.get(name, "").strip()
    if not text:
        return None
    if not _is_number(text):
        raise RejectRecord(f"{name} {text[:40]!r} is not a whole number")
    return int(text)


def _is_number(text: str) -> bool:
    """Plain digits, as many as a table's number holds."""
    return re.fullmatch(r"-?[0-9]{1,18}", text) is not None


def _check_positions(entries: list[Entry]) -> None:
    for position, times in Counter(entry.position for entry in entries).most_common(1):
        if times > 1:
            raise RefusedFile(
                f"position {position} stands in the file {times} times",
                why="a chart has one row for each position",
            )
