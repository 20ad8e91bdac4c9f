"""A route: a path of the Web API, the scope that it asks for, and what answers it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from chartlake.simulator.answers import Refusal
from chartlake.simulator.payloads import Json

T = TypeVar("T")
Handler = Callable[..., bytes | Json]

_ID = re.compile(r"[A-Za-z0-9]{22}")


@dataclass(frozen=True, slots=True)
class Route:
    """A ``path`` such as ``/albums/{id}/tracks``: a ``handle`` of request, caller and the ids.

    ``{id}`` is one of 22 characters; what other braces hold is free text, as in ``{user_id}``.
    """

    path: str
    handle: Handler
    scope: str | None = None
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Make the pattern."""
        pattern = re.compile("/v1" + re.sub(r"\{\w+\}", "([^/]+)", self.path))
        object.__setattr__(self, "pattern", pattern)

    def ids(self, path: str) -> tuple[str, ...] | None:
        """The ids in a path, None for another path; 400 for ids that cannot be."""
        match = self.pattern.fullmatch(path)
        if match and "{id}" in self.path:
            checked_id(match[1])
        return match.groups() if match else None


def checked_id(text: str) -> str:
    """The id, if it has the form of one."""
    if not _ID.fullmatch(text):
        raise Refusal(400, "Invalid base62 id")
    return text


def known(thing: T | None) -> T:
    """The thing, if there is one; else 404."""
    if thing is None:
        raise Refusal(404, "Resource not found")
    return thing
