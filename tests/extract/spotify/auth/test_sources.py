"""Which access tokens a feed gets."""

from pathlib import Path

import pytest

from chartlake.errors import ConfigError, SignInError
from chartlake.extract.spotify.auth import NoCredentials, TokenSources
from chartlake.extract.spotify.auth.accounts import Accounts
from chartlake.extract.spotify.auth.grants import TokenEndpoint
from chartlake.extract.spotify.auth.sources import AppCredentials
from tests.extract.server import Server
from tests.extract.spotify.auth.fakes import KEY, SECRET, Clock, account, grant

WHOLE = AppCredentials(KEY.client_id, SECRET)
GIVEN = AppCredentials(KEY.client_id, SECRET, "planted-given")


@pytest.fixture
def sources(accounts: Accounts, endpoint: TokenEndpoint, clock: Clock) -> TokenSources:
    return TokenSources(WHOLE, accounts, endpoint, clock)


def test_a_given_token_goes_first(
    accounts: Accounts, endpoint: TokenEndpoint, clock: Clock
) -> None:
    accounts.save(account())
    sources = TokenSources(GIVEN, accounts, endpoint, clock)
    assert sources.of().token() == "planted-given"
    assert sources.of("default", needs_user=True).token() == "planted-given"


def test_then_the_accounts_sign_in(
    server: Server, accounts: Accounts, sources: TokenSources
) -> None:
    accounts.save(account())
    server.script("/token", grant("one"))
    assert sources.of().token() == "one"
    assert b"refresh_token=refresh-one" in server.requests[0].body


def test_then_the_client_id_and_secret(server: Server, sources: TokenSources) -> None:
    server.script("/token", grant("one"))
    assert sources.of().token() == "one"
    assert server.requests[0].body == b"grant_type=client_credentials"


def test_an_account_has_one_source_for_all_its_feeds(
    server: Server, accounts: Accounts, sources: TokenSources
) -> None:
    accounts.save(account())
    accounts.save(account(name="ada", refresh_token="refresh-ada"))
    server.script("/token", grant("one"), grant("two"), grant("three"))
    first, second, other = sources.of(), sources.of("default", needs_user=True), sources.of("ada")
    assert (first.token(), second.token(), other.token()) == ("one", "one", "two")
    assert first.renew("one") == "three"
    assert second.renew("one") == "three"
    assert len(server.requests) == 3


def test_what_needs_a_user_is_never_asked_with_the_apps_token(
    server: Server, sources: TokenSources
) -> None:
    with pytest.raises(SignInError, match="nobody is signed in as account default") as problem:
        sources.of(needs_user=True).token()
    assert problem.value.fix == "chartlake login"
    assert server.requests == []


def test_who_names_an_account_means_that_user(
    server: Server, accounts: Accounts, endpoint: TokenEndpoint, clock: Clock
) -> None:
    sources = TokenSources(GIVEN, accounts, endpoint, clock)
    with pytest.raises(SignInError, match="nobody is signed in as account ada") as problem:
        sources.of("ada").token()
    assert problem.value.fix == "chartlake login --account ada"
    assert server.requests == []


def test_an_ended_sign_in_is_not_replaced_by_the_app(
    server: Server, accounts: Accounts, sources: TokenSources
) -> None:
    accounts.save(account().without_tokens())
    with pytest.raises(SignInError, match="log in again"):
        sources.of().token()
    assert server.requests == []


@pytest.mark.parametrize(
    ("app", "what"),
    [
        (AppCredentials(), "no Spotify credentials are configured"),
        (AppCredentials("id"), "nobody is signed in, and no client secret is configured"),
        (AppCredentials(None, SECRET), "the Spotify client id is not configured"),
    ],
)
def test_without_any_the_error_names_the_sign_in(
    accounts: Accounts, endpoint: TokenEndpoint, clock: Clock, app: AppCredentials, what: str
) -> None:
    with pytest.raises(SignInError) as problem:
        TokenSources(app, accounts, endpoint, clock).of().token()
    assert problem.value.what == what
    assert "chartlake login" in str(problem.value.fix)


def test_without_an_app_a_sign_in_begins_with_one(
    accounts: Accounts, endpoint: TokenEndpoint, clock: Clock
) -> None:
    with pytest.raises(SignInError) as problem:
        TokenSources(AppCredentials(), accounts, endpoint, clock).of("ada").token()
    fix = "set CHARTLAKE_SPOTIFY__CLIENT_ID, then: chartlake login --account ada"
    assert problem.value.fix == fix


def test_what_stands_in_for_nothing_can_be_given(
    accounts: Accounts, endpoint: TokenEndpoint, clock: Clock
) -> None:
    nothing = NoCredentials("the demo is over", "start another")
    with pytest.raises(SignInError, match="the demo is over"):
        TokenSources(AppCredentials(), accounts, endpoint, clock, nothing).of().token()


def test_nothing_is_read_before_a_token_is_asked_for(
    accounts: Accounts, sources: TokenSources, folder: Path
) -> None:
    accounts.save(account())
    folder.chmod(0o755)
    source = sources.of()
    with pytest.raises(ConfigError, match="others on this machine"):
        source.token()
    folder.chmod(0o700)


def test_sources_and_credentials_hide_their_secrets(sources: TokenSources) -> None:
    assert SECRET not in f"{WHOLE!r} {GIVEN!r} {sources!r} {vars(sources)!r} {sources.of()!r}"
    assert "planted-given" not in repr(GIVEN)
