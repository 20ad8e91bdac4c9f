"""Access tokens of a signed-in user: refreshed when they end, by one of all workers at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock

from chartlake.errors import SignInError
from chartlake.extract.spotify.auth.accounts import Account, AccountKey, Accounts, login_command
from chartlake.extract.spotify.auth.grants import GrantRefused, TokenEndpoint

__all__ = ["UserTokens"]

_ENDED = "invalid_grant"


class UserTokens:
    """Gives the access tokens of one account.

    Threads share one object and wait for each other; processes share the accounts' lock, and look
    again at what is kept once they hold it: another may have refreshed already. That a sign-in has
    ended is kept too: it is asked about once, until somebody signs in again.
    """

    def __init__(
        self,
        accounts: Accounts,
        key: AccountKey,
        endpoint: TokenEndpoint,
        now: Callable[[], datetime],
    ) -> None:
        self._accounts = accounts
        self._key = key
        self._endpoint = endpoint
        self._now = now
        self._lock = Lock()
        self._account: Account | None = None

    def token(self) -> str:
        """The current token, renewed a minute before it ends."""
        return self._other_than(None)

    def renew(self, refused: str) -> str:
        """The current token where it is another already, else a refreshed one."""
        return self._other_than(refused)

    def _other_than(self, refused: str | None) -> str:
        with self._lock:
            if self._account is None:
                self._account = self._kept()
            return self._account.token_at(self._now(), refused) or self._refreshed(refused)

    def _refreshed(self, refused: str | None) -> str:
        with self._accounts.exclusive():
            account = self._kept()
            if not account.token_at(self._now(), refused):
                account = self._ask(account)
            self._account = account
        # a token that lasts no longer than a minute is no reason to ask again
        return str(account.access_token)

    def _kept(self) -> Account:
        account = self._accounts.get(self._key)
        if account is None:
            raise SignInError(
                f"nobody is signed in as account {self._key.name}",
                fix=login_command(self._key.name),
            )
        return account

    def _ask(self, account: Account, again: bool = False) -> Account:
        """Refresh, and keep what came before anybody uses it."""
        token = self._refresh_token_of(account)
        # found before the refresh token is spent, which may be good once: a full disk, say
        self._accounts.save(account)
        asked_at = self._now()
        try:
            grant = self._endpoint.for_refresh(account.client_id, token)
        except GrantRefused as error:
            if error.code != _ENDED:
                raise
            words = error.why
        else:
            refreshed = account.with_grant(grant, asked_at)
            self._accounts.save(refreshed)
            return refreshed
        latest = self._kept()  # a store that machines share has a lock of each
        if not again and latest.refresh_token not in (None, token):
            return self._ask(latest, again=True)
        self._account = account.without_tokens()
        self._accounts.save(self._account)
        raise self._ended(f"Spotify no longer takes it ({words or _ENDED})")

    def _refresh_token_of(self, account: Account) -> str:
        if self._now() >= account.expires_at:
            raise self._ended(
                f"it was made on {account.authorized_at:%Y-%m-%d}, "
                "and Spotify ends each after six months"
            )
        if not account.refresh_token:
            raise self._ended("Spotify no longer took it when it was last used")
        return account.refresh_token

    def _ended(self, why: str) -> SignInError:
        return SignInError(
            f"the sign-in of account {self._key.name} has ended: log in again",
            why=why,
            fix=login_command(self._key.name),
        )
