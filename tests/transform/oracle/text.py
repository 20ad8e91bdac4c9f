"""JSON of which every value knows its own text, and objects their members as often as they come."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

_SPACE = re.compile(r"[ \t\n\r]*")
_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
_DECODER = json.JSONDecoder()


class NotJson(ValueError):
    """The bytes are not JSON."""


class WrongType(ValueError):
    """A value is not of the type that it has to be of."""


@dataclass(frozen=True)
class Node:
    """A value: a scalar, a list of nodes, or a list of pairs of a name and a node."""

    kind: str
    value: Any
    text: str

    def all_of(self, name: str) -> list[Node]:
        """The members of this name, in order; mostly there is one."""
        return [node for key, node in self.value if key == name]

    @property
    def plain(self) -> Any:
        """As `json.loads` has it; WrongType where a number is larger than a float can be."""
        if self.kind == "array":
            return [node.plain for node in self.value]
        if self.kind == "object":
            return {name: node.plain for name, node in self.value}
        if self.kind == "float" and not math.isfinite(self.value):
            raise WrongType(self.text)
        return self.value


@lru_cache(512)
def node_of(content: bytes) -> Node:
    """The value that the bytes are; NotJson where they are none."""
    try:
        text = content.decode()
        json.loads(text, parse_constant=_refuse)
    except ValueError as error:
        raise NotJson(str(error)) from error
    return _node(text, _after_space(text, 0))[0]


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _node(text: str, at: int) -> tuple[Node, int]:
    """The value that begins here and its end; the text is known to be JSON."""
    found: list[Any] = []
    if text[at] not in "{[":
        value, end = _DECODER.raw_decode(text, at)
        kind = "null" if value is None else type(value).__name__
        if kind == "str" and _HALF_A_CHARACTER.search(value):
            raise NotJson(text[at:end])
        return Node(kind, value, text[at:end]), end
    end = _after_space(text, at + 1)
    while text[end] not in "}]":
        end = _after_space(text, end + 1) if text[end] == "," else end
        value, end = _member(text, end) if text[at] == "{" else _node(text, end)
        found.append(value)
        end = _after_space(text, end)
    kind = "object" if text[at] == "{" else "array"
    return Node(kind, found, text[at : end + 1]), end + 1


def _member(text: str, at: int) -> tuple[tuple[str, Node], int]:
    name, end = _node(text, at)
    colon = _after_space(text, end)
    node, end = _node(text, _after_space(text, colon + 1))
    return (name.value, node), end


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
