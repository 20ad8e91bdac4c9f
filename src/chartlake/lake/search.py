"""A search of all bytes of the lake for words: names and ids of somebody who is to be forgotten.

Everything is unpacked first: zstd frames, Parquet. A word counts where it
stands alone, in each of the forms in which JSON and addresses write it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from typing import NamedTuple
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from chartlake.lake.ahead import read_ahead
from chartlake.lake.store import Store

__all__ = ["Hit", "Words", "search"]

_CHUNK = 1 << 20
_OVERLAP = 1 << 12
# what stands before a word may be the end of an escape: \n, \u00e9, %2F
_BEFORE = rb"(?:(?<![0-9A-Za-z_])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"
_IN_WORDS = re.compile(r"[0-9A-Za-z_]")
_AFTER = rb"(?![0-9A-Za-z_])"


class Hit(NamedTuple):
    """Where a word was found."""

    where: str
    word: str


class Words:
    """Words to be found."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(sorted({word for word in words if word.strip()}))
        self._patterns = {word: _pattern(word) for word in self.words}

    def in_bytes(self, content: bytes) -> frozenset[str]:
        """Those that are in some bytes."""
        return frozenset(w for w, pattern in self._patterns.items() if pattern.search(content))

    def in_text(self, text: str) -> frozenset[str]:
        """Those that are in a text."""
        return self.in_bytes(text.encode("utf-8", "surrogatepass"))


def search(store: Store, words: Words) -> Iterator[Hit]:
    """Each object of the lake that holds one of the words, in its name or its content.

    What killed writes left is no object, and is searched too.
    """
    left = [listed.key for listed in store.unfinished()]
    unfinished = frozenset(left)

    def read(key: str) -> frozenset[str]:
        try:
            content = store.get_unfinished(key) if key in unfinished else store.get(key)
        except FileNotFoundError:  # removed since it was listed
            return frozenset()
        return words.in_text(key) | _in_object(key.partition("#")[0], content, words)

    listed = [*(key for key in store.keys("") if not key.startswith(".locks/")), *left]
    for key, found in zip(listed, read_ahead(read, listed), strict=True):
        yield from (Hit(key, word) for word in sorted(found))


def _in_object(key: str, content: bytes, words: Words) -> frozenset[str]:
    if key.endswith(".parquet"):
        return _in_parquet(content, words)
    if key.endswith(".zst"):
        return _in_frames(content, words)
    return words.in_bytes(content)


def _in_frames(content: bytes, words: Words) -> frozenset[str]:
    try:
        return _in_parts(_unpacked(content, _CHUNK), words)
    except (OSError, pa.ArrowException):  # torn or damaged: what is before that, and its bytes
        return _in_parts(_unpacked_until_harm(content), words) | words.in_bytes(content)


def _in_parts(parts: Iterable[bytes], words: Words) -> frozenset[str]:
    """They are made to overlap, so that memory is bounded and no word is cut in two."""
    found: frozenset[str] = frozenset()
    rest = b""
    for part in parts:
        found |= words.in_bytes(rest + part)
        rest = (rest + part)[-_OVERLAP:]
    return found


def _unpacked(content: bytes, size: int) -> Iterator[bytes]:
    with closing(pa.CompressedInputStream(pa.BufferReader(content), "zstd")) as stream:
        while part := stream.read(size):
            yield part


def _unpacked_until_harm(content: bytes) -> Iterator[bytes]:
    """Byte by byte: a read gives nothing at all where not all of it can be unpacked."""
    part = bytearray()
    with suppress(OSError, pa.ArrowException):
        for byte in _unpacked(content, 1):
            part += byte
            if len(part) == _CHUNK:
                yield bytes(part)
                part.clear()
    yield bytes(part)


def _in_parquet(content: bytes, words: Words) -> frozenset[str]:
    """In the values, and in the bytes as they are: the footer has values too."""
    found = words.in_bytes(content)
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        for batch in file.iter_batches():
            for column in batch.columns:
                if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                    texts = column.drop_null().unique().to_pylist()
                    found |= words.in_text("\n".join(texts))
    except (OSError, pa.ArrowException):  # damaged: no reader gets more from it
        return found
    return found


def _pattern(word: str) -> re.Pattern[bytes]:
    escaped = json.dumps(word)[1:-1]
    forms = {
        word.encode("utf-8", "surrogatepass"),
        json.dumps(word, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass"),
        escaped.encode(),
        re.sub(r"\\u[0-9a-f]{4}", lambda match: f"\\u{match[0][2:].upper()}", escaped).encode(),
        escaped.replace("/", "\\/").encode(),
        *(quote(word, safe=safe, errors="surrogatepass").encode() for safe in ("", "/")),
    }
    # beside a symbol anything may stand, beside a letter no other one
    before = _BEFORE if _IN_WORDS.match(word[0]) else b""
    after = _AFTER if _IN_WORDS.match(word[-1]) else b""
    return re.compile(before + b"(?:" + b"|".join(map(re.escape, sorted(forms))) + b")" + after)
