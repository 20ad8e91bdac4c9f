"""The process of one function: Lambda's own runtime client, and a clock that the test moves.

The clock is the only thing of chartlake that is another one here.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

from awslambdaric.__main__ import main

import chartlake.wiring.clock


def told_time() -> datetime:
    """What the test says that it is."""
    return datetime.fromisoformat(Path(os.environ["REHEARSAL_CLOCK"]).read_text())


if __name__ == "__main__":
    chartlake.wiring.clock.system_clock = told_time
    main(["awslambdaric", sys.argv[1]])
