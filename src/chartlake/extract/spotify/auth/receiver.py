"""Waits on this machine for the browser to come back from Spotify's page: a loopback redirect."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from chartlake.errors import SignInError, UsageError
from chartlake.extract.spotify.auth.grants import DASHBOARD
from chartlake.extract.spotify.auth.login import REGISTERED, StrayAnswer

__all__ = ["PATH", "Receiver"]

PATH = "/callback"
_IDLE_SECONDS = 10
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>chartlake</title>
<style>:root{{color-scheme:light dark}}body{{font:1.1em system-ui;margin:15vh auto;max-width:30em}}
</style><h1>{title}</h1><p>{text}</p></html>
"""


class Receiver:
    """Listens on 127.0.0.1 for one answer; strays are told so, and waited past."""

    def __init__(self, port: int = 0) -> None:
        """Take a port, by default a free one; UsageError where it is in use."""
        self._answers: SimpleQueue[str | SignInError] = SimpleQueue()
        self._code_in: Callable[[str], str] | None = None
        self._strays = 0
        try:
            self._http = _Http(("127.0.0.1", port), self._handler())
        except OSError as error:
            reason = error.strerror
        else:
            return
        raise UsageError(
            f"port {port} of this machine cannot be used for the sign-in",
            why=reason,
            fix="set another redirect_port under [spotify], or 0 for a free one; or use --paste",
        )

    @property
    def redirect_uri(self) -> str:
        """Where the browser has to come back to."""
        return f"http://127.0.0.1:{self._http.server_port}{PATH}"

    def listen(self, code_in: Callable[[str], str]) -> None:
        """Begin to answer; ``code_in`` takes the code out of a query, or says what is wrong."""
        self._code_in = code_in
        Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def wait(self, seconds: float) -> str:
        """The code, once the browser brings it; SignInError where it brings a no, or nothing."""
        try:
            answer = self._answers.get(timeout=seconds)
        except Empty:
            raise self._nobody_came(seconds) from None
        if isinstance(answer, SignInError):
            raise answer
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the port back."""
        if self._code_in:
            self._http.shutdown()
        self._http.server_close()

    def _nobody_came(self, seconds: float) -> SignInError:
        ended = f"the browser did not come back within {seconds / 60:g} minutes"
        if self._strays:
            ended += ", but for a tab of another sign-in"
        return SignInError(
            ended,
            why="if its page said INVALID_CLIENT, the app is set up in another way",
            fix=f"at {DASHBOARD} compare the client id, and add {REGISTERED} under Redirect URIs; "
            "is the browser on another machine: chartlake login --paste",
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            # browsers open connections in advance, and may send nothing on them
            timeout = _IDLE_SECONDS
            server_version, sys_version = "chartlake", ""

            def do_GET(self) -> None:
                address = urlsplit(self.path)
                if address.path != PATH:
                    self._page(HTTPStatus.NOT_FOUND, "Nothing here", "This is no page of ours.")
                    return
                answer = receiver._understood(address.query)
                if isinstance(answer, str):
                    self._page(
                        HTTPStatus.OK,
                        "Thank you",
                        "Spotify's answer has arrived: how it went on is told where you started "
                        "this. You can close this window.",
                    )
                else:
                    words = " ".join(filter(None, (f"{answer.what}.", answer.fix)))
                    self._page(HTTPStatus.BAD_REQUEST, "That did not work", words)
                receiver._take(answer)  # after the page: then the program may end

            def _page(self, status: HTTPStatus, title: str, text: str) -> None:
                page = _PAGE.format(title=escape(title), text=escape(text)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                policy = "default-src 'none'; style-src 'unsafe-inline'"
                self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(page)
                self.wfile.flush()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: the address has the code in it."""

        return Handler

    def _understood(self, query: str) -> str | SignInError:
        try:
            return self._code_in(query) if self._code_in else StrayAnswer("not yet")
        except SignInError as problem:
            return problem

    def _take(self, answer: str | SignInError) -> None:
        if isinstance(answer, StrayAnswer):
            self._strays += 1
        else:
            self._answers.put(answer)


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a browser that hangs up is no problem of ours."""
