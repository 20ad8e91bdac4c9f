"""What comes back: whether an answer is whole, and what a refusal means."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import httpx2
import msgspec

from chartlake.errors import Refused, SignInError, SourceError, Unavailable
from chartlake.model import Undecodable, from_json

__all__ = [
    "MAX_BYTES",
    "PASSING",
    "Answer",
    "check_json",
    "problem",
    "quota_headers",
    "read_capped",
]

MAX_BYTES = 8 * 1024 * 1024
PASSING = frozenset({429, 500, 502, 503, 504})
"""Statuses that another attempt may change."""

_A_MONTH = 30 * 86_400.0
_QUOTA_HEADER = re.compile(r"retry-after|x-.*(rate-?limit|quota).*|rate-?limit.*", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: httpx2.Headers
    content: bytes

    @property
    def retry_after(self) -> float | None:
        """The seconds of Retry-After, if any; a month at most."""
        asked = self.headers.get("Retry-After", "")
        return min(float(asked), _A_MONTH) if re.fullmatch("[0-9]+", asked) else None

    @property
    def quota_exceeded(self) -> bool:
        """Whether it is the quota of a day that is used up, not a moment's rate."""
        return _said(self.content).reason == "QUOTA_EXCEEDED"


def read_capped(answer: httpx2.Response, url: str, seconds: float) -> bytes:
    """The body of a streamed answer; Unavailable where it is too large or takes too long."""
    chunks, size, started = [], 0, time.monotonic()
    for chunk in answer.iter_bytes():
        size += len(chunk)
        if size > MAX_BYTES:
            raise Unavailable(f"the answer of {url} is larger than {MAX_BYTES >> 20} MiB")
        if time.monotonic() - started > seconds:
            raise Unavailable(f"the answer of {url} did not end within {seconds:.0f} seconds")
        chunks.append(chunk)
    return b"".join(chunks)


def check_json(answer: Answer, url: str) -> None:
    """Unavailable unless the body is what it says it is: whole JSON."""
    media_type = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise Unavailable(f"{url} answered with {media_type or 'no media type'}, not JSON")
    try:
        from_json(answer.content, object)
    except Undecodable as error:
        raise Unavailable(f"the answer of {url} is not whole JSON", why=str(error)) from error


def quota_headers(headers: httpx2.Headers) -> dict[str, str]:
    """Those headers by which a service tells of its quota."""
    return {name: value for name, value in headers.items() if _QUOTA_HEADER.fullmatch(name)}


class _Error(msgspec.Struct):
    message: str = ""
    reason: str = ""


class _ErrorBody(msgspec.Struct):
    error: _Error


def _said(content: bytes) -> _Error:
    try:
        return from_json(content, _ErrorBody).error
    except Undecodable:
        return _Error()


def problem(answer: Answer, url: str, token: str | None = None) -> SourceError:
    """The error that an answer stands for; not in its words where they repeat the token."""
    status, said = answer.status, _said(answer.content)
    words = ": ".join(filter(None, (said.reason, said.message))) or None
    if token and words and token in words:
        words = None
    if status == 401:
        return SignInError(
            f"Spotify does not accept the credentials (401) at {url}",
            why=words,
            fix="sign in again: chartlake login",
        )
    if status == 429:
        return Unavailable(f"Spotify asked to slow down (429) at {url}", why=words)
    if status == 304:
        return Unavailable(f"{url} answered 304 to a question without ETag")
    if status in PASSING:
        return Unavailable(f"Spotify has an outage ({status}) at {url}", why=words)
    return Refused(f"Spotify refused {url} ({status})", why=words, status=status)
