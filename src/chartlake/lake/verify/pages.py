"""The pages of a slot against its manifest: each where it should be, with its length and hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import groupby
from threading import Lock
from typing import NamedTuple

import pyarrow as pa

from chartlake.lake.store import Store
from chartlake.model import Manifest, Page

__all__ = ["PageCheck", "Problem"]

_CHUNK = 1 << 20
Facts = tuple[int, int, int, str]


class Problem(NamedTuple):
    """What is wrong with a raw object; ``is_gone`` where it is not there at all."""

    what: str
    key: str
    is_gone: bool = False


class PageCheck:
    """Reads each raw object of a feed once, also where several slots refer to its pages."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sound: dict[str, set[int]] = {}
        self._lock = Lock()
        self._turns: dict[str, Lock] = {}

    def problems(self, manifest: Manifest) -> list[Problem]:
        """What is wrong with a slot's pages."""
        found: list[Problem] = []
        key_of = [(page.raw_key or manifest.raw_key, page) for page in manifest.pages]
        for key, pairs in groupby(sorted(key_of, key=lambda pair: pair[0]), lambda pair: pair[0]):
            pages = [page for _, page in pairs]
            with self._turn(key):
                if not self._known(key, pages):
                    found += self._read(key, pages)
        return found

    def _turn(self, key: str) -> Lock:
        """Slots that are checked at the same time may have pages in one object."""
        with self._lock:
            return self._turns.setdefault(key, Lock())

    def _known(self, key: str, pages: Iterable[Page]) -> bool:
        with self._lock:
            sound = self._sound.get(key, set())
            return all(hash(_facts(page)) in sound for page in pages)

    def _read(self, key: str, pages: list[Page]) -> list[Problem]:
        try:
            content = self._store.get(key)
        except FileNotFoundError:
            return [Problem("raw pages are lost", key, is_gone=True)]
        problems = [(page, _problem_with(content, page)) for page in pages]
        with self._lock:
            sound = self._sound.setdefault(key, set())
            sound |= {hash(_facts(page)) for page, problem in problems if not problem}
        return [
            Problem(f"the page at byte {page.offset} {problem}", key)
            for page, problem in problems
            if problem
        ]


def _facts(page: Page) -> Facts:
    return page.offset, page.stored_bytes, page.length, page.sha256


def _problem_with(content: bytes, page: Page) -> str | None:
    end = page.offset + page.stored_bytes
    if page.offset < 0 or page.stored_bytes < 1 or end > len(content):
        return f"should end at {end}, and the object has {len(content)} bytes"
    digest, length = hashlib.sha256(), 0
    try:
        frame = pa.BufferReader(content[page.offset : end])
        with pa.CompressedInputStream(frame, "zstd") as stream:
            # in parts: what a damaged frame says of its size is not to be believed
            while length <= page.length and (part := stream.read(_CHUNK)):
                digest.update(part)
                length += len(part)
    except (OSError, pa.ArrowException) as error:
        return f"cannot be decompressed ({error})"
    if length != page.length or digest.hexdigest() != page.sha256:
        return "does not match its length and hash"
    return None
