"""The operating system's keyring, by the library of that name where it is installed."""

from __future__ import annotations

import importlib
import secrets
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

import msgspec

from chartlake.errors import ConfigError, StorageError
from chartlake.model import Undecodable, from_json

__all__ = ["Keyring", "KeyringStore", "open_keyring"]

_SERVICE = "chartlake"
_INDEX = "index"  # keyrings don't list what they hold, so the names are an entry too
_PROBE_SECONDS = 3.0
_ASK_SECONDS = 60.0  # a person may be asked to unlock it

_Answer = TypeVar("_Answer")


class Keyring(Protocol):
    """What is used of a keyring."""

    def get_password(self, service: str, username: str, /) -> str | None:
        """A secret, None where there is none."""
        ...

    def set_password(self, service: str, username: str, password: str, /) -> None:
        """Keep a secret."""
        ...

    def delete_password(self, service: str, username: str, /) -> None:
        """Forget a secret."""
        ...


class _Unfaithful(Exception):
    """A keyring that takes everything and keeps nothing."""


def open_keyring(
    find: Callable[[], Keyring] | None = None, seconds: float = _PROBE_SECONDS
) -> KeyringStore:
    """The keyring of this session, after a try; ConfigError where it cannot be used."""
    try:
        keyring = _within(seconds, lambda: _probed((find or _installed)()))
    except Exception as error:  # keyrings raise whatever the libraries below them raise
        reason = _reason(error, seconds)
    else:
        return KeyringStore(keyring)
    raise ConfigError(
        "no keyring can be used here",
        why=reason,
        fix='set store = "file" under [auth] in chartlake.toml',
    )


class KeyringStore:
    """Secrets in a keyring, each an entry of the service ``chartlake``."""

    def __init__(self, keyring: Keyring, seconds: float = _ASK_SECONDS) -> None:
        self._keyring = keyring
        self._seconds = seconds

    @property
    def place(self) -> str:
        """The keyring's own name where it has one."""
        return f"the keyring ({getattr(self._keyring, 'name', type(self._keyring).__name__)})"

    def get(self, name: str) -> str | None:
        """A secret; StorageError where the keyring fails."""
        return self._ask(lambda: self._keyring.get_password(_SERVICE, name))

    def set(self, name: str, secret: str) -> None:
        """Keep a secret, and its name."""
        names = {*self.names(), name}
        self._put(_INDEX, msgspec.json.encode(sorted(names)).decode())
        self._put(name, secret)

    def delete(self, name: str) -> None:
        """Forget a secret, then its name."""
        if self.get(name) is not None:
            self._ask(lambda: self._keyring.delete_password(_SERVICE, name))
        if name in (names := self.names()):
            names.remove(name)
            self._put(_INDEX, msgspec.json.encode(names).decode())

    def names(self) -> list[str]:
        """The names of all secrets."""
        index = self.get(_INDEX)
        try:
            return from_json(index.encode(), list[str]) if index else []
        except Undecodable:
            return []

    def _put(self, name: str, secret: str) -> None:
        self._ask(lambda: self._keyring.set_password(_SERVICE, name, secret))

    def _ask(self, ask: Callable[[], _Answer]) -> _Answer:
        try:
            return _within(self._seconds, ask)
        except Exception as error:  # as above
            reason = _reason(error, self._seconds)
        raise StorageError(
            "the keyring did not do what it was asked",
            why=reason,
            fix='unlock it, or keep sign-ins in files: store = "file" under [auth]',
        )


def _installed() -> Keyring:
    found: Keyring = importlib.import_module("keyring").get_keyring()  # an extra of ours
    return found


def _probed(keyring: Keyring) -> Keyring:
    """Set, read and delete an entry: some keyrings only fail when they are used."""
    name, secret = f"probe-{secrets.token_hex(4)}", secrets.token_hex(4)
    keyring.set_password(_SERVICE, name, secret)
    kept = keyring.get_password(_SERVICE, name)
    keyring.delete_password(_SERVICE, name)
    if kept != secret:
        raise _Unfaithful("it does not give back what it was given")
    return keyring


def _within(seconds: float, do: Callable[[], _Answer]) -> _Answer:
    """Do it, but no longer than that: without a session a keyring may wait for ever."""
    done: SimpleQueue[tuple[_Answer | None, Exception | None]] = SimpleQueue()

    def work() -> None:
        try:
            done.put((do(), None))
        except Exception as error:  # told to the one who waits
            done.put((None, error))

    threading.Thread(target=work, daemon=True).start()
    answer, error = done.get(timeout=seconds)
    if error:
        raise error
    return answer  # type: ignore[return-value]  # no error, so it is the answer


def _reason(error: Exception, seconds: float) -> str:
    """Why, without the error's own words where they might hold what it was given."""
    if isinstance(error, Empty):
        return f"it did not answer within {seconds:g} seconds"
    if isinstance(error, ModuleNotFoundError):
        return "the library for it is not installed: chartlake[keyring]"
    if isinstance(error, _Unfaithful):
        return str(error)
    return f"it failed with {type(error).__name__}"
