"""Tokens of a signed-in user, over a real socket and a real disk."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from chartlake.errors import SignInError, StorageError, Unavailable
from chartlake.extract.spotify.auth import UserTokens
from chartlake.extract.spotify.auth.accounts import Account, AccountKey, Accounts
from chartlake.extract.spotify.auth.grants import GrantRefused, TokenEndpoint
from chartlake.extract.spotify.auth.private_files import lock_in
from chartlake.extract.spotify.auth.stores import FileStore
from tests.conftest import ROOT
from tests.extract.server import RESET, Server, answer
from tests.extract.spotify.auth.fakes import KEY, START, Clock, account, grant, invalid, told


@pytest.fixture
def user(accounts: Accounts, endpoint: TokenEndpoint, clock: Clock) -> UserTokens:
    accounts.save(account())
    return UserTokens(accounts, KEY, endpoint, clock)


@contextmanager
def open_to_all() -> Iterator[None]:
    """A lock that keeps nobody out."""
    yield


def sent(server: Server) -> list[str]:
    """The refresh tokens that were sent."""
    return [
        parse_qs(request.body.decode())["refresh_token"][0] for request in server.asked("/token")
    ]


def kept(accounts: Accounts) -> tuple[str | None, str | None]:
    found = accounts.get(KEY)
    assert found
    return found.refresh_token, found.access_token


def test_a_token_is_refreshed_a_minute_before_its_end(
    server: Server, user: UserTokens, clock: Clock
) -> None:
    server.script("/token", grant("one"), grant("two"))
    assert user.token() == "one"
    clock.pass_by(seconds=3539)
    assert user.token() == "one"
    clock.pass_by(seconds=1)
    assert user.token() == "two"
    assert sent(server) == ["refresh-one", "refresh-one"]


def test_the_next_run_uses_the_token_that_is_kept(
    server: Server, user: UserTokens, accounts: Accounts, endpoint: TokenEndpoint, clock: Clock
) -> None:
    server.script("/token", grant("one"))
    user.token()
    clock.pass_by(minutes=30)
    assert UserTokens(accounts, KEY, endpoint, clock).token() == "one"
    assert len(server.requests) == 1


def test_an_answer_without_a_refresh_token_keeps_the_old_one(
    server: Server, user: UserTokens, accounts: Accounts
) -> None:
    server.script("/token", grant("one"))
    user.token()
    assert kept(accounts) == ("refresh-one", "one")


def test_a_new_refresh_token_is_kept_before_the_access_token_is_used(
    server: Server, user: UserTokens, accounts: Accounts
) -> None:
    server.script("/token", grant("one", refresh_token="refresh-two"), grant("two"))
    token = user.token()
    assert kept(accounts) == ("refresh-two", token)
    assert user.renew(token) == "two"
    assert sent(server) == ["refresh-one", "refresh-two"]


def test_a_store_that_cannot_be_written_is_found_before_the_refresh_token_is_spent(
    server: Server, user: UserTokens, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script("/token", grant("one", refresh_token="refresh-two"))

    def full(self: FileStore, name: str, secret: str) -> None:
        raise StorageError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(FileStore, "set", full)
        with pytest.raises(StorageError):
            user.token()
        assert server.requests == []
    assert user.token() == "one"


def test_many_workers_cause_one_refresh(
    server: Server, folder: Path, endpoint: TokenEndpoint, clock: Clock
) -> None:
    """Threads wait for each other without a lock of the store's."""
    accounts = Accounts(FileStore(folder), open_to_all)
    accounts.save(account())
    user = UserTokens(accounts, KEY, endpoint, clock)
    server.script("/token", grant("one"), replace(grant("two"), seconds_late=0.05), grant("three"))
    with ThreadPoolExecutor(8) as workers:
        assert {*workers.map(lambda _: user.token(), range(8))} == {"one"}
        assert {*workers.map(user.renew, ["one"] * 8)} == {"two"}
    assert len(server.requests) == 2


def test_two_processes_cause_one_refresh(
    server: Server, accounts: Accounts, folder: Path, clock: Clock
) -> None:
    """The second one waits for the lock, then finds what the first one got."""
    accounts.save(account(access_token="old", access_ends_at=clock.now))
    late = grant("one", refresh_token="refresh-two")
    server.script("/token", replace(late, seconds_late=0.5), invalid())
    program = f"""
import sys
from pathlib import Path
import httpx2
from chartlake.extract.spotify.auth import Accounts, UserTokens
from chartlake.extract.spotify.auth.grants import TokenEndpoint
from chartlake.extract.spotify.auth.private_files import lock_in
from chartlake.extract.spotify.auth.stores import FileStore
from tests.extract.spotify.auth.fakes import KEY, Clock
folder = Path({str(folder)!r})
accounts = Accounts(FileStore(folder), lock_in(folder))
with httpx2.Client(trust_env=False) as http:
    user = UserTokens(accounts, KEY, TokenEndpoint(http, "{server.url}/token"), Clock())
    print(user.token())
"""
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in both] == ["one", "one"]
    assert sent(server) == ["refresh-one"]


def test_a_token_that_another_process_got_meanwhile_is_taken(
    server: Server, user: UserTokens, accounts: Accounts, clock: Clock
) -> None:
    server.script("/token", grant("one"))
    assert user.token() == "one"
    later = clock.now.replace(hour=5)
    accounts.save(account(access_token="theirs", access_ends_at=later))
    assert user.renew("one") == "theirs"
    assert len(server.requests) == 1


