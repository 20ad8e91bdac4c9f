"""Records that were decoded before, found again in a page by their bytes.

A page is mostly what it was the day before. Comparing bytes with those of a
record that is known is about twenty times as fast as decoding them, so a page is
gone through record by record: what is known is taken from the catalog, what is
not is decoded. Nothing is believed: each record is JSON that was decoded once,
between them stands what stands between records, and what is left of the page
without them is decoded too, and must have its records just there. Whatever does
not fit is split and decoded whole, with the same result.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec
import pyarrow as pa

from chartlake.model import Undecodable
from chartlake.transform.catalog import POPULARITY, Catalog, reference
from chartlake.transform.entries import Told
from chartlake.transform.records import RejectRecord

__all__ = ["Known", "Read", "Split", "place_in"]

Read = Callable[[bytes], Told]
Split = Callable[[bytes], Sequence[msgspec.Raw]]

_HEAD, _TAIL = 256, 72
"""By so many of its first and last bytes a record is looked up."""
_MOST_ALIKE = 8
_MOST_TRIES = 32
_MOST_BYTES = 16 * 2**20
_POPULARITY = b'"popularity":'
_DIGITS = {str(number).encode(): number for number in range(1000)}
_NUMBER = re.compile(rb"[0-9]+")
_OPENING = re.compile(rb'"[^"\\]*"\s*:\s*\[\s*\Z')
_LONGEST_OPENING = 80
_FIRST_KEY = re.compile(rb'\{\s*"[^"\\]*"\s*:')
_CLOSING = re.compile(rb"\s*\]")


class _Record:
    """A record that is known: its bytes, or those before and after the one number that changes."""

    __slots__ = ("after", "before", "following", "number")

    def __init__(self, before: bytes, after: bytes | None, number: int) -> None:
        self.before = before
        self.after = after
        self.number = number
        self.following: _Record | None = None


class _Style(NamedTuple):
    """What stands around records, where a source writes all its pages in one way."""

    opening: bytes
    between: bytes
    boundary: bytes
    closing: bytes


class Known:
    """The records of one kind that are known, each with its number in a catalog."""

    def __init__(self, catalog: Catalog, read: Read) -> None:
        self._catalog = catalog
        self._read = read
        self._style: _Style | None = None
        self._alike: dict[bytes, list[_Record]] = {}
        self._bytes = 0
        self._last = _Record(b"", None, -1)
        self._passed: _Record | None = None
        self._stand_in = str(secrets.randbits(62)).encode()

    def references(self, content: bytes, split: Split) -> list[int]:
        """References to a page's records; Undecodable where the page is not what it should be."""
        found = self._one_by_one(content, split, self._style) if self._style else None
        return self._all_at_once(content, split) if found is None else found

    def forget(self) -> None:
        """Know no record any more: each refers to the next, so that none would go by itself."""
        for records in self._alike.values():
            for record in records:
                record.following = None
        self._last.following = None
        self._alike, self._bytes = {}, 0
        self._last, self._passed = _Record(b"", None, -1), None

    def _all_at_once(self, content: bytes, split: Split) -> list[int]:
        raws = split(content)
        self._style = self._style or _style_of(content, raws)
        found = []
        for raw in raws:
            record = bytes(raw)
            known = self._find(record, 0, len(record))
            found.append(self._add(record, self._tell(record)) if known is None else known)
        return found

    def _one_by_one(self, content: bytes, split: Split, style: _Style) -> list[int] | None:
        """As `references`; None where the page is written in another way."""
        begin = at = content.find(style.opening) + len(style.opening)
        found: list[int] = []
        stands = content.startswith
        while at >= len(style.opening):
            record = self._last.following
            is_next = record is not None and stands(record.before, at)
            step = self._match(record, content, at) if record and is_next else None
            step = step or self._passed_over(content, at) or self._look_up(content, at, style)
            if not step:
                return None
            number, end = step
            found.append(number)
            if not stands(style.between, end):
                # the rest of the page has to have a list where its records were cut out
                left = [bytes(r) for r in split(content[:begin] + self._stand_in + content[end:])]
                is_list = stands(style.closing, end) and left == [self._stand_in]
                return found if is_list else None
            at = end + len(style.between)
        return None

    def _passed_over(self, content: bytes, at: int) -> tuple[int, int] | None:
        """The record after the one that was to follow, which is gone, or one that had moved."""
        last = self._last
        for record in (last.following and last.following.following, self._passed):
            if record is not None and content.startswith(record.before, at):
                step = self._match(record, content, at)
                if step:
                    last.following = record
                    return step
        return None

    def _match(self, record: _Record, content: bytes, at: int) -> tuple[int, int] | None:
        """The number of a known record and its end, if it stands here."""
        end = at + len(record.before)
        if record.after is None:
            self._last = record
            return record.number, end
        for length in (2, 1, 3):
            popularity = _DIGITS.get(content[end : end + length])
            if popularity is not None and content.startswith(record.after, end + length):
                self._last = record
                return reference(record.number, popularity), end + length + len(record.after)
        return None

    def _look_up(self, content: bytes, at: int, style: _Style) -> tuple[int, int] | None:
        """The number of the record that begins here and its end; None where none can be told."""
        before = self._last
        for end in _ends(content, at, style):
            number = self._find(content, at, end)
            if number is None:
                record = content[at:end]
                if record != record.strip():
                    return None  # there is space where this style has none
                told = self._tell(record)
                if isinstance(told, str) and not _is_json(record):
                    continue  # it ends elsewhere
                number = self._add(record, told)
            self._passed, before.following = before.following, self._last
            return number, end
        return None

    def _find(self, content: bytes, at: int, end: int) -> int | None:
        """The number of the record between two places, if it is known."""
        for record in self._alike.get(_looks(content, at, end), ()):
            if content.startswith(record.before, at):
                step = self._match(record, content, at)
                if step and step[1] == end:
                    return step[0]
        return None

    def _tell(self, content: bytes) -> Told | str:
        """What a record tells, or why it can't be used."""
        try:
            return self._read(content)
        except (Undecodable, RejectRecord) as reason:
            return str(reason)

    def _add(self, content: bytes, told: Told | str) -> int:
        """Keep a record and what it tells; its number."""
        if self._bytes > _MOST_BYTES:
            self.forget()
        before, after = content, None
        if isinstance(told, str):
            number = self._catalog.refuse(told, content)
        else:
            number = self._catalog.add(told)
            before, after = _around_popularity(content, told)
        self._last = _Record(before, after, number)
        alike = self._alike.setdefault(_looks(content, 0, len(content)), [])
        alike[:] = [self._last, *alike[: _MOST_ALIKE - 1]]
        self._bytes += len(content)
        return number


