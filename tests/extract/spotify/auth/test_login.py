"""One sign-in: what goes to the browser, what comes back, and what is kept of it."""

import base64
import hashlib
import re
from functools import partial
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import httpx2
import pytest

from chartlake.errors import Deferred, SignInError, SourceError, Unavailable
from chartlake.extract.spotify.auth.accounts import AccountKey, Accounts
from chartlake.extract.spotify.auth.grants import TokenEndpoint
from chartlake.extract.spotify.auth.login import REGISTERED, SCOPES, Attempt, Login, StrayAnswer
from chartlake.extract.spotify.auth.person import who_is
from chartlake.extract.spotify.retry import Retry
from tests.extract.server import RESET, Answer, Server, answer
from tests.extract.spotify.auth.fakes import KEY, START, Clock, account, grant, invalid, told

REDIRECT = "http://127.0.0.1:4567/callback"
PAGE = "https://accounts.example/authorize"


@pytest.fixture
def attempt() -> Attempt:
    return Attempt(PAGE, KEY.client_id, REDIRECT)


@pytest.fixture
def login(
    server: Server, http: httpx2.Client, endpoint: TokenEndpoint, accounts: Accounts, clock: Clock
) -> Login:
    patient = Retry(max_attempts=3, sleep=lambda seconds: None)
    return Login(endpoint, partial(who_is, http, f"{server.url}/v1", patient), accounts, clock)


def query(attempt: Attempt) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(attempt.url).query))


def back(attempt: Attempt, **given: str) -> str:
    return "&".join(
        f"{k}={quote(v)}" for k, v in {"state": query(attempt)["state"], **given}.items()
    )


# To the browser ---------------------------------------------------------------


def test_the_page_is_asked_as_rfc_7636_wants_it(
    server: Server, endpoint: TokenEndpoint, attempt: Attempt
) -> None:
    asked = query(attempt)
    assert attempt.url.startswith(f"{PAGE}?")
    assert asked["response_type"] == "code"
    assert asked["client_id"] == KEY.client_id
    assert asked["redirect_uri"] == REDIRECT
    assert asked["scope"].split() == list(SCOPES)
    assert asked["code_challenge_method"] == "S256"

    server.script("/token", grant("one", refresh_token="r"))
    attempt.redeem(endpoint, "code")
    verifier = parse_qs(server.requests[0].body.decode())["code_verifier"][0]
    assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    assert asked["code_challenge"] == digest.decode().rstrip("=")
    assert verifier not in attempt.url


def test_each_attempt_is_its_own() -> None:
    one, two = (query(Attempt(PAGE, "id", REDIRECT)) for _ in range(2))
    assert one["state"] != two["state"]
    assert one["code_challenge"] != two["code_challenge"]
    assert len(one["state"]) >= 32


# Back from it -----------------------------------------------------------------


def test_the_code_is_taken_from_the_answer(attempt: Attempt) -> None:
    assert attempt.code_in(back(attempt, code="the+code/=")) == "the+code/="


@pytest.mark.parametrize("state", ["", "other", "é", "0" * 43])
def test_an_answer_to_another_attempt_is_a_stray(attempt: Attempt, state: str) -> None:
    with pytest.raises(StrayAnswer, match="belongs to another sign-in"):
        attempt.code_in(f"code=planted-code&state={quote(state)}")


def test_a_denial_without_our_state_is_a_stray_too(attempt: Attempt) -> None:
    with pytest.raises(StrayAnswer):
        attempt.code_in("error=access_denied")


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"error": "access_denied"}, "access was denied in the browser"),
        ({"error": "invalid_scope"}, "Spotify's page did not sign in"),
        ({"code": ""}, "no code"),
        ({}, "no code"),
    ],
)
def test_a_no_says_what_to_do(attempt: Attempt, given: dict[str, str], what: str) -> None:
    with pytest.raises(SignInError, match=what) as problem:
        attempt.code_in(back(attempt, **given))
    assert not isinstance(problem.value, StrayAnswer)
    assert "chartlake login" in str(problem.value.fix)


def test_what_was_pasted_may_be_the_address_its_query_or_the_code(attempt: Attempt) -> None:
    answered = back(attempt, code="the-code")
    for text in (
        f"{REGISTERED}?{answered}",
        f"  '{REGISTERED}?{answered}'\r\n",
        f"{REGISTERED}?{answered}#_=_",
        f"?{answered}",
        answered,
        "the-code\n",
    ):
        assert attempt.code_in_pasted(text) == "the-code"


@pytest.mark.parametrize("text", ["", "\n", "http://127.0.0.1/callback", "what is a code"])
def test_a_paste_without_a_code_is_explained(attempt: Attempt, text: str) -> None:
    with pytest.raises(StrayAnswer, match="no code in what was pasted") as problem:
        attempt.code_in_pasted(text)
    assert "?code=" in str(problem.value.fix)


def test_the_address_of_spotifys_own_page_is_no_answer(attempt: Attempt) -> None:
    with pytest.raises(StrayAnswer, match="no code in what was pasted"):
        attempt.code_in_pasted(attempt.url)


def test_a_pasted_answer_to_another_attempt_is_a_stray(attempt: Attempt) -> None:
    other = back(Attempt(PAGE, "id", REDIRECT), code="planted-code")
    with pytest.raises(StrayAnswer) as problem:
        attempt.code_in_pasted(f"{REGISTERED}?{other}")
    assert "planted-code" not in told(problem.value)


