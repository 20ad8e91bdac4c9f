"""Turns on S3: one at a time, over machines; a courtesy that ends by itself."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from chartlake.lake import keys, lease
from chartlake.lake.lease import Lease
from chartlake.lake.store import open_store


def test_on_s3_one_at_a_time(s3_url: str) -> None:
    one, other = open_store(s3_url), open_store(s3_url)
    with one.alone("extract", 0) as first, other.alone("extract", 0) as second:
        assert (first, second) == (True, False)
        with other.alone("keep", 0) as elsewhere:
            assert elsewhere
    with other.alone("extract", 0) as after:
        assert after


def test_who_waits_gets_it_when_the_other_is_done(
    s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "_ASKED_EVERY", 0.01)
    is_in, may_go = threading.Event(), threading.Event()

    def work() -> None:
        with open_store(s3_url).alone("marts", 0):
            is_in.set()
            may_go.wait(10)

    worker = threading.Thread(target=work)
    worker.start()
    is_in.wait(10)
    threading.Timer(0.1, may_go.set).start()
    with open_store(s3_url).alone("marts", 10) as alone:
        assert alone
        assert may_go.is_set()
    worker.join()


def test_it_is_renewed_while_its_holder_lives(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "_LASTS", timedelta(seconds=0.5))
    monkeypatch.setattr(lease, "_RENEWED_EVERY", 0.05)
    store, other = open_store(s3_url), open_store(s3_url)
    with store.alone("extract", 0), other.alone("extract", 1.2) as second:
        assert not second


@pytest.mark.parametrize(
    "left",
    [
        msgspec.json.encode(Lease(holder="gone", until=datetime.now(UTC) - timedelta(seconds=1))),
        b"{",
        b"",
    ],
    ids=["of who was killed", "damaged", "empty"],
)
def test_what_is_left_of_another_is_no_hindrance(s3_url: str, left: bytes) -> None:
    store = open_store(s3_url)
    store.create(keys.lease("extract"), left)
    with store.alone("extract", 0) as alone:
        assert alone


def test_who_lost_it_does_not_end_the_turn_of_the_next(s3_url: str) -> None:
    store = open_store(s3_url)
    other = msgspec.json.encode(Lease(holder="other", until=datetime.now(UTC) + timedelta(hours=1)))
    with store.alone("extract", 0):
        store.change(keys.lease("extract"), lambda before: other)
    assert store.get(keys.lease("extract")) == other
