"""Growth: a tenth of the world, the world, and ten of it, through one process, a slice at a time.

A slice (9 days of 50 playlists) is made, built and deleted before the next one is made, so that
4.5 million items, 18 GB of JSON, never lie on disk.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from .measure import HERE, Peaks
from .world import Variant, make_slices

SIZES = (45_000, 450_000, 4_500_000)
_DAYS_IN_SLICE = 9


class Grown(NamedTuple):
    """What a size took, and the largest process after the first slice and at last."""

    items: int
    gigabytes: float
    seconds: float
    first_peak_mb: float
    peak_mb: float


def grow(cache: Path, variant: Variant, size: int, processes: int) -> Grown:
    """Build a world of this size, a slice at a time."""
    command = [sys.executable, "-m", "contest.ours", "-", str(processes)]
    items, gigabytes, seconds, marks = 0, 0.0, 0.0, []
    lake = cache / "growth"
    with (
        subprocess.Popen(
            command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as child,
        Peaks(child.pid) as peaks,
    ):
        assert child.stdin
        assert child.stdout
        for made in make_slices(lake, variant, size, _DAYS_IN_SLICE):
            child.stdin.write(f"{lake}\n")
            child.stdin.flush()
            seconds += json.loads(child.stdout.readline())["seconds"]
            items, gigabytes = items + made.items, gigabytes + made.gigabytes
            marks.append(peaks.largest_mb)
            shutil.rmtree(lake)
        child.stdin.close()
    return Grown(items, gigabytes, seconds, marks[0], marks[-1])
