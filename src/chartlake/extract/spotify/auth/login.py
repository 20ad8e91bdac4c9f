"""One sign-in of a user: an authorization code with PKCE (RFC 7636), and what comes of it."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from chartlake.errors import SignInError, Unavailable
from chartlake.extract.spotify.auth.accounts import Account, AccountKey, Accounts, login_command
from chartlake.extract.spotify.auth.grants import DASHBOARD, Grant, GrantRefused, TokenEndpoint
from chartlake.extract.spotify.auth.person import Person

__all__ = ["REGISTERED", "SCOPES", "Attempt", "Login", "StrayAnswer"]

REGISTERED = "http://127.0.0.1/callback"
"""The redirect address for the dashboard: without a port, so that any free one may be used."""

SCOPES = (
    "playlist-read-private",
    "playlist-read-collaborative",
    "user-read-recently-played",
    "user-top-read",
    "user-library-read",
)
_AGAIN = "start again: chartlake login"


class StrayAnswer(SignInError):
    """What came back does not belong to this attempt: an old tab, or a wrong address."""


class Attempt:
    """What is sent to the browser, and what only the answer to it can match."""

    def __init__(self, authorize_url: str, client_id: str, redirect_uri: str) -> None:
        self._authorize_url = authorize_url
        self._client_id = client_id
        self._redirect_uri = redirect_uri
        self._state = secrets.token_urlsafe(32)
        self._verifier = secrets.token_urlsafe(64)

    @property
    def url(self) -> str:
        """The page where the user agrees."""
        digest = sha256(self._verifier.encode()).digest()
        query = {
            "client_id": self._client_id,
            "response_type": "code",
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(SCOPES),
            "state": self._state,
            "code_challenge_method": "S256",
            "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "show_dialog": "true",  # so that people see which user they agree as
        }
        return f"{self._authorize_url}?{urlencode(query, quote_via=quote)}"

    def code_in(self, query: str) -> str:
        """The code in the query of the redirect address; SignInError for any other answer."""
        given = {name: values[-1] for name, values in parse_qs(query).items()}
        if not hmac.compare_digest(given.get("state", "").encode(), self._state.encode()):
            raise StrayAnswer(
                "this answer belongs to another sign-in", why="an old tab, most likely", fix=_AGAIN
            )
        if error := given.get("error"):
            raise _denied(error)
        if not given.get("code"):
            raise SignInError("Spotify's answer has no code in it", fix=_AGAIN)
        return given["code"]

    def code_in_pasted(self, text: str) -> str:
        """The code in what a person pasted: the whole address, or the code alone."""
        text = text.strip().strip("'\"")
        if "code=" in text or "error=" in text:
            return self.code_in(urlsplit(text).query or text.lstrip("?"))
        if not text or "/" in text or any(char.isspace() for char in text):
            raise StrayAnswer(
                "there is no code in what was pasted",
                fix="agree in the browser first; then paste the address at which it ended, which "
                f"begins with {REGISTERED.removesuffix('/callback')} and has ?code= in it",
            )
        return text

    def redeem(self, endpoint: TokenEndpoint, code: str) -> Grant:
        """Tokens for the code; SignInError that says what to correct where they are refused."""
        try:
            return endpoint.for_code(self._client_id, code, self._verifier, self._redirect_uri)
        except GrantRefused as error:
            refused = error
        if "redirect" in (refused.why or "").lower():
            raise SignInError(
                "the app does not know the address that the browser came back to",
                why=refused.why,
                fix=f"add {REGISTERED} under Redirect URIs at {DASHBOARD}",
            )
        if refused.code == "invalid_grant":
            raise SignInError(
                "Spotify did not take the code",
                why=refused.why or "a code is good once, and for ten minutes",
                fix=_AGAIN,
            )
        raise SignInError(refused.what, why=refused.why, fix=refused.fix or _AGAIN)


class Login:
    """Turns the code of an attempt into an account that is kept."""

    def __init__(
        self,
        endpoint: TokenEndpoint,
        who_is: Callable[[str], Person],
        accounts: Accounts,
        now: Callable[[], datetime],
    ) -> None:
        self._endpoint = endpoint
        self._who_is = who_is
        self._accounts = accounts
        self._now = now

    def complete(self, attempt: Attempt, code: str, key: AccountKey) -> Account:
        """Sign in; SignInError where the account's name belongs to somebody else."""
        asked_at = self._now()
        grant = attempt.redeem(self._endpoint, code)
        if not grant.refresh_token:
            raise Unavailable("Spotify's sign-in gave no refresh token", fix=_AGAIN)
        person = self._who_is(grant.access_token)
        account = Account(
            name=key.name,
            client_id=key.client_id,
            user_id=person.user_id,
            display_name=person.display_name,
            scopes=tuple((grant.scope or " ".join(SCOPES)).split()),
            authorized_at=asked_at,
        ).with_grant(grant, asked_at)
        with self._accounts.exclusive():
            self._refuse_another(account)
            self._accounts.save(account)
        return account

    def _refuse_another(self, account: Account) -> None:
        known = self._accounts.get(account.key)
        if known is None or known.user_id == account.user_id:
            return
        raise SignInError(
            f"account {known.name} belongs to {known.display_name or known.user_id}, "
            f"but the browser is signed in as {account.display_name or account.user_id}",
            why="the history of two people must not mix",
            fix=f"{login_command('NAME')} with another name, "
            f"or first: chartlake logout --account {known.name}",
        )


def _denied(error: str) -> SignInError:
    if error == "access_denied":
        return SignInError(
            "access was denied in the browser",
            why="nothing can be read that nobody agreed to; chartlake only reads",
            fix=_AGAIN,
        )
    return SignInError("Spotify's page did not sign in", why=error[:200], fix=_AGAIN)
