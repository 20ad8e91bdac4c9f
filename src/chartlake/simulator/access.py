"""Who may ask, and how often: bearer tokens and the rolling window."""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from threading import Lock

from chartlake.simulator.answers import Refusal, Request
from chartlake.simulator.app import App

TOKEN_SECONDS = 3600
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an app alone (user_id None) or for a user, with the scopes that were granted."""

    user_id: str | None
    scopes: frozenset[str]


class Tokens:
    """The access tokens given out: for whom each is, and until when it holds."""

    def __init__(self, app: App) -> None:
        """Let in whoever is on the app's list of users, and the app itself."""
        self._app = app
        self._given: dict[str, tuple[Caller, datetime]] = {}

    def give(self, caller: Caller, now: datetime) -> str:
        """A new token, good for an hour."""
        token = "BQ" + secrets.token_urlsafe(60)
        self._given[token] = (caller, now + timedelta(seconds=TOKEN_SECONDS))
        return token

    @property
    def issued(self) -> tuple[str, ...]:
        """All tokens so far, in order."""
        return tuple(self._given)

    def expire(self) -> None:
        """Let none of the tokens given so far hold any longer."""
        for token, (caller, _) in list(self._given.items()):
            self._given[token] = (caller, _LONG_AGO)

    def check(self, request: Request) -> Caller:
        """Who asks; refuses no token, an unknown or old one (401), a user not listed (403)."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(401, "No token provided", WWW_Authenticate='Bearer realm="spotify"')
        if token not in self._given:
            raise _token_refusal("Invalid access token")
        caller, expires_at = self._given[token]
        if request.now >= expires_at:
            raise _token_refusal("The access token expired")
        if not self._app.lists(caller.user_id):
            raise Refusal(403, "User not registered in the Developer Dashboard")
        return caller


class Window:
    """A rolling window: so many requests in so many seconds of real time."""

    def __init__(self, seconds: float, requests: int, monotonic: Callable[[], float]) -> None:
        """Count by ``monotonic``, a clock that nobody moves."""
        self._seconds = seconds
        self._requests = requests
        self._monotonic = monotonic
        self._times: deque[float] = deque()
        self._lock = Lock()

    def enter(self) -> None:
        """Count one request, or refuse it when the window is full; refused ones do not count."""
        with self._lock:
            now = self._monotonic()
            while self._times and self._times[0] <= now - self._seconds:
                self._times.popleft()
            if len(self._times) < self._requests:
                self._times.append(now)
                return
            oldest = self._times[0] if self._times else now
        wait = max(1, ceil(oldest + self._seconds - now))
        raise Refusal(429, "API rate limit exceeded", Retry_After=str(wait))


def _token_refusal(message: str) -> Refusal:
    challenge = f'Bearer realm="spotify", error="invalid_token", error_description="{message}"'
    return Refusal(401, message, WWW_Authenticate=challenge)
