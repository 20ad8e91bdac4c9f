"""What goes over the wire: a request as understood, an answer as bytes, a refusal as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import formatdate
from http import HTTPStatus

import msgspec

JSON = "application/json; charset=utf-8"


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
class Answer:
    """An answer with a JSON body."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_bytes(self, now: datetime, *, closing: bool = False) -> bytes:
        """Head and body in one piece, so that one ``send`` carries both."""
        headers = {
            "Date": formatdate(now.timestamp(), usegmt=True),
            "Content-Type": JSON,
            "Content-Length": str(len(self.body)),
            "Cache-Control": "private, max-age=0",
            **self.headers,
        }
        if closing:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


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
