"""The authorize page: an app asks, one of the world's users agrees or does not."""

import re
from collections.abc import Sequence
from html import escape
from string import Template
from typing import Literal, Protocol
from urllib.parse import urlencode

from chartlake.simulator.answers import Answer, Request
from chartlake.simulator.app import App
from chartlake.simulator.logins import Login, Logins

Approve = Literal["ask", "at once", "deny"]

_DECISIONS = {"agree": "at once", "cancel": "deny"}
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # a SHA-256 in base64 for URLs, without padding
_SCOPES = frozenset(
    {
        "app-remote-control",
        "playlist-modify-private",
        "playlist-modify-public",
        "playlist-read-collaborative",
        "playlist-read-private",
        "streaming",
        "ugc-image-upload",
        "user-follow-modify",
        "user-follow-read",
        "user-library-modify",
        "user-library-read",
        "user-modify-playback-state",
        "user-personalized",
        "user-read-currently-playing",
        "user-read-email",
        "user-read-playback-position",
        "user-read-playback-state",
        "user-read-private",
        "user-read-recently-played",
        "user-top-read",
    }
)
_PAGE = Template(
    """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>$title</title>
<style>
body { font: 1rem/1.5 sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem }
a { display: inline-block; padding: .3rem .8rem; border: 1px solid; border-radius: .3rem }
</style>
<h1>$title</h1>
$body
"""
)


class User(Protocol):
    """A user of the simulated world, as far as a login sees one."""

    @property
    def user_id(self) -> str:
        """What the Web API calls this user."""
        ...

    @property
    def display_name(self) -> str:
        """What people call this user."""
        ...


class Authorize:
    """Answers ``/authorize`` and the links of its page, ``/authorize/decision``.

    It keeps nobody signed in, so a person is asked each time, whatever ``show_dialog`` says.
    """

    def __init__(
        self, app: App, logins: Logins, users: Sequence[User], approve: Approve = "ask"
    ) -> None:
        """``approve`` decides where a request does not; ``ask`` leaves it to a person."""
        self._app = app
        self._logins = logins
        self._users = {user.user_id: user for user in users}
        self._approve = approve

    def answer(self, request: Request) -> Answer:
        """The page, or the way back to the app with a code or an error."""
        query = request.query
        if query.get("client_id") != self._app.client_id:
            return _page(400, "INVALID_CLIENT: Invalid client", "<p>No app has this client_id.</p>")
        redirect_uri = query.get("redirect_uri", "")
        if not self._app.knows_redirect(redirect_uri):
            return self._wrong_redirect(redirect_uri)
        user_id = query.get("user", next(iter(self._users)))
        if user_id not in self._users:
            return _page(400, "Unknown user", f"<p>Here are {_list(self._users)}.</p>")
        if error := _wrong(request):
            return _back(request, error=error)
        match self._decision(request):
            case "at once":
                return _back(request, code=self._logins.give_code(_login(request, user_id)))
            case "deny":
                return _back(request, error="access_denied")
            case "ask":
                return _page(200, "A simulated Spotify", self._question(request))
        wanted = "approve is ask, at once or deny; decision is agree or cancel"
        return _page(400, "Unknown answer", f"<p>{wanted}.</p>")

    def _decision(self, request: Request) -> str | None:
        if request.path == "/authorize/decision":
            return _DECISIONS.get(request.query.get("decision", ""))
        return request.query.get("approve", self._approve)

    def _wrong_redirect(self, redirect_uri: str) -> Answer:
        return _page(
            400,
            "INVALID_CLIENT: Invalid redirect URI",
            f"<p>{escape(redirect_uri) or 'No address'} is not one that the app has registered. "
            "It must be https, or http on 127.0.0.1 or [::1]; localhost is not taken.</p>"
            f"<p>Registered: {_list(self._app.redirect_uris)}</p>",
        )

    def _question(self, request: Request) -> str:
        asked = request.query.get("scope", "").split()
        agree = [
            f"<p>{_link(request, f'Agree as {user.display_name}', 'agree', user.user_id)}</p>"
            for user in self._users.values()
        ]
        return "\n".join(
            [
                "<p>Nobody's account is behind this page: its users are invented.</p>",
                f"<p><b>{escape(self._app.client_id)}</b> wants to read: "
                f"{_list(asked) or 'only what is public'}.</p>",
                *agree,
                f"<p>{_link(request, 'Cancel', 'cancel')}</p>",
            ]
        )


def _wrong(request: Request) -> str | None:
    """The error for the app, by OAuth's names."""
    query = request.query
    if query.get("response_type") != "code":
        return "unsupported_response_type"
    if not _SCOPES.issuperset(query.get("scope", "").split()):
        return "invalid_scope"
    if query.get("show_dialog", "false") not in ("true", "false"):
        return "invalid_request"
    if "code_challenge" in query or "code_challenge_method" in query:
        is_hash = _CHALLENGE.fullmatch(query.get("code_challenge", ""))
        if query.get("code_challenge_method") != "S256" or not is_hash:
            return "invalid_request"
    return None


def _login(request: Request, user_id: str) -> Login:
    return Login(
        user_id=user_id,
        scopes=tuple(dict.fromkeys(request.query.get("scope", "").split())),
        authorized_at=request.now,
        redirect_uri=request.query["redirect_uri"],
        challenge=request.query.get("code_challenge"),
    )


def _back(request: Request, **result: str) -> Answer:
    """Send the browser to the app; ``state`` tells the app that it is its own login."""
    if "state" in request.query:
        result["state"] = request.query["state"]
    uri = request.query["redirect_uri"]
    place = f"{uri}{'&' if '?' in uri else '?'}{urlencode(result)}"
    return Answer(302, b"", {"Location": place, "Cache-Control": "no-store"})


def _link(request: Request, text: str, decision: str, user_id: str | None = None) -> str:
    query = {**request.query, "decision": decision} | ({"user": user_id} if user_id else {})
    return f'<a href="/authorize/decision?{escape(urlencode(query))}">{escape(text)}</a>'


def _list(names: Sequence[str] | dict[str, User]) -> str:
    return escape(", ".join(names))


def _page(status: int, title: str, body: str) -> Answer:
    page = _PAGE.substitute(title=escape(title), body=body)
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return Answer(status, page.encode(), headers)
