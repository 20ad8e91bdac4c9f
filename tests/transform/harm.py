"""Pieces that do harm where they are opened: in a worker, never in the process that sends them.

Run as a program it builds two such pieces, whose workers say that they are there and sleep.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from chartlake.lake.store import open_store
from chartlake.transform.engine import LocalEngine
from chartlake.transform.piece import Piece


class Harm:
    """Stands for the slots of a piece; what opens it runs this."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (self._code,)


def harmful(code: str, number: int = 0) -> Piece:
    """A piece whose worker runs this."""
    places: Any = Harm(code)
    return Piece(number, places)


def die() -> None:
    """As the system ends a process where memory ran out."""
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(folder: str) -> None:
    """Leave this process's number there, and sleep."""
    Path(folder, str(os.getpid())).touch()
    time.sleep(600)


def main(lake: str, folder: str) -> None:
    """Build two pieces whose workers sleep."""
    code = f"from tests.transform.harm import sleep; sleep({folder!r})"
    pieces = [harmful(code, number) for number in range(2)]
    list(LocalEngine(2).build(open_store(lake), "a" * 16, pieces, lambda _: None))


if __name__ == "__main__":
    main(*sys.argv[1:])
