"""Which access tokens a feed gets: given, a signed-in user's, or the app's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from chartlake.extract.spotify.auth.accounts import (
    DEFAULT,
    AccountKey,
    Accounts,
    login_command,
)
from chartlake.extract.spotify.auth.grants import TokenEndpoint
from chartlake.extract.spotify.auth.tokens import (
    ClientCredentials,
    GivenToken,
    NoCredentials,
    TokenSource,
)
from chartlake.extract.spotify.auth.user import UserTokens

__all__ = ["AppCredentials", "TokenSources"]


@dataclass(frozen=True)
class AppCredentials:
    """What the configuration gives."""

    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)


class TokenSources:
    """Chooses by account, and gives each account one source, so that a refresh is shared.

    Nothing is read before a token is asked for: most commands ask for none.
    """

    def __init__(
        self,
        app: AppCredentials,
        accounts: Accounts,
        endpoint: TokenEndpoint,
        now: Callable[[], datetime],
        otherwise: TokenSource | None = None,
    ) -> None:
        self._app = app
        self._accounts = accounts
        self._endpoint = endpoint
        self._now = now
        self._otherwise = otherwise or NoCredentials()
        self._lock = Lock()
        self._made: dict[str, TokenSource] = {}

    def of(self, account: str | None = None, *, needs_user: bool = False) -> TokenSource:
        """The tokens for what an account reads; ``needs_user``: what no app may read by itself.

        In turn: the given access token, the account's sign-in, the client id and secret. Only the
        default account has the first and the last: who names an account means that user.
        """
        return _Chosen(lambda: self._choose(account or DEFAULT, needs_user))

    def _choose(self, name: str, needs_user: bool) -> TokenSource:
        app = self._app
        if app.access_token and name == DEFAULT:
            return self._shared("given", lambda: GivenToken(app.access_token or ""))
        key = AccountKey(name, app.client_id) if app.client_id else None
        if key and self._accounts.get(key):
            return self._shared(
                f"user {name}", lambda: UserTokens(self._accounts, key, self._endpoint, self._now)
            )
        if needs_user or name != DEFAULT:
            return NoCredentials(f"nobody is signed in as account {name}", _how(name, app))
        if app.client_id and app.client_secret:
            credentials = (app.client_id, app.client_secret)
            return self._shared(
                "app", lambda: ClientCredentials(self._endpoint, *credentials, self._now)
            )
        if app.client_id:
            return NoCredentials(
                "nobody is signed in, and no client secret is configured", _how(name, app)
            )
        if app.client_secret:
            return NoCredentials("the Spotify client id is not configured")
        return self._otherwise

    def _shared(self, what: str, make: Callable[[], TokenSource]) -> TokenSource:
        with self._lock:
            if what not in self._made:
                self._made[what] = make()
            return self._made[what]


class _Chosen:
    """Chooses when the first token is asked for."""

    def __init__(self, choose: Callable[[], TokenSource]) -> None:
        self._choose = choose
        self._lock = Lock()
        self._source: TokenSource | None = None

    def token(self) -> str:
        """A token of the source that was chosen."""
        return self._get().token()

    def renew(self, refused: str) -> str:
        """Another one of it."""
        return self._get().renew(refused)

    def _get(self) -> TokenSource:
        with self._lock:
            if self._source is None:
                self._source = self._choose()
            return self._source


def _how(name: str, app: AppCredentials) -> str:
    first = "" if app.client_id else "set CHARTLAKE_SPOTIFY__CLIENT_ID, then: "
    return first + login_command(name)