def test_a_pasted_denial_is_a_no(attempt: Attempt) -> None:
    with pytest.raises(SignInError, match="access was denied"):
        attempt.code_in_pasted(f"{REGISTERED}?{back(attempt, error='access_denied')}")


# What is kept -----------------------------------------------------------------


def test_a_sign_in_keeps_the_user_and_the_tokens(
    server: Server, login: Login, attempt: Attempt, accounts: Accounts, clock: Clock
) -> None:
    granted = grant("access-one", refresh_token="refresh-one", scope="user-top-read")
    server.script("/token", granted)
    server.script("/v1/me", answer({"id": "ada-1", "display_name": "Ada", "product": "premium"}))
    signed_in = login.complete(attempt, "code", KEY)
    assert signed_in == accounts.get(KEY)
    assert signed_in == account(access_token="access-one", access_ends_at=START.replace(hour=5))
    (me,) = server.asked("/v1/me")
    assert me.headers["Authorization"] == "Bearer access-one"


def test_signing_in_again_begins_the_six_months_anew(
    server: Server, login: Login, attempt: Attempt, accounts: Accounts, clock: Clock
) -> None:
    accounts.save(account().without_tokens())
    clock.pass_by(days=200)
    server.script("/token", grant("one", refresh_token="refresh-two"))
    server.script("/v1/me", answer({"id": "ada-1", "display_name": None}))
    signed_in = login.complete(attempt, "code", KEY)
    assert signed_in.authorized_at == clock.now
    assert signed_in.display_name is None
    assert signed_in.scopes == SCOPES  # an answer that names none gave what was asked for


def test_another_user_does_not_take_over_an_account(
    server: Server, login: Login, attempt: Attempt, accounts: Accounts
) -> None:
    before = account()
    accounts.save(before)
    server.script("/token", grant("one", refresh_token="refresh-two"))
    server.script("/v1/me", answer({"id": "ben-2", "display_name": "Ben"}))
    with pytest.raises(SignInError, match=r"belongs to Ada, but the browser is .* Ben") as problem:
        login.complete(attempt, "code", KEY)
    assert "--account NAME" in str(problem.value.fix)
    assert "chartlake logout --account default" in str(problem.value.fix)
    assert accounts.get(KEY) == before
    other = login.complete(attempt, "code", AccountKey("ben", KEY.client_id))
    assert other.user_id == "ben-2"


def test_a_grant_without_a_refresh_token_is_no_sign_in(
    server: Server, login: Login, attempt: Attempt, accounts: Accounts
) -> None:
    server.script("/token", grant("one"))
    with pytest.raises(Unavailable, match="no refresh token"):
        login.complete(attempt, "code", KEY)
    assert accounts.keys() == []


@pytest.mark.parametrize(
    ("given", "what", "fix"),
    [
        (
            invalid("invalid_grant", "Invalid redirect URI"),
            "does not know the address",
            "add http://127.0.0.1/callback under Redirect URIs at developer.spotify.com/dashboard",
        ),
        (
            invalid("invalid_client", "Invalid client"),
            "refused the request",
            "compare the client id",
        ),
        (
            invalid("invalid_grant", "Authorization code expired"),
            "did not take the code",
            "chartlake login",
        ),
        (invalid("invalid_request", "no"), "refused the request", "chartlake login"),
    ],
)
def test_a_code_that_is_refused_says_what_to_correct(
    server: Server, login: Login, attempt: Attempt, given: Answer, what: str, fix: str
) -> None:
    server.script("/token", given)
    with pytest.raises(SignInError, match=what) as problem:
        login.complete(attempt, "planted-code", KEY)
    assert fix in str(problem.value.fix)
    assert "planted-code" not in told(problem.value)
    assert len(server.requests) == 1


# Who that is ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "error", "requests"),
    [
        (answer({"error": {"status": 403, "message": "x"}}, 403), SignInError, 1),
        (answer({}, 401), SignInError, 1),
        (answer({}, 429, Retry_After="80000"), Deferred, 1),
        (answer({}, 503), Unavailable, 3),
        (answer({}, 404), Unavailable, 3),
        (answer({"display_name": "nobody"}), Unavailable, 3),
        (answer({"id": ""}), Unavailable, 3),
        (answer({"id": None}), Unavailable, 3),
        (Answer(b"<html>"), Unavailable, 3),
        (Answer(b'{"id": "ada-1"}', sent=4), Unavailable, 3),
        (RESET, Unavailable, 3),
    ],
)
def test_without_a_name_nothing_is_kept(
    server: Server,
    login: Login,
    attempt: Attempt,
    accounts: Accounts,
    given: Answer,
    error: type[SourceError],
    requests: int,
) -> None:
    server.script("/token", grant("planted-access", refresh_token="planted-refresh"))
    server.script("/v1/me", given)
    with pytest.raises(error) as problem:
        login.complete(attempt, "planted-code", KEY)
    assert len(server.asked("/v1/me")) == requests
    assert accounts.keys() == []
    assert "planted" not in told(problem.value).replace(KEY.client_id, "")


def test_a_user_who_is_not_on_the_apps_list_is_told_so(
    server: Server, login: Login, attempt: Attempt
) -> None:
    server.script("/token", grant("one", refresh_token="r"))
    server.script("/v1/me", answer({}, 403))
    with pytest.raises(SignInError, match="may not read for this user") as problem:
        login.complete(attempt, "code", KEY)
    assert "User Management" in str(problem.value.fix)
    assert "Premium" in str(problem.value.why)


def test_an_attempt_hides_its_proof(attempt: Attempt) -> None:
    assert attempt._verifier not in repr(attempt)
