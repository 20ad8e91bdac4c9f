"""Signing in at the simulated Spotify, over a real socket: as a browser, then as an app."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from chartlake.simulator import Simulator, World
from chartlake.simulator.logins import end_of

NOW = datetime(2026, 8, 31, 4, tzinfo=UTC)
SIX_MONTHS_LATER = datetime(2027, 2, 28, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HERE = "http://127.0.0.1:8765/callback"
VERIFIER = "v" * 64
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
APP = ("simulated-client", "simulated-secret")
SCOPES = "playlist-read-private user-library-read"
Json = dict[str, Any]


class MovedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Visitor:
    """A browser and an app in one; a value of None leaves a parameter out."""

    def __init__(self, spotify: Simulator) -> None:
        self.spotify = spotify
        self.http = httpx2.Client(trust_env=False, follow_redirects=False)

    def authorize(self, **changed: str | None) -> httpx2.Response:
        query = {
            "client_id": "simulated-client",
            "response_type": "code",
            "redirect_uri": HERE,
            "scope": SCOPES,
            "state": "a state & more",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changed,
        }
        return self.http.get(self.spotify.authorize_url, params=_given(query))

    def click(self, page: httpx2.Response, text: str) -> httpx2.Response:
        links = {
            name: unescape(href) for href, name in re.findall(r'<a href="(.*?)">(.*?)<', page.text)
        }
        return self.http.get(self.spotify.url + links[text])

    def code(self, **changed: str | None) -> str:
        back = self.authorize(**{"approve": "at once", **changed})
        return sent_back(back)["code"]

    def exchange(
        self, code: str, auth: tuple[str, str] | None = None, /, **changed: str | None
    ) -> httpx2.Response:
        form = {
            "grant_type": "authorization_code",
            "client_id": "simulated-client",
            "code": code,
            "redirect_uri": HERE,
            "code_verifier": VERIFIER,
            **changed,
        }
        return self.post(form, auth)

    def refresh(
        self, token: str, auth: tuple[str, str] | None = None, /, **changed: str | None
    ) -> httpx2.Response:
        form = {
            "grant_type": "refresh_token",
            "client_id": "simulated-client",
            "refresh_token": token,
            **changed,
        }
        return self.post(form, auth)

    def post(self, form: dict[str, str | None], auth: tuple[str, str] | None) -> httpx2.Response:
        secret = httpx2.BasicAuth(*auth) if auth else httpx2.Auth()
        return self.http.post(self.spotify.token_url, data=_given(form), auth=secret)

    def sign_in(self, user_id: str | None = None, **changed: str | None) -> Json:
        answer = self.exchange(self.code(user=user_id, **changed))
        answer.raise_for_status()
        granted: Json = answer.json()
        return granted

    def me(self, access_token: str) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.http.get(f"{self.spotify.api_url}/me", headers=headers)


Visit = Callable[..., Visitor]


def _given(pairs: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in pairs.items() if value is not None}


def sent_back(answer: httpx2.Response, to: str = HERE) -> dict[str, str]:
    """What the app is told at its address."""
    assert answer.status_code == 302
    place = urlsplit(answer.headers["location"])
    assert place._replace(query="").geturl() == to
    return {name: values[0] for name, values in parse_qs(place.query).items()}


def refused(answer: httpx2.Response) -> tuple[str, str]:
    assert answer.status_code == 400
    body = answer.json()
    assert body.keys() == {"error", "error_description"}
    return body["error"], body["error_description"]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def visit(world: World, clock: MovedClock) -> Iterator[Visit]:
    running: list[Visitor] = []

    def start(**options: Any) -> Visitor:
        running.append(Visitor(Simulator(world, clock, **options).start()))
        return running[-1]

    yield start
    for visitor in running:
        visitor.http.close()
        visitor.spotify.stop()


# The page --------------------------------------------------------------------


def test_a_person_agrees_as_one_of_the_users(visit: Visit, world: World) -> None:
    visitor = visit()
    page = visitor.authorize(show_dialog="true")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "simulated Spotify" in page.text
    for user in world.users:
        back = sent_back(visitor.click(page, f"Agree as {user.display_name}"))
        assert back.keys() == {"code", "state"}
        assert back["state"] == "a state & more"
        granted = visitor.exchange(back["code"]).json()
        assert visitor.me(granted["access_token"]).json()["id"] == user.user_id


def test_a_person_cancels(visit: Visit) -> None:
    visitor = visit()
    back = visitor.click(visitor.authorize(), "Cancel")
    assert sent_back(back) == {"error": "access_denied", "state": "a state & more"}


def test_nothing_from_the_address_becomes_part_of_the_page(visit: Visit) -> None:
    visitor = visit()
    hostile = '"><script>alert(1)</script>'
    assert "<script>" not in visitor.authorize(state=hostile).text
    assert "<script>" not in visitor.authorize(redirect_uri=hostile).text


@pytest.mark.parametrize(
    ("option", "asked", "told"),
    [
        ("at once", None, {"code"}),
        ("deny", None, {"error"}),
        ("ask", "at once", {"code"}),
        ("at once", "deny", {"error"}),
    ],
)
def test_nobody_needs_to_click(
    visit: Visit, option: str, asked: str | None, told: set[str]
) -> None:
    back = sent_back(visit(approve=option).authorize(approve=asked))
    assert back.keys() == told | {"state"}
    assert back.get("error", "access_denied") == "access_denied"


def test_state_comes_back_only_where_it_was_sent(visit: Visit) -> None:
    assert sent_back(visit().authorize(state=None, approve="at once")).keys() == {"code"}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"client_id": "nobody"}, "Invalid client"),
        ({"client_id": None}, "Invalid client"),
        ({"redirect_uri": None}, "Invalid redirect URI"),
        ({"redirect_uri": "http://localhost:8765/callback"}, "localhost is not taken"),
        ({"redirect_uri": "http://127.0.0.1:8765/other"}, "Invalid redirect URI"),
        ({"redirect_uri": "http://127.0.0.1:many/callback"}, "Invalid redirect URI"),
        ({"redirect_uri": "http://127.0.0.1:1/call\nback"}, "Invalid redirect URI"),
        ({"redirect_uri": "http://[::1]:8765/callback"}, "Invalid redirect URI"),
        ({"redirect_uri": "http://me@127.0.0.1:8765/callback"}, "Invalid redirect URI"),
        ({"redirect_uri": f"{HERE}#part"}, "Invalid redirect URI"),
        ({"redirect_uri": "https://elsewhere.example/callback"}, "Invalid redirect URI"),
        ({"user": "stranger"}, "Unknown user"),
        ({"approve": "perhaps"}, "Unknown answer"),
    ],
)
def test_a_page_says_what_is_wrong_with_a_request(
    visit: Visit, changed: dict[str, str | None], says: str
) -> None:
    page = visit().authorize(**changed)
    assert page.status_code == 400
    assert page.headers["content-type"].startswith("text/html")
    assert says in page.text


def test_a_decision_is_checked_like_a_request(visit: Visit) -> None:
    visitor = visit()
    decision = f"{visitor.spotify.authorize_url}/decision"
    away = {"client_id": "simulated-client", "redirect_uri": "https://elsewhere.example/"}
    page = visitor.http.get(decision, params={**away, "decision": "agree"})
    assert page.status_code == 400
    assert "Invalid redirect URI" in page.text
    query = {"client_id": "simulated-client", "response_type": "code", "redirect_uri": HERE}
    assert visitor.http.get(decision, params=query).status_code == 400
    assert visitor.http.post(decision).status_code == 405


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "playlist-read-private read-minds"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"show_dialog": "maybe"}, "invalid_request"),
    ],
)
def test_the_app_is_told_what_is_wrong_with_its_request(
    visit: Visit, changed: dict[str, str | None], error: str
) -> None:
    back = visit(approve="at once").authorize(**changed)
    assert sent_back(back) == {"error": error, "state": "a state & more"}


@pytest.mark.parametrize(
    ("registered", "asked", "taken"),
    [
        ("http://127.0.0.1/callback", "http://127.0.0.1/callback", True),
        ("http://127.0.0.1:80/callback", "http://127.0.0.1:8765/callback", False),
        ("http://[::1]/callback", "http://[::1]:8765/callback", True),
        ("http://[::1]/callback", "http://127.0.0.1:8765/callback", False),
        ("https://app.example/callback", "https://app.example/callback", True),
        ("https://app.example/callback", "https://app.example:8443/callback", False),
        ("http://127.0.0.1/callback?a=1", "http://127.0.0.1:8765/callback?a=1", True),
    ],
)
def test_loopback_addresses_are_compared_without_their_port(
    visit: Visit, registered: str, asked: str, taken: bool
) -> None:
    visitor = visit(redirect_uris=["https://other.example/", registered], approve="at once")
    answer = visitor.authorize(redirect_uri=asked)
    assert answer.status_code == (302 if taken else 400)
    if taken:
        between = "&" if "?" in asked else "?"
        assert answer.headers["location"].startswith(f"{asked}{between}code=")


@pytest.mark.parametrize(
    "uri",
    ["http://localhost/callback", "https://localhost/callback", "http://app.example/", "/callback"],
)
def test_what_the_dashboard_does_not_take_cannot_be_registered(world: World, uri: str) -> None:
    with pytest.raises(ValueError, match="redirect_uris: "):
        Simulator(world, MovedClock(), redirect_uris=[uri])


# From a code to tokens -------------------------------------------------------


def test_a_code_becomes_tokens(visit: Visit) -> None:
    visitor = visit()
    answer = visitor.exchange(visitor.code())
    assert answer.headers["cache-control"] == "no-store"
    granted = answer.json()
    wanted = {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert granted.keys() == wanted
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 3600)
    assert granted["scope"] == SCOPES


def test_only_what_was_granted_can_be_read(visit: Visit) -> None:
    visitor = visit()
    for scope, status in ((SCOPES, 200), ("user-top-read", 403)):
        token = visitor.sign_in(scope=scope)["access_token"]
        url = f"{visitor.spotify.api_url}/me/tracks"
        answer = visitor.http.get(url, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("changed", "error", "description"),
    [
        ({"redirect_uri": "http://127.0.0.1:1/callback"}, "invalid_grant", "Invalid redirect URI"),
        ({"redirect_uri": None}, "invalid_grant", "Invalid redirect URI"),
        ({"code_verifier": "w" * 64}, "invalid_grant", "code_verifier was incorrect"),
        ({"code_verifier": None}, "invalid_request", "code_verifier must be supplied"),
        ({"code": "nonsense"}, "invalid_grant", "Invalid authorization code"),
        ({"code": None}, "invalid_grant", "Invalid authorization code"),
        ({"client_id": "nobody"}, "invalid_client", "Invalid client"),
        ({"client_id": None}, "invalid_client", "Invalid client"),
    ],
)
def test_a_code_refused(
    visit: Visit, changed: dict[str, str | None], error: str, description: str
) -> None:
    visitor = visit()
    answer = visitor.exchange(visitor.code(), None, **changed)
    assert refused(answer) == (error, description)


def test_a_code_is_good_once(visit: Visit) -> None:
    visitor = visit()
    code = visitor.code()
    assert visitor.exchange(code).status_code == 200
    assert refused(visitor.exchange(code)) == ("invalid_grant", "Invalid authorization code")
    code = visitor.code()
    assert refused(visitor.exchange(code, code_verifier="w" * 64))[0] == "invalid_grant"
    assert refused(visitor.exchange(code))[0] == "invalid_grant"


def test_a_code_is_good_for_ten_minutes(visit: Visit, clock: MovedClock) -> None:
    visitor = visit()
    early, late = visitor.code(), visitor.code()
    clock.now = NOW + timedelta(minutes=10) - SECOND
    assert visitor.exchange(early).status_code == 200
    clock.now = NOW + timedelta(minutes=10)
    assert refused(visitor.exchange(late)) == ("invalid_grant", "Invalid authorization code")


def test_an_app_without_pkce_needs_its_secret(visit: Visit) -> None:
    visitor = visit()
    plain = {"code_challenge": None, "code_challenge_method": None}
    bare = visitor.exchange(visitor.code(**plain), code_verifier=None)
    assert refused(bare) == ("invalid_client", "Invalid client secret")
    wrong = visitor.exchange(visitor.code(**plain), (APP[0], "wrong"))
    assert refused(wrong) == ("invalid_client", "Invalid client secret")
    granted = visitor.exchange(visitor.code(**plain), APP, code_verifier=None).json()
    token = granted["refresh_token"]
    assert refused(visitor.refresh(token)) == ("invalid_client", "Invalid client secret")
    assert visitor.refresh(token, APP).status_code == 200


def test_the_apps_own_token_needs_the_secret(visit: Visit) -> None:
    visitor = visit()
    form: dict[str, str | None] = {"grant_type": "client_credentials", "client_id": APP[0]}
    assert refused(visitor.post(form, None)) == ("invalid_client", "Invalid client secret")
    assert visitor.post(form, APP).status_code == 200


# How long tokens hold --------------------------------------------------------


def test_access_tokens_end_by_the_clock_or_at_once(visit: Visit, clock: MovedClock) -> None:
    visitor = visit()
    granted = visitor.sign_in()
    clock.now = NOW + timedelta(hours=1) - SECOND
    assert visitor.me(granted["access_token"]).status_code == 200
    clock.now = NOW + timedelta(hours=1)
    ended = visitor.me(granted["access_token"])
    assert ended.status_code == 401
    assert ended.json()["error"]["message"] == "The access token expired"

    renewed = visitor.refresh(granted["refresh_token"]).json()["access_token"]
    assert visitor.me(renewed).status_code == 200
    visitor.spotify.expire_access_tokens()
    assert visitor.me(renewed).json()["error"]["message"] == "The access token expired"
    again = visitor.refresh(granted["refresh_token"]).json()["access_token"]
    assert visitor.me(again).status_code == 200


def test_a_refresh_answer_keeps_quiet_about_the_refresh_token(visit: Visit) -> None:
    visitor = visit()
    granted = visitor.sign_in()
    for _ in range(3):
        renewed = visitor.refresh(granted["refresh_token"]).json()
        assert renewed.keys() == {"access_token", "token_type", "expires_in", "scope"}
        assert renewed["scope"] == SCOPES
        assert renewed["access_token"] != granted["access_token"]


@pytest.mark.parametrize("rotate", [False, True])
def test_six_months_count_from_the_first_authorization(
    visit: Visit, clock: MovedClock, rotate: bool
) -> None:
    visitor = visit(rotate_refresh_tokens=rotate)
    token = visitor.sign_in()["refresh_token"]
    clock.now = SIX_MONTHS_LATER - SECOND
    token = visitor.refresh(token).json().get("refresh_token", token)
    clock.now = SIX_MONTHS_LATER
    ended = visitor.refresh(token)
    assert ended.json() == {
        "error": "invalid_grant",
        "error_description": "Refresh token revoked",
    }
    assert ended.status_code == 400
    assert visitor.refresh(visitor.sign_in()["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    ("first", "end"),
    [
        ("2026-01-15", "2026-07-15"),
        ("2026-06-30", "2026-12-30"),
        ("2026-07-01", "2027-01-01"),
        ("2027-08-31", "2028-02-29"),
    ],
)
def test_six_months(first: str, end: str) -> None:
    assert end_of(datetime.fromisoformat(first)) == datetime.fromisoformat(end)


def test_rotation_ends_the_old_refresh_token(visit: Visit) -> None:
    visitor = visit(rotate_refresh_tokens=True)
    old = visitor.sign_in()["refresh_token"]
    new = visitor.refresh(old).json()["refresh_token"]
    assert new != old
    assert refused(visitor.refresh(old)) == ("invalid_grant", "Refresh token revoked")
    assert visitor.refresh(new).status_code == 200


def test_a_user_revokes(visit: Visit, world: World) -> None:
    visitor = visit()
    leaver, stayer = world.users[0].user_id, world.users[1].user_id
    theirs, others = visitor.sign_in(leaver), visitor.sign_in(stayer)
    code = visitor.code(user=leaver)
    visitor.spotify.revoke(leaver)
    gone = ("invalid_grant", "Refresh token revoked")
    assert refused(visitor.refresh(theirs["refresh_token"])) == gone
    assert refused(visitor.exchange(code))[0] == "invalid_grant"
    assert visitor.me(theirs["access_token"]).status_code == 200
    assert visitor.refresh(others["refresh_token"]).status_code == 200


def test_a_refresh_refused(visit: Visit) -> None:
    visitor = visit()
    token = visitor.sign_in()["refresh_token"]
    assert refused(visitor.refresh("nonsense")) == ("invalid_grant", "Invalid refresh token")
    assert refused(visitor.refresh(token, client_id="nobody"))[0] == "invalid_client"
    assert refused(visitor.refresh(token, grant_type=None))[0] == "unsupported_grant_type"


# Users and secrets -----------------------------------------------------------


def test_users_have_to_be_on_the_apps_list(visit: Visit, world: World) -> None:
    listed, stranger = world.users[0].user_id, world.users[1].user_id
    visitor = visit(registered_users=[listed])
    assert visitor.me(visitor.sign_in(listed)["access_token"]).status_code == 200
    answer = visitor.me(visitor.sign_in(stranger)["access_token"])
    message = "User not registered in the Developer Dashboard"
    assert answer.json() == {"error": {"status": 403, "message": message}}
    assert answer.status_code == 403


def test_the_list_is_short_in_development_mode(world: World) -> None:
    many = [str(number) for number in range(6)]
    with pytest.raises(ValueError, match="has 6: an app in development mode has at most 5"):
        Simulator(world, MovedClock(), registered_users=many, mode="development")
    Simulator(world, MovedClock(), registered_users=many[:5], mode="development")
    Simulator(world, MovedClock(), registered_users=many, mode="extended")


def test_every_secret_that_was_given_out_is_known(visit: Visit) -> None:
    visitor = visit(rotate_refresh_tokens=True)
    code = visitor.code()
    granted = visitor.exchange(code).json()
    renewed = visitor.refresh(granted["refresh_token"]).json()
    access = [granted["access_token"], renewed["access_token"]]
    refresh = [granted["refresh_token"], renewed["refresh_token"]]
    assert visitor.spotify.issued_tokens == tuple(access)
    assert set(visitor.spotify.issued_secrets) == {code, *access, *refresh}
    assert visitor.spotify.token_request_count == 2


@pytest.mark.parametrize("option", ["mode", "approve"])
def test_an_unknown_option_is_named(world: World, option: str) -> None:
    with pytest.raises(ValueError, match=f"{option} 'none' is not one of "):
        Simulator(world, MovedClock(), **{option: "none"})  # type: ignore[arg-type]
