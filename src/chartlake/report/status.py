"""What is there and what is missing, by feed."""

from __future__ import annotations

from typing import Any

from chartlake.warehouse.port import Warehouse

__all__ = ["feed_health"]


def feed_health(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The rows of data_health."""
    return warehouse.query("select * from data_health order by feed").records()
