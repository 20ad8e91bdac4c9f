"""One of two processes that race over one lake: `python -m tests.crash.racer URL NAME`.

Reads a line for each step, so that both begin at the same time, and answers with a line of JSON.
``extract NOW`` reads what is due, ``build NOW`` builds what is committed, ``count`` adds to a
state.
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
from chartlake.lake.store import Store, open_store
from chartlake.model import Snapshot
from tests.crash.small_world import FEEDS, pipeline, read

ADDED = 5
COUNT = "race"


def _step(store: Store, name: str, words: list[str]) -> Any:
    def read_as_me(due: DueSlot) -> Snapshot:
        return msgspec.structs.replace(read(due), version=name)

    if words[0] == "count":
        for _ in range(ADDED):
            change_state(store, COUNT, int, lambda before: (before or 0) + 1)
        return ADDED
    stages = pipeline(store, datetime.fromisoformat(words[1]))
    stages = replace(stages, readers={feed.name: read_as_me for feed in FEEDS}, workers=2)
    if words[0] == "extract":
        return {result.feed: result.status for result in stages.extract(FEEDS)}
    build, failed = stages.transform()
    assert not failed
    return build and build.attempt


def main() -> None:
    url, name = sys.argv[1:]
    store = open_store(url)
    for line in sys.stdin:
        print(json.dumps(_step(store, name, line.split())), flush=True)


if __name__ == "__main__":
    main()
