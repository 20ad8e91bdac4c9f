"""Who may ask, and how often: client credentials, bearer tokens and the rolling window."""

import secrets
from base64 import b64decode
from binascii import Error as BadBase64
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from threading import Lock
from urllib.parse import parse_qs

import msgspec

from chartlake.simulator.answers import Answer, Refusal, Request

TOKEN_SECONDS = 3600


class Tokens:
    """Gives out access tokens for the client's secret, and knows until when they hold."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        """Serve one client."""
        self._client_id = client_id
        self._client_secret = client_secret
        self._expiry: dict[str, datetime] = {}

    def grant(self, request: Request) -> Answer:
        """Answer a request for a token by client credentials."""
        form = parse_qs(request.body.decode("latin-1"))
        client_id, secret = _basic(request.headers.get("authorization", ""))
        if client_id != self._client_id:
            return _oauth_error("invalid_client", "Invalid client")
        if secret != self._client_secret:
            return _oauth_error("invalid_client", "Invalid client secret")
        if form.get("grant_type") != ["client_credentials"]:
            message = "grant_type must be client_credentials"
            return _oauth_error("unsupported_grant_type", message)
        token = "BQ" + secrets.token_urlsafe(60)
        self._expiry[token] = request.now + timedelta(seconds=TOKEN_SECONDS)
        body = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        return Answer(200, msgspec.json.encode(body), {"Cache-Control": "no-store"})

    @property
    def issued(self) -> tuple[str, ...]:
        """All tokens so far, in order."""
        return tuple(self._expiry)

    def check(self, request: Request) -> None:
        """Refuse a request that carries no token, an unknown one or an old one."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(401, "No token provided", WWW_Authenticate='Bearer realm="spotify"')
        expires_at = self._expiry.get(token)
        if expires_at is None:
            raise _token_refusal("Invalid access token")
        if request.now >= expires_at:
            raise _token_refusal("The access token expired")


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


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client_id, _, secret = b64decode(encoded, validate=True).decode().partition(":")
    except (BadBase64, UnicodeDecodeError):
        return "", ""
    return client_id, secret


def _oauth_error(error: str, description: str) -> Answer:
    body = {"error": error, "error_description": description}
    return Answer(400, msgspec.json.encode(body), {"Cache-Control": "no-store"})


def _token_refusal(message: str) -> Refusal:
    challenge = f'Bearer realm="spotify", error="invalid_token", error_description="{message}"'
    return Refusal(401, message, WWW_Authenticate=challenge)
