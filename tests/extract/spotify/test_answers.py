"""Whole answers, and what a refusal means."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from chartlake.errors import ChartlakeError, Refused, SignInError, Unavailable
from chartlake.extract.spotify.answers import (
    MAX_BYTES,
    Answer,
    check_json,
    problem,
    quota_headers,
    read_capped,
)

URL = "https://api.example/v1/x"
A_MONTH = 30 * 86_400.0


def given(status: int = 200, content: bytes = b"{}", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, httpx2.Headers(named), content)


# How long to wait -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("10", 10),
        ("007", 7),
        ("2592000", A_MONTH),
        ("2592001", A_MONTH),
        ("9" * 5000, A_MONTH),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("1e3", None),
        ("²", None),
        ("٣", None),
        ("5 ", 5),  # HTTP takes off the blanks around a value
        ("1_000", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_the_seconds_to_wait(header: str, seconds: float | None) -> None:
    headers = httpx2.Headers([(b"retry-after", header.strip().encode())])
    assert Answer(429, headers, b"").retry_after == seconds


def test_no_seconds_to_wait() -> None:
    assert given(429).retry_after is None


@pytest.mark.parametrize(
    ("content", "exceeded"),
    [
        (b'{"error": {"status": 429, "reason": "QUOTA_EXCEEDED"}}', True),
        (b'{"error": {"status": 429, "message": "m", "reason": "QUOTA_EXCEEDED", "x": 1}}', True),
        (b'{"error": {"status": 429, "reason": "RATE"}}', False),
        (b'{"error": {"status": 429}}', False),
        (b'{"error": {"reason": null}}', False),
        (b'{"error": "QUOTA_EXCEEDED"}', False),
        (b"QUOTA_EXCEEDED", False),
        (b"", False),
        (b"\xff", False),
    ],
)
def test_a_used_up_quota(content: bytes, exceeded: bool) -> None:
    assert given(429, content).quota_exceeded is exceeded


def test_the_headers_that_tell_of_a_quota() -> None:
    headers = {
        "Retry-After": "5",
        "RateLimit": "limit=10",
        "RateLimit-Remaining": "3",
        "Rate-Limit-Reset": "30",
        "X-RateLimit-Limit": "10",
        "X-Spotify-Quota-Left": "3",
        "Set-Cookie": "secret",
        "X-Request-Id": "1",
        "Quota": "no",
        "Date": "today",
    }
    assert quota_headers(httpx2.Headers(headers)) == {
        "retry-after": "5",
        "ratelimit": "limit=10",
        "ratelimit-remaining": "3",
        "rate-limit-reset": "30",
        "x-ratelimit-limit": "10",
        "x-spotify-quota-left": "3",
    }


# Whole or not -----------------------------------------------------------------------------


@pytest.mark.parametrize("media_type", ["application/json", "APPLICATION/JSON;charset=utf-8"])
def test_json_that_says_so(media_type: str) -> None:
    check_json(given(content=b"[1]", Content_Type=media_type), URL)


@pytest.mark.parametrize(
    ("media_type", "told"),
    [
        ("text/html", "text/html"),
        ("", "no media type"),
        ("application/jsonp", "application/jsonp"),
        ("; application/json", "no media type"),
    ],
)
def test_what_is_not_called_json(media_type: str, told: str) -> None:
    with pytest.raises(Unavailable, match=f"answered with {told}, not JSON"):
        check_json(given(Content_Type=media_type), URL)


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": NaN}', b"{}{}", b'"\xff"', b"[" * 9999])
def test_json_that_is_not_whole(content: bytes) -> None:
    with pytest.raises(Unavailable, match="is not whole JSON") as told:
        check_json(given(content=content, Content_Type="application/json"), URL)
    assert told.value.why


class _Slow(httpx2.SyncByteStream):
    """Bytes that come in pieces; counts how many were taken."""

    def __init__(self, piece: bytes, pieces: int) -> None:
        self._piece, self._pieces = piece, pieces
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self._pieces):
            self.taken += 1
            yield self._piece


def test_a_body_in_pieces_is_joined() -> None:
    stream = _Slow(b"ab", 3)
    assert read_capped(httpx2.Response(200, stream=stream), URL, 60) == b"ababab"


def test_a_body_of_exactly_the_cap_is_taken() -> None:
    stream = _Slow(b"x" * (MAX_BYTES // 8), 8)
    assert len(read_capped(httpx2.Response(200, stream=stream), URL, 60)) == MAX_BYTES


def test_no_more_than_the_cap_is_read() -> None:
    stream = _Slow(b"x" * (MAX_BYTES // 8), 1000)
    with pytest.raises(Unavailable, match="is larger than 8 MiB"):
        read_capped(httpx2.Response(200, stream=stream), URL, 60)
    assert stream.taken == 9


def test_a_body_that_drips_for_ever() -> None:
    """Each piece comes in time; all of them together do not."""
    stream = _Slow(b"x", 10**6)
    with pytest.raises(Unavailable, match="did not end within 0 seconds"):
        read_capped(httpx2.Response(200, stream=stream), URL, 0.01)
    assert 1 < stream.taken < 10**6


# What an error stands for -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "what"),
    [
        (401, SignInError, f"Spotify does not accept the credentials (401) at {URL}"),
        (429, Unavailable, f"Spotify asked to slow down (429) at {URL}"),
        (500, Unavailable, f"Spotify has an outage (500) at {URL}"),
        (504, Unavailable, f"Spotify has an outage (504) at {URL}"),
        (304, Unavailable, f"{URL} answered 304 to a question without ETag"),
        (403, Refused, f"Spotify refused {URL} (403)"),
        (404, Refused, f"Spotify refused {URL} (404)"),
        (501, Refused, f"Spotify refused {URL} (501)"),
        (302, Refused, f"Spotify refused {URL} (302)"),
    ],
)
def test_a_problem(status: int, kind: type[ChartlakeError], what: str) -> None:
    found = problem(given(status), URL)
    assert (type(found), found.what) == (kind, what)
    if isinstance(found, Refused):
        assert found.status == status


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"error": {"message": "Not for you"}}', "Not for you"),
        (b'{"error": {"reason": "PREMIUM_REQUIRED"}}', "PREMIUM_REQUIRED"),
        (b'{"error": {"message": "m", "reason": "R"}}', "R: m"),
        (b'{"error": {}}', None),
        (b'{"error": "text", "error_description": "x"}', None),
        (b"<html>", None),
    ],
)
def test_spotifys_own_words(content: bytes, why: str | None) -> None:
    assert problem(given(403, content), URL).why == why
