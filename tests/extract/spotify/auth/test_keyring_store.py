"""The keyring: hand-written ones that keep, fail, forget and hang."""

from collections.abc import Callable
from threading import Event

import pytest

from chartlake.errors import ConfigError, StorageError
from chartlake.extract.spotify.auth.keyring_store import KeyringStore, open_keyring
from tests.extract.spotify.auth.fakes import told


class MemoryKeyring:
    """Keeps what it is given."""

    name = "memory"

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class BrokenKeyring(MemoryKeyring):
    """Fails as keyrings do, and tells what it was given."""

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("no session")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"cannot keep {password}")


class ForgetfulKeyring(MemoryKeyring):
    """Takes everything and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass

    def delete_password(self, service: str, username: str) -> None:
        pass


class HangingKeyring(MemoryKeyring):
    """Waits for a person who is not there."""

    def set_password(self, service: str, username: str, password: str) -> None:
        Event().wait()


def uninstalled() -> MemoryKeyring:
    raise ModuleNotFoundError("No module named 'keyring'")


def test_a_keyring_that_works_is_opened_and_left_as_it_was() -> None:
    keyring = MemoryKeyring()
    assert open_keyring(lambda: keyring).place == "the keyring (memory)"
    assert keyring.kept == {}


@pytest.mark.parametrize(
    ("find", "why"),
    [
        (BrokenKeyring, "it failed with RuntimeError"),
        (ForgetfulKeyring, "it does not give back what it was given"),
        (HangingKeyring, "it did not answer within 0.05 seconds"),
        (uninstalled, "the library for it is not installed: chartlake[keyring]"),
    ],
)
def test_one_that_cannot_be_used_is_refused_with_the_reason(
    find: Callable[[], MemoryKeyring], why: str
) -> None:
    with pytest.raises(ConfigError, match="no keyring can be used") as problem:
        open_keyring(find, seconds=0.05)
    assert problem.value.why == why
    assert 'store = "file"' in str(problem.value.fix)


def test_the_installed_keyring_is_found_or_refused_with_a_reason() -> None:
    found: str | None
    try:
        found = open_keyring().place
    except ConfigError as problem:
        found = problem.why
    assert found  # which of both, depends on the machine
    assert "not installed" not in found


def test_a_failure_later_is_told_without_the_secret() -> None:
    store = KeyringStore(BrokenKeyring())
    with pytest.raises(StorageError) as problem:
        store._put("default@id", "planted-secret")
    assert "planted-secret" not in told(problem.value)
    assert "RuntimeError" in str(problem.value.why)


def test_a_keyring_that_hangs_later_is_given_up() -> None:
    with pytest.raises(StorageError) as problem:
        KeyringStore(HangingKeyring(), seconds=0.05).set("default@id", "one")
    assert problem.value.why == "it did not answer within 0.05 seconds"


def test_an_index_that_others_wrote_is_no_crash() -> None:
    keyring = MemoryKeyring()
    keyring.kept["chartlake", "index"] = "not JSON"
    store = KeyringStore(keyring)
    assert store.names() == []
    store.set("default@id", "one")
    assert store.names() == ["default@id"]
