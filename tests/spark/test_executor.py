"""What an executor answers, asked without Spark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from chartlake.errors import ConfigError
from chartlake.lake.store import Store, open_store
from chartlake.spark.executor import Batch, batch_of, builder, outcome_of, pieces_table
from chartlake.transform.piece import Built, Piece, Place, build_piece
from tests.spark.world import fill, pieces_of

ATTEMPT = "a" * 16


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(str(tmp_path))
    fill(store)
    return store


def answers(batch: Batch, pieces: list[Piece]) -> list[Built]:
    batches: list[pa.RecordBatch] = pieces_table(pieces).to_batches()
    assert len(batches) == len(pieces)
    rows = [row for found in builder(batch)(batches) for row in found.column("built").to_pylist()]
    return [outcome_of(row) for row in rows]


def test_an_answer_for_each_piece(store: Store) -> None:
    pieces = pieces_of(store, 60)
    found = answers(batch_of(store.url, ATTEMPT), pieces)
    assert [each.number for each in found] == [0, 1, 2]
    again = [build_piece(store, ATTEMPT, piece) for piece in pieces]
    assert [(each.slots, each.files) for each in found] == [(e.slots, e.files) for e in again]


def test_another_chartlake_is_refused(store: Store) -> None:
    batch = batch_of(store.url, ATTEMPT)._replace(version="0.0.1")
    with pytest.raises(ConfigError) as error:
        answers(batch, pieces_of(store, 200))
    assert "and the driver has 0.0.1" in error.value.what
    assert error.value.fix == "install the same chartlake[spark] on all machines"


def test_where_the_lake_is_travels_and_credentials_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9000",
        "AWS_REGION": "eu-central-1",
        "AWS_ALLOW_HTTP": "true",
    }
    secret = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")
    for name, value in {**told, **dict.fromkeys(secret, "hush")}.items():
        monkeypatch.setenv(name, value)
    batch = batch_of("s3://bucket/lake", ATTEMPT)
    assert batch.environment == told
    assert "hush" not in str(batch)


SEEN: list[str | None] = []


class Watched(tuple[Place, ...]):
    """Places that note the region at which they are looked at."""

    def __iter__(self) -> Iterator[Place]:
        SEEN.append(os.environ.get("AWS_REGION"))
        return super().__iter__()


@pytest.mark.parametrize("before_it", [None, "here"])
def test_the_environment_is_the_drivers_for_as_long_as_a_piece_takes(
    store: Store, monkeypatch: pytest.MonkeyPatch, before_it: str | None
) -> None:
    if before_it:
        monkeypatch.setenv("AWS_REGION", before_it)
    batch = batch_of(store.url, ATTEMPT)._replace(environment={"AWS_REGION": "elsewhere"})
    before = dict(os.environ)
    (piece,) = pieces_of(store, 200)
    assert answers(batch, [piece._replace(places=Watched(piece.places))])
    assert SEEN[-1] == "elsewhere"
    assert dict(os.environ) == before
