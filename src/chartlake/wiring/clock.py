"""The clock of a run that is not simulated."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["system_clock"]


def system_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)
