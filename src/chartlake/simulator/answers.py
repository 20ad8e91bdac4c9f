"""What goes over the wire: a request as understood, an answer as bytes, a refusal as JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import formatdate
from http import HTTPStatus
from math import ceil

import msgspec

JSON = "application/json; charset=utf-8"
_BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Request:
    """A request and the time at which the simulated service sees it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the bytes of an answer leave: at once and whole, but for a fault."""

    wait: float = 0  # seconds until the first byte
    pieces: int = 1  # of the body, ...
    pause: float = 0  # ... with so many seconds before each
    cut_at: int | None = None  # the connection ends after so many bytes of the body
    reset: bool = False  # and ends rudely; without ``cut_at`` before the first byte


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, with a JSON body unless its headers say otherwise."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery()

    def head(self, now: datetime, *, closing: bool = False) -> bytes:
        """Everything before the body; what has no body (304) says nothing of its type and size."""
        about_body = {"Content-Type": JSON, "Content-Length": str(len(self.body))}
        headers = {
            "Date": formatdate(now.timestamp(), usegmt=True),
            **({} if self.status in _BODILESS else about_body),
            "Cache-Control": "private, max-age=0",
            **self.headers,
        }
        if closing:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def parts(self) -> Iterator[bytes]:
        """The body as it is delivered: in pieces, and maybe not all of it."""
        body = self.body[: self.delivery.cut_at]
        size = max(1, ceil(len(body) / self.delivery.pieces))
        for start in range(0, len(body), size):
            yield body[start : start + size]


class Refusal(Exception):
    """The Web API says no: an error object with status and message."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        """Refuse; the names of ``headers`` have underscores for hyphens."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def to_answer(self) -> Answer:
        """The error object of the Web API."""
        error = {"error": {"status": self.status, "message": self.message}}
        return Answer(self.status, msgspec.json.encode(error), self.headers)
