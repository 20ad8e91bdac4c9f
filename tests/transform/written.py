"""JSON as services write it: compact, with spaces, on many lines; and what no writer should do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


class Text(str):
    """JSON that is written as it stands."""

    __slots__ = ()


class Members(list[tuple[str, Any]]):
    """An object as pairs, of which two may have one name; a name of `Text` is written as it is."""


@dataclass(frozen=True)
class Style:
    """What a writer puts around names and values."""

    colon: str = ":"
    comma: str = ","
    inside: str = ""
    line: str = ""
    ascii: bool = False

    def before(self, depth: int) -> str:
        """What stands before a value that is so deep inside."""
        return self.line + "  " * depth if self.line else self.inside


COMPACT = Style()
STYLES = (
    COMPACT,
    Style(ascii=True),
    Style(colon=": ", comma=", "),
    Style(colon=" : ", line="\n"),
    Style(colon=": ", line="\r\n", ascii=True),
    Style(comma=" ,", inside=" "),
    Style(colon="\t:", comma="\t,\n", inside="\n"),
)


def written(value: Any, style: Style = COMPACT, depth: int = 0) -> str:
    """A value as this style has it."""
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, dict):
        value = Members(value.items())
    if isinstance(value, Members):
        members = [
            written(name, style) + style.colon + written(each, style, depth + 1)
            for name, each in value
        ]
        return _enclosed("{}", members, style, depth)
    if isinstance(value, list):
        return _enclosed("[]", [written(each, style, depth + 1) for each in value], style, depth)
    return json.dumps(value, ensure_ascii=style.ascii)


def _enclosed(brackets: str, parts: list[str], style: Style, depth: int) -> str:
    inner, end = style.before(depth + 1), style.before(depth)
    text = inner + (style.comma + inner).join(parts) + end
    return brackets[0] + text + brackets[1] if parts else brackets
