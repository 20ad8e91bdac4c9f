"""A record as received, made short for people: JSON indented and cut, CSV under its header."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["excerpt"]

_INDENT = "  "
_OPENED = ("item", "track")  # what a listing is about; of other objects inside it a line is enough
_TELLING = (("id", "name"), ("name",), ("id",))
_MOST_LINES = 40


class _Object(list[tuple[str, Any]]):
    """An object as its members in order, also those that are there twice."""


class _Number(str):
    """A number as it was written."""


def excerpt(text: str, media_type: str, width: int) -> list[str]:
    """The lines to show; of JSON none is longer than ``width``."""
    if media_type != "application/json":
        return text.splitlines() or [""]
    try:
        value = json.loads(
            text,
            object_pairs_hook=_Object,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Number,
        )
        lines = _lines(value, width, opened=True)
    except (ValueError, RecursionError):  # read by the parser, which skips what it doesn't use
        return [_cut(text, width)]
    left_out = len(lines) - _MOST_LINES
    return lines if left_out <= 0 else [*lines[:_MOST_LINES], f"… {left_out} lines more"]


def _lines(value: Any, room: int, *, opened: bool) -> list[str]:
    """A value in one line, or where it is opened, one line for each member."""
    if not opened or not isinstance(value, _Object) or not value:
        return [_short(value, room)]
    lines = ["{"]
    for place, (name, inner) in enumerate(value, start=1):
        label, comma = f"{_INDENT}{_quoted(name)}: ", "," * (place < len(value))
        left = room - len(_INDENT if name in _OPENED else label) - 1
        first, *rest = _lines(inner, max(left, 1), opened=name in _OPENED)
        shown = [label + first, *(_INDENT + line for line in rest)]
        lines += [*shown[:-1], shown[-1] + comma]
    return [_cut(line, room) for line in [*lines, "}"]]


def _short(value: Any, room: int) -> str:
    """A value in one line: of what does not fit, only that by which people know it."""
    whole = _compact(value)
    if len(whole) <= room:
        return whole
    if isinstance(value, _Object):
        told = (_told(value, names) for names in _TELLING)
        return next((text for text in told if text and len(text) <= room), _cut(whole, room))
    if isinstance(value, list) and value:
        return _cut(_first_ones(value, room), room)
    return _cut(whole, room)


def _told(value: _Object, names: tuple[str, ...]) -> str | None:
    """An object by these members, and dots where others are; None without any of them."""
    parts = [
        f"{_quoted(name)}: {_compact(inner)}" if name in names else "…" for name, inner in value
    ]
    if set(parts) == {"…"}:
        return None
    kept = [part for part, before in zip(parts, ["", *parts], strict=False) if part != before]
    return "{" + ", ".join(kept) + "}"


def _first_ones(values: list[Any], room: int) -> str:
    """As many values as fit, the first in any case, and how many more there are."""
    parts = [_short(values[0], room - len("[, … 100 more]"))]
    for value in values[1:]:
        part = _short(value, max(room // 2, 1))
        if len(", ".join([*parts, part])) > room - len("[, … 100 more]"):
            break
        parts.append(part)
    left_out = len(values) - len(parts)
    return "[" + ", ".join([*parts, f"… {left_out} more"] if left_out else parts) + "]"


def _compact(value: Any) -> str:
    if isinstance(value, _Object):
        members = (f"{_quoted(name)}: {_compact(inner)}" for name, inner in value)
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_compact, value)) + "]"
    return str(value) if isinstance(value, _Number) else _quoted(value)


def _quoted(value: Any) -> str:
    """A string, true, false or null as JSON; half of a surrogate pair stays escaped."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"
