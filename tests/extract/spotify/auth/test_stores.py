"""Where sign-ins are kept, and how that is chosen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chartlake.errors import ConfigError
from chartlake.extract.spotify.auth.keyring_store import KeyringStore, open_keyring
from chartlake.extract.spotify.auth.stores import (
    STORES,
    AutoStore,
    CredentialStore,
    FileStore,
    open_store,
)
from tests.extract.spotify.auth.test_keyring_store import BrokenKeyring, MemoryKeyring


@pytest.fixture(params=["file", "keyring", "auto with keyring", "auto without"])
def store(request: pytest.FixtureRequest, folder: Path) -> CredentialStore:
    keyring = MemoryKeyring()
    match request.param:
        case "file":
            return FileStore(folder)
        case "keyring":
            return KeyringStore(keyring)
        case "auto with keyring":
            return AutoStore(folder, print, with_keyring(keyring))
        case _:
            return AutoStore(folder, print, with_keyring(BrokenKeyring()))


def with_keyring(
    keyring: MemoryKeyring | BrokenKeyring,
) -> dict[str, Callable[[Path], CredentialStore]]:
    return {"file": FileStore, "keyring": lambda folder: open_keyring(lambda: keyring)}


def test_every_store_keeps_lists_replaces_and_forgets(store: CredentialStore) -> None:
    assert store.names() == []
    assert store.get("default@id") is None
    store.delete("default@id")
    store.set("default@id", "planted-one")
    store.set("ada@../id é", "planted-two")
    assert store.names() == ["ada@../id é", "default@id"]
    store.set("default@id", "planted-three")
    assert store.get("default@id") == "planted-three"
    assert store.get("ada@../id é") == "planted-two"
    store.delete("default@id")
    assert store.get("default@id") is None
    assert store.names() == ["ada@../id é"]


def test_a_store_says_where_it_is_without_saying_what(store: CredentialStore) -> None:
    store.set("default@id", "planted-one")
    assert store.place
    assert "planted-one" not in f"{store.place} {store!r} {vars(store)!r}"


def test_without_a_keyring_files_are_used_and_that_is_said_once(folder: Path) -> None:
    said: list[str] = []
    stores = with_keyring(BrokenKeyring())
    AutoStore(folder, said.append, stores).set("default@id", "one")
    AutoStore(folder, said.append, stores).set("default@id", "two")
    assert len(said) == 1
    assert str(folder) in said[0]
    assert "no keyring can be used here" in said[0]
    assert FileStore(folder).get("default@id") == "two"


def test_with_a_keyring_it_is_used_and_nothing_is_said(folder: Path) -> None:
    said: list[str] = []
    keyring = MemoryKeyring()
    AutoStore(folder, said.append, with_keyring(keyring)).set("default@id", "one")
    assert said == []
    assert FileStore(folder).names() == []
    assert AutoStore(folder, said.append, with_keyring(keyring)).get("default@id") == "one"


def test_nothing_is_probed_before_somebody_signs_in(folder: Path) -> None:
    def never(folder: Path) -> CredentialStore:
        raise AssertionError("a run without a sign-in must not wait for a keyring")

    store = AutoStore(folder, print, {"file": FileStore, "keyring": never})
    assert store.names() == []
    assert store.get("default@id") is None
    assert "not chosen yet" in store.place
    assert not folder.exists()


def test_a_choice_stays_where_the_keyring_comes_later(folder: Path) -> None:
    AutoStore(folder, lambda text: None, with_keyring(BrokenKeyring())).set("default@id", "one")
    later = AutoStore(folder, print, with_keyring(MemoryKeyring()))
    assert later.get("default@id") == "one"


def test_a_keyring_that_is_out_of_reach_is_said_where_a_sign_in_is_looked_for(
    folder: Path,
) -> None:
    """Signed in on the desktop, run by cron: that there is no sign-in would be a wrong answer."""
    AutoStore(folder, print, with_keyring(MemoryKeyring())).set("default@id", "one")
    from_cron = AutoStore(folder, print, with_keyring(BrokenKeyring()))
    with pytest.raises(ConfigError, match="kept in the keyring, which cannot be used") as problem:
        from_cron.get("default@id")
    assert 'store = "file"' in str(problem.value.fix)


def test_kinds_are_looked_up_by_name_and_others_plug_in(folder: Path) -> None:
    assert isinstance(open_store("file", folder, print), FileStore)
    assert isinstance(open_store("auto", folder, print), AutoStore)
    vault = KeyringStore(MemoryKeyring())
    assert open_store("vault", folder, print, {**STORES, "vault": lambda folder: vault}) is vault
