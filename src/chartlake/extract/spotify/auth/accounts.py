"""What is kept of a signed-in user, per account; an account is known by its name and app."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from chartlake.errors import StorageError
from chartlake.extract.spotify.auth.grants import Grant
from chartlake.extract.spotify.auth.stores import CredentialStore
from chartlake.extract.spotify.auth.tokens import EARLY
from chartlake.model import Undecodable, from_json

__all__ = ["DEFAULT", "Account", "AccountKey", "Accounts", "login_command"]

DEFAULT = "default"
"""The account that is meant where none is named."""

_MONTHS = 6
_WARNED_FROM_MONTH = 5


class AccountKey(NamedTuple):
    """An account's name, and the app that its user signed in to."""

    name: str
    client_id: str


class Account(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One signed-in user. Without a refresh token the sign-in has ended, and the user is known."""

    name: str
    client_id: str
    user_id: str
    display_name: str | None
    scopes: tuple[str, ...]
    authorized_at: datetime
    refresh_token: str | None = None
    access_token: str | None = None
    access_ends_at: datetime | None = None
    format: int = 1

    def __repr__(self) -> str:
        return f"Account({self.name!r}, user_id={self.user_id!r}, until={self.expires_at:%Y-%m-%d})"

    @property
    def key(self) -> AccountKey:
        """By what it is kept."""
        return AccountKey(self.name, self.client_id)

    @property
    def expires_at(self) -> datetime:
        """When Spotify ends the sign-in, however much it is used."""
        return _months_later(self.authorized_at, _MONTHS)

    def token_at(self, now: datetime, refused: str | None = None) -> str | None:
        """The access token where it still holds, and is not the one that was refused."""
        if not self.access_token or not self.access_ends_at or self.access_token == refused:
            return None
        return self.access_token if now < self.access_ends_at - EARLY else None

    def with_grant(self, grant: Grant, asked_at: datetime) -> Account:
        """The account after a grant; the refresh token stays where no other came with it."""
        return msgspec.structs.replace(
            self,
            access_token=grant.access_token,
            access_ends_at=asked_at + timedelta(seconds=grant.expires_in),
            refresh_token=grant.refresh_token or self.refresh_token,
        )

    def without_tokens(self) -> Account:
        """The account after its sign-in ended."""
        return msgspec.structs.replace(
            self, refresh_token=None, access_token=None, access_ends_at=None
        )

    def warning(self, now: datetime) -> str | None:
        """What to tell from the fifth month on, or after the end."""
        days, until = (now - self.authorized_at).days, f"{self.expires_at:%Y-%m-%d}"
        command = login_command(self.name)
        if not self.refresh_token:
            return f"the sign-in has ended: sign in again ({command})"
        if now >= self.expires_at:
            return f"the sign-in ended on {until}: sign in again ({command})"
        if now >= _months_later(self.authorized_at, _WARNED_FROM_MONTH):
            return f"signed in {days} days ago: sign in again before {until} ({command})"
        return None


class Accounts:
    """The accounts in a store; ``exclusive`` keeps everybody else from changing them meanwhile."""

    def __init__(
        self, store: CredentialStore, exclusive: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._store = store
        self.exclusive = exclusive

    @property
    def place(self) -> str:
        """Where they are kept, for people."""
        return self._store.place

    def get(self, key: AccountKey) -> Account | None:
        """What is kept of an account; StorageError where it cannot be read."""
        kept = self._store.get(_entry(key))
        if kept is None:
            return None
        try:
            return from_json(kept.encode(), Account)
        except Undecodable:
            raise StorageError(
                f"what {self.place} holds of account {key.name} cannot be read",
                fix=f"chartlake logout --account {key.name}, then {login_command(key.name)}",
            ) from None

    def save(self, account: Account) -> None:
        """Keep an account as it is now."""
        self._store.set(_entry(account.key), msgspec.json.encode(account).decode())

    def forget(self, key: AccountKey) -> None:
        """Keep nothing of an account; one that is not there is no error."""
        self._store.delete(_entry(key))

    def keys(self) -> list[AccountKey]:
        """All accounts, of every app; they are not read for that."""
        entries = (entry.partition("@") for entry in self._store.names())
        return sorted(AccountKey(name, client_id) for name, _, client_id in entries)


def login_command(name: str) -> str:
    """The command that signs an account in."""
    return "chartlake login" if name == DEFAULT else f"chartlake login --account {name}"


def _entry(key: AccountKey) -> str:
    return f"{key.name}@{key.client_id}"


def _months_later(moment: datetime, months: int) -> datetime:
    """The same day of a later month, or that month's last one."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
