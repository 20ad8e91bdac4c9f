"""A function that does as it is told."""

from __future__ import annotations

import json
import time
from typing import Any

_COUNT = 0


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    global _COUNT
    _COUNT += 1
    print(json.dumps({"told": _COUNT}))
    if "fail" in event:
        raise KeyError(event["fail"])
    time.sleep(event.get("sleep", 0))
    return {
        "event": event,
        "count": _COUNT,
        "left": context.get_remaining_time_in_millis(),
        "request": context.aws_request_id,
    }
