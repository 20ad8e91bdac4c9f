"""Access tokens that were given, and those of an app, over a real socket."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest

from chartlake.errors import SignInError, Unavailable
from chartlake.extract.spotify.auth import ClientCredentials, GivenToken, NoCredentials
from chartlake.extract.spotify.auth.grants import TokenEndpoint
from tests.extract.server import RESET, Answer, Server, answer
from tests.extract.spotify.auth.fakes import SECRET, Clock, grant, told


@pytest.fixture
def credentials(endpoint: TokenEndpoint, clock: Clock) -> ClientCredentials:
    return ClientCredentials(endpoint, "planted-id", SECRET, clock)


def test_a_grant_is_asked_for_as_spotify_wants_it(
    server: Server, credentials: ClientCredentials
) -> None:
    server.script("/token", grant("one"))
    assert credentials.token() == "one"
    (request,) = server.requests
    assert request.method == "POST"
    assert request.body == b"grant_type=client_credentials"
    pair = base64.b64encode(f"planted-id:{SECRET}".encode()).decode()
    assert request.headers["Authorization"] == f"Basic {pair}"


def test_a_token_is_used_until_a_minute_before_its_end(
    server: Server, credentials: ClientCredentials, clock: Clock
) -> None:
    server.script("/token", grant("one"), grant("two"))
    assert credentials.token() == "one"
    clock.pass_by(seconds=3539)
    assert credentials.token() == "one"
    clock.pass_by(seconds=1)
    assert credentials.token() == "two"
    assert len(server.requests) == 2


def test_how_long_a_token_lasts_is_what_spotify_says(
    server: Server, credentials: ClientCredentials, clock: Clock
) -> None:
    server.script("/token", grant("one", expires_in=100), grant("two"))
    credentials.token()
    clock.pass_by(seconds=39)
    assert credentials.token() == "one"
    clock.pass_by(seconds=1)
    assert credentials.token() == "two"


def test_a_grant_without_a_length_lasts_an_hour(
    server: Server, credentials: ClientCredentials, clock: Clock
) -> None:
    server.script("/token", answer({"access_token": "one"}), grant("two"))
    credentials.token()
    clock.pass_by(minutes=58)
    assert credentials.token() == "one"


def test_a_renewed_token_is_the_one_that_is_given_next(
    server: Server, credentials: ClientCredentials
) -> None:
    server.script("/token", grant("one"), grant("two"), grant("three"))
    assert credentials.token() == "one"
    assert credentials.renew("one") == "two"
    assert credentials.token() == "two"


@pytest.mark.parametrize("status", [400, 401])
def test_wrong_credentials_are_a_sign_in_error(
    server: Server, credentials: ClientCredentials, status: int
) -> None:
    server.script("/token", answer({"error": "invalid_client"}, status))
    with pytest.raises(SignInError) as refused:
        credentials.token()
    assert refused.value.what == "Spotify refused the client id and secret"
    assert refused.value.why == "invalid_client"
    assert "developer.spotify.com/dashboard" in str(refused.value.fix)
    assert SECRET not in told(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        answer({}, 503),
        answer({}, 500),
        answer({}, 429),
        answer({}, 302),
        RESET,
        Answer(b'{"access_token": "one"}', sent=5),
        Answer(b"<html>Log in to the hotel</html>", media_type="text/html"),
        Answer(b""),
        answer({"token": "one"}),
        answer({"access_token": 5}),
        answer(["one"]),
        answer(None),
    ],
)
def test_anything_else_is_passing(
    server: Server, credentials: ClientCredentials, given: Answer
) -> None:
    server.script("/token", given)
    with pytest.raises(Unavailable) as problem:
        credentials.token()
    assert SECRET not in told(problem.value)
    assert base64.b64encode(f"planted-id:{SECRET}".encode()).decode() not in told(problem.value)


def test_an_outage_is_waited_out(server: Server, credentials: ClientCredentials) -> None:
    server.script("/token", answer({}, 503), answer({}, 500), grant("one"))
    assert credentials.token() == "one"


def test_after_an_outage_that_lasts_the_next_may_succeed(
    server: Server, credentials: ClientCredentials
) -> None:
    server.script("/token", *[answer({}, 503)] * 3, grant("one"))
    with pytest.raises(Unavailable):
        credentials.token()
    assert len(server.requests) == 3
    assert credentials.token() == "one"


@pytest.mark.parametrize("body", [b'{"x": ' + b"[" * 100_000, b'{"access_token": "\xff"}'])
def test_a_hostile_grant_is_no_crash(
    server: Server, credentials: ClientCredentials, body: bytes
) -> None:
    server.script("/token", Answer(body))
    with pytest.raises(Unavailable):
        credentials.token()


def test_a_given_token_is_given_and_never_renewed() -> None:
    given = GivenToken("planted-token")
    assert given.token() == "planted-token"
    with pytest.raises(SignInError, match="no longer accepts") as refused:
        given.renew("planted-token")
    assert "planted-token" not in told(refused.value)
    assert "CHARTLAKE_SPOTIFY__ACCESS_TOKEN" in str(refused.value.fix)
    assert "planted-token" not in repr(given)


def test_without_credentials_the_error_says_what_to_do() -> None:
    for ask in (NoCredentials().token, lambda: NoCredentials().renew("any")):
        with pytest.raises(SignInError, match="no Spotify credentials") as refused:
            ask()
        assert "chartlake login" in str(refused.value.fix)
        assert "CHARTLAKE_SPOTIFY__CLIENT_ID" in str(refused.value.fix)


def test_workers_that_were_refused_the_same_token_share_one_new_one(
    server: Server, credentials: ClientCredentials
) -> None:
    server.script("/token", grant("one"), grant("two"), grant("three"))
    assert credentials.token() == "one"
    with ThreadPoolExecutor(8) as workers:
        renewed = list(workers.map(credentials.renew, ["one"] * 8))
    assert renewed == ["two"] * 8
    assert len(server.requests) == 2


def test_credentials_do_not_show_in_their_repr(credentials: ClientCredentials) -> None:
    assert SECRET not in repr(credentials)
