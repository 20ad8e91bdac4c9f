"""A small Spotify client that keeps bytes: GET, checks, retries, and nothing else.

An answer is handed on only when it is whole: status, media type, size and a
full parse are checked. What may pass is tried again a few times; what may not
is an error that says what to do.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime

import httpx2
import msgspec

from chartlake.errors import Deferred, Refused, SignInError, SourceError, Unavailable
from chartlake.extract.spotify.auth import TokenSource
from chartlake.extract.spotify.retry import Retry
from chartlake.model import Body, Undecodable, from_json

__all__ = ["MAX_BYTES", "SpotifyClient"]

logger = logging.getLogger(__name__)

MAX_BYTES = 8 * 1024 * 1024
_PASSING = frozenset({500, 502, 503, 504})


class SpotifyClient:
    """Reads resources of the Web API.

    Errors: Refused (403, 404, other 4xx), SignInError (401 after a renewal),
    Unavailable (outages and answers that are not whole, after the retries),
    Deferred (Spotify asks to wait longer than ``retry`` allows).
    """

    def __init__(
        self,
        http: httpx2.Client,
        api_url: str,
        tokens: TokenSource,
        now: Callable[[], datetime],
        retry: Retry | None = None,
    ) -> None:
        self._http = http
        self._api_url = api_url.rstrip("/")
        self._tokens = tokens
        self._now = now
        self._retry = retry or Retry()
        self.request_count = 0

    def sign_in(self) -> None:
        """Get an access token, to see that the credentials work; SignInError where not."""
        self._tokens.token()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(
        self, path: str, resource: str, params: Mapping[str, str] | None = None, first_item: int = 0
    ) -> Body:
        """One resource as received; ``path`` starts with a slash, below the API's URL."""
        url = str(httpx2.URL(self._api_url + path, params=dict(params or {})))
        answer, content = self._patiently(url)
        return Body(
            content=content,
            resource=resource,
            media_type="application/json",
            received_at=self._now(),
            url=url,
            status=answer.status_code,
            first_item=first_item,
        )

    def _patiently(self, url: str) -> tuple[httpx2.Response, bytes]:
        token, renewed = self._tokens.token(), False
        problem: SourceError = Unavailable(f"Spotify did not answer {url}")
        attempt = 0
        while attempt < self._retry.max_attempts:
            pause = self._retry.pause_after(attempt)
            try:
                answer, content = self._once(url, token)
            except Unavailable as error:
                problem = error
            else:
                if answer.status_code == 200:
                    return answer, content
                if answer.status_code == 401 and not renewed:
                    token, renewed = self._tokens.renew(), True
                    continue
                problem = _problem(answer.status_code, content, url)
                if answer.status_code == 429:
                    pause = self._pause_asked_for(answer, content, url) or pause
                elif answer.status_code not in _PASSING:
                    raise problem
            attempt += 1
            if attempt < self._retry.max_attempts:
                self._retry.sleep(pause)
        raise problem

    def _once(self, url: str, token: str) -> tuple[httpx2.Response, bytes]:
        self.request_count += 1
        started = time.perf_counter()
        headers = {"Authorization": f"Bearer {token}"}
        try:
            with self._http.stream("GET", url, headers=headers) as answer:
                content = _capped(answer, url)
        except httpx2.HTTPError as error:
            raise Unavailable(
                f"cannot read {url}", why=f"{type(error).__name__}: {error}"
            ) from error
        milliseconds = (time.perf_counter() - started) * 1000
        logger.info("%s %s %d bytes %.0f ms", answer.status_code, url, len(content), milliseconds)
        if answer.status_code == 200:
            _check_json(answer, content, url)
        return answer, content

    def _pause_asked_for(self, answer: httpx2.Response, content: bytes, url: str) -> float | None:
        """The seconds of Retry-After; Deferred where they, or the quota, outlast this run."""
        asked = answer.headers.get("Retry-After", "")
        seconds = float(asked) if re.fullmatch("[0-9]+", asked) else None
        quota = _said(content).reason == "QUOTA_EXCEEDED"
        if quota or (seconds or 0) > self._retry.longest_wait_seconds:
            wait = f"to wait {seconds / 3600:.1f} hours" if seconds else "to come back later"
            raise Deferred(
                f"Spotify asks {wait} (429) at {url}",
                why="the app's quota is used up",
                fix="run again after that; what is done is kept",
            )
        return seconds


def _capped(answer: httpx2.Response, url: str) -> bytes:
    chunks, size = [], 0
    for chunk in answer.iter_bytes():
        size += len(chunk)
        if size > MAX_BYTES:
            raise Unavailable(f"the answer of {url} is larger than {MAX_BYTES >> 20} MiB")
        chunks.append(chunk)
    return b"".join(chunks)


def _check_json(answer: httpx2.Response, content: bytes, url: str) -> None:
    media_type = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise Unavailable(f"{url} answered with {media_type or 'no media type'}, not JSON")
    try:
        from_json(content, object)
    except Undecodable as error:
        raise Unavailable(f"the answer of {url} is not whole JSON", why=str(error)) from error


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


def _problem(status: int, content: bytes, url: str) -> SourceError:
    said = _said(content)
    words = ": ".join(filter(None, (said.reason, said.message))) or None
    if status == 401:
        return SignInError(f"Spotify does not accept the credentials (401) at {url}", why=words)
    if status == 429:
        return Unavailable(f"Spotify asked to slow down (429) at {url}", why=words)
    if status in _PASSING:
        return Unavailable(f"Spotify has an outage ({status}) at {url}", why=words)
    return Refused(f"Spotify refused {url} ({status})", why=words, status=status)
