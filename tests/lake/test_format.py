"""lake.json: said once, at the first write, and heeded by every program that opens the lake."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from chartlake.errors import StorageError
from chartlake.lake.format import FORMAT, LakeFormat
from chartlake.lake.store import Store, open_store

FIRST, LATER = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
Open = Callable[[datetime | None], Store]


@pytest.fixture(params=["disk", "s3"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same lake as another program would, with a clock that stands."""
    disk = request.param == "disk"
    url = str(tmp_path / "lake") if disk else str(request.getfixturevalue("s3_url"))
    return lambda at: open_store(url, (lambda: at) if at else None)


def said(store: Store) -> LakeFormat:
    return msgspec.json.decode(store.get("lake.json"), type=LakeFormat)


def test_the_first_write_says_it_and_no_other(opened: Open) -> None:
    assert list(opened(FIRST).keys("raw/")) == []
    with pytest.raises(FileNotFoundError):
        opened(FIRST).get("lake.json")  # looking is no writing
    opened(FIRST).create("raw/a", b"")
    opened(LATER).create("raw/b", b"")
    opened(LATER).change("state/c.json", lambda before: b"{}")
    assert (said(opened(None)).format, said(opened(None)).created_at) == (FORMAT, FIRST)
    assert said(opened(None)).made_by.startswith("chartlake ")


def test_a_change_of_state_is_a_write_too(opened: Open) -> None:
    opened(FIRST).change("state/a.json", lambda before: b"{}")
    assert said(opened(None)).created_at == FIRST


def test_of_many_that_write_first_one_says_it(opened: Open) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = pool.map(lambda n: opened(FIRST).create(f"raw/{n}", b""), range(8))
        assert list(done) == [True] * 8
    assert said(opened(None)).created_at == FIRST


def test_a_lake_without_it_is_of_format_1(opened: Open) -> None:
    opened(None).create("raw/a", b"old")
    assert opened(LATER).get("raw/a") == b"old"
    opened(LATER).create("raw/b", b"")
    assert said(opened(None)).format == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b'{"format":2,"made_by":"chartlake 9.0","created_at":"2030-01-01T00:00:00Z","more":1}',
            "has format 2; this chartlake knows 1",
        ),
        (b"{}", "does not tell the lake's format"),
        (b"\xff", "does not tell the lake's format"),
    ],
)
def test_a_lake_of_a_newer_format_is_left_alone(opened: Open, content: bytes, words: str) -> None:
    opened(None).create("lake.json", content)
    for touch in (
        lambda store: store.get("raw/a"),
        lambda store: list(store.keys("raw/")),
        lambda store: store.create("raw/a", b""),
        lambda store: store.delete("lake.json"),
    ):
        with pytest.raises(StorageError, match=words) as caught:
            touch(opened(LATER))
        assert caught.value.fix
