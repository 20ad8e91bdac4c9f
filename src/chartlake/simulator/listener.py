"""The socket: a threaded HTTP/1.1 server on the loopback interface.

From the standard library, because a framework guards against exactly the misbehaviour that a
stand-in for a real service has to be able to show.
"""

import logging
import os
import socket
import struct
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event, Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chartlake.simulator.answers import Answer, Refusal, Request

logger = logging.getLogger(__name__)


class Listener(ThreadingHTTPServer):
    """Listens on 127.0.0.1 and gives what ``respond`` answers."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, port: int, respond: Callable[[Request], Answer], clock: Callable[[], datetime]
    ) -> None:
        """Listen at once; ``port`` 0 takes a free one."""
        self.respond = respond
        self.clock = clock
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        self.closing = Event()
        super().__init__(("127.0.0.1", port), _Connection)

    def server_bind(self) -> None:
        """Bind without asking anybody."""
        # HTTPServer would ask the name service for the host's name, which can take seconds
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, and answer it in a thread of its own."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Note that a client went away."""
        logger.debug("connection from %s ended", client_address, exc_info=True)

    def cut_connections(self) -> None:
        """End the idle keep-alive connections, which would go on answering from old state."""
        with self._lock:
            for connection in self._open:
                # from another thread only a shutdown wakes the one that reads
                _shut(connection)
        self.closing.set()  # whoever delivers slowly wakes now, and finds the connection cut


class _Connection(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Read a request of any method, and answer it."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        target = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=target.path,
            query=dict(parse_qsl(target.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            now=self.server.clock(),
        )
        self._send(self._respond(request))

    do_POST = do_PUT = do_DELETE = do_GET

    def _respond(self, request: Request) -> Answer:
        try:
            return self.server.respond(request)
        except Exception:
            # a fault of the simulator itself: seen in the log, and not as a hanging client
            logger.exception("no answer to %s %s", request.method, request.path)
            return Refusal(500, "The simulator failed: see its log").to_answer()

    def _send(self, answer: Answer) -> None:
        delivery = answer.delivery
        self.server.closing.wait(delivery.wait)
        if delivery.cut_at is not None or not delivery.reset:
            self._send_parts(answer)
        if delivery.cut_at is not None or delivery.reset:
            self.close_connection = True
        if delivery.reset:
            self._reset()

    def _send_parts(self, answer: Answer) -> None:
        head = answer.head(self.server.clock(), closing=self.close_connection)
        if not answer.delivery.pause:
            # one write carries both: a second one would wait for the first to be acknowledged
            self.wfile.write(head + b"".join(answer.parts()))
            return
        self.wfile.write(head)
        for part in answer.parts():
            self.server.closing.wait(answer.delivery.pause)
            self.wfile.write(part)

    def _reset(self) -> None:
        # to linger for no time is to throw away what is under way: the other side gets a reset
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # the reader still holds the socket, so closing it as an object would not close it
        os.close(self.connection.detach())

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is not proper HTTP, in JSON like everything else."""
        self.close_connection = True
        self._send(Refusal(int(code), message or "Bad request").to_answer())

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: a test or a demo makes thousands of requests."""


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        logger.debug("a connection was already closed")
