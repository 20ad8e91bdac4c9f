"""One slot from start to end, as a Lambda of 512 MB does it. Words: LAKE MEGABYTES (0: no limit).

The limit is on addresses (RLIMIT_AS), which is stricter than one on memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime


def main() -> None:
    lake, megabytes = sys.argv[1], int(sys.argv[2])
    if megabytes:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    begun = time.perf_counter()
    # within the limit, and timed
    from chartlake.lake.store import open_store
    from chartlake.transform.build import build_slots, unbuilt
    from chartlake.transform.engine import LocalEngine

    imported = time.perf_counter()
    store = open_store(lake)
    done = build_slots(store, LocalEngine(), unbuilt(store)[:1], datetime(2026, 11, 20, tzinfo=UTC))
    if done.build is None:
        raise SystemExit(str(done.failed))
    seconds = time.perf_counter() - imported
    told = {"seconds": seconds, "import_seconds": imported - begun}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
