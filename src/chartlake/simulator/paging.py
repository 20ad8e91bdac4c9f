"""Limit and offset: what a request asks of a long list, and the page that answers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from chartlake.simulator.answers import Refusal, Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a list that is asked for."""

    offset: int
    limit: int


def asked_part(request: Request, default: int, largest: int, furthest: int = 100_000) -> Part:
    """The part that a request asks for; 400 where no such part is given out."""
    limit = whole(request, "limit", default, 1, largest)
    return Part(whole(request, "offset", 0, 0, furthest), limit)


def whole(request: Request, name: str, default: int, lowest: int, highest: int) -> int:
    """A whole number of the query; 400 where it is none or out of bounds."""
    text = request.query.get(name, str(default))
    # int() would also take "1_0", " 7" and other digits than 0 to 9
    if not re.fullmatch(r"[0-9]{1,15}", text) or not lowest <= int(text) <= highest:
        raise Refusal(400, f"Invalid {name}")
    return int(text)


def page(
    url: str, things: Sequence[T], part: Part, write: Callable[[T], object], query: str = ""
) -> dict[str, object]:
    """A page of ``things``, each written by ``write``; ``query`` goes on in its links."""

    def link(offset: int) -> str:
        return f"{url}?offset={offset}&limit={part.limit}{query}"

    before, after = max(0, part.offset - part.limit), part.offset + part.limit
    return {
        "href": link(part.offset),
        "items": [write(thing) for thing in things[part.offset : after]],
        "limit": part.limit,
        "next": link(after) if after < len(things) else None,
        "offset": part.offset,
        "previous": link(before) if part.offset else None,
        "total": len(things),
    }