def test_an_outage_is_waited_out_and_never_ends_a_sign_in(
    server: Server, user: UserTokens, accounts: Accounts
) -> None:
    server.script("/token", RESET, answer({}, 503), answer({}, 429), grant("one"))
    with pytest.raises(Unavailable):
        user.token()
    assert kept(accounts)[0] == "refresh-one"
    assert user.token() == "one"


def test_an_ended_sign_in_is_said_and_asked_about_once(
    server: Server, user: UserTokens, accounts: Accounts, endpoint: TokenEndpoint, clock: Clock
) -> None:
    server.script("/token", invalid())
    for ask in (user.token, user.token, lambda: user.renew("any")):
        with pytest.raises(SignInError) as problem:
            ask()
        assert problem.value.what == "the sign-in of account default has ended: log in again"
        assert problem.value.fix == "chartlake login"
        assert "refresh-one" not in told(problem.value)
    assert len(server.requests) == 1
    assert kept(accounts) == (None, None)
    found = accounts.get(KEY)
    assert found
    assert found.user_id == "ada-1"
    with pytest.raises(SignInError, match="log in again"):
        UserTokens(accounts, KEY, endpoint, clock).token()
    assert len(server.requests) == 1


def test_a_token_that_was_refused_is_not_given_again_after_the_end(
    server: Server, user: UserTokens
) -> None:
    server.script("/token", grant("one"), invalid())
    assert user.token() == "one"
    with pytest.raises(SignInError, match="log in again"):
        user.renew("one")
    with pytest.raises(SignInError, match="log in again"):
        user.token()
    assert len(server.requests) == 2


def test_who_signs_in_again_is_seen_by_a_program_that_runs(
    server: Server, user: UserTokens, accounts: Accounts
) -> None:
    server.script("/token", invalid(), grant("one"))
    with pytest.raises(SignInError, match="log in again"):
        user.token()
    accounts.save(account(refresh_token="refresh-of-a-new-login"))
    assert user.token() == "one"


def test_an_ended_sign_in_of_a_named_account_names_it(
    server: Server, accounts: Accounts, endpoint: TokenEndpoint, clock: Clock
) -> None:
    key = AccountKey("ada", KEY.client_id)
    accounts.save(account(name="ada"))
    server.script("/token", invalid())
    with pytest.raises(SignInError, match="account ada") as problem:
        UserTokens(accounts, key, endpoint, clock).token()
    assert problem.value.fix == "chartlake login --account ada"


def test_a_newer_refresh_token_of_another_machine_is_used_once(
    server: Server, folder: Path, endpoint: TokenEndpoint, clock: Clock
) -> None:
    store = FileStore(folder)
    accounts = Accounts(store, open_to_all)
    accounts.save(account())
    overtaken = _Overtaken(accounts)
    user = UserTokens(overtaken, KEY, endpoint, clock)
    server.script("/token", invalid(), grant("one"))
    assert user.token() == "one"
    assert sent(server) == ["refresh-one", "refresh-of-look-3"]


def test_a_newer_refresh_token_that_is_refused_too_ends_it(
    server: Server, folder: Path, endpoint: TokenEndpoint, clock: Clock
) -> None:
    accounts = Accounts(FileStore(folder), open_to_all)
    accounts.save(account())
    server.script("/token", invalid())
    with pytest.raises(SignInError, match="log in again"):
        UserTokens(_Overtaken(accounts), KEY, endpoint, clock).token()
    assert sent(server) == ["refresh-one", "refresh-of-look-3"]
    assert kept(accounts) == (None, None)


class _Overtaken(Accounts):
    """Another machine refreshes between our look and our request."""

    def __init__(self, accounts: Accounts) -> None:
        super().__init__(accounts._store, accounts.exclusive)
        self._looks = 0

    def get(self, key: AccountKey) -> Account | None:
        self._looks += 1
        found = super().get(key)
        return found if self._looks < 3 else account(refresh_token=f"refresh-of-look-{self._looks}")


def test_after_six_months_nothing_is_asked(
    server: Server, user: UserTokens, accounts: Accounts, clock: Clock
) -> None:
    clock.now = START.replace(month=9)
    with pytest.raises(SignInError, match="log in again") as problem:
        user.token()
    assert "2026-03-01" in str(problem.value.why)
    assert server.requests == []
    # it is our clock that says so, and it may be wrong
    assert kept(accounts)[0] == "refresh-one"


@pytest.mark.parametrize("given", [invalid("invalid_client"), answer({}, 400), answer([], 403)])
def test_any_other_no_keeps_the_sign_in(
    server: Server, user: UserTokens, accounts: Accounts, given: object
) -> None:
    server.script("/token", given, grant("one"))  # type: ignore[arg-type]
    with pytest.raises(GrantRefused):
        user.token()
    assert kept(accounts)[0] == "refresh-one"
    assert user.token() == "one"


def test_an_account_that_nobody_signed_in_is_said(
    accounts: Accounts, endpoint: TokenEndpoint, clock: Clock
) -> None:
    with pytest.raises(SignInError, match="nobody is signed in as account default") as problem:
        UserTokens(accounts, KEY, endpoint, clock).token()
    assert problem.value.fix == "chartlake login"


def test_a_lock_that_is_not_given_back_is_passing(
    server: Server, folder: Path, endpoint: TokenEndpoint, clock: Clock
) -> None:
    accounts = Accounts(FileStore(folder), lock_in(folder, seconds=0.01))
    accounts.save(account())
    with ThreadPoolExecutor(1) as other, lock_in(folder)():
        asked = other.submit(UserTokens(accounts, KEY, endpoint, clock).token)
        with pytest.raises(Unavailable, match="busy signing in"):
            asked.result()
    assert server.requests == []
