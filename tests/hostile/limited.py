"""The real program as a child that may take only so much memory and time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.commands import PROGRAM, Said

SECONDS = 60
ADDRESS_SPACE = 4 << 30
"""More than a sound run reserves (DuckDB and Arrow reserve much), far less than a bomb takes."""
RESIDENT = 1 << 30
"""What a command may really use at its peak, whatever it is given; the fuzzer has the same cap."""

_LIMIT = (
    "import os, resource, sys;"
    "resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2);"
    "os.execv(sys.argv[2], sys.argv[2:])"
)
_PEAK = (
    "import resource, subprocess, sys;"
    "done = subprocess.run(sys.argv[2:]);"
    "open(sys.argv[1], 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss));"
    "sys.exit(done.returncode)"
)
# what steers a terminal or turns the order of letters around
_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Took(Said):
    """What a command printed, and the most memory that it used."""

    resident: int = 0


def run_limited(*words: object, cwd: Path, peak: Path) -> Took:
    """Run it; ``peak`` is a file to note its memory in. Fails where it does not end in time."""
    limited = [sys.executable, "-c", _LIMIT, str(ADDRESS_SPACE), str(PROGRAM), *map(str, words)]
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, str(peak), *limited],
        cwd=cwd,
        env=os.environ,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    out, err = (stream.decode("utf-8") for stream in (done.stdout, done.stderr))
    kilobytes = int(peak.read_text())
    return Took(
        done.returncode, out, err, kilobytes if sys.platform == "darwin" else kilobytes << 10
    )


def assert_harmless(said: Said) -> None:
    """Nothing that it printed steers a terminal, and it was no internal error."""
    for text in (said.out, said.err):
        found = _STEERING.search(text)
        assert not found, text[max(0, found.start() - 60) : found.start() + 20]
    assert "Traceback" not in said.err, said.err[-3000:]
    assert said.code != 70


def tree(folder: Path) -> set[str]:
    """Everything below a folder, links not followed."""
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*")}
