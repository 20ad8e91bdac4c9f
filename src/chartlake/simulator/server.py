"""The simulated service as a whole: its address, its tokens, its counts."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from threading import Lock, Thread
from types import TracebackType
from typing import Self, get_args
from urllib.parse import urlencode

from chartlake.simulator.access import Caller, Tokens, Window
from chartlake.simulator.answers import Answer, Refusal, Request
from chartlake.simulator.api import Api
from chartlake.simulator.app import App, app_users
from chartlake.simulator.authorize import Approve, Authorize
from chartlake.simulator.faults import Fault, Faults
from chartlake.simulator.grants import Grants
from chartlake.simulator.listener import Listener
from chartlake.simulator.logins import Logins
from chartlake.simulator.modes import Mode
from chartlake.simulator.payloads import Shape
from chartlake.simulator.world import World

logger = logging.getLogger(__name__)

ALL_SCOPES = (
    "playlist-read-private",
    "playlist-read-collaborative",
    "user-library-read",
    "user-read-recently-played",
    "user-top-read",
)
"""All that a reader of lists and plays asks for."""


class Simulator:
    """A Spotify Web API at ``url``, from ``start`` to ``stop`` or for the length of a ``with``.

    ``clock`` says what time it is in the simulated world: its date chooses the charts, and codes
    and tokens expire by it. The rate limit counts real seconds.

    - ``mode``: what the app may do; ``shape``: the names of fields; ``etags``: whether answers
      have one
    - ``approve``: who answers the authorize page: a person (``ask``), or nobody (``at once``,
      ``deny``); a query parameter of that name goes first
    - ``redirect_uris``: where logins may end; a loopback address without a port stands for any
    - ``registered_users``: the ids of the users on the app's list; all unless given
    - ``rotate_refresh_tokens``: a refresh gives a new refresh token, and the old one ends
    - ``faults``: what goes wrong; more can be added to the property of that name
    """

    def __init__(
        self,
        world: World,
        clock: Callable[[], datetime],
        *,
        shape: Shape = "2026",
        mode: Mode = "extended",
        etags: bool = True,
        window_seconds: float = 30,
        window_requests: int = 10_000,
        client_id: str = "simulated-client",
        client_secret: str = "simulated-secret",
        redirect_uris: Sequence[str] = ("http://127.0.0.1/callback",),
        registered_users: Collection[str] | None = None,
        approve: Approve = "ask",
        rotate_refresh_tokens: bool = False,
        faults: Iterable[Fault] = (),
        port: int = 0,
    ) -> None:
        """Prepare; nothing listens before ``start``. ``port`` 0 takes a free one."""
        _check("shape", shape, get_args(Shape))
        _check("mode", mode, get_args(Mode))
        _check("approve", approve, get_args(Approve))
        self._world = world
        self._clock = clock
        self._shape: Shape = shape
        self.mode: Mode = mode
        self._etags = etags
        self._port = port
        users = app_users(registered_users, mode)
        self.app = App(client_id, client_secret, tuple(redirect_uris), users)
        self._logins = Logins()
        self._tokens = Tokens(self.app)
        self._authorize = Authorize(self.app, self._logins, world.users, approve)
        self._grants = Grants(self.app, self._logins, self._tokens, rotate=rotate_refresh_tokens)
        self._window = Window(window_seconds, window_requests, time.monotonic)
        self.faults = Faults(faults)
        self._listener: Listener | None = None
        self._lock = Lock()
        self._requests = self._token_requests = 0

    def start(self) -> Self:
        """Listen, and answer in threads that end with the process."""
        if self._listener is not None:
            raise RuntimeError(f"the simulator already listens at {self.url}")
        self._listener = Listener(self._port, self._answer, self._clock)
        self._api = Api(
            self._world,
            self._shape,
            self.url,
            self._tokens,
            self._window,
            mode=self.mode,
            etags=self._etags,
        )
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
    def authorize_url(self) -> str:
        """Where a login begins, in a browser."""
        return f"{self.url}/authorize"

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

    @property
    def issued_secrets(self) -> tuple[str, ...]:
        """The same with all codes and refresh tokens."""
        return (*self._tokens.issued, *self._logins.issued)

    def issue_token(self, user_id: str, scopes: Iterable[str] = ALL_SCOPES) -> str:
        """An access token of a user, without the way through the browser."""
        return self._tokens.give(Caller(user_id, frozenset(scopes)), self._clock())

    def expire_access_tokens(self) -> None:
        """Let no access token given so far hold any longer; refresh tokens do."""
        self._tokens.expire()

    def revoke(self, user_id: str) -> None:
        """End a user's refresh tokens and codes; an access token goes on until its hour ends."""
        self._logins.revoke(user_id)

    def _answer(self, request: Request) -> Answer:
        self._count(request)
        answer = self.faults.answer(request, lambda: self._true_answer(request))
        logger.debug("%s %s %s", answer.status, request.method, _place(request))
        return answer

    def _count(self, request: Request) -> None:
        with self._lock:
            self._requests += request.path.startswith("/v1/")
            self._token_requests += request.path == "/api/token"

    def _true_answer(self, request: Request) -> Answer:
        method, answer = self._find(request.path)
        if method and request.method != method:
            return Refusal(405, "Method not allowed", Allow=method).to_answer()
        return answer(request)

    def _find(self, path: str) -> tuple[str | None, Callable[[Request], Answer]]:
        """Who answers requests to this path, and the method if there is but one."""
        if path.startswith("/v1/"):
            return None, self._api.answer
        if path == "/api/token":
            return "POST", self._grants.answer
        if path in ("/authorize", "/authorize/decision"):
            return "GET", self._authorize.answer
        return None, lambda request: Refusal(404, "Service not found").to_answer()


def _place(request: Request) -> str:
    """Path and parameters; the latter for the Web API alone, because a login's are nobody's."""
    if not request.path.startswith("/v1/") or not request.query:
        return request.path
    return f"{request.path}?{urlencode(request.query)}"


def _check(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} {value!r} is not one of {', '.join(known)}")
