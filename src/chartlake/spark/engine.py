"""The engine that maps the pieces of a batch over Spark: one task a piece, nothing shuffled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from pyspark.sql import DataFrame, SparkSession

from chartlake.lake.store import Store
from chartlake.spark.executor import RESULT, Batch, batch_of, builder, outcome_of, pieces_table
from chartlake.spark.jobs import check_reach, collected, in_peoples_words, partitions
from chartlake.spark.session import open_session
from chartlake.transform.engine import Count
from chartlake.transform.piece import Built, Piece

__all__ = ["SparkEngine", "mapped"]


class SparkEngine:
    """Builds in the executors of a Spark cluster, or of this machine.

    The session is asked for when there is something to build. What an executor
    writes is seen by nobody until the driver commits it, as with any engine; a task
    that Spark runs twice counts once.
    """

    smallest_piece = 64  # so that a month of a few feeds keeps several machines busy

    def __init__(self, master: str | None = None) -> None:
        self._master = master

    @property
    def width(self) -> int:
        """How many tasks Spark runs at the same time; it is started for the answer."""
        return open_session(self._master).sparkContext.defaultParallelism

    def build(
        self, store: Store, attempt: str, pieces: Sequence[Piece], progress: Count
    ) -> Iterator[Built]:
        """One result for each piece, when all are there: Spark hands out none before."""
        if not pieces:
            return iter(())
        session = open_session(self._master)
        check_reach(store, str(session.sparkContext.master))
        slots = [0, *accumulate(len(piece.places) for piece in pieces)]

        def watch(tasks: int) -> None:
            progress(slots[min(tasks, len(pieces))])  # one that ran twice may count twice

        with in_peoples_words("build"):
            frame = mapped(session, batch_of(store.url, attempt), pieces)
            found = collected(frame, "transform", watch)
        watch(len(pieces))
        return map(outcome_of, found)


def mapped(session: SparkSession, batch: Batch, pieces: Sequence[Piece]) -> DataFrame:
    """What is to become of the pieces, one partition each; nothing runs yet."""
    return partitions(session, pieces_table(pieces)).mapInArrow(builder(batch), RESULT)
