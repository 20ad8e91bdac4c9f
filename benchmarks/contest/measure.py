"""Each piece of work in a process of its own: its seconds, and the memory that it took at most."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import msgspec

HERE = Path(__file__).resolve().parent.parent
"""Where modules of the benchmark are run."""
_LOOK_SECONDS = 0.02
_PEAK = "VmHWM:"


class Ran(NamedTuple):
    """One run: the seconds of its work, those of its whole process, and what it told itself.

    ``peak_mb`` is that of its largest process, ``peaks_mb`` the sum over all that it had.
    """

    seconds: float
    process_seconds: float
    peak_mb: float
    peaks_mb: float
    told: dict[str, Any]


class Peaks:
    """The most memory that a process and its descendants have had, each by itself.

    The kernel keeps it (VmHWM) until a process ends, so only the last moment may be missed. Where
    there is no /proc, nothing is found.
    """

    def __init__(self, process_id: int) -> None:
        self._root = process_id
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.kilobytes: dict[int, int] = {}

    def __enter__(self) -> Peaks:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def mb(self) -> list[float]:
        """Of each process, in megabytes; of one that nothing is known of, nothing."""
        return [each * 1024 / 1e6 for each in [*self.kilobytes.values()]] or [0.0]

    @property
    def largest_mb(self) -> float:
        """Of the process that had the most."""
        return max(self.mb)

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            self._look(self._root)

    def _look(self, process_id: int) -> None:
        folder = Path(f"/proc/{process_id}")
        with suppress(OSError, StopIteration):  # it has ended meanwhile
            lines = (folder / "status").read_text().splitlines()
            told = next(line for line in lines if line.startswith(_PEAK))
            self.kilobytes[process_id] = int(told.split()[1])
            for task in (folder / "task").iterdir():
                for child in (task / "children").read_text().split():
                    self._look(int(child))


def run_module(module: str, *words: object, python: Path | str = sys.executable) -> Ran:
    """Run ``contest.<module>``, whose last line says in JSON what it did, with its ``seconds``."""
    command = [str(python), "-m", f"contest.{module}", *map(str, words)]
    begun = time.perf_counter()
    with subprocess.Popen(
        command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        with Peaks(child.pid) as peaks:
            out, said = child.communicate()
        took = time.perf_counter() - begun
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{said or out}")
    told = msgspec.json.decode(out.strip().splitlines()[-1])
    return Ran(told["seconds"], took, peaks.largest_mb, sum(peaks.mb), told)


class Middle(NamedTuple):
    """The medians of some runs."""

    seconds: float
    fastest: float
    process_seconds: float
    peak_mb: float
    peaks_mb: float
    rounds: int
    told: dict[str, Any]


def middle(runs: list[Ran]) -> Middle:
    """The medians of runs of the same work; what it told is that of the last."""
    return Middle(
        seconds=median(run.seconds for run in runs),
        fastest=min(run.seconds for run in runs),
        process_seconds=median(run.process_seconds for run in runs),
        peak_mb=median(run.peak_mb for run in runs),
        peaks_mb=median(run.peaks_mb for run in runs),
        rounds=len(runs),
        told=runs[-1].told,
    )
