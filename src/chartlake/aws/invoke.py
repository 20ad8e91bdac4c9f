"""Another function of the stack, begun and not waited for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from chartlake.aws.session import open_client, open_session, told

__all__ = ["invoke_later"]


def invoke_later(function: str, event: Mapping[str, Any]) -> None:
    """Let a function run with an event; Lambda keeps the event and repeats it where it fails."""
    with told(f"invoke {function}"), closing(open_client(open_session(), "lambda")) as client:
        client.invoke(
            FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode()
        )
