"""The token endpoint over a real socket: what is asked, and what its answers mean."""

from urllib.parse import parse_qs

import httpx2
import pytest

from chartlake.errors import Unavailable
from chartlake.extract.spotify.auth.grants import Grant, GrantRefused, TokenEndpoint
from tests.extract.server import RESET, Answer, Server, answer
from tests.extract.spotify.auth.fakes import grant, invalid, told


def form(server: Server) -> dict[str, list[str]]:
    (request,) = server.requests
    assert "Authorization" not in request.headers
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    return parse_qs(request.body.decode())


def test_a_code_is_redeemed_with_the_proof_and_without_a_secret(
    server: Server, endpoint: TokenEndpoint
) -> None:
    server.script("/token", grant("one", refresh_token="r", scope="a b"))
    given = endpoint.for_code("id", "the code", "the-verifier", "http://127.0.0.1:1/callback")
    assert given == Grant("one", 3600, "r", "a b")
    assert form(server) == {
        "grant_type": ["authorization_code"],
        "code": ["the code"],
        "redirect_uri": ["http://127.0.0.1:1/callback"],
        "client_id": ["id"],
        "code_verifier": ["the-verifier"],
    }


def test_a_refresh_names_the_app_only(server: Server, endpoint: TokenEndpoint) -> None:
    server.script("/token", grant("one"))
    assert endpoint.for_refresh("id", "refresh-one").refresh_token is None
    assert form(server) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["refresh-one"],
        "client_id": ["id"],
    }


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_no_is_final_and_has_its_code(
    server: Server, endpoint: TokenEndpoint, status: int
) -> None:
    server.script("/token", answer({"error": "invalid_grant"}, status))
    with pytest.raises(GrantRefused) as refused:
        endpoint.for_refresh("id", "refresh-one")
    assert refused.value.code == "invalid_grant"
    assert str(status) in refused.value.what
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "given",
    [
        Answer(b"<html>no</html>", 400, media_type="text/html"),
        answer({"error": {"status": 400}}, 400),
        answer([], 400),
        Answer(b"", 400),
    ],
)
def test_a_no_in_another_form_has_no_code(
    server: Server, endpoint: TokenEndpoint, given: Answer
) -> None:
    server.script("/token", given)
    with pytest.raises(GrantRefused) as refused:
        endpoint.for_refresh("id", "refresh-one")
    assert refused.value.code == ""


@pytest.mark.parametrize("code", ["server_error", "temporarily_unavailable"])
def test_an_outage_may_look_like_a_no(server: Server, endpoint: TokenEndpoint, code: str) -> None:
    server.script("/token", invalid(code), grant("one"))
    assert endpoint.for_refresh("id", "refresh-one").access_token == "one"


@pytest.mark.parametrize(
    "given",
    [
        answer({"access_token": "two words"}),
        answer({"access_token": "line\n"}),
        answer({"access_token": ""}),
        answer({"access_token": "one", "expires_in": -1}),
        answer({"access_token": "one", "expires_in": 10**12}),
        answer({"access_token": "one", "refresh_token": "é"}),
        Answer(b'{"access_token": "one"}' + b" " * 300_000),
        RESET,
    ],
)
def test_an_answer_that_is_no_grant_is_passing(
    server: Server, endpoint: TokenEndpoint, given: Answer
) -> None:
    server.script("/token", given, given, given, grant("unasked"))
    with pytest.raises(Unavailable):
        endpoint.for_refresh("id", "refresh-one")
    assert len(server.requests) == 3


def test_nobody_answers_at_all(http: httpx2.Client) -> None:
    closed = Server()
    closed.close()
    lost = TokenEndpoint(http, f"{closed.url}/token")
    with pytest.raises(Unavailable, match=f"cannot reach Spotify's sign-in at {closed.url}"):
        lost._post({}, None)


def test_an_answer_that_repeats_what_it_was_sent_is_not_shown(
    server: Server, endpoint: TokenEndpoint
) -> None:
    server.script("/token", invalid("invalid_grant", "no such token: planted-refresh"))
    with pytest.raises(GrantRefused) as refused:
        endpoint.for_refresh("id", "planted-refresh")
    assert "planted-refresh" not in told(refused.value)
    assert refused.value.code == "invalid_grant"


def test_a_wrong_client_id_is_said_with_where_to_look(
    server: Server, endpoint: TokenEndpoint
) -> None:
    server.script("/token", invalid("invalid_client", "Invalid client"))
    with pytest.raises(GrantRefused) as refused:
        endpoint.for_refresh("id", "refresh-one")
    assert "developer.spotify.com/dashboard" in str(refused.value.fix)
    assert refused.value.why == "invalid_client: Invalid client"
