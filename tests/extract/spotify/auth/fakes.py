"""A clock that is moved by hand, planted secrets, and what a person might see of an error."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta

from chartlake.errors import ChartlakeError
from chartlake.extract.spotify.auth.accounts import Account, AccountKey
from tests.extract.server import Answer, answer

START = datetime(2026, 3, 1, 4, tzinfo=UTC)
SECRET = "planted-secret-5f0c"
KEY = AccountKey("default", "planted-id")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


def grant(token: str, **more: object) -> Answer:
    return answer({"access_token": token, "token_type": "Bearer", "expires_in": 3600} | more)


def invalid(code: str = "invalid_grant", description: str = "Refresh token revoked") -> Answer:
    return answer({"error": code, "error_description": description}, 400)


def account(**more: object) -> Account:
    """Somebody who signed in at the start of the clock."""
    given: dict[str, object] = {
        "name": KEY.name,
        "client_id": KEY.client_id,
        "user_id": "ada-1",
        "display_name": "Ada",
        "scopes": ("user-top-read",),
        "authorized_at": START,
        "refresh_token": "refresh-one",
    }
    return Account(**(given | more))  # type: ignore[arg-type]  # as in the record


def told(problem: ChartlakeError) -> str:
    """Everything a person might see of an error: its causes, and the frames of ours it names."""
    texts: list[str] = []
    link: BaseException | None = problem
    while link is not None:
        texts += [str(link), repr(link), str(vars(link)), *traceback.format_exception_only(link)]
        # the lines of a test hold what it planted
        frames = traceback.extract_tb(link.__traceback__)
        texts += [f"{frame.line}" for frame in frames if "/tests/" not in frame.filename]
        link = link.__cause__ or link.__context__
    return "\n".join(texts)
