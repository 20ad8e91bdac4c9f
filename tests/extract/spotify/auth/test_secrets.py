"""Planted secrets are in no log at the highest verbosity, no repr, no error and no traceback."""

import logging

import httpx2
import pytest

from chartlake.errors import ChartlakeError
from chartlake.extract.spotify.auth import TokenSources, UserTokens
from chartlake.extract.spotify.auth.accounts import Accounts
from chartlake.extract.spotify.auth.grants import TokenEndpoint
from chartlake.extract.spotify.auth.login import Attempt, Login
from chartlake.extract.spotify.auth.person import Person, who_is
from chartlake.extract.spotify.auth.sources import AppCredentials
from chartlake.extract.spotify.retry import Retry
from tests.extract.server import RESET, Answer, Server, answer
from tests.extract.spotify.auth.fakes import KEY, Clock, account, grant, invalid, told

REFRESH, ACCESS, CODE, APP = (f"planted-{what}-77aa" for what in ("r", "a", "c", "s"))
PLANTED = (REFRESH, ACCESS, CODE, APP)
BAD = [
    RESET,
    answer({}, 503),
    invalid("invalid_grant", f"{REFRESH} {CODE} {APP}"),
    invalid("invalid_client", f"{REFRESH} {CODE} {APP}"),
    Answer(f'{{"access_token": "{ACCESS}", "refresh_token": "{REFRESH}'.encode()),
    answer({"access_token": ACCESS, "refresh_token": [REFRESH]}),
    answer({"access_token": f"{ACCESS} {REFRESH}"}),
    Answer(f"{REFRESH} {CODE} {APP}".encode(), 400, media_type="text/html"),
    Answer(b'{"access_token"', sent=3),
]


@pytest.fixture(autouse=True)
def _verbose(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "chartlake")


def assert_clean(text: str) -> None:
    assert not [secret for secret in PLANTED if secret in text]


@pytest.mark.parametrize("given", BAD)
def test_refreshes_and_client_credentials(
    server: Server,
    accounts: Accounts,
    endpoint: TokenEndpoint,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    given: Answer,
) -> None:
    kept = account(refresh_token=REFRESH, access_token=ACCESS, access_ends_at=clock.now)
    accounts.save(kept)
    server.script("/token", given)
    user = UserTokens(accounts, KEY, endpoint, clock)
    sources = TokenSources(AppCredentials("other", APP), accounts, endpoint, clock)
    for source in (user, sources.of()):
        with pytest.raises(ChartlakeError) as problem:
            source.token()
        assert_clean(told(problem.value))
        assert_clean(repr(source))
    assert_clean(repr([kept, accounts, endpoint, sources]))
    assert "token" in caplog.text  # it logged something at all
    assert_clean(caplog.text)


@pytest.mark.parametrize("given", BAD)
def test_a_login(
    server: Server,
    accounts: Accounts,
    endpoint: TokenEndpoint,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    given: Answer,
) -> None:
    server.script("/token", given)
    attempt = Attempt("https://accounts.example", KEY.client_id, "http://127.0.0.1/callback")
    login = Login(endpoint, lambda token: Person("ada-1"), accounts, clock)
    with pytest.raises(ChartlakeError) as problem:
        login.complete(attempt, CODE, KEY)
    assert_clean(told(problem.value))
    assert attempt._verifier not in told(problem.value)
    assert attempt._verifier not in caplog.text
    assert_clean(caplog.text)


@pytest.mark.parametrize("given", [RESET, answer({}, 401), answer({}, 500), Answer(b"{", sent=1)])
def test_asking_who_it_is(
    server: Server, http: httpx2.Client, caplog: pytest.LogCaptureFixture, given: Answer
) -> None:
    server.script("/v1/me", given)
    with pytest.raises(ChartlakeError) as problem:
        who_is(http, f"{server.url}/v1", Retry(max_attempts=1), ACCESS)
    assert_clean(told(problem.value))
    assert_clean(caplog.text)


def test_all_goes_well(
    server: Server,
    http: httpx2.Client,
    accounts: Accounts,
    endpoint: TokenEndpoint,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    granted = grant(ACCESS, refresh_token=REFRESH)
    server.script("/token", granted)
    server.script("/v1/me", answer({"id": "ada-1"}))
    attempt = Attempt("https://accounts.example", KEY.client_id, "http://127.0.0.1/callback")
    login = Login(
        endpoint, lambda token: who_is(http, f"{server.url}/v1", Retry(), token), accounts, clock
    )
    signed_in = login.complete(attempt, CODE, KEY)
    user = UserTokens(accounts, KEY, endpoint, clock)
    assert user.token() == ACCESS
    clock.pass_by(hours=2)
    user.token()
    shown = f"{signed_in!r} {signed_in} {[signed_in]} {user!r} {granted.status} {login!r}"
    assert_clean(shown)
    assert_clean(caplog.text)
