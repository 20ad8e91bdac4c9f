"""Who signed in: one request to the Web API, with the access token of a moment ago."""

from __future__ import annotations

from typing import Annotated

import httpx2
import msgspec

from chartlake.errors import Deferred, SignInError, SourceError, Unavailable
from chartlake.extract.spotify.auth.grants import DASHBOARD
from chartlake.extract.spotify.retry import Retry
from chartlake.model import Undecodable, from_json

__all__ = ["Person", "who_is"]

_NOT_LISTED = frozenset({401, 403})


class Person(msgspec.Struct, frozen=True):
    """A Spotify user."""

    user_id: Annotated[str, msgspec.Meta(min_length=1)] = msgspec.field(name="id")
    display_name: str | None = None


def who_is(http: httpx2.Client, api_url: str, retry: Retry, access_token: str) -> Person:
    """The user that a token belongs to; SignInError where the app may not ask for that user."""
    return retry.patiently(lambda: _ask(http, f"{api_url.rstrip('/')}/me", access_token))


def _ask(http: httpx2.Client, url: str, access_token: str) -> Person:
    try:
        answer = http.get(url, headers={"Authorization": f"Bearer {access_token}"})
    except httpx2.HTTPError as error:
        # raised below, without a link to this error: it knows the request and its headers
        problem = f"{type(error).__name__}: {error}"
    else:
        return _understood(answer, url)
    raise Unavailable(f"cannot read {url}", why=problem)


def _understood(answer: httpx2.Response, url: str) -> Person:
    if answer.status_code != 200:
        raise _problem(answer.status_code, url)
    try:
        return from_json(answer.content, Person)
    except Undecodable as error:
        raise Unavailable(f"{url} does not say who signed in", why=str(error)) from None


def _problem(status: int, url: str) -> SourceError | Deferred:
    if status in _NOT_LISTED:
        return SignInError(
            f"the app may not read for this user ({status})",
            why="in development mode an app serves five users that its owner lists, and its owner "
            "needs Premium",
            fix=f"list the user in the app's User Management at {DASHBOARD}, then log in again",
        )
    if status == 429:
        return Deferred(
            f"Spotify asked to come back later (429) at {url}",
            why="the app's quota is used up",
            fix="log in again later",
        )
    return Unavailable(f"{url} answered with status {status}")
