"""Runs commands at a time of our own, each as a process of its own that can be killed.

`python -m tests.crash.driver` reads a line of JSON for each: ``words``, ``out`` (where what it
says goes), ``now``, ``transform`` (its version). It answers with the process's id, and after an
empty line, when that has ended, with its code. A command is a fork of this process: chartlake is
imported already, so that kills fall into its work.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]


class Driver:
    """The process that starts the commands, seen from a test."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.driver"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, words: Sequence[object], folder: Path, now: datetime, transform: int) -> int:
        """Start a command in a project's folder; its process id."""
        said_to(folder).unlink(missing_ok=True)
        task = {
            "words": [*map(str, words), "--project", str(folder)],
            "out": str(said_to(folder)),
            "now": now.isoformat(),
            "transform": transform,
        }
        return self._ask(json.dumps(task))

    def wait(self) -> int:
        """The code of the command that was started last; that of a signal is negative."""
        return self._ask("")

    def run(
        self, words: Sequence[object], folder: Path, now: datetime, transform: int
    ) -> tuple[int, float]:
        """The code of a command that nobody kills, and how long it took."""
        before = time.perf_counter()
        self.start(words, folder, now, transform)
        return self.wait(), time.perf_counter() - before

    def _ask(self, line: str) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()


def said_to(folder: Path) -> Path:
    """Where the words of the last command are, if it came so far."""
    return folder / "said.txt"


def _main() -> None:
    import pyarrow

    import chartlake.cli  # noqa: F401  # so that no command has to

    pyarrow.array([])  # which imports pandas, where that is installed

    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            _command(task)
        print(child, flush=True)
        sys.stdin.readline()  # until then its id is its own, so that nobody else is killed
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _command(task: dict[str, Any]) -> None:
    """Be the command, and end."""
    import chartlake.pipeline
    import chartlake.transform.build
    from chartlake.cli import main
    from tests.crash.projects import standing

    said = os.open(task["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream, number in ((os.open(os.devnull, os.O_RDONLY), 0), (said, 1), (said, 2)):
        os.dup2(stream, number)
    for module in (chartlake.pipeline, chartlake.transform.build):
        vars(module)["TRANSFORM_VERSION"] = task["transform"]
    sys.argv = ["chartlake", *task["words"]]
    code: Any = 70
    try:
        with standing(datetime.fromisoformat(task["now"])):
            main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    _main()
