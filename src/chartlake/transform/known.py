"""Records that were decoded before, found again in a page by their bytes.

A page is mostly what it was the day before. Comparing bytes with those of a
record that is known is some forty times as fast as decoding them, so a page is
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

_HEAD, _TAIL = 48, 72
"""By so many of its first and last bytes a record is looked up."""
_MOST_ALIKE = 8
_MOST_TRIES = 32
_MOST_BYTES = 12 * 2**20
_POPULARITY = b'"popularity":'
_DIGITS = {str(number).encode(): number for number in range(1000)}
_NUMBER = re.compile(rb"[0-9]+")
_OPENING = re.compile(rb'"[^"\\]*"\s*:\s*\[\s*\Z')
_LONGEST_OPENING = 80
_FIRST_KEY = re.compile(rb'\{\s*"[^"\\]*"\s*:')
_CLOSING = re.compile(rb"\s*\]")


class _Record:
    """A record that is known: its bytes, or those before and after the one number that changes."""

    __slots__ = ("after", "before", "following", "number", "told")

    def __init__(self, content: bytes, number: int, told: Told | None = None) -> None:
        self.before = content
        self.after: bytes | None = None
        self.number = number
        self.told = told
        self.following: _Record | None = None

    @property
    def size(self) -> int:
        return len(self.before) + len(self.after or b"")


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
        self._last = _Record(b"", -1)
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
        self._last, self._passed = _Record(b"", -1), None

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
        while at >= len(style.opening):
            step = self._expected(content, at) or self._look_up(content, at, style)
            if not step:
                return None
            number, end = step
            found.append(number)
            if not content.startswith(style.between, end):
                # the rest of the page has to have a list where its records were cut out
                left = [bytes(r) for r in split(content[:begin] + self._stand_in + content[end:])]
                is_list = content.startswith(style.closing, end) and left == [self._stand_in]
                return found if is_list else None
            at = end + len(style.between)
        return None

    def _expected(self, content: bytes, at: int) -> tuple[int, int] | None:
        """What followed the last record the last time, what followed that, or what was passed."""
        last = self._last
        following = last.following
        for record in (following, following and following.following, self._passed):
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
            if content.startswith(record.after, end + length):
                digits = content[end : end + length]
                popularity = _DIGITS.get(digits)
                if popularity is None:
                    return None
                self._last = record
                return reference(record.number, popularity), end + length + len(record.after)
        return None

    def _look_up(self, content: bytes, at: int, style: _Style) -> tuple[int, int] | None:
        """The number of the record that begins here and its end; None where none can be told."""
        before = self._last
        for end in _ends(content, at, style):
            number = self._find(content, at, end)
            if number is None:
                told = self._tell(record := content[at:end])
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

    # What is kept ------------------------------------------------------------------------

    def _add(self, content: bytes, told: Told | str) -> int:
        """Keep a record and what it tells; its number."""
        if isinstance(told, str):
            number = self._catalog.refuse(told, content)
        else:
            number = self._catalog.add(told)
        self._keep(content, number, None if isinstance(told, str) else told)
        return number

    def _keep(self, content: bytes, number: int, told: Told | None) -> None:
        if self._bytes > _MOST_BYTES:
            self.forget()
        alike = self._alike.setdefault(_looks(content, 0, len(content)), [])
        for record in alike:
            if told and _is_but_for_popularity(record, content, told):
                self._last = record
                return
        self._last = _Record(content, number, told)
        alike[:] = [self._last, *alike[: _MOST_ALIKE - 1]]
        self._bytes += len(content)


def _is_but_for_popularity(record: _Record, content: bytes, told: Told) -> bool:
    """Whether another record differs from a known one in the popularity of its track alone.

    Both were decoded: the number that changed in the bytes is the one that changed in what
    they tell. From then on any such number may stand there.
    """
    begin = content.find(_POPULARITY) + len(_POPULARITY)
    if not record.told or begin < len(_POPULARITY) or record.before[:begin] != content[:begin]:
        return False
    parts = [_NUMBER.match(each, begin) for each in (record.before, content)]
    digits = [part[0] if part else b"" for part in parts]
    rest = record.before[begin + len(digits[0]) :]
    if rest != content[begin + len(digits[1]) :]:
        return False
    for one, number in zip((record.told, told), digits, strict=True):
        if _popularity(one) is None or _popularity(one) != _DIGITS.get(number):
            return False
    if _with_popularity(record.told, 0) != _with_popularity(told, 0):
        return False
    record.before, record.after, record.told = content[:begin], rest, None
    return True


def _popularity(told: Told) -> int | None:
    """That of the one track that a record tells of."""
    return told.seen.tracks[0][0][POPULARITY] if len(told.seen.tracks) == 1 else None


def _with_popularity(told: Told, popularity: int) -> Told:
    ((row, credits),) = told.seen.tracks
    changed = (*row[:POPULARITY], popularity, *row[POPULARITY + 1 :])
    return told._replace(seen=told.seen._replace(tracks=((changed, credits),)))


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
