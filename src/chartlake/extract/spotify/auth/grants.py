"""The token endpoint: the one place that posts to it and understands what it answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Annotated

import httpx2
import msgspec

from chartlake.errors import SignInError, Unavailable
from chartlake.extract.spotify.retry import Retry
from chartlake.model import Undecodable, from_json

__all__ = ["Grant", "GrantRefused", "TokenEndpoint"]

logger = logging.getLogger(__name__)

DASHBOARD = "developer.spotify.com/dashboard"
_MAX_BYTES = 256 * 1024
_REFUSALS = frozenset({400, 401, 403})
_PASSING_CODES = frozenset({"server_error", "temporarily_unavailable"})
_LONGEST_WORDS = 200

_Secret = Annotated[str, msgspec.Meta(pattern=r"^[!-~]+\Z")]
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=366 * 24 * 3600)]


class Grant(msgspec.Struct, frozen=True):
    """What the endpoint gives. ``refresh_token`` is absent where the old one stays."""

    access_token: _Secret
    expires_in: _Seconds = 3600
    refresh_token: _Secret | None = None
    scope: str | None = None

    def __repr__(self) -> str:
        return f"Grant(expires_in={self.expires_in}, scope={self.scope!r})"


class GrantRefused(SignInError):
    """The endpoint said no; ``code`` is OAuth's word for it, empty where it gave none."""

    def __init__(
        self, what: str, *, code: str = "", why: str | None = None, fix: str | None = None
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.code = code


class TokenEndpoint:
    """Asks for access tokens; what may pass is tried again, GrantRefused where it is a no."""

    def __init__(self, http: httpx2.Client, url: str, retry: Retry | None = None) -> None:
        self._http = http
        self._url = url
        self._retry = retry or Retry()

    def for_app(self, client_id: str, client_secret: str) -> Grant:
        """By client credentials: an access token of the app, without a user."""
        form = {"grant_type": "client_credentials"}
        return self._ask(form, (client_secret,), (client_id, client_secret))

    def for_code(self, client_id: str, code: str, verifier: str, redirect_uri: str) -> Grant:
        """By the code that the browser brought back from a sign-in."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": client_id,
            "code_verifier": verifier,
        }
        return self._ask(form, (code, verifier))

    def for_refresh(self, client_id: str, refresh_token: str) -> Grant:
        """By the refresh token of a signed-in user."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": client_id,
        }
        return self._ask(form, (refresh_token,))

    def _ask(
        self,
        form: Mapping[str, str],
        secrets: tuple[str, ...],
        app: tuple[str, str] | None = None,
    ) -> Grant:
        def ask() -> Grant:
            status, content = self._post(form, app)
            return _understood(status, content, secrets)

        return self._retry.patiently(ask)

    def _post(self, form: Mapping[str, str], app: tuple[str, str] | None) -> tuple[int, bytes]:
        started = time.perf_counter()
        try:
            with self._http.stream("POST", self._url, data=dict(form), auth=app) as answer:
                content = _capped(answer.iter_bytes())
        except httpx2.HTTPError as error:
            # raised below, without a link to this error: it knows the request and its body
            problem = f"{type(error).__name__}: {error}"
            logger.info("no answer from %s: %s", self._url, problem)
        else:
            milliseconds = (time.perf_counter() - started) * 1000
            logger.info("%s %s %.0f ms", answer.status_code, self._url, milliseconds)
            return answer.status_code, content
        raise Unavailable(f"cannot reach Spotify's sign-in at {self._url}", why=problem)


def _capped(chunks: Iterable[bytes]) -> bytes:
    content = b""
    for chunk in chunks:
        content += chunk
        if len(content) > _MAX_BYTES:
            raise Unavailable("the answer of Spotify's sign-in is far too large")
    return content


class _Said(msgspec.Struct):
    error: str = ""
    error_description: str = ""


def _understood(status: int, content: bytes, secrets: tuple[str, ...]) -> Grant:
    if status in _REFUSALS:
        raise _refusal(status, content, secrets)
    if status != 200:
        raise Unavailable("Spotify's sign-in gave no usable answer", why=f"status {status}")
    try:
        return from_json(content, Grant)
    except Undecodable as error:
        raise Unavailable("Spotify's sign-in gave no usable answer", why=str(error)) from None


def _refusal(status: int, content: bytes, secrets: tuple[str, ...]) -> SignInError | Unavailable:
    try:
        said = from_json(content, _Said)
    except Undecodable:
        said = _Said()
    words = ": ".join(filter(None, (said.error, said.error_description)))[:_LONGEST_WORDS]
    if any(secret in words for secret in secrets):  # an answer may repeat what it was sent
        words = ""
    if said.error in _PASSING_CODES:
        return Unavailable(f"Spotify's sign-in has an outage ({status})", why=words or None)
    fix = "sign in again: chartlake login; chartlake -v doctor shows what was answered"
    if said.error in ("invalid_client", "unauthorized_client"):
        fix = f"compare the client id with the one at {DASHBOARD}"
    return GrantRefused(
        f"Spotify's sign-in refused the request ({status})",
        code=said.error,
        why=words or None,
        fix=fix,
    )
