"""Pieces that do harm where they are opened: in an executor, never in the driver."""

from __future__ import annotations

import os
import signal
from typing import Any, NoReturn

from pyspark import TaskContext

from chartlake.transform.piece import Piece


class Harm:
    """Stands for the slots of a piece; what opens it runs this."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __len__(self) -> int:
        return 1

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (self._code,)


def harmful(code: str) -> Piece:
    """A piece whose executor runs this."""
    places: Any = Harm(code)
    return Piece(0, places)


class LostOnce(int):
    """A piece's number with which its executor dies, the first time, as it hands the result over.

    By then all files of the piece are written.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        task = TaskContext.get()
        if task and task.attemptNumber() == 0:
            die()
        return LostOnce, (int(self),)


def die() -> NoReturn:
    """As the system ends a process where memory ran out."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still here")
