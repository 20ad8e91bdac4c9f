"""Waiting for the browser, with real requests as browsers make them."""

import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import httpx2
import pytest

from chartlake.errors import SignInError, UsageError
from chartlake.extract.spotify.auth.login import Attempt
from chartlake.extract.spotify.auth.receiver import Receiver
from tests.extract.spotify.auth.test_login import PAGE, back


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture
def attempt(receiver: Receiver) -> Attempt:
    sent = Attempt(PAGE, "id", receiver.redirect_uri)
    receiver.listen(sent.code_in)
    return sent


def test_the_code_arrives_and_the_window_can_be_closed(
    receiver: Receiver, attempt: Attempt, http: httpx2.Client
) -> None:
    page = http.get(f"{receiver.redirect_uri}?{back(attempt, code='the-code')}")
    assert receiver.wait(5) == "the-code"
    assert page.status_code == 200
    assert "close this window" in page.text
    assert "the-code" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Python" not in page.headers["Server"]


def test_it_listens_on_this_machine_only(receiver: Receiver) -> None:
    assert urlsplit(receiver.redirect_uri).hostname == "127.0.0.1"
    assert receiver._http.server_address[0] == "127.0.0.1"


def test_favicons_strays_and_old_tabs_are_waited_past(
    receiver: Receiver, attempt: Attempt, http: httpx2.Client
) -> None:
    root = receiver.redirect_uri.removesuffix("/callback")
    assert http.get(f"{root}/favicon.ico").status_code == 404
    assert http.get(f"{root}/?{back(attempt, code='elsewhere')}").status_code == 404
    old = http.get(f"{receiver.redirect_uri}?code=theirs&state=old")
    assert old.status_code == 400
    assert "belongs to another sign-in" in old.text
    assert http.get(f"{receiver.redirect_uri}?error=access_denied").status_code == 400
    assert http.post(receiver.redirect_uri).status_code == 501
    http.get(f"{receiver.redirect_uri}?{back(attempt, code='mine')}")
    assert receiver.wait(5) == "mine"


def test_a_connection_that_says_nothing_keeps_nobody_waiting(
    receiver: Receiver, attempt: Attempt, http: httpx2.Client
) -> None:
    address = urlsplit(receiver.redirect_uri)
    with closing(socket.create_connection((str(address.hostname), address.port or 0))):
        http.get(f"{receiver.redirect_uri}?{back(attempt, code='mine')}")
        assert receiver.wait(5) == "mine"


def test_a_no_ends_the_waiting(receiver: Receiver, attempt: Attempt, http: httpx2.Client) -> None:
    page = http.get(f"{receiver.redirect_uri}?{back(attempt, error='access_denied')}")
    assert page.status_code == 400
    assert "access was denied" in page.text
    with pytest.raises(SignInError, match="access was denied in the browser"):
        receiver.wait(5)


def test_what_the_answer_says_is_escaped(receiver: Receiver, http: httpx2.Client) -> None:
    def hostile(query: str) -> str:
        raise SignInError("<script>alert(1)</script>", fix="<b>")

    receiver.listen(hostile)
    page = http.get(f"{receiver.redirect_uri}?a=b")
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_nobody_comes(receiver: Receiver, attempt: Attempt) -> None:
    with pytest.raises(SignInError, match="did not come back") as problem:
        receiver.wait(0.01)
    assert "add http://127.0.0.1/callback under Redirect URIs" in str(problem.value.fix)
    assert "--paste" in str(problem.value.fix)
    assert "INVALID_CLIENT" in str(problem.value.why)


def test_only_an_old_tab_comes(receiver: Receiver, attempt: Attempt, http: httpx2.Client) -> None:
    http.get(f"{receiver.redirect_uri}?code=theirs&state=old")
    with pytest.raises(SignInError, match="but for a tab of another sign-in"):
        receiver.wait(0.05)


def test_the_port_is_free_again_afterwards() -> None:
    with Receiver() as first:
        first.listen(str)
        port = int(str(urlsplit(first.redirect_uri).port))
        with pytest.raises(UsageError, match=f"port {port} of this machine cannot") as problem:
            Receiver(port)
        assert "redirect_port" in str(problem.value.fix)
    with Receiver(port) as second:
        assert second.redirect_uri == f"http://127.0.0.1:{port}/callback"


def test_the_code_is_in_no_log(
    receiver: Receiver,
    attempt: Attempt,
    http: httpx2.Client,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A server of the standard library would write each address to standard error."""
    http.get(f"{receiver.redirect_uri}?{back(attempt, code='planted-code')}")
    http.get(f"{receiver.redirect_uri}x?{back(attempt, code='planted-code')}")
    http.post(f"{receiver.redirect_uri}?{back(attempt, code='planted-code')}")
    assert receiver.wait(5) == "planted-code"
    said = capfd.readouterr()
    assert "planted-code" not in said.out + said.err