def _around_popularity(content: bytes, told: Told) -> tuple[bytes, bytes | None]:
    """A record's bytes before and after the popularity of its one track, if that is there.

    It is often all that changes. Where it is the only number of that name, and no name is
    written in another way (a letter may be an escape), any such number may stand there.
    """
    begin = content.find(_POPULARITY) + len(_POPULARITY)
    is_only_one = content.count(b"popularity") == 1 and b"\\u" not in content
    if begin < len(_POPULARITY) or not is_only_one or len(told.seen.tracks) != 1:
        return content, None
    number = _NUMBER.match(content, begin)
    row, _ = told.seen.tracks[0]
    if number is None or row[POPULARITY] is None or _DIGITS.get(number[0]) != row[POPULARITY]:
        return content, None
    return content[:begin], content[number.end() :]


def _looks(content: bytes, at: int, end: int) -> bytes:
    return content[at : min(at + _HEAD, end)] + content[max(at, end - _TAIL) : end]


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _ends(content: bytes, at: int, style: _Style) -> Iterator[int]:
    """Where the record that begins here may end: before the next one, or where its list ends."""
    end = content.find(style.boundary, at)
    if end >= 0:
        yield end
        return
    closing = b"}" + style.closing
    for _ in range(_MOST_TRIES):
        at = content.find(closing, at) + 1
        if not at:
            return
        yield at


def _style_of(content: bytes, records: Sequence[msgspec.Raw]) -> _Style | None:
    """How a page is written, as its first two records show it."""
    if len(records) < 2:
        return None
    first, second, last = (place_in(content, records[n]) for n in (0, 1, -1))
    opening = _OPENING.search(content, max(0, first.start - _LONGEST_OPENING), first.start)
    key = _FIRST_KEY.match(content, first.start)
    closing = _CLOSING.match(content, last.stop)
    if not (opening and key and closing):
        return None
    between = content[first.stop : second.start]
    return _Style(opening[0], between, between + key[0], closing[0])


def place_in(content: bytes, part: msgspec.Raw) -> range:
    """Where a raw value lies in the bytes that it was decoded from: it is a view of them."""
    view = pa.py_buffer(part)
    start = view.address - pa.py_buffer(content).address
    return range(start, start + view.size)
