"""What runs in an executor: a piece comes in as Arrow, and what became of it goes out so.

The executor has a chartlake of its own and opens the lake by its URL, with the rights
that it has there. What the driver gives along is where the lake is, and never a secret.
"""

from __future__ import annotations

import base64
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import NamedTuple

import pyarrow as pa

from chartlake.errors import ChartlakeError, ConfigError
from chartlake.lake.store import Store, open_store
from chartlake.transform.piece import Built, Piece, build_piece

__all__ = [
    "RESULT",
    "TOLD",
    "Batch",
    "batch_of",
    "builder",
    "opened",
    "outcome_of",
    "pieces_table",
    "telling",
]

RESULT = "built binary"
"""The columns of what comes back, as Spark writes them."""

TOLD = "chartlake-error:"
"""Stands before an error of ours in the words of an executor's exception."""

_SAYS_WHERE = (
    "AWS_ALLOW_HTTP",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_REGION",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
)


class Batch(NamedTuple):
    """What all pieces of a batch have in common: their lake, their attempt, who asks."""

    url: str
    attempt: str
    environment: Mapping[str, str]
    version: str


def batch_of(url: str, attempt: str) -> Batch:
    """The batch of this attempt as this process would build it."""
    where = {name: os.environ[name] for name in _SAYS_WHERE if name in os.environ}
    return Batch(url, attempt, where, version("chartlake"))


def pieces_table(pieces: Sequence[Piece]) -> pa.Table:
    """The pieces, each a record batch of its own: what Spark makes a partition of."""
    schema = pa.schema([pa.field("piece", pa.binary(), nullable=False)])
    rows = (pa.array([pickle.dumps(piece)], pa.binary()) for piece in pieces)
    return pa.Table.from_batches([pa.record_batch([row], schema) for row in rows], schema)


def builder(batch: Batch) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    """What maps pieces to what became of them, for `mapInArrow`."""

    def build(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for rows in batches:
            for piece in rows.column("piece").to_pylist():
                outcome = pickle.dumps(_build(batch, pickle.loads(piece)))
                yield pa.record_batch({"built": pa.array([outcome], pa.binary())})

    return build


def outcome_of(content: bytes) -> Built:
    """What became of a piece; an error that its executor met is raised here as it was there."""
    outcome: Built | ChartlakeError = pickle.loads(content)
    if isinstance(outcome, ChartlakeError):
        raise outcome
    return outcome


def _build(batch: Batch, piece: Piece) -> Built | ChartlakeError:
    """An error is an answer too: trying again on another machine would not mend it."""
    try:
        with opened(batch) as store:
            return build_piece(store, batch.attempt, piece)
    except ChartlakeError as error:
        return error


@contextmanager
def opened(batch: Batch) -> Iterator[Store]:
    """The lake of a batch, as an executor reaches it."""
    _check_version(batch.version)
    with _environment(batch.environment):
        yield open_store(batch.url)


@contextmanager
def telling() -> Iterator[None]:
    """Where rows are what goes out, an error can only be raised: so that the driver knows it."""
    try:
        yield
    except ChartlakeError as error:
        told = base64.b64encode(pickle.dumps(error)).decode()
        raise RuntimeError(f"{error} {TOLD}{told}") from error


def _check_version(asked_by: str) -> None:
    if (here := version("chartlake")) != asked_by:
        raise ConfigError(
            f"the executors have chartlake {here}, and the driver has {asked_by}",
            why="they might parse differently",
            fix="install the same chartlake[spark] on all machines",
        )


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """These variables for as long as this lasts: the process may serve other drivers later."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
