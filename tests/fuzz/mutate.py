"""Changes that reach further than flipped bytes: JSON and CSV are taken apart and put together."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

from tests.fuzz.targets import BETWEEN

__all__ = ["cells_changed", "changed"]

_HOSTILE = (
    *("null", "true", "[]", "{}", '""', "0", "-1", "1.5", "1e999", "NaN", "[[[[[[[[]]]]]]]]"),
    *("9223372036854775807", "9223372036854775808", "9" * 400, "1e-400", "-0.0"),
    *('"\\ud800"', '"\\u0000"', '"\\u001b[31m"', '"\\u202e"', '"../../x"', '"%2e%2e%2f"'),
    *('"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59-14:00"', '"2020-02-30"', '"0000"'),
    *('"2020-01-01T00:00:00+00:00:01"', '"spotify:local:::x:1"', '{"totalMilliseconds": "x"}'),
    *('{"items": [null]}', '{"items": {}, "total": 3}', '"' + "a" * 22 + '"', '"' + "é" * 22 + '"'),
)
_CELLS = (
    *("", " ", '"', '""', '"\n"', "'", "\r", "\t", "\ufeff", "\x00", "\x1b[31m", "\u202e", "=1+1"),
    *("0", "-1", "+1", "1.0", "1e9", "NaN", "1,234", "１", "9" * 19, "9" * 400, "--", "NEW"),
    *("2020-02-30", "../../x", "https://open.spotify.com/track/", "spotify:track:" + "a" * 22),
    *("Position", "rank", "uri", "URL", "Streams", "streams", "Track Name", "peak_rank"),
)


class _Text(str):
    """JSON that goes in as it is."""


def changed(data: bytes, chance: random.Random) -> bytes | None:
    """The input with one to three changes in one of its pages; None where that is not JSON."""
    prefix, body = (data[:1], data[1:]) if data[:1].isdigit() else (b"", data)
    pages = body.split(BETWEEN)
    number = chance.randrange(len(pages))
    try:
        root = [json.loads(pages[number])]
    except (ValueError, RecursionError):
        return None
    for _ in range(chance.randint(1, 3)):
        _change(root, chance)
    if chance.random() < 0.1:
        pages.insert(number, pages[number])
    pages[number] = _written(root[0]).encode("utf-8", "replace")
    return prefix + BETWEEN.join(pages)


def cells_changed(data: bytes, chance: random.Random) -> bytes:
    """The lines and cells of a CSV file with one to three changes."""
    lines = [line.split(",") for line in data.decode("utf-8", "replace").split("\n")]
    for _ in range(chance.randint(1, 3)):
        row = chance.randrange(len(lines))
        cell = chance.randrange(len(lines[row]))
        match chance.randrange(6):
            case 0:
                lines.insert(row, list(lines[row]))
            case 1 if len(lines) > 1:
                del lines[row]
            case 2:
                lines[row].insert(cell, lines[row][cell])
            case 3 if len(lines[row]) > 1:
                del lines[row][cell]
            case 4:
                lines[row][cell] = chance.choice(chance.choice(lines))
            case _:
                lines[row][cell] = chance.choice(_CELLS)
    return "\n".join(map(",".join, lines)).encode("utf-8", "replace")


def _change(root: list[Any], chance: random.Random) -> None:
    places = list(_places(root))
    parent, key = chance.choice(places)
    match chance.randrange(6):
        case 0:
            other, its_key = chance.choice(places)
            parent[key] = deepcopy(other[its_key])
        case 1 if len(parent) > 1:
            del parent[key]
        case 2 if isinstance(parent, list) and parent is not root:
            parent.insert(key, deepcopy(parent[key]))
        case 3 if isinstance(parent[key], str):
            text = parent[key]
            cut = chance.randrange(len(text) + 1)
            parent[key] = text[:cut] + chance.choice(("", "\ud800", "\n", "é", text)) + text[cut:]
        case 4 if isinstance(parent[key], int):
            parent[key] += chance.choice((-1, 1, 1 << 31, -(1 << 63), 1 << 63))
        case _:
            parent[key] = _Text(chance.choice(_HOSTILE))


def _places(node: Any, depth: int = 0) -> Any:
    if isinstance(node, _Text) or depth > 40:
        return
    if isinstance(node, dict | list):
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            yield node, key
            yield from _places(node[key], depth + 1)


def _written(node: Any) -> str:
    if isinstance(node, _Text):
        return str(node)
    if isinstance(node, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{_written(v)}" for k, v in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(_written, node)) + "]"
    return json.dumps(node)
