"""A scripted HTTP server on this machine: a list of answers for each path, every request kept."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Answer:
    """One answer. With ``sent`` only so many bytes of the body go out before the line is closed."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str | None = "application/json; charset=utf-8"
    sent: int | None = None
    length: bool = True
    reset: bool = False
    seconds_late: float = 0.0


def answer(content: Any, status: int = 200, **headers: str) -> Answer:
    """JSON, with headers by name (``Retry_After``)."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(json.dumps(content).encode(), status, named)


def error(status: int, message: str = "no", reason: str | None = None, **headers: str) -> Answer:
    """An error in Spotify's form."""
    said = {"status": status, "message": message} | ({"reason": reason} if reason else {})
    return answer({"error": said}, status, **headers)


RESET = Answer(reset=True)


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up, and lines that are cut, are what is tested."""


class Server:
    """Answers each path from its script; the last answer of a script is repeated."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._scripts: dict[str, list[Answer]] = defaultdict(list)
        self._http = _Http(("127.0.0.1", 0), self._handler())
        # shutdown waits for one poll: the usual half second, once per test, adds up
        threading.Thread(target=self._http.serve_forever, args=(0.005,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def script(self, path: str, *answers: Answer) -> None:
        self._scripts[path].extend(answers)

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _next(self, path: str) -> Answer:
        script = self._scripts[path]
        if not script:
            return error(500, f"the test has no answer for {path}")
        return script.pop(0) if len(script) > 1 else script[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                split = urlsplit(self.path)
                size = int(self.headers.get("Content-Length") or 0)
                server.requests.append(
                    Request(
                        method=self.command,
                        path=split.path,
                        query=dict(parse_qsl(split.query)),
                        headers=dict(self.headers.items()),
                        body=self.rfile.read(size),
                    )
                )
                self._send(server._next(split.path))

            do_POST = do_GET

            def _send(self, given: Answer) -> None:
                if given.reset:
                    linger = struct.pack("ii", 1, 0)  # close without a goodbye
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    self.close_connection = True
                    self.connection.close()
                    return
                time.sleep(given.seconds_late)
                self.send_response(given.status)
                if given.media_type:
                    self.send_header("Content-Type", given.media_type)
                if given.length:
                    self.send_header("Content-Length", str(len(given.body)))
                for name, value in given.headers.items():
                    self.send_header(name, value)
                if given.sent is not None or not given.length:
                    self.close_connection = True
                    self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(given.body[: given.sent])

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Handler
