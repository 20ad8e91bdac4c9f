"""Where sign-ins are kept: in files of one's own, in the keyring, or in what else plugs in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote

from chartlake.errors import ConfigError
from chartlake.extract.spotify.auth.keyring_store import open_keyring
from chartlake.extract.spotify.auth.private_files import (
    read_private,
    remove_private,
    write_private,
)

__all__ = ["STORES", "AutoStore", "CredentialStore", "FileStore", "open_store"]

_CHOICE = "store"  # the file that notes which store was chosen


class CredentialStore(Protocol):
    """Keeps secrets by name."""

    @property
    def place(self) -> str:
        """Where that is, for people."""
        ...

    def get(self, name: str) -> str | None:
        """A secret, None where there is none."""
        ...

    def set(self, name: str, secret: str) -> None:
        """Keep a secret, in the place of one of the same name."""
        ...

    def delete(self, name: str) -> None:
        """Forget a secret; one that is not there is no error."""
        ...

    def names(self) -> list[str]:
        """The names of all secrets."""
        ...


class FileStore:
    """One file per secret, of mode 0600 in a folder of mode 0700."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        """The folder."""
        return str(self._folder)

    def get(self, name: str) -> str | None:
        """A secret; ConfigError where others could read it too."""
        return read_private(self._file(name))

    def set(self, name: str, secret: str) -> None:
        """Keep a secret: the new one whole, or the old one stays."""
        write_private(self._file(name), secret)

    def delete(self, name: str) -> None:
        """Remove a secret's file."""
        remove_private(self._file(name))

    def names(self) -> list[str]:
        """The names of all secrets."""
        # by hand: a file that begins with a dot is a draft
        files = self._folder.glob("*.json")
        return sorted(unquote(file.stem) for file in files if not file.name.startswith("."))

    def _file(self, name: str) -> Path:
        return self._folder / f"{quote(name, safe='@')}.json"


STORES: Mapping[str, Callable[[Path], CredentialStore]] = {
    "file": FileStore,
    "keyring": lambda folder: open_keyring(),
}
"""How each kind is opened; the folder is for those that need one."""


def open_store(
    kind: str,
    folder: Path,
    say: Callable[[str], None],
    stores: Mapping[str, Callable[[Path], CredentialStore]] = STORES,
) -> CredentialStore:
    """The store of a kind; ``auto`` chooses at the first sign-in, and says what it chose once."""
    return AutoStore(folder, say, stores) if kind == "auto" else stores[kind](folder)


class AutoStore:
    """The keyring where one can be used, else files: chosen when the first secret is kept.

    The choice is noted in the folder and stays, so that a sign-in is looked for where it is.
    Until then nothing is probed: a run that needs no sign-in must not wait for a keyring.
    """

    def __init__(
        self,
        folder: Path,
        say: Callable[[str], None],
        stores: Mapping[str, Callable[[Path], CredentialStore]] = STORES,
    ) -> None:
        self._folder = folder
        self._say = say
        self._stores = stores
        self._chosen: CredentialStore | None = None

    @property
    def place(self) -> str:
        """That of the store that was chosen."""
        store = self._noted()
        return store.place if store else "keyring or file, not chosen yet"

    def get(self, name: str) -> str | None:
        """A secret, None where there is none."""
        store = self._noted()
        return store.get(name) if store else None

    def set(self, name: str, secret: str) -> None:
        """Keep a secret; the first one makes the choice."""
        (self._noted() or self._choose()).set(name, secret)

    def delete(self, name: str) -> None:
        """Forget a secret; one that is not there is no error."""
        if store := self._noted():
            store.delete(name)

    def names(self) -> list[str]:
        """The names of all secrets."""
        store = self._noted()
        return store.names() if store else []

    def _noted(self) -> CredentialStore | None:
        if self._chosen is None:
            kind = read_private(self._folder / _CHOICE)
            self._chosen = self._open(kind.strip()) if kind else None
        return self._chosen

    def _open(self, kind: str) -> CredentialStore:
        try:
            return self._stores[kind if kind in self._stores else "file"](self._folder)
        except ConfigError as error:
            raise ConfigError(
                "sign-ins are kept in the keyring, which cannot be used from here",
                why=error.why,
                fix='set store = "file" under [auth] in chartlake.toml (or CHARTLAKE_AUTH__STORE='
                "file) and sign in again, or run where the keyring is open",
            ) from None

    def _choose(self) -> CredentialStore:
        kind, why = "keyring", None
        try:
            store = self._stores[kind](self._folder)
        except ConfigError as error:
            kind, why = "file", error.why
            store = self._stores[kind](self._folder)
        write_private(self._folder / _CHOICE, kind + "\n")
        if kind == "file":
            self._say(
                f"no keyring can be used here ({why}): "
                f"sign-ins are kept in files that only you can read, in {self._folder}"
            )
        self._chosen = store
        return store
