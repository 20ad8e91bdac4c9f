"""The client against a server that misbehaves in every way we could think of."""

import gzip
import json
from datetime import UTC, datetime

import httpx2
import pytest

from chartlake.errors import ChartlakeError, Deferred, Refused, SignInError, Unavailable
from chartlake.extract.spotify.answers import MAX_BYTES
from chartlake.extract.spotify.auth import GivenToken
from chartlake.extract.spotify.client import SpotifyApi, SpotifyClient
from chartlake.extract.spotify.retry import Retry
from chartlake.model import Body
from tests.extract.server import RESET, Answer, Server, answer, error
from tests.extract.spotify.api import Time, open_api, open_client
from tests.extract.spotify.auth.fakes import told

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
TOKEN = "planted-token-77aa"
GOOD = answer({"id": "x"})


class Tokens:
    """Gives one token after another; renewing may be refused."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)
        self.renewed = 0

    def token(self) -> str:
        return self._tokens[0]

    def renew(self, refused: str) -> str:
        self.renewed += 1
        self._tokens.pop(0)
        if not self._tokens:
            raise SignInError("no more tokens")
        return self._tokens[0]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def api(server: Server, http: httpx2.Client, time: Time) -> SpotifyApi:
    return open_api(http, f"{server.url}/v1/", time)


@pytest.fixture
def client(api: SpotifyApi) -> SpotifyClient:
    return SpotifyClient(api, Tokens(TOKEN, "second", "third"))


def made(
    server: Server, http: httpx2.Client, time: Time, tokens: Tokens | GivenToken
) -> SpotifyClient:
    return open_client(http, f"{server.url}/v1/", tokens, time)


def get(client: SpotifyClient) -> Body:
    return client.get("/x", "thing")


def problem_of(client: SpotifyClient, kind: type[ChartlakeError]) -> ChartlakeError:
    with pytest.raises(kind) as problem:
        get(client)
    assert type(problem.value) is kind
    assert TOKEN not in told(problem.value)
    return problem.value


# A whole answer -------------------------------------------------------------------------


def test_the_body_is_kept_as_received(
    server: Server, api: SpotifyApi, client: SpotifyClient
) -> None:
    content = b'{ "name" :"\\u00e9",\n "n": 1.50, "name": "twice" }'
    server.script("/v1/x", Answer(content))
    body = client.get("/x", "thing", {"offset": "50", "q": "a b&c"}, first_item=50)
    assert body == Body(
        content=content,
        resource="thing",
        media_type="application/json",
        received_at=NOW,
        url=f"{server.url}/v1/x?offset=50&q=a+b%26c",
        status=200,
        first_item=50,
    )
    (request,) = server.requests
    assert request.query == {"offset": "50", "q": "a b&c"}
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert api.governor.request_count == 1


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON ; charset=UTF-8"])
def test_json_by_any_spelling(server: Server, client: SpotifyClient, media_type: str) -> None:
    server.script("/v1/x", Answer(b"{}", media_type=media_type))
    assert get(client).content == b"{}"


def test_an_answer_without_a_length_ends_when_the_line_does(
    server: Server, client: SpotifyClient
) -> None:
    server.script("/v1/x", Answer(b'{"a": 1}', length=False))
    assert get(client).content == b'{"a": 1}'


def test_a_packed_answer_is_unpacked(server: Server, client: SpotifyClient) -> None:
    packed = gzip.compress(b'{"a": 1}')
    server.script("/v1/x", Answer(packed, headers={"Content-Encoding": "gzip"}))
    assert get(client).content == b'{"a": 1}'


# Sign-in ------------------------------------------------------------------------------------


def test_401_once_is_renewed_and_asked_again(
    server: Server, http: httpx2.Client, time: Time
) -> None:
    tokens = Tokens("old", "new", "newer")
    server.script("/v1/x", error(401, "The access token expired"), GOOD)
    assert get(made(server, http, time, tokens)).status == 200
    assert [r.headers["Authorization"] for r in server.requests] == ["Bearer old", "Bearer new"]
    assert (tokens.renewed, time.slept) == (1, [])


def test_401_twice_is_a_sign_in_error(server: Server, http: httpx2.Client, time: Time) -> None:
    tokens = Tokens("old", "new", "newer")
    server.script("/v1/x", error(401, "Invalid access token"))
    problem = problem_of(made(server, http, time, tokens), SignInError)
    assert problem.what == (f"Spotify does not accept the credentials (401) at {server.url}/v1/x")
    assert problem.why == "Invalid access token"
    assert (len(server.requests), tokens.renewed) == (2, 1)


def test_401_again_after_an_outage_is_not_renewed_again(
    server: Server, http: httpx2.Client, time: Time
) -> None:
    tokens = Tokens("old", "new", "newer")
    server.script("/v1/x", error(401), error(503), error(401))
    problem_of(made(server, http, time, tokens), SignInError)
    assert tokens.renewed == 1


def test_a_given_token_that_expired(server: Server, http: httpx2.Client, time: Time) -> None:
    server.script("/v1/x", error(401))
    problem = problem_of(made(server, http, time, GivenToken(TOKEN)), SignInError)
    assert problem.what == "Spotify no longer accepts the access token that was given"
    assert len(server.requests) == 1


@pytest.mark.parametrize("passing", [RESET, Answer(b'{"a"', media_type="application/json")])
def test_what_passes_after_a_renewal_is_tried_again(
    server: Server, client: SpotifyClient, passing: Answer
) -> None:
    server.script("/v1/x", error(401), passing, GOOD)
    assert get(client).status == 200


def test_sign_in_asks_for_a_token_only(server: Server, client: SpotifyClient) -> None:
    client.sign_in()
    assert server.requests == []


# No, for good ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 451])
def test_a_refusal_is_final(server: Server, client: SpotifyClient, status: int) -> None:
    server.script("/v1/x", error(status, "Not for you"))
    problem = problem_of(client, Refused)
    assert isinstance(problem, Refused)
    assert (problem.status, problem.why) == (status, "Not for you")
    assert problem.what == f"Spotify refused {server.url}/v1/x ({status})"
    assert len(server.requests) == 1


def test_a_redirect_is_not_followed(server: Server, client: SpotifyClient) -> None:
    other = Server()
    server.script("/v1/x", Answer(status=302, headers={"Location": f"{other.url}/v1/x"}))
    problem_of(client, Refused)
    other.close()
    assert other.requests == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"error": "text"}', b"{"])
def test_a_refusal_in_another_form(server: Server, client: SpotifyClient, body: bytes) -> None:
    server.script("/v1/x", Answer(body, status=403, media_type="text/html"))
    assert problem_of(client, Refused).why is None


@pytest.mark.parametrize("body", [b'{"x": ' + b"[" * 100_000, b'{"error": {"message": "\xff"}}'])
def test_a_hostile_refusal_is_no_crash(server: Server, client: SpotifyClient, body: bytes) -> None:
    server.script("/v1/x", Answer(body, status=403))
    problem_of(client, Refused)


# Slow down ----------------------------------------------------------------------------------


def test_a_short_wait_is_waited(server: Server, client: SpotifyClient, time: Time) -> None:
    server.script("/v1/x", error(429, Retry_After="10"), GOOD)
    assert get(client).status == 200
    (slept,) = time.slept
    assert 10 <= slept <= 11


def waits(server: Server, http: httpx2.Client, *answers: Answer) -> list[float]:
    """How long a client with much patience waits: jitter shows among that many."""
    time = Time()
    server.script("/v1/x", *answers * (60 // len(answers)))
    with pytest.raises(Unavailable):
        get(open_client(http, f"{server.url}/v1", Tokens(TOKEN), time, time.retry(60)))
    assert len(time.slept) == 59
    return time.slept


def test_a_wait_is_never_shorter_than_asked(server: Server, http: httpx2.Client) -> None:
    assert min(waits(server, http, error(429, Retry_After="10"))) >= 10


def test_nor_much_longer(server: Server, http: httpx2.Client) -> None:
    assert max(waits(server, http, error(429, Retry_After="60"))) <= 66


def test_nor_does_it_lengthen_the_next(server: Server, client: SpotifyClient, time: Time) -> None:
    server.script("/v1/x", error(429, Retry_After="60"), error(503), GOOD)
    get(client)
    assert time.slept[1] <= 1.5


def test_a_long_wait_is_left_to_a_later_run(
    server: Server, client: SpotifyClient, time: Time
) -> None:
    server.script("/v1/x", error(429, Retry_After="86400"))
    problem = problem_of(client, Deferred)
    assert problem.what == (f"Spotify asks to wait 24.0 hours (429) at {server.url}/v1/x")
    assert (time.slept, len(server.requests)) == ([], 1)


def test_the_longest_wait_is_still_waited(server: Server, client: SpotifyClient) -> None:
    server.script("/v1/x", error(429, Retry_After="60"), GOOD)
    assert get(client).status == 200


@pytest.mark.parametrize("asked", ["61", "100000000000000000000"])
def test_one_second_more_is_not(server: Server, client: SpotifyClient, asked: str) -> None:
    server.script("/v1/x", error(429, Retry_After=asked))
    problem_of(client, Deferred)


@pytest.mark.parametrize("header", [{}, {"Retry_After": "soon"}, {"Retry_After": "-1"}])
def test_a_wait_that_is_not_told(
    server: Server, client: SpotifyClient, time: Time, header: dict[str, str]
) -> None:
    server.script("/v1/x", error(429, **header), GOOD)
    get(client)
    assert 0.25 <= time.passed <= 0.75


def test_a_wait_in_odd_digits(server: Server, client: SpotifyClient) -> None:
    server.script("/v1/x", error(429, Retry_After="\u00b2"), GOOD)
    assert get(client).status == 200


def test_429_for_ever(server: Server, client: SpotifyClient, time: Time) -> None:
    server.script("/v1/x", error(429, Retry_After="1"))
    problem = problem_of(client, Unavailable)
    assert problem.what == f"Spotify asked to slow down (429) at {server.url}/v1/x"
    assert (len(server.requests), len(time.slept)) == (4, 3)


@pytest.mark.parametrize("header", [{}, {"Retry_After": "5"}])
def test_a_used_up_quota_is_left_to_a_later_run(
    server: Server, client: SpotifyClient, header: dict[str, str]
) -> None:
    server.script("/v1/x", error(429, "Too many requests", "QUOTA_EXCEEDED", **header))
    problem_of(client, Deferred)


# Outages, and answers that are not whole --------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_outage_that_passes(
    server: Server, client: SpotifyClient, time: Time, status: int
) -> None:
    server.script("/v1/x", error(status), error(status), GOOD)
    assert get(client).status == 200
    first, second = time.slept
    assert 0.25 <= first <= 0.75
    assert 0.5 <= second <= 1.5


def test_an_outage_that_does_not(
    server: Server, api: SpotifyApi, client: SpotifyClient, time: Time
) -> None:
    server.script("/v1/x", error(503, "Service unavailable"))
    problem = problem_of(client, Unavailable)
    assert problem.what == f"Spotify has an outage (503) at {server.url}/v1/x"
    assert problem.why == "Service unavailable"
    assert (len(server.requests), api.governor.request_count, len(time.slept)) == (4, 4, 3)


WHOLE = json.dumps({"items": [{"name": "é"}] * 3}, ensure_ascii=False).encode()
TORN = {
    "reset": RESET,
    "cut-at-the-start": Answer(WHOLE, sent=0),
    "cut-early": Answer(WHOLE, sent=1),
    "cut-in-the-middle": Answer(WHOLE, sent=len(WHOLE) // 2),
    "cut-before-the-end": Answer(WHOLE, sent=len(WHOLE) - 1),
    "cut-json-without-length": Answer(WHOLE[:-1], length=False),
    "cut-json": Answer(WHOLE[:-1]),
    "empty": Answer(b""),
    "html": Answer(b"<html>Log in to the hotel</html>", media_type="text/html"),
    "json-called-html": Answer(WHOLE, media_type="text/html"),
    "no-media-type": Answer(WHOLE, media_type=None),
    "nan": Answer(b'{"a": NaN}'),
    "infinity": Answer(b'{"a": 1e999}'),
    "deep": Answer(b"[" * 100_000),
    "deep-and-closed": Answer(b"[" * 100_000 + b"]" * 100_000),
    "two-values": Answer(b"{}{}"),
    "byte-order-mark": Answer(b"\xef\xbb\xbf{}"),
    "utf-16": Answer('{"a": 1}'.encode("utf-16")),
    "lone-surrogate": Answer(b'{"a": "\\ud800"}'),
    "not-gzip": Answer(WHOLE, headers={"Content-Encoding": "gzip"}),
    "too-large": Answer(b'"' + b"x" * MAX_BYTES + b'"'),
    "bomb": Answer(gzip.compress(b" " * 2 * MAX_BYTES), headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("name", TORN)
def test_an_answer_that_is_not_whole_is_asked_for_again(
    server: Server, client: SpotifyClient, name: str
) -> None:
    server.script("/v1/x", TORN[name], GOOD)
    assert get(client).content == GOOD.body
    assert len(server.requests) == 2


@pytest.mark.parametrize("name", TORN)
def test_and_never_handed_on(server: Server, client: SpotifyClient, name: str) -> None:
    server.script("/v1/x", TORN[name])
    problem = problem_of(client, Unavailable)
    assert server.url in problem.what
    assert len(server.requests) == 4


@pytest.mark.parametrize("body", [b'{"a": "\xff"}', b'{"\xff": 1}', b'["caf\xe9"]'])
def test_text_that_is_not_utf8_is_not_whole(
    server: Server, client: SpotifyClient, body: bytes
) -> None:
    server.script("/v1/x", Answer(body))
    problem_of(client, Unavailable)


def test_the_largest_body_is_taken(server: Server, client: SpotifyClient) -> None:
    body = b'"' + b"x" * (MAX_BYTES - 2) + b'"'
    server.script("/v1/x", Answer(body))
    assert get(client).content == body


def test_an_error_body_over_the_cap_is_not_read_to_its_end(
    server: Server, client: SpotifyClient
) -> None:
    server.script("/v1/x", Answer(b"x" * (MAX_BYTES + 1), status=404))
    assert "larger than 8 MiB" in problem_of(client, Unavailable).what


def test_nobody_answers(http: httpx2.Client, time: Time) -> None:
    closed = Server()
    closed.close()
    problem = problem_of(made(closed, http, time, Tokens(TOKEN)), Unavailable)
    assert problem.what == f"cannot read {closed.url}/v1/x"
    assert str(problem.why).startswith("ConnectError: ")
    # the HTTP library's own error knows the request, and so the token
    assert (problem.__cause__, problem.__suppress_context__) == (None, True)


def test_an_answer_that_takes_too_long(server: Server, time: Time) -> None:
    server.script("/v1/x", Answer(seconds_late=0.2))
    with httpx2.Client(trust_env=False, timeout=httpx2.Timeout(5.0, read=0.02)) as hasty:
        problem = problem_of(made(server, hasty, time, Tokens(TOKEN)), Unavailable)
    assert str(problem.why).startswith("ReadTimeout: ")


# Not sent again -------------------------------------------------------------------------------

TAG = 'W/"5f0c"'


def test_the_etag_is_kept_and_sent(server: Server, client: SpotifyClient) -> None:
    server.script("/v1/x", answer({}, ETag=TAG), Answer(b"", 304, media_type=None))
    assert get(client).etag == TAG
    assert client.get_if_changed("/x", "thing", etag=TAG) is None
    first, second = server.requests
    assert "If-None-Match" not in first.headers
    assert second.headers["If-None-Match"] == TAG
    assert [request.status for request in client.requests] == [200, 304]


def test_what_changed_is_sent_again(server: Server, client: SpotifyClient) -> None:
    server.script("/v1/x", answer({"n": 2}, ETag='"new"'))
    body = client.get_if_changed("/x", "thing", etag=TAG)
    assert body is not None
    assert (body.content, body.etag) == (b'{"n": 2}', '"new"')


@pytest.mark.parametrize("ask", ["get", "get_if_changed"])
def test_304_to_a_question_without_etag_is_no_answer(
    server: Server, client: SpotifyClient, ask: str
) -> None:
    """Else a first reading would count as unchanged."""
    server.script("/v1/x", Answer(b"", 304, media_type=None))
    with pytest.raises(Unavailable, match="answered 304 to a question without ETag"):
        getattr(client, ask)("/x", "thing")


# The facts of each request --------------------------------------------------------------------


def test_every_request_is_noted(server: Server, client: SpotifyClient, time: Time) -> None:
    last = answer({}, X_RateLimit_Remaining="7", X_Other="no")
    server.script("/v1/x", error(429, Retry_After="5"), RESET, last)
    get(client)
    url = f"{server.url}/v1/x"
    facts = client.requests
    assert [(fact.url, fact.status) for fact in facts] == [(url, 429), (url, None), (url, 200)]
    assert [fact.headers for fact in facts] == [
        {"retry-after": "5"},
        {},
        {"x-ratelimit-remaining": "7"},
    ]
    assert [fact.error is None for fact in facts] == [True, False, True]
    assert "Error: " in str(facts[1].error)
    moments = [(fact.at - NOW).total_seconds() for fact in facts]
    assert moments[:2] == [0, 5]
    assert moments[2] > 5
    assert all(0 <= fact.seconds < 5 for fact in facts)


def test_an_answer_that_is_not_whole_is_noted_as_such(
    server: Server, client: SpotifyClient
) -> None:
    server.script("/v1/x", Answer(b"{"), GOOD)
    get(client)
    url = f"{server.url}/v1/x"
    assert [(f.status, f.error) for f in client.requests] == [
        (200, f"the answer of {url} is not whole JSON"),
        (200, None),
    ]


def test_each_client_has_its_own_facts_and_all_count(
    server: Server, api: SpotifyApi, client: SpotifyClient
) -> None:
    server.script("/v1/x", GOOD)
    other = SpotifyClient(api, Tokens("t"))
    get(client)
    get(other)
    get(other)
    assert (len(client.requests), len(other.requests)) == (1, 2)
    assert api.governor.request_count == 3


# The end of the run -----------------------------------------------------------------------------


def test_no_pause_outlasts_the_run(server: Server, http: httpx2.Client, time: Time) -> None:
    """The error that would be tried again stands."""
    server.script("/v1/x", error(503))
    client = open_client(http, f"{server.url}/v1", Tokens(TOKEN), time, time.retry(9, 1.0))
    assert "outage (503)" in problem_of(client, Unavailable).what
    assert time.passed <= 1.0
    assert len(server.requests) <= 3


def test_a_body_that_outlasts_the_run_is_given_up(
    server: Server, http: httpx2.Client, time: Time
) -> None:
    server.script("/v1/x", GOOD)
    client = open_client(http, f"{server.url}/v1", Tokens(TOKEN), time, time.retry(2, 0.0))
    problem = problem_of(client, Unavailable)
    assert problem.what == f"the answer of {server.url}/v1/x did not end within 0 seconds"


def test_nothing_is_asked_after_the_end(
    server: Server, api: SpotifyApi, client: SpotifyClient
) -> None:
    server.script("/v1/x", GOOD)
    api.close()
    problem = problem_of(client, Deferred)
    assert problem.what == "the run was ended"
    assert server.requests == []


def test_an_end_during_an_outage_ends_the_retries(
    server: Server, http: httpx2.Client, time: Time
) -> None:
    def end(seconds: float) -> None:
        ended.close()

    ended = open_api(http, f"{server.url}/v1", time, Retry(sleep=end))
    server.script("/v1/x", error(503))
    problem_of(SpotifyClient(ended, Tokens(TOKEN)), Deferred)
    assert len(server.requests) == 1


# Secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [f"{TOKEN}\n", f"{TOKEN}\r\nX: y", f"{TOKEN}\u00e9"])
def test_a_token_that_is_no_header_is_not_told(
    server: Server, http: httpx2.Client, time: Time, token: str
) -> None:
    """A line end copied into .env with a token is enough for this."""
    with pytest.raises(ChartlakeError) as problem:
        get(made(server, http, time, GivenToken(token)))
    assert TOKEN not in f"{problem.value} {problem.value.why} {problem.value.fix}"


def test_secrets_are_not_in_the_log(
    server: Server, client: SpotifyClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    server.script("/v1/x", error(401), error(503), GOOD)
    get(client)
    assert TOKEN not in caplog.text
    assert "second" not in caplog.text
    assert TOKEN not in repr(client.requests)
