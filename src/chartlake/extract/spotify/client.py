"""A small Spotify client that keeps bytes: GET, checks, retries, and nothing else.

An answer is handed on only when it is whole: status, media type, size and a
full parse are checked. What may pass is tried again a few times; what may not
is an error that says what to do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx2

from chartlake.errors import SourceError, Unavailable
from chartlake.extract.spotify.answers import (
    PASSING,
    Answer,
    check_json,
    problem,
    quota_headers,
    read_capped,
)
from chartlake.extract.spotify.auth import TokenSource
from chartlake.extract.spotify.capabilities import Capabilities
from chartlake.extract.spotify.governor import Governor
from chartlake.extract.spotify.retry import Retry
from chartlake.model import Body, Request

__all__ = ["SpotifyApi", "SpotifyClient"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SpotifyApi:
    """What all clients of a process share: connections, address, clock and the governor."""

    http: httpx2.Client
    url: str
    now: Callable[[], datetime]
    governor: Governor
    capabilities: Capabilities
    retry: Retry
    wake: Callable[[], None] = lambda: None

    def close(self) -> None:
        """Remember what was spent and seen, end what still waits, and close the connections."""
        self.governor.end()
        self.wake()
        try:
            self.governor.save()
            self.capabilities.save()
        finally:
            self.http.close()


class SpotifyClient:
    """Reads resources of the Web API for one reading of a feed.

    ``requests`` gathers the facts of every request. Errors: Refused (403, 404,
    other 4xx), SignInError (401 after a renewal), Unavailable (outages and
    answers that are not whole, after the retries), Deferred (the quota, the
    rate limit or the run's own time leave no room for the request).
    """

    def __init__(self, api: SpotifyApi, tokens: TokenSource) -> None:
        self._api = api
        self._tokens = tokens
        self.requests: list[Request] = []

    @property
    def now(self) -> datetime:
        """The time by the clock of the run."""
        return self._api.now()

    @property
    def requests_left(self) -> float:
        """How many requests the app's budget still allows."""
        return self._api.governor.requests_left

    @property
    def capabilities(self) -> Capabilities:
        """What the app was seen to be allowed."""
        return self._api.capabilities

    def sign_in(self) -> None:
        """Get an access token, to see that the credentials work; SignInError where not."""
        self._tokens.token()

    def get(
        self, path: str, resource: str, params: Mapping[str, str] | None = None, first_item: int = 0
    ) -> Body:
        """One resource as received; ``path`` starts with a slash, below the API's URL."""
        url = self.url(path, params)
        return self._body(self._patiently(url, None), url, resource, first_item)

    def get_if_changed(
        self,
        path: str,
        resource: str,
        params: Mapping[str, str] | None = None,
        first_item: int = 0,
        etag: str | None = None,
    ) -> Body | None:
        """The same, or None where Spotify says (304) that it is still as it was at ``etag``."""
        url = self.url(path, params)
        answer = self._patiently(url, etag)
        return None if answer.status == 304 else self._body(answer, url, resource, first_item)

    def _body(self, answer: Answer, url: str, resource: str, first_item: int) -> Body:
        return Body(
            content=answer.content,
            resource=resource,
            media_type="application/json",
            received_at=self.now,
            url=url,
            status=answer.status,
            first_item=first_item,
            etag=answer.headers.get("ETag"),
        )

    def url(self, path: str, params: Mapping[str, str] | None = None) -> str:
        """The address of a resource. It is recorded, so nothing secret may be in it."""
        return str(httpx2.URL(self._api.url.rstrip("/") + path, params=dict(params or {})))

    def _patiently(self, url: str, etag: str | None) -> Answer:
        retry, governor = self._api.retry, self._api.governor
        token, renewed = self._tokens.token(), False
        error: SourceError = Unavailable(f"Spotify did not answer {url}")
        attempt, told_to_wait = 0, False
        while attempt < retry.max_attempts:
            if attempt and not told_to_wait:
                self._pause(retry.pause_after(attempt - 1), error)
            told_to_wait = False
            try:
                answer = self._once(url, token, etag)
            except Unavailable as unavailable:
                error = unavailable
            else:
                if answer.status == 200 or (answer.status == 304 and etag):
                    return answer
                error = problem(answer, url, token)
                if answer.status == 401 and not renewed:
                    token, renewed = self._tokens.renew(token), True
                    continue
                if answer.status == 429:
                    told_to_wait = answer.retry_after is not None
                    governor.slow_down(
                        answer.retry_after, quota_exceeded=answer.quota_exceeded, url=url
                    )
                elif answer.status not in PASSING:
                    raise error
            attempt += 1
        raise error

    def _pause(self, seconds: float, error: SourceError) -> None:
        """Before another attempt; where the run has to end before it, the error stands."""
        if isinstance(error, Unavailable) and seconds > self._api.governor.seconds_left:
            raise error
        self._api.retry.sleep(seconds)

    def _once(self, url: str, token: str, etag: str | None) -> Answer:
        headers = {"Authorization": f"Bearer {token}"}
        if etag:
            headers["If-None-Match"] = etag
        with self._api.governor.turn():
            at, started = self.now, time.perf_counter()
            answer: Answer | None = None
            failed: str | None = None
            try:
                with self._api.http.stream("GET", url, headers=headers) as streamed:
                    content = read_capped(streamed, url, self._seconds_for_one())
                answer = Answer(streamed.status_code, streamed.headers, content)
                if answer.status == 200:
                    check_json(answer, url)
            except httpx2.HTTPError as error:
                failed = f"{type(error).__name__}: {error}"
                # not chained: its traceback would carry the request, and with it the token
                raise Unavailable(f"cannot read {url}", why=failed) from None
            except Unavailable as error:
                failed = error.what
                raise
            finally:
                self._note(url, at, time.perf_counter() - started, answer, failed)
        return answer

    def _seconds_for_one(self) -> float:
        return min(self._api.retry.longest_answer_seconds, self._api.governor.seconds_left)

    def _note(
        self, url: str, at: datetime, seconds: float, answer: Answer | None, error: str | None
    ) -> None:
        fact = Request(
            url=url,
            at=at,
            seconds=round(seconds, 3),
            status=answer.status if answer else None,
            error=error,
            headers=quota_headers(answer.headers) if answer else {},
        )
        self.requests.append(fact)
        logger.info("%s %s %.0f ms %s", fact.status, url, seconds * 1000, error or "")
