"""The token endpoint: what an app gets for its secret, for a code or for a refresh token."""

from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from urllib.parse import parse_qsl

import msgspec

from chartlake.simulator.access import TOKEN_SECONDS, Caller, Tokens
from chartlake.simulator.answers import Answer, Request
from chartlake.simulator.app import App
from chartlake.simulator.logins import Login, Logins


class Grants:
    """Answers ``POST /api/token``."""

    def __init__(self, app: App, logins: Logins, tokens: Tokens, *, rotate: bool) -> None:
        """``rotate``: a refresh gives a new refresh token, and the old one ends."""
        self._app = app
        self._logins = logins
        self._tokens = tokens
        self._rotate = rotate
        self._lock = Lock()

    def answer(self, request: Request) -> Answer:
        """An access token, or why there is none."""
        form = dict(parse_qsl(request.body.decode("latin-1")))
        try:
            with self._lock:  # two workers that refresh at once get one answer after the other
                body = self._granted(request, form)
        except _NotGranted as refusal:
            return refusal.to_answer()
        return Answer(200, msgspec.json.encode(body), {"Cache-Control": "no-store"})

    def _granted(self, request: Request, form: Mapping[str, str]) -> dict[str, object]:
        has_secret = self._is_client(request, form)
        match form.get("grant_type"):
            case "client_credentials":
                _require_secret(has_secret)
                return self._token(Caller(None, frozenset()), request.now)
            case "authorization_code":
                return self._for_code(form, has_secret, request.now)
            case "refresh_token":
                return self._for_refresh_token(form, has_secret, request.now)
        known = "client_credentials, authorization_code or refresh_token"
        raise _NotGranted("unsupported_grant_type", f"grant_type must be {known}")

    def _is_client(self, request: Request, form: Mapping[str, str]) -> bool:
        """Whether our app asks with its secret (else: without); refuses any other."""
        header = request.headers.get("authorization")
        client_id, secret = (form.get("client_id", ""), None) if header is None else _basic(header)
        if client_id != self._app.client_id:
            raise _NotGranted("invalid_client", "Invalid client")
        if secret is not None and secret != self._app.client_secret:
            raise _NotGranted("invalid_client", "Invalid client secret")
        return secret is not None

    def _for_code(
        self, form: Mapping[str, str], has_secret: bool, now: datetime
    ) -> dict[str, object]:
        login = self._logins.take_code(form.get("code", ""), now)
        if login is None:
            raise _NotGranted("invalid_grant", "Invalid authorization code")
        if form.get("redirect_uri") != login.redirect_uri:
            raise _NotGranted("invalid_grant", "Invalid redirect URI")
        if login.challenge is None:
            _require_secret(has_secret)  # an app with neither secret nor PKCE proves nothing
        elif "code_verifier" not in form:
            raise _NotGranted("invalid_request", "code_verifier must be supplied")
        elif not login.is_proven_by(form["code_verifier"]):
            raise _NotGranted("invalid_grant", "code_verifier was incorrect")
        return self._user_token(login, now) | {
            "refresh_token": self._logins.give_refresh_token(login)
        }

    def _for_refresh_token(
        self, form: Mapping[str, str], has_secret: bool, now: datetime
    ) -> dict[str, object]:
        token = form.get("refresh_token", "")
        login = self._logins.find_refresh_token(token, now)
        if login is None:
            known = token in self._logins.issued
            what = "Refresh token revoked" if known else "Invalid refresh token"
            raise _NotGranted("invalid_grant", what)
        if login.challenge is None:
            _require_secret(has_secret)
        body = self._user_token(login, now)
        if self._rotate:
            self._logins.end_refresh_token(token)
            body["refresh_token"] = self._logins.give_refresh_token(login)
        return body

    def _user_token(self, login: Login, now: datetime) -> dict[str, object]:
        caller = Caller(login.user_id, frozenset(login.scopes))
        return self._token(caller, now) | {"scope": " ".join(login.scopes)}

    def _token(self, caller: Caller, now: datetime) -> dict[str, object]:
        token = self._tokens.give(caller, now)
        return {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}


class _NotGranted(Exception):
    """The error object of OAuth, which is another than that of the Web API."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}

    def to_answer(self) -> Answer:
        return Answer(400, msgspec.json.encode(self.body), {"Cache-Control": "no-store"})


def _require_secret(has_secret: bool) -> None:
    if not has_secret:
        raise _NotGranted("invalid_client", "Invalid client secret")


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client_id, _, secret = b64decode(encoded, validate=True).decode().partition(":")
    except (BadBase64, UnicodeDecodeError):
        return "", ""
    return client_id, secret
