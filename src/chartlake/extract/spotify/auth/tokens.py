"""Access tokens: one that was given, or the app's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from chartlake.errors import SignInError
from chartlake.extract.spotify.auth.grants import DASHBOARD, GrantRefused, TokenEndpoint

__all__ = ["EARLY", "ClientCredentials", "GivenToken", "NoCredentials", "TokenSource"]

EARLY = timedelta(seconds=60)
"""How long before its end a token is renewed."""

_TOKEN = re.compile(r"[!-~]+")
_SET_THEM = (
    "sign in: chartlake login (it needs CHARTLAKE_SPOTIFY__CLIENT_ID, or client_id under [spotify] "
    "in chartlake.toml); or set CHARTLAKE_SPOTIFY__CLIENT_ID and CHARTLAKE_SPOTIFY__CLIENT_SECRET, "
    "which suffice for an app with extended quota"
)


class TokenSource(Protocol):
    """Gives access tokens, to any number of threads."""

    def token(self) -> str:
        """A token to send."""
        ...

    def renew(self, refused: str) -> str:
        """Another token than the one that the API refused, or SignInError.

        Workers that were refused the same token get the same new one: it is asked for once.
        """
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

    def renew(self, refused: str) -> str:
        """Never gives one either."""
        return self.token()


class GivenToken:
    """An access token from elsewhere. It lasts an hour at most and can't be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token.strip()  # a line end is easily copied along
        self._refused = False

    def token(self) -> str:
        """The token as given; SignInError where it can't be one, or was refused before."""
        if self._refused:
            return self.renew(self._token)
        if not _TOKEN.fullmatch(self._token):
            raise SignInError(
                "the access token that was given has characters that no token has",
                fix="copy it again into CHARTLAKE_SPOTIFY__ACCESS_TOKEN",
            )
        return self._token

    def renew(self, refused: str) -> str:
        """Always SignInError."""
        self._refused = True
        raise SignInError(
            "Spotify no longer accepts the access token that was given",
            why="an access token lasts one hour",
            fix="remove CHARTLAKE_SPOTIFY__ACCESS_TOKEN and sign in: chartlake login",
        )


class ClientCredentials:
    """Tokens for an app without a user: enough for what the app itself may read."""

    def __init__(
        self,
        endpoint: TokenEndpoint,
        client_id: str,
        client_secret: str,
        now: Callable[[], datetime],
    ) -> None:
        self._endpoint = endpoint
        self._credentials = (client_id, client_secret)
        self._now = now
        self._lock = Lock()
        self._current: tuple[str, datetime] | None = None
        self._refused: SignInError | None = None

    def token(self) -> str:
        """The current token, renewed a minute before it ends."""
        return self._other_than(None)

    def renew(self, refused: str) -> str:
        """The current token where it is another already, else a new one."""
        return self._other_than(refused)

    def _other_than(self, refused: str | None) -> str:
        with self._lock:
            if self._current:
                token, ends_at = self._current
                if token != refused and self._now() < ends_at - EARLY:
                    return token
            return self._ask()

    def _ask(self) -> str:
        if self._refused:  # asked again they would be refused again
            raise self._refused
        asked_at = self._now()
        try:
            grant = self._endpoint.for_app(*self._credentials)
        except GrantRefused as error:
            self._refused = SignInError(
                "Spotify refused the client id and secret",
                why=error.why,
                fix=f"copy both again from {DASHBOARD} into .env",
            )
            raise self._refused from None
        self._current = (grant.access_token, asked_at + timedelta(seconds=grant.expires_in))
        return grant.access_token
