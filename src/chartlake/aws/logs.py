"""What a function in AWS says while it runs: lines of JSON that tell the run, and no secret."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from chartlake.errors import ChartlakeError, ConfigError, UsageError
from chartlake.warehouse.port import NotPublished

__all__ = ["Failed", "Refused", "in_one_line", "redacted", "saying"]

_logger = logging.getLogger("chartlake")
_SECRET_NAME = re.compile(r"SECRET|TOKEN|PASSWORD")
_SHORTEST = 8
_IN_TEXT = re.compile(
    r"""(?P<name>(?:access_token|refresh_token|client_secret|code_verifier)["']?\s*[=:]\s*["']?)"""
    r"""[^\s"'&,}]+|(?P<scheme>\b(?:bearer|basic)\s+)[\w+/=.~-]{8,}""",
    re.IGNORECASE,
)
_HIDDEN = "***"


class Failed(Exception):
    """A run of a function failed: what, why and how to fix it, in one line."""


class Refused(Failed):
    """It will fail again in the same way until somebody changes something: no use to repeat it."""


_UNTIL_CHANGED = (ConfigError, NotPublished, UsageError)


def redacted(text: str) -> str:
    """The text without what looks like a secret, or is one of this process's environment."""
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST:
            text = text.replace(value, _HIDDEN)
    return _IN_TEXT.sub(lambda found: f"{found['name'] or found['scheme']}{_HIDDEN}", text)


def in_one_line(error: Exception) -> str:
    """What happened, why, and what to do."""
    if isinstance(error, ChartlakeError):
        parts = [error.what, error.why and f"why: {error.why}", error.fix and f"fix: {error.fix}"]
    else:
        parts = [f"{type(error).__name__}: {error}"]
    return " · ".join(" ".join(redacted(part).split()) for part in parts if part)


@contextmanager
def saying(function: str, run: str, event: Mapping[str, Any]) -> Iterator[None]:
    """Log with these words while the block runs; Failed, or Refused, for any error in it."""
    lines = _Redacting(utc=True)
    lines.append_keys(function=function, run=run, scheduled_at=event.get("scheduled_at"))
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(lines)
    before = _logger.handlers, _logger.propagate, _logger.level
    _logger.handlers, _logger.propagate = [handler], False
    _logger.setLevel(os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO"))
    try:
        yield
    except Exception as error:
        is_ours = isinstance(error, ChartlakeError)
        _logger.error(in_one_line(error), exc_info=None if is_ours else error)
        kind = Refused if isinstance(error, _UNTIL_CHANGED) else Failed
        raise kind(in_one_line(error)) from None
    finally:
        _logger.handlers, _logger.propagate = before[:2]
        _logger.setLevel(before[2])


class _Redacting(LambdaPowertoolsFormatter):
    def serialize(self, log: Any) -> str:
        return redacted(super().serialize(log))
