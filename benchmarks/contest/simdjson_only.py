"""simdjson alone: each page becomes simdjson's own tape in memory, and nothing is read from it.

Words: FILE… It runs where pysimdjson is (see `rivals`). Pages are in memory, one process.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import simdjson


def main() -> None:
    parser, seconds = simdjson.Parser(), 0.0
    for file in map(Path, sys.argv[1:]):
        pages = file.read_bytes().splitlines()
        begun = time.perf_counter()
        for page in pages:
            parser.parse(page)
        seconds += time.perf_counter() - begun
    told = {"seconds": seconds, "implementation": parser.implementation[0]}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
