"""One of two processes that race over the same lakes: `python -m tests.crash.racer NAME`.

Reads a line for each step, so that both begin at the same time, and answers with a line of JSON.
``extract URL NOW`` reads what is due, ``build URL NOW`` builds what is committed, ``count URL``
adds to a state.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from chartlake.extract.due import DueSlot
from chartlake.lake.state import change_state
from chartlake.lake.store import open_store
from chartlake.model import Snapshot
from tests.crash.small_world import FEEDS, pipeline, read

ADDED = 3
COUNT = "race"


def _step(name: str, action: str, url: str, *now: str) -> Any:
    def read_as_me(due: DueSlot) -> Snapshot:
        return msgspec.structs.replace(read(due), version=name)

    store = open_store(url)
    if action == "count":
        for _ in range(ADDED):
            change_state(store, COUNT, int, lambda before: (before or 0) + 1)
        return ADDED
    stages = pipeline(store, datetime.fromisoformat(*now))
    stages = replace(stages, readers={feed.name: read_as_me for feed in FEEDS}, workers=2)
    if action == "extract":
        return {result.feed: result.status for result in stages.extract(FEEDS)}
    build, failed = stages.transform()
    assert not failed
    return build and build.attempt


def main() -> None:
    (name,) = sys.argv[1:]
    for line in sys.stdin:
        print(json.dumps(_step(name, *line.split())), flush=True)


if __name__ == "__main__":
    main()
