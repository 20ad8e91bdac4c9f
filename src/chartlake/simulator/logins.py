"""Who agreed to what: codes that a login gives, and the refresh tokens that a code becomes."""

import secrets
from base64 import urlsafe_b64encode
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

CODE_MINUTES = 10
REFRESH_MONTHS = 6


@dataclass(frozen=True, slots=True)
class Login:
    """A user's agreement: with what, when, and how the app has to prove that it asked."""

    user_id: str
    scopes: tuple[str, ...]
    authorized_at: datetime
    redirect_uri: str
    challenge: str | None  # of PKCE

    def is_proven_by(self, verifier: str) -> bool:
        """Whether this is the secret whose hash came with the request."""
        digest = sha256(verifier.encode()).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge


class Logins:
    """Codes, each good once and for ten minutes; refresh tokens, good for six months.

    The months count from the day on which the user agreed, however often a token is used or
    replaced by another.
    """

    def __init__(self) -> None:
        """Nobody has agreed to anything yet."""
        self._codes: dict[str, Login] = {}
        self._refresh: dict[str, Login] = {}
        self.issued: list[str] = []

    def give_code(self, login: Login) -> str:
        """A new code for the app's redirect address."""
        return self._keep(self._codes, "AQ" + secrets.token_urlsafe(120), login)

    def take_code(self, code: str, now: datetime) -> Login | None:
        """What a code stands for: once, and while it is fresh."""
        login = self._codes.pop(code, None)
        if login is None or now >= login.authorized_at + timedelta(minutes=CODE_MINUTES):
            return None
        return login

    def give_refresh_token(self, login: Login) -> str:
        """A new refresh token for a login; it ends when the login does."""
        return self._keep(self._refresh, "AQ" + secrets.token_urlsafe(96), login)

    def find_refresh_token(self, token: str, now: datetime) -> Login | None:
        """What a refresh token stands for, while it holds."""
        login = self._refresh.get(token)
        return login if login and now < end_of(login.authorized_at) else None

    def end_refresh_token(self, token: str) -> None:
        """Let a refresh token hold no longer."""
        self._refresh.pop(token, None)

    def revoke(self, user_id: str) -> None:
        """End all that a user has agreed to."""
        for kept in (self._codes, self._refresh):
            for secret in [key for key, login in kept.items() if login.user_id == user_id]:
                del kept[secret]

    def _keep(self, kept: dict[str, Login], secret: str, login: Login) -> str:
        kept[secret] = login
        self.issued.append(secret)
        return secret


def end_of(authorized_at: datetime) -> datetime:
    """Six months later, on the same day of the month or on its last one."""
    years, month = divmod(authorized_at.month - 1 + REFRESH_MONTHS, 12)
    year, month = authorized_at.year + years, month + 1
    day = min(authorized_at.day, monthrange(year, month)[1])
    return authorized_at.replace(year=year, month=month, day=day)
