"""The search: every form of a word, wherever it is packed, and no part of another word."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chartlake.lake import raw
from chartlake.lake.search import Hit, Words, search
from chartlake.lake.store import Store, open_store
from tests.lake.snapshots import snapshot

NAME = "Señora Plänted/Näme ☂"


@pytest.fixture
def memory() -> Store:
    return open_store("memory://")


def found(store: Store, *words: str) -> list[Hit]:
    return list(search(store, Words(words)))


@pytest.mark.parametrize(
    "content",
    [
        NAME.encode(),
        json.dumps({"x": NAME}).encode(),
        json.dumps({"x": NAME}, ensure_ascii=False).encode(),
        json.dumps({"x": f"by\n{NAME}\n"}).encode(),
        json.dumps({"x": NAME}).replace("/", "\\/").encode(),
        json.dumps({"x": NAME}).replace("\\u00f1", "\\u00F1").replace("e4", "E4").encode(),
        f"https://api.example/users/{quote(NAME)}/x".encode(),
        f"https://api.example/users%2F{quote(NAME, safe='')}".encode(),
    ],
)
def test_every_form_of_a_name(memory: Store, content: bytes) -> None:
    memory.create("state/x.json", content)
    assert found(memory, NAME) == [Hit("state/x.json", NAME)]


@pytest.mark.parametrize("content", [b"Adam", b"Nevada", b"ada", b"_Ada", b"Ada1", b""])
def test_a_part_of_another_word_is_no_hit(memory: Store, content: bytes) -> None:
    memory.create("state/x.json", content)
    assert found(memory, "Ada") == []


@pytest.mark.parametrize("content", ["Ada", "by Ada.", "(Ada)", "–Ada–", "Ada's", "x/Ada/y"])
def test_a_word_that_stands_alone_is(memory: Store, content: str) -> None:
    memory.create("state/x.json", content.encode())
    assert len(found(memory, "Ada")) == 1


def test_beside_a_symbol_anything_may_stand(memory: Store) -> None:
    memory.create("state/x.json", "xx☂ Ada!yy".encode())
    assert len(found(memory, "☂ Ada!")) == 1
    assert found(memory, "☂ Ad") == []


def test_raw_pages_are_unpacked(memory: Store) -> None:
    page = b'{"owner": "ada-0", "of": "ada-2"}, ' * 50 + b'{"owner": "ada-1"}'
    raw.commit(memory, snapshot(b"x" * 1000, page, b"x" * 1000))
    assert b"ada-1" not in memory.get(next(memory.keys("raw/")))
    (hit,) = found(memory, "ada-1", "bob-2")
    assert hit.where.startswith("raw/")


def test_no_word_is_lost_between_two_parts(memory: Store) -> None:
    for shift in range(12):
        body = b" " * ((1 << 20) - shift) + b"ada-lovelace" + b" " * 100
        raw.commit(memory, snapshot(body))
        assert len([h for h in found(memory, "ada-lovelace") if h.where.startswith("raw/")]) == 1
        for key in list(memory.keys("")):
            memory.delete(key)


def test_parquet_is_unpacked(memory: Store) -> None:
    texts = [f"title {n}" for n in range(100)]
    texts[50] = "playlist of Ada"
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"n": range(100), "title": texts}), sink, compression="zstd")
    memory.create("curated/x.parquet", sink.getvalue().to_pybytes())
    assert found(memory, "Ada") == [Hit("curated/x.parquet", "Ada")]


def test_damaged_objects_are_searched_as_they_are(memory: Store) -> None:
    memory.create("curated/x.parquet", b"PAR1 Ada")
    memory.create("raw/x.json.zst", b"no frame Ada")
    assert len(found(memory, "Ada")) == 2


def test_names_of_objects_count(memory: Store) -> None:
    memory.create("raw/ada-1/x", b"")
    assert found(memory, "ada-1") == [Hit("raw/ada-1/x", "ada-1")]


def test_no_words_find_nothing(memory: Store) -> None:
    memory.create("x", b" a ")
    assert found(memory, "", " ") == []


def test_what_killed_writes_left_is_searched(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    page = b'{"owner": "ada-1"}' + os.urandom(300_000).hex().encode()
    raw.commit(store, snapshot(page))
    (whole,) = (tmp_path / "raw").rglob("*.zst")
    torn = whole.read_bytes()[:200_000]
    for key in store.keys("raw/"):
        store.delete(key)
    (tmp_path / "raw" / "x").mkdir(parents=True)
    (tmp_path / "raw" / "x" / "a.json.zst#1").write_bytes(torn)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "ada-1.json#12").write_bytes(b"{")
    assert found(store, "ada-1", "bob-2") == [
        Hit("raw/x/a.json.zst#1", "ada-1"),
        Hit("state/ada-1.json#12", "ada-1"),
    ]


def test_what_is_before_the_tear_is_unpacked(memory: Store) -> None:
    """Also where it is longer than one part, and the word is at its end."""
    body = b"x" * (1 << 20) + b" ada-1 " + os.urandom(300_000).hex().encode()
    raw.commit(memory, snapshot(body))
    (key,) = memory.keys("raw/")
    whole = memory.get(key)
    memory.delete(key)
    memory.create(key, whole[:-1])
    assert found(memory, "ada-1") == [Hit(key, "ada-1")]
