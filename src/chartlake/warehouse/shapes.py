"""The columns of every view, mart and state, and in which order they can be made.

For an engine that has to be told: read from shapes.json, which `make dialects` writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

__all__ = ["Shape", "shapes"]


class Shape(msgspec.Struct, frozen=True):
    """A relation's columns with their types as DuckDB calls them, and the marts it waits for."""

    columns: dict[str, str]
    after: tuple[str, ...]


@cache
def shapes() -> Mapping[str, Shape]:
    """Of every relation that the SQL files read or make, by its name."""
    text = (files("chartlake.warehouse") / "shapes.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, Shape])
