"""The simulated service as a whole: its address, its tokens, its counts."""

import time
from collections.abc import Callable
from datetime import datetime
from threading import Lock, Thread
from types import TracebackType
from typing import Self, get_args

from chartlake.simulator.access import Tokens, Window
from chartlake.simulator.answers import Answer, Refusal, Request
from chartlake.simulator.api import Api
from chartlake.simulator.listener import Listener
from chartlake.simulator.payloads import Shape
from chartlake.simulator.world import World


class Simulator:
    """A Spotify Web API at ``url``, from ``start`` to ``stop`` or for the length of a ``with``.

    ``clock`` says what time it is in the simulated world: its date chooses the charts, and access
    tokens expire by it. The rate limit counts real seconds.
    """

    def __init__(
        self,
        world: World,
        clock: Callable[[], datetime],
        *,
        shape: Shape = "2026",
        window_seconds: float = 30,
        window_requests: int = 10_000,
        client_id: str = "simulated-client",
        client_secret: str = "simulated-secret",
        port: int = 0,
    ) -> None:
        """Prepare; nothing listens before ``start``. ``port`` 0 takes a free one."""
        if shape not in get_args(Shape):
            raise ValueError(f"shape {shape!r} is not one of {', '.join(get_args(Shape))}")
        self._world = world
        self._clock = clock
        self._shape: Shape = shape
        self._port = port
        self._tokens = Tokens(client_id, client_secret)
        self._window = Window(window_seconds, window_requests, time.monotonic)
        self._listener: Listener | None = None
        self._lock = Lock()
        self._requests = self._token_requests = 0

    def start(self) -> Self:
        """Listen, and answer in threads that end with the process."""
        if self._listener is not None:
            raise RuntimeError(f"the simulator already listens at {self.url}")
        self._listener = Listener(self._port, self._answer, self._clock)
        self._api = Api(self._world, self._shape, self.url, self._tokens, self._window)
        # a short poll, so that stopping does not take half a second
        Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening and cut the connections that are open."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown()
            listener.server_close()
            listener.cut_connections()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens, such as ``http://127.0.0.1:45123``."""
        if self._listener is None:
            raise RuntimeError("the simulator has no address while it is stopped: call start()")
        return f"http://127.0.0.1:{self._listener.server_port}"

    @property
    def api_url(self) -> str:
        """The root of the Web API."""
        return f"{self.url}/v1"

    @property
    def token_url(self) -> str:
        """Where access tokens are to be had."""
        return f"{self.url}/api/token"

    @property
    def request_count(self) -> int:
        """How many requests the Web API has had, refused ones included, tokens apart."""
        with self._lock:
            return self._requests

    @property
    def token_request_count(self) -> int:
        """How many requests for a token there were."""
        with self._lock:
            return self._token_requests

    @property
    def issued_tokens(self) -> tuple[str, ...]:
        """The access tokens given out so far: a test can search for them where none may be."""
        return self._tokens.issued

    def _answer(self, request: Request) -> Answer:
        if request.path == "/api/token":
            with self._lock:
                self._token_requests += 1
            if request.method != "POST":
                return Refusal(405, "Method not allowed", Allow="POST").to_answer()
            return self._tokens.grant(request)
        if request.path.startswith("/v1/"):
            with self._lock:
                self._requests += 1
            return self._api.answer(request)
        return Refusal(404, "Service not found").to_answer()
