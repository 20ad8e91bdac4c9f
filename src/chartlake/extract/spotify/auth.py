"""Access tokens: one that was given, or client credentials."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import httpx2
import msgspec

from chartlake.errors import SignInError, Unavailable
from chartlake.extract.spotify.retry import Retry
from chartlake.model import Undecodable, from_json

__all__ = ["ClientCredentials", "GivenToken", "NoCredentials", "TokenSource"]

_TOKEN = re.compile(r"[!-~]+")
_SET_THEM = (
    "set CHARTLAKE_SPOTIFY__ACCESS_TOKEN in .env or the environment (a token of the playlist's "
    "owner, which apps in development mode need), or CHARTLAKE_SPOTIFY__CLIENT_ID and "
    "CHARTLAKE_SPOTIFY__CLIENT_SECRET"
)
_EARLY = timedelta(seconds=60)


class TokenSource(Protocol):
    """Gives access tokens. ``renew`` is asked for when the API refused the last one."""

    def token(self) -> str:
        """A token to send."""
        ...

    def renew(self) -> str:
        """Another token than the one refused, or SignInError."""
        ...


class NoCredentials:
    """Stands where they are not configured: says so when a token is needed, not before."""

    def __init__(
        self, what: str = "no Spotify credentials are configured", fix: str = _SET_THEM
    ) -> None:
        self._what = what
        self._fix = fix

    def token(self) -> str:
        """Never gives one."""
        raise SignInError(self._what, fix=self._fix)

    renew = token


class GivenToken:
    """An access token from elsewhere. It lasts an hour at most and can't be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token.strip()  # a line end is easily copied along

    def token(self) -> str:
        """The token as given; SignInError where it can't be one."""
        if not _TOKEN.fullmatch(self._token):
            raise SignInError(
                "the access token that was given has characters that no token has",
                fix="copy it again into CHARTLAKE_SPOTIFY__ACCESS_TOKEN",
            )
        return self._token

    def renew(self) -> str:
        """Always SignInError."""
        raise SignInError(
            "Spotify no longer accepts the access token that was given",
            why="an access token lasts one hour",
            fix="set a new CHARTLAKE_SPOTIFY__ACCESS_TOKEN, or use a client id and secret",
        )


class _Grant(msgspec.Struct):
    access_token: str
    expires_in: int = 3600


class ClientCredentials:
    """Tokens for an app without a user: enough for what the app itself may read."""

    def __init__(
        self,
        http: httpx2.Client,
        token_url: str,
        client_id: str,
        client_secret: str,
        now: Callable[[], datetime],
        retry: Retry | None = None,
    ) -> None:
        self._http = http
        self._retry = retry or Retry()
        self._token_url = token_url
        self._credentials = (client_id, client_secret)
        self._now = now
        self._current: tuple[str, datetime] | None = None

    def token(self) -> str:
        """The current token, renewed a minute before it ends."""
        if self._current and self._now() < self._current[1] - _EARLY:
            return self._current[0]
        return self.renew()

    def renew(self) -> str:
        """Ask for a new token."""
        asked_at = self._now()
        grant = self._retry.patiently(self._grant)
        self._current = (grant.access_token, asked_at + timedelta(seconds=grant.expires_in))
        return grant.access_token

    def _grant(self) -> _Grant:
        try:
            answer = self._http.post(
                self._token_url, data={"grant_type": "client_credentials"}, auth=self._credentials
            )
        except httpx2.HTTPError as error:
            raise Unavailable(
                f"cannot reach Spotify's sign-in at {self._token_url}", why=str(error)
            ) from error
        if answer.status_code in (400, 401):
            raise SignInError(
                f"Spotify refused the client id and secret ({answer.status_code})",
                fix="copy both again from developer.spotify.com/dashboard into .env",
            )
        try:
            answer.raise_for_status()
            grant = from_json(answer.content, _Grant)
            if not _TOKEN.fullmatch(grant.access_token):
                raise Undecodable("the access token has characters that no token has")
            return grant
        except (httpx2.HTTPError, Undecodable) as error:
            raise Unavailable("Spotify's sign-in gave no usable answer", why=str(error)) from error
